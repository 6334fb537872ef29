profile @{name} {
	deny /proc/** w,
	deny /proc/kcore rw,
	deny /proc/one w,
}
