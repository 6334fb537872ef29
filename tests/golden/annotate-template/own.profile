include <tunables/global>
profile @{name} {
	include <abstractions/base>
	@{binary} mrix,
	deny /proc/** w,
}
