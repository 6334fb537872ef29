profile @{name} {
	deny /proc/** w,
	deny /sys/** w,
}
