# baseline: own 1
abi <abi/3.0>,
include <tunables/global>

profile @{name} flags=(attach_disconnected) {
	# The base.
	include <abstractions/base>
	include if exists <local/nothing>
	include if exists <local/something>

	/own/@{pid} r,
}
