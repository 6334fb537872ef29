profile @{name} { }
profile @{name}2 { }
