@{pid} = [1-9] [1-9][0-9]

profile @{name} {
	deny /proc/** wkl,
	deny /sys/** wklx,
}
