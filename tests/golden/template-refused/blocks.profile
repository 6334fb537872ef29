profile @{name} {
	audit {
		network,
	}
}
