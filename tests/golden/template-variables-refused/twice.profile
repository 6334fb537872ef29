@{A} = /a
@{A} = /b
profile @{name} { }
