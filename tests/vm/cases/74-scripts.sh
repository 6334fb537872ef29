#!/bin/sh
# Scripts by other names and interpreters, headless processes, renamed programs: no process that runs a
# profile's program without it is left out by load and status.
# time limit: 180 s
. /vm/lib.sh

mkdir -p /etc/aaforge/templates /tmp/d /usr/local/bin
cat >/etc/aaforge/templates/scripts.profile <<'T'
abi <abi/3.0>,
profile @{name} @{attachment} {
	/** rwmix,
	signal,
	capability,
}
T
cp /usr/bin/bash /usr/bin/strangesh

describe() { # NAME BINARY
	printf 'name: %s\ntemplate: /etc/aaforge/templates/scripts.profile\nbinary: "%s"\n' "$1" "$2" >/tmp/d/$1.yaml
}

script() { # FILE INTERPRETER
	printf '#!%s\nsleep 600\n:\n' "$2" >$1
	chmod 755 $1
}

start() { # COMMAND…: sets $pid
	"$@" >/dev/null 2>&1 &
	pid=$!
	sleep 0.4
}

unload() { # NAME
	aaforge unload --force $1 >/dev/null 2>&1
}

# found WHAT NAME PROCESS COMMAND…: the kernel does not confine it; load and status say so. A new start
# of the same kind is confined, so that the profile is meant indeed.
found() {
	local what=$1 name=$2 named=$3
	shift 3
	start "$@"
	local early=$pid
	says "$what: load" "^aaforge: note: process $early \\($named\\) was started without the profile '$name', and is unconfined: start it again" \
		aaforge load /tmp/d/$name.yaml
	same "$what: the kernel" unconfined "$(cat /proc/$early/task/*/attr/current 2>&1 | sort -u)"
	refused "$what: status" "^$name +enforce +unattached .*outside of it: $early " aaforge status $name
	kill -9 $early
	start "$@"
	same "$what: a new start" "$name (enforce)" "$(cat /proc/$pid/task/*/attr/current 2>&1 | sort -u)"
	kill -9 $pid
	unload $name
}

# silent WHAT NAME COMMAND…: it runs something else.
silent() {
	local what=$1 name=$2
	shift 2
	start "$@"
	attempt aaforge load /tmp/d/$name.yaml
	same "$what: load" "" "$(printf '%s\n' "$output" | grep "process $pid")"
	says "$what: status" "^$name +enforce +current " aaforge status $name
	same "$what: no more of status" "" "$(printf '%s\n' "$output" | grep 'not all processes')"
	kill -9 $pid
	unload $name
}

# unsure WHAT NAME COMMAND…: it may run the script, and that is said.
unsure() {
	local what=$1 name=$2
	shift 2
	start "$@"
	says "$what: load" "^aaforge: note: process $pid \\(.*\\) may have been started without the profile '$name' \\(which script it runs cannot be told\\)" \
		aaforge load /tmp/d/$name.yaml
	says "$what: JSON" "\"pid\":$pid,.*\"unsure\":true" aaforge load --json /tmp/d/$name.yaml
	says "$what: status" "not all processes can be seen.*process $pid " aaforge status $name
	kill -9 $pid
	unload $name
}

# Other names of a script: the merged /usr, a link, a relative name.
script /usr/bin/foosvc /usr/bin/bash
ln -s /usr/bin/foosvc /usr/local/bin/foolink
describe foosvc /usr/bin/foosvc
found "by its path" foosvc "foosvc /usr/bin/foosvc" /usr/bin/foosvc
found "through a linked directory" foosvc "foosvc /usr/bin/foosvc" /bin/foosvc
found "by a link" foosvc "foolink /usr/bin/foosvc" /usr/local/bin/foolink
cd /usr/local
found "by a relative link" foosvc "foolink /usr/bin/foosvc" ../local/bin/foolink
cd /w

# Interpreters and options that nobody has heard of.
script /usr/bin/foosvc "/usr/bin/bash +h"
found "an unknown option" foosvc "foosvc /usr/bin/foosvc" /usr/bin/foosvc
script /usr/bin/foosvc /usr/bin/strangesh
script /usr/bin/other /usr/bin/strangesh
found "an unknown interpreter" foosvc "foolink /usr/bin/foosvc" /usr/local/bin/foolink
silent "another script of it" foosvc /usr/bin/other
silent "no script of it" foosvc /usr/bin/strangesh -c 'sleep 600; :'
describe pattern '/usr/bin/foo{svc,nix}*'
found "by a pattern" pattern "foolink /usr/bin/foosvc" /usr/local/bin/foolink
silent "not by a pattern" pattern /usr/bin/other
script /usr/bin/foosvc "/usr/bin/idler wipe"
found "with a title in the place of its words" foosvc "foosvc.*" /usr/bin/foosvc
script /usr/bin/foosvc "/usr/bin/env strangesh"
start /usr/bin/foosvc
says "by env" "process $pid \\(strangesh /usr/bin/foosvc\\) was started without" aaforge load /tmp/d/foosvc.yaml
kill -9 $pid
unload foosvc

# Other roots: the kernel goes by the whole path.
mkdir -p /srv/jail/usr/bin
cp /usr/bin/idler /srv/jail/usr/bin/
script /usr/bin/foosvc "/usr/bin/idler plain"
cp /usr/bin/foosvc /srv/jail/usr/bin/
silent "a script of another root" foosvc chroot /srv/jail /usr/bin/foosvc
describe jailed /srv/jail/usr/bin/foosvc
found "the same meant" jailed "foosvc /srv/jail/usr/bin/foosvc" chroot /srv/jail /usr/bin/foosvc
script /usr/bin/foosvc "/usr/bin/idler jail"
found "one that changed its root then" foosvc "foosvc /usr/bin/foosvc" /usr/bin/foosvc

# Where nobody can tell: the interpreter was called, and wrote a title over its words.
script /usr/bin/foosvc /usr/bin/idler
unsure "called, with a title" foosvc /usr/bin/idler wipe /usr/bin/foosvc
cd /usr/bin
unsure "called, and gone elsewhere" foosvc /usr/bin/idler away ./foosvc
cd /w
silent "called, with another script" foosvc /usr/bin/idler away /usr/bin/other
script /tmp/gone "/usr/bin/idler plain"
start /tmp/gone
rm /tmp/gone
says "a script that is gone" "process $pid \\(.*\\) may have been started without" aaforge load /tmp/d/foosvc.yaml
kill -9 $pid
unload foosvc

# The first thread has ended.
cp /usr/bin/idler /usr/sbin/idled
describe idled /usr/sbin/idled
found "headless" idled idled /usr/sbin/idled headless
script /usr/bin/foosvc "/usr/bin/idler headless"
found "a headless script" foosvc "foosvc /usr/bin/foosvc" /usr/bin/foosvc

# Its file has another name now.
start /usr/sbin/idled plain
mv /usr/sbin/idled /usr/sbin/idled.old
cp /usr/sbin/idled.old /usr/sbin/idled
same "the kernel names the file" /usr/sbin/idled.old "$(readlink /proc/$pid/exe)"
says "renamed" "process $pid \\(idled\\) was started without the profile 'idled', and is unconfined: start it again\$" aaforge load /tmp/d/idled.yaml
refused "renamed: status" "^idled +enforce +unattached " aaforge status idled
kill -9 $pid
unload idled
describe idled '/usr/sbin/idled{,d}'
silent "another program that is named so" idled /usr/sbin/idled.old plain
rm -rf /srv/jail /usr/bin/strangesh /usr/bin/foosvc /usr/bin/other /usr/local/bin/foolink /usr/sbin/idled /usr/sbin/idled.old
