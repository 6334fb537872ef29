#!/bin/sh
# What the paths of descriptions stand for is what the kernel then does: plain ones that are files or directories, and
# what lies below /bin, a link on every merged system.
# time limit: 100 s
. /vm/lib.sh

# Without the abstractions, which apparmor_parser takes long for.
printf 'abi <abi/3.0>,\nprofile @{name} {\n\tsignal,\n\tdeny /sys/kernel/security/{,**} rwklx,\n}\n' >bare.profile
printf 'abi <abi/3.0>,\nprofile @{name} @{attachment} {\n\tsignal,\n\t/proc/*/attr/current r,\n}\n' >attached.profile
same "/bin is a link" /usr/bin "$(readlink -f /bin)"

describe() { # NAME TEMPLATE BINARY LINE …
	local file=$1.yaml
	printf 'name: %s\ntemplate: ./%s.profile\nbinary: %s\n' "$1" "$2" "$3" >"$file"
	shift 3
	for line; do printf '%s\n' "$line" >>"$file"; done
}

mkdir -p /srv/tree/below /srv/tree2
for file in /srv/plain /srv/tree/a /srv/tree/below/b /srv/tree2/c /srv/one '/srv/a[1]'; do
	echo text >"$file"
done
describe plain bare /app "readable: [/srv/plain, /srv/tree, {file: '/srv/a[1]'}, /sys/kernel/security/lsm]" \
	"expect: {allow: ['/srv/a\\[1\\] r', /srv/tree/below/b r], deny: ['/srv/a\\[2\\] r', /srv/tree2/c r]}"
ok "the file or the directory" aaforge load -q plain.yaml
probes plain ok read:/srv/plain read:/srv/tree/a read:/srv/tree/below/b 'read:/srv/a[1]' read:/sys/kernel/security/lsm
probes plain EACCES read:/srv/tree2/c read:/srv/one write:/srv/plain write:/srv/tree/a read:/sys/kernel/security/apparmor/profiles
describe plain bare /app 'readable: [{file: /srv/plain}, {file: /srv/tree}]'
ok "one file" aaforge load -q plain.yaml
probes plain ok read:/srv/plain
probes plain EACCES read:/srv/tree/a
describe plain bare /app 'readable: [/srv/plain]' 'deny: [/srv/plain r]'
refused "dead with the file" "reading is denied on the file '/srv/plain'.*\[dead-rule\]" aaforge load -q plain.yaml
ok "loaded all the same" aaforge load -q -W dead-rule plain.yaml
probes plain EACCES read:/srv/plain

# audit: true logs what is allowed; in complain mode the log tells what a service needs.
describe plain bare /app 'readable: [{path: /srv/plain, audit: true}, /srv/tree]'
ok "an entry that is logged" aaforge load -q plain.yaml
forget_audit
probes plain ok read:/srv/plain read:/srv/tree/a
logged "its use is" 'apparmor="AUDIT".* profile="plain".*name="/srv/plain"'
not_logged "that of another is not" 'name="/srv/tree/a"'
ok "in complain mode" aaforge load -q --complain plain.yaml
attempt aaforge load --complain plain.yaml
same "one note of what is left out" 1 "$(printf '%s\n' "$output" | grep -c '\[deny-left-out\]')"
probes plain ok read:/srv/one
logged "what would be refused is told" 'apparmor="ALLOWED" operation="open".* profile="plain".*name="/srv/one".*requested_mask="r"'

# /bin
cp /usr/bin/bash /usr/bin/tool
describe tool attached /bin/tool 'exec: [/bin/busybox]' 'libraries: [/lib, /lib64]' 'readable: [/usr/lib]'
ok "a program below /bin" aaforge load -q tool.yaml
for path in /bin/tool /usr/bin/tool; do
	same "$path is confined" "tool (enforce)" "$($path -c 'read -r label </proc/self/attr/current; echo "$label"')"
	ok "$path starts what it may" $path -c '/bin/busybox cat /proc/self/attr/current'
	refused "$path does not start another" 'Permission denied' $path -c '/bin/aaforge version'
done
says "status attaches it" '^tool +enforce' aaforge status tool
same "and disputes nothing" "" "$(aaforge status tool | grep -i -E 'link|attaches|no program|nothing')"
says "lookup finds it" 'tool' aaforge lookup tool
describe other attached /usr/bin/tool
refused "another for the same program" "both for '/usr/bin/tool'.*\[attach-conflict\]" aaforge load -q tool.yaml other.yaml
refused "also when the first is loaded" "tool" aaforge load -q other.yaml
aaforge unload -q tool
/bin/tool -c 'sleep 60; :' &
early=$!
until_true 5 test "$(readlink /proc/$early/exe)" = /usr/bin/tool
says "a process that runs already is found" "process $early \(tool\) was started without the profile 'tool'" aaforge load tool.yaml
kill $early
aaforge unload -q tool
rm -rf /usr/bin/tool /srv/tree /srv/tree2 /srv/plain /srv/one '/srv/a[1]'
