abi <abi/3.0>,
profile @{name} @{attachment} flags=(attach_disconnected) {
	signal peer=@{name}{,//**},
	@{binary} rix,
	@{libraries}/** mr,
	@{resolver}/hosts r,
	ptrace peer=@{profile_name},
}
