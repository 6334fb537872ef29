#!/bin/sh
# The table of aaforge(1), cell by cell: each situation comes about as it does in life, every command
# is asked, and a task under the profile shows whether what they say is so.
# time limit: 420 s
. /vm/lib.sh

P=/etc/apparmor.d
parameters=/sys/module/apparmor/parameters

# cell SITUATION COLUMN: 1 lookup NAME, 2 lookup FILE, 3 status, 4 doctor, 5 sync.
cell() {
	sed -n "s/^SITUATION($1, //p" /vm/verdicts.def | cut -d'"' -f$((2 * $2 + 2))
}

describe() {
	mkdir -p svc
	{
		printf 'name: web\nbinary: /app\ntemplate: minimal\nexec:\n  - {path: /kid, as: child kid}\n'
		printf 'children:\n  kid:\n    template: minimal\n    binary: /kid\n'
		[ $# = 0 ] || printf '%s\n' "$@"
	} >svc/web.yaml
}

# Nothing of the last situation stays.
reset() {
	local name
	for pid in $(pidof app daemon); do kill -KILL $pid; done
	aaforge unload -q --force --namespace tenant web 2>/dev/null
	sed -n 's/ ([a-z]*)$//p' $securityfs/profiles | grep -v // | while read -r name; do
		printf %s "$name" >$securityfs/.remove
	done
	printf enforce >$parameters/mode
	printf Y >$parameters/hash_policy
	rm -f /usr/bin/daemon /usr/bin/daemonize /kid
	rm -rf /etc/aaforge /run/aaforge $P/web $P/other $P/disable $P/force-complain svc /tmp/text
	describe
}

install() {
	aaforge sync -q svc
}

# The profile as it is made of the description, changed by sed: what somebody else loads.
somebody_loads() {
	aaforge compile svc/web.yaml | sed "$1" >/tmp/text
	load /tmp/text
}

edit() {
	sed -i "$1" $P/web
}

link() {
	mkdir -p $P/$1
	ln -s ../web $P/$1/web
}

loose='s,/app mrix\,,/** rwix\,,'

described() { install; }
changed() { install && describe 'readable: [/srv]'; }
replaced() { install && somebody_loads "$loose"; }
child_replaced() { install && somebody_loads 's,/kid mrix\,,/** rwix\,,'; }
child_gone() { install && printf web//kid >$securityfs/.remove; }
child_extra() { install && somebody_loads 's,^\tprofile kid {,\tprofile extra {\n\t/x r\,\n\t}\n&,'; }
complain() { install && apparmor_parser -K --complain -r $P/web; }
complained() { install && edit 's/^profile web {/profile web flags=(complain) {/' && load $P/web; }
unconfined() { install && somebody_loads 's/^profile web {/profile web flags=(unconfined) {/'; }
killed() { install && somebody_loads 's/^profile web {/profile web flags=(kill) {/'; }
edited() { install && edit "$loose"; }
disabled() { install && link disable; }
forced() { install && link force-complain; }
wanted_complain() { describe 'mode: complain' && install; }
unloaded() { install && printf web >$securityfs/.remove; }
unloaded_disabled() { unloaded && link disable; }
foreign() { somebody_loads "$loose"; }
unknown() { :; }
record_lost() { install && rm -r /run/aaforge; }
record_lost_replaced() { replaced && rm -r /run/aaforge; }
record_lost_edited() { install && edit "$loose" && load $P/web && rm -r /run/aaforge; }
only_loaded() { aaforge load -q svc/web.yaml; }
namespace() { aaforge load -q --namespace tenant svc/web.yaml; }
named_twice() { install && printf 'profile web { /x r, }\n' >$P/other; }
unhashed() { printf N >$parameters/hash_policy && install; }
kernel_complain() { install && printf complain >$parameters/mode; }

# Of template host, for a program that nothing else in the guest runs.
describe_host() {
	mkdir -p svc
	cp /app /usr/bin/daemon
	printf 'name: web\nbinary: /usr/bin/daemon\ntemplate: host\n' >svc/web.yaml
}
host_described() { describe_host && install; }
host_outside() {
	describe_host
	/usr/bin/daemon sleep:600 >/dev/null 2>&1 &
	install
}
host_disputed() { host_described && printf 'profile other /usr/bin/daemo[n] { file, }\n' >/tmp/text && load /tmp/text; }
host_boot() { host_described && printf 'profile other /usr/bin/daemo[n] { file, }\n' >$P/other; }
learned() {
	wanted_complain
	# What no rule starts runs under a profile of the kernel's own.
	mkfifo /tmp/pipe
	printf '#!/usr/bin/busybox sh\nread -t 600 x <>/tmp/pipe\n' >/usr/bin/daemon
	chmod +x /usr/bin/daemon
	aa-exec -p web -- /app exec:/usr/bin/daemon >/dev/null 2>&1 &
	until_true 5 pidof daemon >/dev/null
	describe && install
}
host_overlap() {
	describe_host
	cp /app /usr/bin/daemonize
	sed -i 's,daemon$,daemon*,' svc/web.yaml
	printf 'name: other\nbinary: /usr/bin/daemonize\ntemplate: host\n' >svc/other.yaml
	install
}
child_left() {
	described
	cp /app /kid
	aa-exec -p web//kid -- /kid sleep:120 >/dev/null 2>&1 &
	until_true 5 labelled $! "web//kid (enforce)"
	printf 'name: web\nbinary: /app\ntemplate: minimal\n' >svc/web.yaml
	install
}
tasks_unseen() { described; }
user_described() { described; }
user_hidden() { record_lost && chmod 600 $P/web; }
user_kernel_complain() { kernel_complain; }

as_user() {
	busybox su user -c "XDG_CACHE_HOME=/tmp/cache-user $*"
}

# What happens to a program of template host that is started now.
started() {
	/usr/bin/daemon sleep:600 >/dev/null 2>&1 &
	label_of $!
	kill -KILL $!
}

# looked_up OPERAND: "0 name", or the status and the first reason.
looked_up() {
	local answer status
	answer=$($as aaforge lookup "$@" 2>/tmp/said)
	status=$?
	if [ "$status $answer" = "0 web" ]; then
		echo "0 name"
	else
		echo "$status$answer $(grep -Ev '^aaforge: (note|warning)' /tmp/said | sed -n 's/^aaforge: .*\[\([a-z-]*\)\]$/\1/p' | head -n 1)"
	fi
}

state_of() {
	local answer status
	answer=$($as aaforge status --json web 2>/dev/null)
	status=$?
	echo "$status $(printf '%s' "$answer" | sed 's/.*"state":"\([^"]*\)".*/\1/;t;s/.*/-/')"
}

# Every finding that is about the profile, a line each.
findings() {
	local answer status
	answer=$($as aaforge doctor 2>/dev/null)
	status=$?
	printf '%s\n' "$answer" | grep -E "^[a-z]+ ([a-z-]+: .*'web'|kernel-mode:|processes-hidden:)" | sed "s/^[a-z]* \([a-z-]*\): .*/$status \1/" >/tmp/findings
	[ -s /tmp/findings ] || echo "$status ok" >/tmp/findings
	cat /tmp/findings
}

action() {
	local answer status
	answer=$($as aaforge sync --json "$@" 2>/tmp/said)
	status=$?
	echo "$status $(printf '%s' "$answer" | sed 's/.*"name":"web","action":"\([^"]*\)".*/\1/;t;s/.*/-/')"
}

# walk SITUATION
walk() {
	local id=$1 task
	reset
	ok "$id comes about" $id
	case $id in
	user_*) as=as_user ;;
	tasks_unseen) as="unshare -p -f --mount-proc" ;;
	*) as= ;;
	esac
	# What a task under it can do, that the description forbids; or what becomes of the program.
	case $id in
	host_*) task=$(started) want="web (enforce)" ;;
	*) task=$(confined web /app read:/etc/passwd 2>&1) want="read:/etc/passwd EACCES" ;;
	esac
	same "$id: lookup web" "$(cell $id 1)" "$(looked_up web)"
	same "$id: lookup web.yaml" "$(cell $id 2)" "$(looked_up svc/web.yaml)"
	if [ "$(cell $id 2)" = "0 name" ]; then
		same "$id: and it confines" "$want" "$task"
	fi
	case $task in
	*" ok" | unconfined | "other (enforce)") [ "$(cell $id 1)" != "0 name" -o $id = foreign ]; same "$id: what does not confine is not named" 0 $? ;;
	esac
	same "$id: status" "$(cell $id 3)" "$(state_of)"
	findings >/tmp/found
	matches "$id: doctor" "^$(cell $id 4)\$" "$(cat /tmp/found)"
	same "$id: sync" "$(cell $id 5)" "$(action svc)"
	case $(cell $id 5) in
	*changed | *new | *refused)
		[ ${id#host_} = $id ] || return 0
		case $(cell $id 5) in *refused) ok "$id: sync --force" aaforge sync -q --force svc ;; esac
		same "$id: as described then" "0 name" "$(looked_up svc/web.yaml)"
		same "$id: it confines then" "read:/etc/passwd EACCES" "$(confined web /app read:/etc/passwd 2>&1)"
		;;
	esac
}

# doctor asks them for their version, which takes most of its time.
mkdir -p /tmp/aside && mv /usr/bin/runc /usr/bin/crun /usr/sbin/runc /usr/sbin/crun /tmp/aside 2>/dev/null
for id in $(sed -n 's/^SITUATION(\([a-z_]*\),.*/\1/p' /vm/verdicts.def); do
	walk $id
done

# The kernel sees the program that a link leads to, and nothing where there is none.
reset
host_described
mv /usr/bin/daemon /usr/bin/daemon2
ln -s daemon2 /usr/bin/daemon
same "a link: what is started" unconfined "$(started)"
same "a link: lookup" "1 not-attached" "$(looked_up web)"
same "a link: status" "1 not in force" "$(state_of)"
matches "a link: doctor" '^1 not-attached$' "$(findings)"
rm /usr/bin/daemon /usr/bin/daemon2
same "no program: lookup" "1 not-attached" "$(looked_up web)"
same "no program: status" "1 not in force" "$(state_of)"

# remove and unload --installed take out what the hash says is ours, and nothing else.
reset
install
echo 'profile web /usr/bin/coll { file, }' >$P/usr.bin.coll
load $P/usr.bin.coll
says "remove" "note: the loaded profile 'web' is not what aaforge loaded or installed, and stays" aaforge remove web
same "the distribution's profile stays in the kernel" enforce "$(mode_of web)"
same "the files are gone" "" "$(ls $P/web /etc/aaforge/web.yaml /run/aaforge/loaded/web 2>/dev/null)"
rm $P/usr.bin.coll
reset
record_lost
ok "remove after a boot" aaforge remove -q web
same "takes ours out of the kernel" "" "$(mode_of web)"
reset
complained
exits "an edited text" 1 aaforge remove web
same "stays" complain "$(mode_of web)"
ok "remove --force" aaforge remove -q --force web
same "the kernel held what was installed: it goes" "" "$(mode_of web)"
reset
install
cp svc/web.yaml web.yaml
sed 's/^name: web/name: db/' web.yaml >svc/db.yaml
sed 's/^name: web/name: hand/' web.yaml >hand.yaml
install
aaforge load -q hand.yaml
somebody_loads "$loose"
says "unload --installed" "note: the loaded profile 'web' is not what aaforge loaded or installed, and stays" aaforge unload --installed
same "the replaced one, and what is not installed, stay" "enforce enforce " "$(mode_of web) $(mode_of hand) $(mode_of db)"
ok "the texts stay" test -e $P/db
exits "--installed and a name" 2 aaforge unload --installed db
aaforge sync -q svc
aa-exec -p db -- /app sleep:10 >/dev/null 2>&1 &
until_true 5 labelled $! "db (enforce)"
exits "unload --installed with a task" 1 aaforge unload --installed
same "nothing is unloaded" "enforce enforce" "$(mode_of web) $(mode_of db)"
wait $! # nobody may send it a signal
ok "then it works" aaforge unload -q --installed
same "both are gone" " " "$(mode_of web) $(mode_of db)"
rm -f web.yaml hand.yaml $P/db
reset
mv /tmp/aside/* /usr/bin
