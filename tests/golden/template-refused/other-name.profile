profile other { }
