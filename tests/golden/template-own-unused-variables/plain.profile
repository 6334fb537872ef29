abi <abi/3.0>,

profile @{name} {
	# A rule with a variable that has no value is left out, this comment with it.
	@{resolver}/hosts r,

	/dev/null rw,
}
