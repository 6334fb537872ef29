#!/bin/sh
# Programs that run already when their profile is loaded stay unconfined: load, install and sync say so.
# time limit: 90 s
. /vm/lib.sh

mkdir -p /tmp/d
cp /usr/bin/bash /usr/sbin/slumberd
cp /usr/bin/bash /usr/sbin/patternd
cat >/usr/bin/lullaby <<'S'
#!/usr/bin/bash -e
sleep 600
:
S
chmod +x /usr/bin/lullaby
printf 'name: slumberd\ntemplate: host\nbinary: /usr/sbin/slumberd\nreadable: [/**]\nexec: [/usr/bin/*]\n' >/tmp/d/slumberd.yaml
echo 'profile pattern /usr/sbin/{pattern,other}d { /** rix, signal, }' >/tmp/pattern
echo 'profile lullaby /usr/bin/lullaby { /** rix, signal, }' >/tmp/lullaby
echo '/usr/sbin/slumberd { /** rix, signal, }' >/tmp/by-name

start() { # PROGRAM: sets $pid
	"$1" -c 'sleep 600; :' >/dev/null 2>&1 &
	pid=$!
	until_true 5 runs $pid "$1"
}

runs() { # PID PROGRAM
	test "$(readlink -f /proc/$1/exe)" = "$2"
}

note() { # PID COMMAND PROFILE MEND
	echo "^aaforge: note: process $1 \\($2\\) was started without the profile '$3', and is unconfined: $4\$"
}

start /usr/sbin/slumberd
early=$pid
ok "load ends well" aaforge load /tmp/d/slumberd.yaml
matches "and tells of the daemon that runs" "$(note $early slumberd slumberd 'start it again')" "$output"
same "which is unconfined indeed" unconfined "$(label_of $early)"
start /usr/sbin/slumberd
same "a new start is confined" "slumberd (enforce)" "$(label_of $pid)"
attempt aaforge load /tmp/d/slumberd.yaml
matches "it is told again" "$(note $early slumberd slumberd 'start it again')" "$output"
same "once" 1 "$(echo "$output" | grep -c 'was started without')"
says "JSON" "\"running\":\[\{\"pid\":$early,\"command\":\"slumberd\",\"program\":\"/usr/sbin/slumberd\",\"deleted\":false,\"label\":\"unconfined\",\"mend\":\"start it again\"\}\]" \
	aaforge load --json /tmp/d/slumberd.yaml
ok "dry run" aaforge load -n /tmp/d/slumberd.yaml
matches "tells it too" "$(note $early slumberd slumberd 'start it again')" "$output"

says "install" "$(note $early slumberd slumberd 'start it again')" aaforge install /tmp/d/slumberd.yaml
says "sync" "$(note $early slumberd slumberd 'start it again')" aaforge sync /tmp/d
says "sync with nothing to do" "$(note $early slumberd slumberd 'start it again')" aaforge sync /tmp/d

# An upgrade replaces the program's file.
cp /usr/bin/bash /usr/sbin/slumberd.new
mv /usr/sbin/slumberd.new /usr/sbin/slumberd
matches "its file is gone" ' \(deleted\)$' "$(readlink /proc/$early/exe)"
says "it is found all the same" "\"pid\":$early,.*\"deleted\":true" aaforge sync --json /tmp/d
kill $early
until_true 5 test ! -e /proc/$early/exe
attempt aaforge sync /tmp/d
same "it has ended: silence" 0 "$(echo "$output" | grep -c 'was started without')"

# Another profile that somebody chose is no accident, but a fact of the JSON.
echo 'profile elsewhere { /** rix, signal, change_profile, }' >/tmp/elsewhere
load /tmp/elsewhere
aa-exec -p elsewhere -- /usr/sbin/slumberd -c 'sleep 600; :' >/dev/null 2>&1 &
other=$!
until_true 5 runs $other /usr/sbin/slumberd
says "JSON" "\"running\":\[\{\"pid\":$other,\"command\":\"slumberd\",\"program\":\"/usr/sbin/slumberd\",\"deleted\":false,\"label\":\"elsewhere\"\}\]" \
	aaforge sync --json /tmp/d
same "no note" 0 "$(echo "$output" | grep -c 'was started without')"

# A pattern, a script, a profile whose name is the path.
start /usr/sbin/patternd
says "a pattern" "$(note $pid patternd pattern 'start it again')" aaforge load /tmp/pattern
/usr/bin/lullaby &
script=$!
until_true 5 runs $script /usr/bin/bash
says "a script" "$(note $script 'lullaby /usr/bin/lullaby' lullaby "start it again \\(by the script's own path\\)")" aaforge load /tmp/lullaby
/usr/bin/lullaby &
until_true 5 runs $! /usr/bin/bash
same "as the kernel attaches" "lullaby (enforce)" "$(label_of $!)"
aaforge remove --force slumberd >/dev/null 2>&1
start /usr/sbin/slumberd
says "by its name" "$(note $pid slumberd /usr/sbin/slumberd 'start it again')" aaforge load /tmp/by-name
same "the kernel attaches by the name" "/usr/sbin/slumberd (enforce)" "$(start /usr/sbin/slumberd && label_of $pid)"

# Many.
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do aa-exec -p unconfined -- sleep 600 & done
echo 'profile sleeper /usr/bin/busybox { /** rix, signal, }' >/tmp/sleeper
ok "load" aaforge load /tmp/sleeper
same "ten are told" 11 "$(echo "$output" | grep -c 'aaforge: note: ')"
matches "and how many more" '^aaforge: note: and [0-9]+ more processes like these$' "$output"

# A namespace's profiles attach to its own tasks.
ok "in a namespace" aaforge load --namespace tenant /tmp/sleeper
same "nobody of it runs" 0 "$(echo "$output" | grep -c 'was started without')"

# Units, as the kernel's cgroup says.
ok "unload" aaforge unload --force pattern
start /usr/sbin/patternd
mkdir -p /sys/fs/cgroup/system.slice/slumber.service/deep
echo $pid >/sys/fs/cgroup/system.slice/slumber.service/deep/cgroup.procs
says "a service" "$(note $pid 'patternd, slumber.service' pattern 'systemctl restart slumber.service')" aaforge load /tmp/pattern
says "JSON" '"unit":"slumber.service","label":"unconfined","mend":"systemctl restart slumber.service"' aaforge load --json /tmp/pattern
kill -KILL $pid
wait $pid
for i in slumber.service/deep slumber.service ""; do rmdir /sys/fs/cgroup/system.slice/$i; done
rm -f /usr/sbin/slumberd /usr/sbin/patternd /usr/bin/lullaby
