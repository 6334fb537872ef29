profile @{name} {
	/a r,
	/b r
	/c r,
}
