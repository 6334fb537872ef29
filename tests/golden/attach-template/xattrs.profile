profile @{name} /opt/fixed xattrs=(user.kind=a) {
	@{binary} mr,
}
