@{pid} = [0-9]*

profile @{name} {
	# Never written.
	deny /proc/** wkl,
	deny /sys/** wkl,
}
