# baseline: our own 3
# The line above goes to the header.
abi <abi/3.0>,
@{PRIVATE} = /root /home/*

profile @{name} @{attachment} flags=(attach_disconnected) {
	# Placed by the template: the compiler does not add these again.
	@{binary} rix,
	@{libraries}/**.so* mr,
	@{readable}/ r,
	@{readable}/** r,
	owner @{writable}/** rwk,

	# Where there is a resolver.
	@{resolver}/hosts r,

	signal peer=@{name},
	deny @{PRIVATE}/** rw,
}
