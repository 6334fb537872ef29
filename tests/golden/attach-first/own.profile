abi <abi/3.0>,
include <tunables/global>
profile @{name} @{attachment} {
}
