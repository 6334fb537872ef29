profile @{name} {
	/etc/listed r,
	deny /sys/kernel/security/{,**} rwklx,
	deny /proc/kcore rwklx,
}
