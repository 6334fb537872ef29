profile @{name} {
	file,
	deny /proc/** w,
}
