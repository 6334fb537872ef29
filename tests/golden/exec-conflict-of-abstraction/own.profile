profile @{name} {
	/usr/bin/* ix,
}
