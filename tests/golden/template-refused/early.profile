@{X} = @{binary}
profile @{name} { }
