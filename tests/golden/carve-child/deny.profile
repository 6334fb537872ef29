profile @{name} {
	deny /proc/** w,
}
