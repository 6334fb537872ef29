abi <abi/3.0>,
profile @{name} {
	/a rwz,
	/b r,
	signal peer=@{nothing},
	network inte,
	capability chwon,
}
