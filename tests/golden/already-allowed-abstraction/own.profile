profile @{name} {
  include <abstractions/own>
}
