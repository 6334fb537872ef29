@{A} = /a @{B}
@{B} = /b @{A}
profile @{name} { }
