#!/bin/sh
# What is said of the paths of a description, looked at in a root, is what the kernel then does.
# time limit: 120 s
. /vm/lib.sh

# Attached by its path as template host, without the abstractions that apparmor_parser takes long for.
printf 'abi <abi/3.0>,\nprofile @{name} @{attachment} {\n\tsignal,\n}\n' >bare.profile
template=./bare.profile

# describe NAME BINARY LINE …: a description of that template.
describe() {
	local file=$1.yaml
	printf 'name: %s\ntemplate: %s\nbinary: %s\n' "$1" "$template" "$2" >"$file"
	shift 2
	for line; do printf '%s\n' "$line" >>"$file"; done
}

# runs_as WHAT LABEL PROGRAM: the label of a process that is started so.
runs_as() {
	local what=$1 wanted=$2
	shift 2
	"$@" sleep:60 &
	until_true 5 labelled $! "$wanted"
	same "$what" "$wanted" "$(label_of $!)"
	kill -KILL $!
	wait $! 2>/dev/null
}

# quiet OUTPUT: no diagnostic but of the kernel's own.
quiet() {
	same "nothing is said" "" "$(printf '%s\n' "$1" | grep '^[^ ].*\[' | grep -v -e not-enforced-include -e unix-unmediated)"
}

mkdir -p /opt/bin
cp /app /opt/bin/lang3.11
ln -s lang3.11 /opt/bin/lang3

# A link: the profile would be attached to nothing.
template=host
describe lang /opt/bin/lang3
refused "load refuses a link" "error: '/opt/bin/lang3' is a symbolic link to 'lang3.11': the kernel sees '/opt/bin/lang3.11', and the profile is not attached to it \[program-link\]" aaforge load -q lang.yaml
refused "nothing is loaded" 'there is no profile' aaforge status lang
refused "so does install" '\[program-link\]' aaforge install -q lang.yaml
refused "so does check, of this root" "write '/opt/bin/lang3.11'; when an upgrade points the link elsewhere, '/opt/bin/lang3.\*' still matches" aaforge check --root / lang.yaml
ok "without a root it cannot know" aaforge check lang.yaml
ok "loaded all the same" aaforge load -q -W program-link lang.yaml
runs_as "the process is unconfined, as was said" unconfined /opt/bin/lang3
aaforge unload -q lang
for path in /opt/bin/lang3.11 "'/opt/bin/lang3.*'"; do
	describe lang "$path"
	ok "load takes $path" aaforge load -q lang.yaml
	runs_as "$path confines what the link starts" "lang (enforce)" /opt/bin/lang3
	aaforge unload -q lang
done

template=./bare.profile

# A directory that is a link.
ln -s bin /opt/programs
describe lang /opt/programs/lang3.11
refused "a link on the way" "'/opt/programs/lang3.11' leads through the symbolic link '/opt/programs': the kernel sees '/opt/bin/lang3.11'" aaforge load -q lang.yaml
describe lang '"/opt/programs/lang3.*"'
refused "also to a pattern" "write '/opt/bin/lang3.\*'" aaforge load -q lang.yaml

# /bin is one on every merged system: what lies below it is meant below /usr as well.
cp /app /usr/bin/lang3.11
for path in /bin/lang3.11 '"/bin/lang3.*"' '"/{,usr/}bin/lang3.*"'; do
	describe lang "$path"
	ok "load takes $path" aaforge load -q lang.yaml
	runs_as "$path confines" "lang (enforce)" /bin/lang3.11
	aaforge unload -q lang
done

# A program that is not there.
describe lang /opt/bin/lnag3.11
refused "a typing error" "did you mean '/opt/bin/lang3.11'\?" aaforge load -q lang.yaml
says "--allow-missing" 'note: the program .* is missing' aaforge load -q --allow-missing lang.yaml
refused "status does not vouch for it" '^lang +enforce +not in force .*there is no program' aaforge status lang
aaforge unload -q lang

# What cannot be executed.
template=host
cp /usr/bin/bash /opt/bin/ash
printf '#!/opt/bin/ash\nread label </proc/self/attr/current\necho "i am $label"\n' >/opt/script
describe script /opt/script 'readable: ["/proc/@{pid}/attr/current"]'
refused "a script of mode 0644" "'/opt/script' is not executable: its mode is 0644" aaforge load -q script.yaml
ok "loaded all the same" aaforge load -q -W not-executable script.yaml
same "started as people do then, it is unconfined" "i am unconfined" "$(/opt/bin/ash /opt/script)"
chmod 755 /opt/script
says "executable, its interpreter is a note" "note: '/opt/script' is a script of '/opt/bin/ash'" aaforge load -q script.yaml
same "it runs, and is confined" "i am script (enforce)" "$(/opt/script)"
printf '#!/opt/bin/ash\n/opt/bin/ash -c :\n' >/opt/script
refused "that it starts its interpreter is refused, as was said" 'Permission denied' /opt/script
describe script /opt/script 'exec: [/opt/bin/ash]'
ok "with the line that the note shows" aaforge load -q script.yaml
quiet "$output"
ok "and it runs" /opt/script

# env starts what the profile must allow.
ln -s ash /usr/bin/lang-of-script
mv /opt/bin/ash /usr/bin/ash
printf '#!/usr/bin/env lang-of-script\nread label </proc/self/attr/current\necho "i am $label"\n' >/opt/script
describe script /opt/script 'readable: ["/proc/@{pid}/attr/current"]'
says "env is asked about" "warning: '/opt/script' is a script that starts 'lang-of-script' through '/usr/bin/env': the profile refuses to execute '/usr/bin/ash'" aaforge load -q script.yaml
refused "the kernel refuses" "Permission denied" /opt/script
describe script /opt/script 'readable: ["/proc/@{pid}/attr/current"]' 'exec: [/usr/bin/ash]'
ok "with the line that the warning shows" aaforge load -q script.yaml
quiet "$output"
same "it runs" "i am script (enforce)" "$(/opt/script)"
rm /usr/bin/ash
says "without its interpreter" "which is missing: it cannot be started" aaforge load -q script.yaml

template=./bare.profile

# Other paths: the rule for a link matches nothing.
mkdir -p /srv/data /var/lib
echo text >/srv/data/file
ln -s /srv/data /var/lib/data
cp /app /opt/bin/reader
describe reader /opt/bin/reader 'readable: [/var/lib/data/]'
says "a link elsewhere is a warning" "warning: '/var/lib/data' is a symbolic link to '/srv/data': the kernel sees '/srv/data'" aaforge load -q reader.yaml
attempt /opt/bin/reader read:/var/lib/data/file
matches "the kernel refuses" 'EACCES' "$output"
describe reader /opt/bin/reader 'readable: [/srv/data/]'
ok "mended" aaforge load -q reader.yaml
quiet "$output"
attempt /opt/bin/reader read:/var/lib/data/file
matches "the kernel lets it be read" ' ok$' "$output"

# One mistake in a directory of descriptions.
mkdir services
cp bare.profile services
sed 's,^name:.*,name: web,' samples/docker-api.yaml >services/web.yaml
describe lang /opt/bin/lang3
mv lang.yaml services
exits "sync" 1 aaforge sync -q services
matches "names it" 'services/lang.yaml:3:9: error: .*\[program-link\]' "$output"
sed -i 's,lang3,lang3.11,' services/lang.yaml
ok "mended" aaforge sync -q services
runs_as "it confines" "lang (enforce)" /opt/bin/lang3

# The tree of an image: links stay inside, nothing is waited for, nothing is left but the profile.
mkdir -p image/usr/bin image/etc image/var
cp -r /etc/apparmor.d image/etc
ln -s usr/bin image/bin
ln -s ../../../../../../opt/bin/lang3.11 image/usr/bin/out
mkfifo image/usr/bin/pipe
ln -s circle image/usr/bin/circle
cp /app image/usr/bin/inside
ln -s /usr/bin/inside image/usr/bin/absolute
describe image '[/usr/bin/inside, /usr/bin/out, /usr/bin/pipe, /usr/bin/circle, /usr/bin/absolute]' 'readable: [/run/web/, /tmp/x, /etc/missing]'
exits "an image" 1 aaforge check --root image --format json image.yaml
matches "a link that leads out of it" "and '/opt/bin/lang3.11' is missing below 'image'\".*" "$output"
matches "a pipe" "'/usr/bin/pipe' is neither a file nor a directory" "$output"
matches "a circle" "'/usr/bin/circle' leads through symbolic links in a circle" "$output"
same "a link inside is fine: its target is listed" "" "$(printf '%s\n' "$output" | grep absolute)"
matches "what a boot makes is not missed" '"path-missing","message":"./etc/missing' "$output"
describe image '[/usr/bin/inside]'
ok "what it holds is installed" aaforge install -q --root image image.yaml
ok "the file" test -f image/etc/apparmor.d/image
describe later '[/usr/bin/later]'
refused "what it does not hold is not" '\[program-missing\]' aaforge install -q --root image later.yaml
ok "unless it comes later" aaforge install -q --allow-missing --root image later.yaml
rm -rf /opt /srv /usr/bin/lang3.11 /usr/bin/lang-of-script /var/lib/data
