profile @{name} /opt/fixed {
	@{binary} mr,
}
