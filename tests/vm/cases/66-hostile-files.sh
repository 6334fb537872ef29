#!/bin/sh
# Files of others: what hangs, what can be read through a description, what is overwritten, who decides what root loads.
# time limit: 120 s
. /vm/lib.sh

D=/etc/aaforge
describe() { # NAME [LINE …]
	printf 'name: %s\nbinary: /app\n' "$1"
	shift
	printf '%s\n' "${@:-template: minimal}"
}

# A named pipe without a writer: an error at once, everywhere.
mkdir pipes
mkfifo pipes/pipe pipes/pipe.yaml
describe web >pipes/web.yaml
describe tpl 'template: ./pipe' >template.yaml
mv template.yaml pipes/template.yaml
for words in "load pipes/pipe" "load pipes/pipe.yaml" "install pipes/pipe.yaml" "status pipes/pipe.yaml" "lookup pipes/pipe.yaml" \
	"unload pipes/pipe.yaml" "audit pipes/pipe" "import pipes/pipe" "check --features pipes/pipe pipes/web.yaml" "load pipes/template.yaml"; do
	refused "at once: $words" 'is a named pipe' timeout 10 aaforge $words
done
exits "a directory with one" 3 timeout 10 aaforge load pipes
matches "which" "'pipes/pipe.yaml' is a named pipe" "$output"
exits "sync of it" 3 timeout 10 aaforge sync pipes
matches "tells which" "'pipes/pipe.yaml' is a named pipe" "$output"
same "the good one is loaded" enforce "$(mode_of web)"
ok "and removed again" aaforge remove web
mkdir texts
mkfifo texts/.pipe
for name in one two; do
	printf 'profile %s {\n include "/w/texts/.pipe"\n}\n' $name >texts/$name
done
refused "profile texts that include one" "/w/texts/.pipe', which is included, is not a file" timeout 10 aaforge load texts
same "both are told" 2 "$(echo "$output" | grep -c 'which is included')"
rm -r pipes/pipe* pipes/template.yaml texts
refused "what would be waited for" 'Resource temporarily unavailable' timeout 10 aaforge audit $securityfs/revision

# A pipe that comes into a watched directory: told, and SIGTERM still ends it.
aaforge sync --watch pipes >watch.log 2>&1 &
pid=$!
until_true 20 grep -q '^following' watch.log
mkfifo pipes/late.yaml
ok "it is told" until_true 20 grep -q "late.yaml' is a named pipe" watch.log
describe other >pipes/other.yaml
ok "the others go on" until_true 20 grep -q '^+ other ' watch.log
kill $pid
ok "and SIGTERM ends it" until_true 5 grep -q '^State:	Z' /proc/$pid/status
wait $pid
ok "removed" aaforge remove web other
rm -r pipes

# What only root can read is not shown to, or copied for, who writes descriptions.
mkdir svc
printf 'root:$6$kGT9:1:2:3:4:::\n' >/etc/secret
chmod 600 /etc/secret
ln -s /etc/secret svc/link.profile
for template in /etc/secret ../../etc/secret ./link.profile; do
	describe web "template: $template" >svc/web.yaml
	for command in load install check; do
		refused "$command, template: $template" outside-path aaforge $command svc/web.yaml
		same "nothing of it is shown" "" "$(echo "$output" | grep kGT9)"
	done
	refused "also with --allow-outside" 'is no template' aaforge load --allow-outside svc/web.yaml
	same "nothing of it is shown" "" "$(echo "$output" | grep kGT9)"
done
printf 'profile @{name} {\n include "/etc/secret"\n}\n' >svc/inc.profile
describe web 'template: ./inc.profile' >svc/web.yaml
refused "by an include" "'/etc/secret', which is included" aaforge load svc/web.yaml
same "nothing of it is shown" "" "$(echo "$output" | grep kGT9)"
printf 'profile web {\n include "/etc/secret"\n}\n' >svc/text
refused "by a profile text" 'apparmor_parser refuses' aaforge load svc/text
same "nothing of it is shown" "" "$(echo "$output" | grep kGT9)"
rm svc/text svc/*.profile
same "nothing is loaded" "" "$(mode_of web)"

# Templates that are shared, and those beside the description, work, and go on working once installed.
mkdir -p $D/templates svc/base
printf 'profile @{name} {\n /app mrix,\n /etc/hosts r,\n}\n' | tee svc/base/own.profile >$D/templates/shared.profile
describe own 'template: ./base/own.profile' >svc/own.yaml
describe shared "template: $D/templates/shared.profile" >svc/web.yaml
ok "installed" aaforge install svc
says "both are as they should be" 'current' aaforge status
says "from the installed descriptions" '^nothing to do' aaforge sync $D
ok "removed" aaforge remove own shared
rm -r svc $D/templates

# Who could write it decides what root loads.
mkdir -p team/svc
describe web >team/svc/web.yaml
says "root's own" '^\+ web ' aaforge load -n team/svc
chown 1000 team/svc/web.yaml
for command in "load team/svc" "load team/svc/web.yaml" "install team/svc" "sync team/svc" "sync --prune --force team/svc"; do
	refused "somebody's file: $command" "'/w/team/svc/web.yaml' belongs to user 1000 .*chown root: '/w/team/svc/web.yaml'" aaforge $command
done
chown 0 team/svc/web.yaml
chmod 664 team/svc/web.yaml
refused "a group's file" "web.yaml' .owner 0, mode 0664. may be written by others.*chmod go-w '/w/team/svc/web.yaml'" aaforge load team/svc
chmod 644 team/svc/web.yaml
chmod 777 team
refused "a directory above" "'/w/team' .owner 0, mode 0777.*chmod go-w '/w/team'" aaforge sync team/svc
same "nothing is loaded" "" "$(mode_of web)"
chmod 1777 team
ok "sticky, as /tmp: root's own names stay" aaforge load -n team/svc
chmod 1777 team/svc
refused "but everybody could add a description" "'/w/team/svc' .owner 0, mode 1777" aaforge sync team/svc
chmod 755 team team/svc
mkdir -m 777 open
describe web >open/web.yaml
ln -s ../../open/web.yaml team/svc/other.yaml
rm team/svc/web.yaml
refused "a link to there" "'/w/open' .owner 0, mode 0777" aaforge load team/svc
ln -s open current
refused "a directory behind a link" "'/w/open' .owner 0, mode 0777" aaforge sync current
rm team/svc/other.yaml open/web.yaml
refused "even when it is empty" "'/w/open' .owner 0, mode 0777" aaforge sync --prune --force open
printf 'profile @{name} {\n /app mrix,\n}\n' >team/svc/own.profile
chown 1000 team/svc/own.profile
describe web 'template: ./own.profile' >team/svc/web.yaml
refused "somebody's template" "own.profile' belongs to user 1000" aaforge load team/svc
same "nothing is loaded" "" "$(mode_of web)"
ok "--allow-writable goes on" aaforge load --allow-writable team/svc
same "loaded" enforce "$(mode_of web)"
says "questions are answered from anywhere" 'web' aaforge status team/svc
mkdir image
ok "so is an image built" aaforge install --root image --base /etc/apparmor.d --features $securityfs/features team/svc
ok "somebody else's pipe" sh -c 'cat team/svc/web.yaml | sed s/own.profile/\\/w\\/none/ | aaforge check - ; true'
ok "unloaded" aaforge unload web

# doctor tells, and sync of it refuses.
mkdir -p $D
describe web >$D/web.yaml
chmod 775 $D
attempt aaforge doctor
matches "doctor tells" "error writable-descriptions: .*'$D' .owner 0, mode 0775.*chmod go-w '$D'" "$output"
refused "sync refuses" "chmod go-w '$D'" aaforge sync $D
chmod 755 $D
chown 1000 $D/web.yaml
attempt aaforge doctor
matches "doctor tells" "writable-descriptions: .*web.yaml' belongs to user 1000" "$output"
chown 0 $D/web.yaml
attempt aaforge doctor
same "and is content then" "" "$(echo "$output" | grep writable-desc)"

# What is there keeps what it has.
printf 'services:\n  web:\n    image: x:1\n    privileged: true\n' >compose.yaml
chown 1000:1001 compose.yaml
chmod 600 compose.yaml
ln -s compose.yaml link.yaml
ok "mended" aaforge audit --fix --in-place link.yaml
same "mode and owner" "600 1000 1001" "$(stat -c '%a %u %g' compose.yaml)"
ok "the link is one" test -h link.yaml
same "it was mended" "" "$(grep 'privileged: true' compose.yaml)"
mkdir -m 1777 shared
echo precious >/etc/precious
ln -s /etc/precious shared/out
chown -h 1000 shared/out
refused "a stranger's link" 'symbolic link of another user' aaforge compile -o shared/out $D/web.yaml
same "leads nowhere" precious "$(cat /etc/precious)"
