# Of the whole file.

# Above the abi.
abi <abi/3.0>,
# Where things are.
# In two lines.
@{PLACES} = /srv /opt
# One more.
@{PLACES} += "/with blank"
#   Indented.
alias /a/ -> /b/,

# Of the profile.
profile @{name} xattrs=(user.a=b) flags=(attach_disconnected, mediate_deleted) {
	#no blank
	/one r, # behind it
	# above two

	# really above two
	/two r,


	audit {
		@{libraries}/x r,
	}
	owner { /three rw, }
	hat sub {
		/in/hat r,
	}
	# at the end
}
