#!/bin/sh
# Processes that a profile's name is on and that nothing keeps, and what cannot be seen of them: no
# command takes them for confined, or sets one free without a word.
# time limit: 240 s
. /vm/lib.sh

parameters=/sys/module/apparmor/parameters
templates=/etc/aaforge/templates
mkdir -p svc $templates
cp /usr/bin/bash /usr/sbin/one
cp /usr/bin/bash /usr/sbin/two

# Without abstractions, which apparmor_parser takes long for: attached by its path, and as a container's.
rules='	/usr/sbin/one mrix,\n	/usr/lib/** mr,\n	/lib/** mr,\n	/lib64/** mr,\n	/etc/ld.so.cache r,\n	/dev/** rw,\n	/proc/** r,\n	signal,\n'
printf "abi <abi/3.0>,\nprofile @{name} @{attachment} {\n$rules}\n" >$templates/host.profile
printf "abi <abi/3.0>,\nprofile @{name} {\n$rules}\n" >$templates/box.profile

# describe NAME TEMPLATE LINE …
describe() {
	local file=svc/$1.yaml
	printf 'name: %s\ntemplate: '$templates'/%s.profile\nbinary: /usr/sbin/one\n' "$1" "$2" >$file
	shift 2
	for line; do printf '%s\n' "$line" >>$file; done
}

# writes: 'free' where a process that is there writes what no rule allows.
writes() {
	rm -f /tmp/written
	until_true 4 test -e /tmp/written && echo free || echo kept
}

# start COMMAND …: sets $one and $two, the processes of /usr/sbin/one and of what it starts.
start() {
	"$@" -c '/usr/sbin/two -c "while :; do : >/tmp/written; read -t 0.2 <>/tmp/pipe; done"; :' >/dev/null 2>&1 &
	until_true 5 pidof two >/dev/null
	one=$(pidof one) two=$(pidof two)
}

stop_all() {
	for pid in $(pidof one) $(pidof two) $(pidof sleeper); do kill -KILL $pid; done
	until_true 5 nothing_runs
}

nothing_runs() {
	! pidof one two sleeper >/dev/null
}

# loose NAME: what is said of $two.
loose() {
	echo "^aaforge: note: process $two \\(two\\) is not confined by the profile '$1', but under '$1//null-/usr/sbin/two' in mode complain, which keeps it from nothing: start it again\$"
}

mkfifo /tmp/pipe
# doctor asks them for their version, which takes most of its time.
mkdir -p /tmp/aside && mv /usr/bin/runc /usr/bin/crun /usr/sbin/runc /usr/sbin/crun /tmp/aside 2>/dev/null

# The README's flow: load --complain, use it, load.
describe web host
ok "load --complain" aaforge load -q --complain svc/web.yaml
start /usr/sbin/one
same "what it starts is in complain" "web//null-/usr/sbin/two (complain)" "$(label_of $two)"
same "of that nothing is said" "" "$(aaforge load -n --complain svc/web.yaml 2>&1 | grep 'not confined')"
says "a dry run tells what would stay free" "$(loose web)" aaforge load -n svc/web.yaml
says "load tells it" "$(loose web)" aaforge load svc/web.yaml
same "the profile is in force" "web (enforce)" "$(label_of $one)"
same "for what it started it is not" "web//null-/usr/sbin/two (complain)" "$(label_of $two)"
same "that may do all" free "$(writes)"
says "load tells it again" "$(loose web)" aaforge load svc/web.yaml
says "load --json" "\"running\":\[\{\"pid\":$two,\"command\":\"two\",\"program\":\"/usr/sbin/two\",\"deleted\":false,\"label\":\"web//null-/usr/sbin/two\",\"mode\":\"complain\",\"mend\":\"start it again\"\}\]" aaforge load --json svc/web.yaml
refused "status" "^web +enforce +unattached +1 .*1 process under its name is not confined: $two \\(two\\)" aaforge status web
refused "status --json" "\"state\":\"unattached\".*\"tasks\":\\[$one\\].*\"running\":\\[\\{\"pid\":$two,.*\"mend\":\"start it again\"" aaforge status --json web
refused "doctor" "^error not-confined: .*'web': .*$two \\(two\\)" aaforge doctor
says "lookup names it, as a new start is confined" '^web$' aaforge lookup web
says "and warns" "^aaforge: warning: .*'web': .*$two \\(two\\) \\[processes-not-confined\\]" aaforge lookup web
says "install" "$(loose web)" aaforge install svc/web.yaml
says "sync" "$(loose web)" aaforge sync svc
says "sync with nothing to do" "$(loose web)" aaforge sync svc
stop_all
says "all of it has ended: status" '^web +enforce +current +0' aaforge status web
same "sync is silent" "" "$(aaforge sync svc 2>&1 | grep 'not confined')"
aaforge remove -q web

# A container's profile.
rm svc/*
describe box box 'mode: complain'
ok "sync in complain" aaforge sync -q svc
start aa-exec -p box -- /usr/sbin/one
describe box box
says "sync in enforce tells what stays free" "$(loose box)" aaforge sync svc
same "it is" "box (enforce) box//null-/usr/sbin/two (complain)" "$(label_of $one) $(label_of $two)"
same "and may do all" free "$(writes)"
refused "status" "^box +enforce +unattached +1 " aaforge status box
refused "doctor" "^error not-confined: .*'box'" aaforge doctor
says "lookup warns" '\[processes-not-confined\]' aaforge lookup box
stop_all
aaforge remove -q box
rm svc/*

# A child that the new policy does not have, in use: by a description, by a text, by somebody else.
printf 'abi <abi/3.0>,\nprofile @{name} {\n\t/** rwmix,\n\t/usr/sbin/two cx -> helper,\n\tsignal,\n\tprofile helper { /** rwmix, signal, }\n}\n' >$templates/old.profile
printf 'abi <abi/3.0>,\nprofile @{name} {\n\t/** rwmix,\n\tsignal,\n}\n' >$templates/new.profile
kept="^aaforge: note: 'web//helper', which the new policy does not have, stays loaded, as its tasks would go on unconfined: process [0-9]+ \\(two\\) is under it"

# helped: $two runs under the child.
helped() {
	start aa-exec -p web -- /usr/sbin/one
	until_true 5 labelled $two "web//helper (enforce)"
}

# left WHAT: the child is there, and all commands say what is so.
left() {
	same "$1: its task is not freed" "web//helper (enforce)" "$(label_of $two)"
	says "$1: status" "^web +enforce +current +2 .*'web//helper', which it does not have any more, was left loaded" aaforge status web
	says "$1: lookup" '^web$' aaforge lookup web
	says "$1: doctor" "^warning child-left: .*'web'" aaforge doctor
}

describe web old
ok "sync" aaforge sync -q svc
helped
describe web new
says "a dry run tells of the child" "$kept" aaforge sync -n svc
says "sync leaves it" "$kept" aaforge sync svc
left "sync"
says "sync again" '^nothing to do' aaforge sync svc
matches "tells it again" "$kept" "$output"
says "it is not loaded for it" '"name":"web","action":"same"' aaforge sync --json svc
says "load" '^nothing to do' aaforge load svc/web.yaml
left "load"
says "install" '^nothing to do' aaforge install svc/web.yaml
says "unseen tasks" "stays loaded, as its tasks would go on unconfined: tasks may be under it that cannot be seen" unshare -p -f --mount-proc aaforge load svc/web.yaml
left "unseen"
refused "unload" 'confines tasks' aaforge unload web
stop_all
says "when it has ended, sync takes it away" '^~ web .*a child that was left for its tasks is not in use any more' aaforge sync svc
same "it is gone" "enforce " "$(mode_of web) $(mode_of web//helper)"
says "status" '^web +enforce +current +0 +/etc/apparmor.d/web$' aaforge status web

# By a text, and taken away by load.
aaforge remove -q web
aaforge compile --allow-outside svc/web.yaml >/tmp/new.text 2>/dev/null
describe web old
ok "load" aaforge load -q svc/web.yaml
helped
says "load of a text leaves it" "$kept" aaforge load /tmp/new.text
left "text"
stop_all
says "load takes it away" '^~ web' aaforge load /tmp/new.text
same "it is gone" "enforce " "$(mode_of web) $(mode_of web//helper)"
aaforge unload -q web

# Somebody adds a child: it is drift, and what uses it is not freed when that is mended.
describe web new
ok "sync" aaforge sync -q svc
aaforge compile svc/web.yaml 2>/dev/null | sed 's,^\(.*\)signal\,,\1signal\,\n\t/usr/sbin/two cx -> helper\,\n\tprofile helper { /** rwmix\, signal\, },' >/tmp/added
load /tmp/added
helped
refused "somebody added a child" '^web +enforce +drifted' aaforge status web
says "sync mends it, and leaves the child" "$kept" aaforge sync svc
left "added"
printf 'profile web//helper { /** rwmix, signal, capability chown, }\n' >/tmp/other
load /tmp/other
refused "the child is replaced: that is drift again" '^web +enforce +drifted' aaforge status web
says "which sync settles" '^~ web' aaforge sync svc
stop_all

# A child that was left in mode complain keeps nothing.
ok "sync" aaforge sync -q svc
sed -i 's/profile helper {/profile helper flags=(complain) {/' $templates/old.profile
describe web old
ok "sync" aaforge sync -q svc
start aa-exec -p web -- /usr/sbin/one
until_true 5 labelled $two "web//helper (complain)"
says "as the template wants it, it is no fault" '^web +enforce +current' aaforge status web
describe web new
says "sync leaves it" "$kept" aaforge sync svc
matches "and says that it keeps nothing" "^aaforge: note: process $two \\(two\\) is not confined by the profile 'web', but under 'web//helper' in mode complain" "$output"
refused "status" '^web +enforce +unattached +1 ' aaforge status web
stop_all
aaforge remove -q web
rm svc/*

# A profile of somebody else in mode complain keeps nothing either.
cp /app /usr/sbin/sleeper
printf 'profile lax flags=(complain) { signal, }\n' >/tmp/lax
printf 'profile strict { /** rwmix, signal, }\n' >/tmp/strict
load /tmp/lax /tmp/strict
printf 'name: nap\ntemplate: /etc/aaforge/templates/host.profile\nbinary: /usr/sbin/sleeper\n' >svc/nap.yaml
sed -i 's,/usr/sbin/one mrix,/usr/sbin/sleeper mr,' $templates/host.profile
# A shell in complain starts the program under its own profile.
aa-exec -p strict -- /usr/sbin/sleeper sleep:600 >/dev/null 2>&1 &
strict=$!
printf 'profile lax flags=(complain) { /** rwmix, signal, }\n' >/tmp/lax
load /tmp/lax
aa-exec -p lax -- /usr/sbin/sleeper sleep:600 >/dev/null 2>&1 &
lax=$!
until_true 5 labelled $lax "lax (complain)"
until_true 5 labelled $strict "strict (enforce)"
says "load tells of it" "^aaforge: note: process $lax \\(sleeper\\) was started without the profile 'nap', and is under 'lax' in mode complain, which keeps it from nothing: start it again\$" aaforge load svc/nap.yaml
same "of the confined one it does not" "" "$(aaforge load svc/nap.yaml 2>&1 | grep "process $strict ")"
refused "status" "^nap +enforce +unattached +0 .*1 process runs outside of it: $lax \\(sleeper\\)" aaforge status nap
refused "doctor" "^error unattached: .*'nap': .*$lax \\(sleeper\\)" aaforge doctor
says "JSON" "\"pid\":$lax,.*\"label\":\"lax\",\"mode\":\"complain\",\"mend\":\"start it again\"" aaforge sync --json svc
kill -KILL $lax
until_true 5 test ! -e /proc/$lax/exe
says "then it is well" '^nap +enforce +current' aaforge status nap

# Who cannot see the processes says so.
unseen='not all processes can be seen, so that some may run without their profile: this is not the PID namespace of the host'
/usr/sbin/sleeper sleep:600 >/dev/null 2>&1 &
until_true 5 labelled $! "nap (enforce)"
same "doctor sees all" "" "$(aaforge doctor | grep processes-hidden)"
says "doctor in another PID namespace" "^warning processes-hidden: $unseen" unshare -p -f --mount-proc aaforge doctor
says "in JSON" '"id":"processes-hidden"' unshare -p -f --mount-proc aaforge doctor --json
says "a user's doctor" '^warning processes-hidden: ' busybox su user -c "XDG_CACHE_HOME=/tmp/cache aaforge doctor"
says "lookup in another PID namespace" "^aaforge: warning: $unseen.* \\[processes-hidden\\]" unshare -p -f --mount-proc aaforge lookup nap
same "it sees all on the host" "" "$(aaforge lookup nap 2>&1 | grep processes-hidden)"
stop_all
aaforge remove -q nap
rm svc/*

# The kernel as a whole in mode complain.
describe web host
printf complain >$parameters/mode
says "load warns" "^aaforge: warning: the kernel enforces no profile, whatever its own mode: 'aaforge doctor' tells the mend\$" aaforge load svc/web.yaml
says "with nothing to do, too" '^aaforge: warning: the kernel enforces no profile' aaforge load svc/web.yaml
printf enforce >$parameters/mode
same "else it does not" "" "$(aaforge load svc/web.yaml 2>&1 | grep warning)"
aaforge unload -q web
rm -f /usr/sbin/one /usr/sbin/two /usr/sbin/sleeper
mv /tmp/aside/* /usr/bin
