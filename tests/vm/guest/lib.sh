# Checks and helpers for the cases, for busybox's sh and bash: `. /vm/lib.sh`.
#
# Each check prints one record, 'ok: …' or 'not ok: …', which the host counts, and goes on with the next.
# Those that run a command leave its output (standard output and error together) in $output and its exit
# status in $status.

securityfs=/sys/kernel/security/apparmor

_ok() {
	printf '\036ok: %s\n' "$1"
}

_not_ok() { # WHAT DETAIL
	printf '\036not ok: %s\n' "$1"
	printf '%s\n' "$2" | head -n 60 | sed 's/^/    /'
	return 1
}

# attempt COMMAND …: runs it, and nothing is checked.
attempt() {
	output=$("$@" 2>&1)
	status=$?
}

_told() {
	printf 'command: %s\nstatus: %s\noutput: %s' "$*" "$status" "$output"
}

# ok WHAT COMMAND …: the command succeeds.
ok() {
	local what=$1
	shift
	attempt "$@"
	if [ $status = 0 ]; then _ok "$what"; else _not_ok "$what" "$(_told "$@")"; fi
}

# says WHAT PATTERN COMMAND …: it succeeds, and a line of its output matches the extended expression.
says() {
	local what=$1 pattern=$2
	shift 2
	attempt "$@"
	if [ $status = 0 ] && printf '%s\n' "$output" | grep -qE -e "$pattern"; then
		_ok "$what"
	else
		_not_ok "$what" "$(_told "$@")
wanted: status 0 and $pattern"
	fi
}

# refused WHAT PATTERN COMMAND …: it fails by itself, not by a signal, and says what matches.
refused() {
	local what=$1 pattern=$2
	shift 2
	attempt "$@"
	if [ $status != 0 ] && [ $status -lt 128 -o $status -gt 165 ] &&
		printf '%s\n' "$output" | grep -qE -e "$pattern"; then
		_ok "$what"
	else
		_not_ok "$what" "$(_told "$@")
wanted: a failure and $pattern"
	fi
}

# exits WHAT STATUS COMMAND …: it ends with that very status.
exits() {
	local what=$1 wanted=$2
	shift 2
	attempt "$@"
	if [ $status = "$wanted" ]; then _ok "$what"; else _not_ok "$what" "$(_told "$@")
wanted: status $wanted"; fi
}

# same WHAT WANT GOT: two texts are equal.
same() {
	if [ "$2" = "$3" ]; then _ok "$1"; else _not_ok "$1" "wanted: $2
got:    $3"; fi
}

# matches WHAT PATTERN TEXT: a line of a text matches.
matches() {
	if printf '%s\n' "$3" | grep -qE -e "$2"; then _ok "$1"; else _not_ok "$1" "wanted: $2
got:    $3"; fi
}

# audit_records: what AppArmor has logged since the case began or forget_audit.
audit_records() {
	dmesg | grep 'apparmor="'
}

forget_audit() {
	dmesg -c >/dev/null
}

# logged WHAT PATTERN, not_logged WHAT PATTERN
logged() {
	matches "$1" "$2" "$(audit_records)"
}

not_logged() {
	if audit_records | grep -E -e "$2" >/tmp/.logged; then _not_ok "$1" "$(cat /tmp/.logged)"; else _ok "$1"; fi
}

# mode_of PROFILE: 'enforce', 'complain' …, or nothing where it is not loaded.
mode_of() {
	sed -n "s|^$1 (\\(.*\\))\$|\\1|p" $securityfs/profiles
}

# label_of PID: what the kernel says that a process is confined by.
label_of() {
	cat "/proc/$1/attr/current"
}

# confined PROFILE COMMAND …
confined() {
	local profile=$1
	shift
	aa-exec -p "$profile" -- "$@"
}

# probes PROFILE RESULT ACTION …: /app (tests/vm/helpers/probe.c) tries the actions, under the profile or
# 'unconfined'; each ends with the result, 'ok' or the name of an errno.
probes() {
	local profile=$1 result=$2 action
	shift 2
	if [ "$profile" = unconfined ]; then attempt /app "$@"; else attempt confined "$profile" /app "$@"; fi
	results "$profile" "$result" "$@"
}

# results WHO RESULT ACTION …: the same for the $output of an attempt.
results() {
	local who=$1 result=$2 action newline='
'
	shift 2
	for action in "$@"; do
		case "$newline$output$newline" in
		*"$newline$action $result$newline"*) _ok "$who: $action: $result" ;;
		*) _not_ok "$who: $action: $result" "status $status, output:
$output" ;;
		esac
	done
}

# load TEXT …: profile texts, by apparmor_parser, so that aaforge has no part in it.
load() {
	apparmor_parser --replace --skip-cache "$@"
}

# labelled PID LABEL: whether that is its label, as in until_true 5 labelled $! "name (enforce)".
labelled() {
	[ "$(label_of "$1")" = "$2" ]
}

# until_true SECONDS COMMAND …: asks ten times a second, as long as that.
until_true() {
	local tries=$(($1 * 10))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}
