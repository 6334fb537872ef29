profile @{name} flags=(complian, enforce, kill) { }
