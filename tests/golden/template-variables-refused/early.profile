@{A} += /a
profile @{name} { }
