#!/bin/sh
# Where the tasks of the machine cannot be seen in full, no profile is taken away, and status says so.
# time limit: 120 s
. /vm/lib.sh

names() {
	sed 's/ .*//' $securityfs/profiles | sort | tr '\n' ' '
}

namespace='this is not the PID namespace of the host'
mkdir -p /tmp/d /tmp/empty /tmp/root
printf 'name: web\nbinary: /app\ntemplate: minimal\nrules:\n- signal (receive) peer=unconfined\n' >/tmp/d/web.yaml
ok "installed" aaforge install /tmp/d/web.yaml
aa-exec -p web -- /app sleep:600 &
task=$!
until_true 5 labelled $task "web (enforce)"
inside="unshare -p -f -m --mount-proc"

exits "unload in a PID namespace" 1 $inside aaforge unload web
matches "the words" "^aaforge: there may be confined tasks that cannot be seen: $namespace" "$output"
matches "how to run it" "run it there, with its proc \(hostPID: true, --pid=host\)" "$output"
matches "nothing was unloaded" '^aaforge: nothing was unloaded$' "$output"
exits "nested" 1 $inside $inside aaforge unload web
exits "by a description" 1 $inside aaforge unload /tmp/d/web.yaml
exits "dry run" 1 $inside aaforge unload -n web
exits "remove" 1 $inside aaforge remove web
matches "the words" "^aaforge: 'web' cannot be removed: it may confine tasks that cannot be seen: $namespace" "$output"
printf 'name: other\nbinary: /app\ntemplate: minimal\nrules:\n- signal (receive) peer=unconfined\n' >/tmp/empty/other.yaml
exits "sync --prune" 1 $inside aaforge sync --prune /tmp/empty
matches "the words" "^aaforge: 'web' cannot be removed: it may confine tasks that cannot be seen" "$output"
ok "replacing needs no tasks" $inside aaforge load /tmp/d/web.yaml
ok "nor does installing" $inside aaforge install /tmp/d/web.yaml
says "status" '^web +enforce +current +0\+ ' $inside aaforge status web
matches "at least" '; at least 0 confined tasks$' "$output"
matches "says why" "^aaforge: not all tasks can be seen, there may be more: $namespace" "$output"
says "JSON" "\"tasks_complete\":false,\"tasks_hidden\":\"$namespace" $inside aaforge status --json web
same "the task was never free" "web (enforce)" "$(label_of $task)"

# The proc of the host shows everything, wherever we are.
exits "with the host's proc" 1 unshare -p -f aaforge unload web
matches "it sees the task" "^  $task  app\$" "$output"
says "status" '^web +enforce +current +1 ' unshare -p -f aaforge status web
says "JSON" '"tasks_complete":true,' unshare -p -f aaforge status --json web
says "on the host" '^web +enforce +current +1 ' aaforge status web
same "not a word" "" "$(echo "$output" | grep 'can be seen')"

# hidepid= hides nothing from who may trace everybody.
remounted() { # OPTIONS COMMAND…: with a proc of these options
	local options=$1
	shift
	unshare -m sh -c 'mount -t proc -o "$0" proc /proc && exec "$@"' "$options" "$@"
}
user="busybox su user -c"
for option in hidepid=1 hidepid=2 hidepid=4 subset=pid; do
	exits "$option, unload" 1 remounted $option aaforge unload web
	matches "$option: root sees the task" "^  $task  app\$" "$output"
	[ $option != hidepid=2 ] || says "$option, status" '"tasks":\[[0-9]+\].*"tasks_complete":true,' remounted $option aaforge status --json web
done
for option in hidepid=2 hidepid=4; do
	attempt remounted $option $user "XDG_CACHE_HOME=/tmp/cache-user aaforge status --json web"
	matches "$option, a user's status" '"tasks":\[\].*"tasks_complete":false,"tasks_hidden":".*hidepid=' "$output"
	exits "$option, root of a user namespace" 1 remounted $option unshare -U -r aaforge unload web
	matches "$option: is not believed" 'cannot be seen: .*hidepid=' "$output"
done
says "a user where nothing is hidden" '"tasks":\[[0-9]+\].*"tasks_complete":true,' $user "XDG_CACHE_HOME=/tmp/cache-user aaforge status --json web"
cat >/tmp/forge <<'P'
profile forge flags=(attach_disconnected) { /** rwlkmix, capability, mount, umount, signal, unix, network, change_profile, }
P
load /tmp/forge
exits "hidepid=2, confined by a profile without ptrace" 1 remounted hidepid=2 aa-exec -p forge -- aaforge unload web
matches "is not believed" 'cannot be seen: .*hidepid=' "$output"

# Something else than the proc of the host.
exits "a process that is covered" 1 unshare -m sh -c "mount --bind /tmp/empty /proc/$task && aaforge unload web"
matches "the words" "cannot be seen: something is mounted over a process in '/proc'" "$output"
says "status" '"tasks":\[\].*"tasks_complete":false,' unshare -m sh -c "mount --bind /tmp/empty /proc/$task && aaforge status --json web"
mkdir -p /tmp/false/self/ns /tmp/false/self/mountinfo
ln -s 'pid:[4026531836]' /tmp/false/self/ns/pid
for i in mounts mountinfo; do rmdir /tmp/false/self/$i 2>/dev/null; cat /proc/self/$i >/tmp/false/self/$i; done
ln -s self/mounts /tmp/false/mounts
exits "another directory" 1 unshare -m sh -c "mount --bind /tmp/false /proc && aaforge unload web"
matches "the words" "cannot be seen: '/proc' is not the proc of the kernel" "$output"
$inside /app sleep:600 &
container=$!
until_true 5 test -s /proc/$container/task/$container/children
read -r first rest </proc/$container/task/$container/children
until_true 5 test -e /proc/$first/root/proc/1
exits "the proc of a container" 1 nsenter -t $first -m aaforge unload web
matches "is not that of the host, although we are" "cannot be seen: $namespace" "$output"
kill -KILL $first
same "the task was never free" "web (enforce)" "$(label_of $task)"

# Without a proc.
mkdir -p /tmp/jail/sys/kernel/security /tmp/jail/etc /tmp/jail/run /tmp/jail/proc
for i in /usr /bin /lib /lib64 /sbin; do
	test -e $i && mkdir -p /tmp/jail$i && mount --bind $i /tmp/jail$i
done
mount --bind /sys/kernel/security /tmp/jail/sys/kernel/security
mount --bind /etc /tmp/jail/etc
mount --bind /run /tmp/jail/run
attempt chroot /tmp/jail aaforge unload web
matches "a chroot without a proc" 'cannot' "$output"
ok "it is there" grep -q '^web ' $securityfs/profiles
attempt chroot /tmp/jail aaforge remove web
matches "a chroot without a proc" 'cannot' "$output"
ok "it is there" grep -q '^web ' $securityfs/profiles
rmdir /tmp/jail/proc
exits "not even a directory" 1 chroot /tmp/jail aaforge unload web
matches "the words" "cannot be seen: cannot read the processes in '/proc'" "$output"
umount /tmp/jail/sys/kernel/security /tmp/jail/etc /tmp/jail/run
for i in /usr /bin /lib /lib64 /sbin; do umount /tmp/jail$i 2>/dev/null; done
same "the task was never free" "web (enforce)" "$(label_of $task)"

# Tasks of a container are seen from the host.
$inside aa-exec -p web -- /app sleep:600 &
until_true 5 test "$(pidof app | wc -w)" -ge 2
exits "from the host" 1 aaforge unload web
same "both" 2 "$(echo "$output" | grep -c '^  [0-9]*  app$')"

# --force goes on, and says so.
says "dry run" '^aaforge: note: tasks that cannot be seen may run unconfined from now on: ' $inside aaforge unload -n --force web
says "unload --force" '^aaforge: note: tasks that cannot be seen may run unconfined from now on: ' $inside aaforge unload --force web
same "the task runs free" unconfined "$(label_of $task)"
ok "again" aaforge load /tmp/d/web.yaml
says "remove --force" '^aaforge: note: tasks that cannot be seen may run unconfined from now on: ' $inside aaforge remove --force web
same "nothing of it is left" "forge other " "$(names)"
ok "not loaded: nobody loses anything" aaforge install /tmp/d/web.yaml
ok "unloaded" aaforge unload web
ok "remove needs no tasks" $inside aaforge remove web
kill $(pidof app)

# What is to go and in use goes when its last task has ended.
mkdir /tmp/svc
cp /tmp/empty/other.yaml /tmp/d/web.yaml /tmp/svc
aaforge sync --watch --prune /tmp/svc >/tmp/watch.log 2>&1 &
watcher=$!
until_true 20 grep -q following /tmp/watch.log
aa-exec -p web -- /app sleep:600 &
first=$!
aa-exec -p web -- /app sleep:600 &
second=$!
until_true 5 labelled $first "web (enforce)"
until_true 5 labelled $second "web (enforce)"
rm /tmp/svc/web.yaml
stays="^aaforge: note: 'web' stays as long as it confines tasks, and goes when the last of them has ended\$"
ok "it stays" until_true 20 grep -q "$stays" /tmp/watch.log
kill $first
touch /tmp/svc/other.yaml
sleep 3
same "one has ended, another has not" enforce "$(mode_of web)"
kill $second
ok "the last has ended: it goes" until_true 40 grep -q '^- web ' /tmp/watch.log
same "it is gone" "" "$(mode_of web)"
ok "its text, too" test ! -e /etc/apparmor.d/web
same "it was said once" 1 "$(grep -c "$stays" /tmp/watch.log)"
kill $watcher
wait $watcher
same "SIGTERM ends it" 0 $?
