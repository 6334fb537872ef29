#!/bin/sh
# aaforge sync: the machine follows a directory; what others do to the kernel's policy is mended.
# time limit: 90 s
. /vm/lib.sh

P=/etc/apparmor.d
D=/etc/aaforge
mkdir svc
# Without abstractions, which take most of the time.
describe() { # NAME LINE …
	printf 'name: %s\nbinary: /app\ntemplate: minimal\n' "$1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@"
}
# One read: a second one would wait for a change.
revision() {
	dd if=$securityfs/revision bs=20 count=1 2>/dev/null
}
modes() {
	for name in "$@"; do
		printf '%s ' "$(mode_of "$name")"
	done
}
describe web >svc/web.yaml
describe db 'readable: [/srv]' >svc/db.yaml

says "a dry run" '^\+ db ' aaforge sync -n svc
same "changes nothing" " " "$(modes web)"
says "new ones" '^2 new, 0 changed, 0 gone, 0 unchanged$' aaforge sync svc
same "are loaded" "enforce enforce " "$(modes web db)"
before=$(revision)
says "once more" '^nothing to do: 2 profiles unchanged$' aaforge sync svc
same "the kernel saw nothing of it" "$before" "$(revision)"
describe web 'writable: [/tmp]' >svc/web.yaml
says "a change" '^~ web .*its text is another' aaforge sync svc

# Drift.
{ printf '#include <tunables/global>\n' && cat $P/db; } >/tmp/db
apparmor_parser --replace --skip-cache --Complain /tmp/db
same "somebody sets it to complain" complain "$(mode_of db)"
says "it is seen" '^~ db .*is loaded in mode complain, not enforce' aaforge sync -n svc
says "and mended" '^0 new, 1 changed' aaforge sync --force svc
same "it enforces" enforce "$(mode_of db)"
echo 'profile db { /** rwix, }' >/tmp/db
load /tmp/db
says "somebody replaces it" '^~ db .*was replaced by somebody else' aaforge sync svc
ok "somebody unloads it" apparmor_parser --remove /tmp/db
says "it is loaded again" '^~ db .*is not loaded' aaforge sync svc
same "all is well" "enforce enforce " "$(modes web db)"

# Not all of it can be done: the rest is.
cp svc/db.yaml /tmp/db.yaml
describe new >svc/new.yaml
echo 'binry: /x' >>svc/db.yaml
exits "a broken description" 1 aaforge sync svc
matches "the words" "unknown key 'binry'" "$output"
matches "the counts" '^1 new, 0 changed, 0 gone, 1 unchanged, 1 refused$' "$output"
same "the others are applied, the broken one keeps what is there" "enforce enforce enforce " "$(modes new web db)"
cp /tmp/db.yaml svc/db.yaml
echo 'profile alien { /** rwix, }' >/tmp/alien
load /tmp/alien
describe alien >svc/alien.yaml
describe newer >svc/newer.yaml
exits "a profile of somebody else" 1 aaforge sync svc
matches "the words" "'alien': the kernel holds a profile of that name" "$output"
ok "it stays" test ! -e $P/alien
same "the others are applied" "enforce " "$(modes newer)"
rm svc/alien.yaml svc/new.yaml svc/newer.yaml
says "they go" '^- new ' aaforge sync --prune svc

# Prune.
rm svc/web.yaml
says "one is gone" "not described in 'svc' .*: 'web'" aaforge sync svc
same "it stays" enforce "$(mode_of web)"
says "pruned" '^- web ' aaforge sync --prune svc
same "it is gone" "" "$(mode_of web)"
ok "from the disk" test ! -e $P/web -a ! -e $D/web.yaml
mkdir empty
exits "an empty directory" 1 aaforge sync --prune empty
matches "the words" 'wants --force' "$output"
same "is not believed" enforce "$(mode_of db)"
exits "no directory" 3 aaforge sync nope
exits "a user" 3 su user -c "aaforge sync /w/svc --force"
