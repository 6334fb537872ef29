#!/bin/sh
# load takes what was asked for and nothing else, cleans up the namespace that it made, and knows what is its own when the disk is full.
# time limit: 90 s
. /vm/lib.sh

namespaces=$securityfs/policy/namespaces
describe() { printf 'name: %s\nbinary: /app\ntemplate: minimal\n' "$1"; }
describe web >web.yaml
describe db >db.yaml
profiles() { cut -d' ' -f1 $securityfs/profiles | tr '\n' ' '; }

# A parser that makes something else of it.
wrap() { # COMMAND: what it does with the text
	{
		echo '#!/bin/sh'
		echo 'case "$*" in *--version*) exec apparmor_parser --version;; esac'
		echo "($1) | apparmor_parser \"\$@\""
	} >parser
	chmod 755 parser
}
wrap "sed 's/^profile web/profile other/'"
refused "another name is not loaded" "describes the profile 'web', but .* holds 'other'" aaforge load --no-cache --parser /w/parser web.yaml
wrap "cat; echo 'profile evil { }'"
refused "one more is not loaded" "holds 'evil'" aaforge load --no-cache --parser /w/parser web.yaml
refused "nor installed" "holds 'evil'" aaforge install --no-cache --parser /w/parser web.yaml
wrap "sed 's/^profile web/profile :far:web/'"
refused "nor another namespace" "holds ':far:web'" aaforge load --no-cache --parser /w/parser web.yaml
same "the kernel holds nothing" "" "$(profiles)"
same "no namespace was made" "" "$(ls $namespaces)"

# Namespaces.
ok "load makes a namespace" aaforge load --namespace tenant web.yaml db.yaml
same "it is there" tenant "$(ls $namespaces)"
ok "one leaves" aaforge unload --namespace tenant web
same "it is there still" tenant "$(ls $namespaces)"
aa-exec -n tenant -p unconfined -- sleep 1000 &
sleeper=$!
ok "a task is in it" until_true 10 grep -q tenant /proc/$sleeper/attr/apparmor/current
says "the last leaves, with a task in it" "'tenant' stays: tasks are in it" aaforge unload --namespace tenant db
same "the task is still in it" ":tenant:unconfined" "$(cat /proc/$sleeper/attr/apparmor/current)"
kill $sleeper
wait $sleeper
ok "load again" aaforge load --namespace tenant web.yaml
mkdir $namespaces/tenant/namespaces/kid
says "the last leaves, with a namespace in it" "'tenant' stays: it holds other namespaces" aaforge unload --namespace tenant web
same "that is there" kid "$(ls $namespaces/tenant/namespaces)"
rmdir $namespaces/tenant/namespaces/kid
ok "load again" aaforge load --namespace tenant web.yaml
says "the last leaves" "'tenant' went with its last profile" aaforge unload --namespace tenant web
same "it is gone" "" "$(ls $namespaces)"
mkdir $namespaces/theirs
ok "into one of others" aaforge load --namespace theirs web.yaml
says "the last leaves" "'theirs' is empty now and stays: aaforge did not make it" aaforge unload --namespace theirs web
same "it is there" theirs "$(ls $namespaces)"
rmdir $namespaces/theirs

# A full /run: nothing is loaded that could not be recorded.
mkdir -p /run/aaforge
mount -t tmpfs -o size=32k,mode=755 none /run/aaforge
ok "there is room for one" aaforge load web.yaml
dd if=/dev/zero of=/run/aaforge/fill bs=4k count=64 2>/dev/null
refused "a full disk" "nothing was loaded; there has to be room in '/run/aaforge'.*No space left" aaforge load db.yaml
same "it was not loaded" "" "$(mode_of db)"
refused "installed neither" "room in '/run/aaforge'.*No space left" aaforge install db.yaml
same "not on disk either" "" "$(ls /etc/apparmor.d/db /etc/aaforge/.transaction 2>/dev/null)"
umount /run/aaforge

# A full /etc: the kernel has it, the text is not there yet.
aaforge unload web >/dev/null 2>&1
mkdir -p /etc/aaforge
attempt aaforge status
not_foreign() { aaforge status --json "$1" >/tmp/status; ! grep -q '"foreign"' /tmp/status; }
mount -t tmpfs -o size=64k,mode=755 none /etc/aaforge
cp -a /etc/apparmor.d /tmp/kept
mount -t tmpfs -o size=4k,mode=755 none /etc/apparmor.d
dd if=/dev/zero of=/etc/apparmor.d/.fill bs=4k count=1 2>/dev/null
attempt aaforge install --base /tmp/kept db.yaml
printf '%s\n' "$output"
if [ -n "$(mode_of db)" ]; then
	matches "it says what to do" "finished by the next run" "$output"
	ok "what the kernel took is not foreign" not_foreign db
fi
rm /etc/apparmor.d/.fill
ok "with room again" aaforge install --base /tmp/kept db.yaml
ok "it is on disk" test -s /etc/apparmor.d/db
same "and in the kernel" enforce "$(mode_of db)"
umount /etc/apparmor.d
umount /etc/aaforge
