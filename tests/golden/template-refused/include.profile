include <tunables/nowhere>
profile @{name} {
	include <abstractions/nowhere>
	include if exists <abstractions/nothing>
}
