#!/bin/sh
# aaforge doctor: nothing wrong with a good kernel; what is put wrong is found.
. /vm/lib.sh

says "all is well" '^ok apparmor: ' aaforge doctor
same "no error" "" "$(printf '%s\n' "$output" | grep '^error')"
matches "the parser" '^ok parser: .*version [345]' "$output"
matches "rules that this kernel does not enforce" '^note not-mediated-here: .*dbus' "$output"
matches "runc" '^ok runtime: .*runc [0-9.]+' "$output"
matches "crun" '^ok runtime: .*crun [0-9.]+' "$output"
says "as JSON" '^[{]"findings":\[[{]"severity":.*"errors":0[}]$' aaforge doctor --json
says "a user is told what he cannot see" '^note parameters-hidden: ' busybox su user -c 'aaforge doctor'

# found WHAT PATTERN: an error that ends with status 1.
found() {
	exits "$1" 1 aaforge doctor
	matches "$1: the finding" "$2" "$output"
	matches "$1: the first line is an error" '^error' "$(printf '%s\n' "$output" | head -n 1)"
	matches "$1: a mend" '^  mend: ' "$output"
}

printf complain >/sys/module/apparmor/parameters/mode
found "the kernel in complain" '^error kernel-mode: .*says complain'
printf enforce >/sys/module/apparmor/parameters/mode
mount -t tmpfs tmpfs /usr/sbin
found "no parser" '^error parser-missing: '
umount /usr/sbin
umount /sys/kernel/security
found "no securityfs" '^error securityfs-missing: '
mount -t securityfs securityfs /sys/kernel/security

printf 'profile twice { /x r, }\n' >/etc/apparmor.d/one
printf 'profile twice { /y r, }\n' >/etc/apparmor.d/two
says "a name of two files" "^warning duplicate-profile: .*'twice' by one and two" aaforge doctor
rm /etc/apparmor.d/one /etc/apparmor.d/two
aaforge install -q samples/docker-api.yaml
printf docker-api-profile >$securityfs/.remove
found "an installed profile is not loaded" "^error not-loaded: .*'docker-api-profile'"
rm -rf /etc/aaforge /etc/apparmor.d/docker-api-profile
