abi <abi/3.0>,
include <tunables/global>
profile @{name} {
	deny mount,
	deny /dev/** l,
	deny unix (connect),
}
