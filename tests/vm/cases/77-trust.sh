#!/bin/sh
# What root reads and runs for a profile: who could write it, and whether it still is what it was.
# time limit: 240 s
. /vm/lib.sh

D=/etc/aaforge
P=/etc/apparmor.d
describe() { # NAME LINE …
	printf 'name: %s\nbinary: /app\n' "$1"
	shift
	printf '%s\n' "$@"
}
mkdir svc
printf 'profile @{name} {\n include <abstractions/consoles>\n /app mrix,\n}\n' >svc/own.profile
describe web 'template: ./own.profile' >svc/web.yaml

# What apparmor_parser is, and what it reads.
cp $P/abi/3.0 features
cp /sbin/apparmor_parser parser
cp -r $P base
mkdir -p more/own
echo '/etc/hosts r,' >more/own/part
ok "root's own" aaforge load -n --no-cache --parser /w/parser --features features --base base -I more svc
chmod 666 features
for command in "load svc/web.yaml" "install svc/web.yaml" "sync svc"; do
	refused "features: $command" "'/w/features' .owner 0, mode 0666. may be written.*chmod go-w '/w/features'" aaforge $command --features features
done
ok "--allow-writable goes on" aaforge load -n --allow-writable --features features svc
chmod 644 features
chmod 777 parser
refused "the parser itself" "'/w/parser' .owner 0, mode 0777" aaforge load --no-cache --parser /w/parser svc
chown 1000 parser
chmod 755 parser
refused "somebody's parser" "'/w/parser' belongs to user 1000" aaforge sync --parser /w/parser svc
ok "--allow-writable goes on" aaforge load -n --allow-writable --no-cache --parser /w/parser svc
chown 0 parser
chown 1000 base/abstractions
refused "a directory below --base" "'/w/base/abstractions' belongs to user 1000" aaforge load --base base svc
matches "and which description needs it" "nothing is taken from 'svc/web.yaml': others may write what it includes" "$output"
printf 'profile text {\n include <abstractions/consoles>\n}\n' >text
refused "by a profile text" "nothing is taken from 'text'" aaforge load --base base text
ok "what includes nothing of it is taken" sh -c 'echo "profile text { /x r, }" >text; aaforge load -n --base base text'
ok "--allow-writable goes on" aaforge load -n --allow-writable --base base svc
chown 0 base/abstractions
chmod 666 base/abstractions/consoles
refused "a file below it" "'/w/base/abstractions/consoles' .owner 0, mode 0666" aaforge load --base base svc
chmod 644 base/abstractions/consoles
printf 'profile @{name} {\n include <own/part>\n include if exists <own/none>\n include if exists <own/all.d>\n /app mrix,\n}\n' >svc/own.profile
mkdir more/own/all.d
echo '/etc/hosts r,' >more/own/all.d/one
ok "includes below -I" aaforge load -n --base base -I more svc
chmod 666 more/own/part
refused "a file" "'/w/more/own/part'" aaforge load --base base -I more svc
chmod 644 more/own/part
chmod 666 more/own/all.d/one
refused "one of a directory" "'/w/more/own/all.d/one'" aaforge load --base base -I more svc
chmod 644 more/own/all.d/one
chmod 1777 more/own/all.d
refused "a directory whose files are all taken" "'/w/more/own/all.d' .owner 0, mode 1777" aaforge load --base base -I more svc
chmod 755 more/own/all.d
chmod 777 more/own
refused "a directory where a missing one could be made" "'/w/more/own' .owner 0, mode 0777" aaforge load --base base -I more svc
chmod 755 more/own
echo 'include <deep>' >more/own/part
echo '/etc/hosts r,' >more/deep
chmod 666 more/deep
refused "an include of an include" "'/w/more/deep'" aaforge load --base base -I more svc
ok "questions are answered from anywhere" sh -c 'aaforge check --base base -I more svc'
chmod 644 more/deep
same "nothing was loaded" "" "$(mode_of web)$(mode_of text)"

# /etc/apparmor.d itself.
printf 'profile @{name} {\n include <abstractions/consoles>\n /app mrix,\n}\n' >svc/own.profile
for place in $P $P/abstractions $P/abstractions/consoles $P/tunables/global; do
	mode=$(stat -c %a $place)
	chmod go+w $place
	attempt aaforge doctor
	same "doctor, $place" 1 "$status"
	matches "tells it" "^error writable-policy: .*'$place' .owner 0, mode .*chmod go-w '$place'" "$output"
	chmod $mode $place
done
attempt aaforge doctor
same "and is content then" "" "$(echo "$output" | grep writable-)"
chmod 777 $P
for command in install sync; do
	refused "$command into it" "'$P' .owner 0, mode 0777" aaforge $command svc
done
same "nothing was installed" "" "$(ls $P/web 2>/dev/null)"
chmod 755 $P
ok "installed" aaforge sync svc

# Its template is another: all commands agree.
sed 's,/app,/{app\,bin/x},' svc/own.profile >own && mv own svc/own.profile
exits "status" 1 aaforge status web
matches "says stale" "^web +enforce +stale .*its template './own.profile' was changed since it was installed" "$output"
matches "JSON" '"state":"stale".*"confines":false' "$(aaforge status --json web)"
says "lookup by its name warns" 'description-changed' sh -c 'aaforge lookup web 2>&1'
refused "lookup of the file" other-policy aaforge lookup svc/web.yaml
attempt aaforge doctor
matches "doctor" "^warning stale: .*'web': its template './own.profile' was changed" "$output"
says "sync" '^~ web ' aaforge sync svc
says "then all is well" '^web +enforce +current' aaforge status web
echo '# edited' >>$D/own.profile
exits "the installed copy of the template" 1 aaforge status web
matches "counts as well" "its template './own.profile' was changed" "$output"
aaforge sync -q $D
says "sync of the installed descriptions takes it" '^web +enforce +current' aaforge status web
ok "removed" aaforge remove web
rm -rf $D

# A rival that the kernel does not show: told by name, with what helps.
parameter=/sys/module/apparmor/parameters/export_binary
echo N >$parameter
printf 'profile other /{app,none} {\n /** rwmix,\n}\n' | apparmor_parser -K -r
printf 'profile @{name} @{attachment} {\n /app mrix,\n}\n' >svc/own.profile
says "load warns" "what the loaded profile 'other' attaches to: .*echo Y > '$parameter', then unload 'other', and load it anew" sh -c 'aaforge load svc/web.yaml 2>&1'
exits "status" 1 aaforge status web
matches "does not vouch" "^web +enforce +unknown .*not known what 'web' attaches to: .*echo Y > '$parameter', then unload 'web', and load it anew" "$output"
for operand in web svc/web.yaml; do
	refused "nor does lookup $operand" "what 'web' attaches to: .*echo Y > .*attachment-not-seen" aaforge lookup $operand
	same "root is not told to become root" "" "$(echo "$output" | grep -e 'as root' -e hash_policy)"
done
matches "nor doctor" "^warning attachment-hidden: .*'web': .*what 'web' attaches to: " "$(aaforge doctor)"
matches "a user is told to ask root" "attaches to: run it as root" \
	"$(busybox su user -c "XDG_CACHE_HOME=/tmp/cache-user aaforge status web" 2>&1)"
echo Y >$parameter
matches "the copy is not made later" "'web' was loaded while .*: unload it, and load it anew" "$(aaforge status web)"
aaforge compile svc/web.yaml | apparmor_parser -K -r
matches "nor by a replacement" "'web' was loaded while" "$(aaforge status web)"
aaforge unload -q web
aaforge load -q svc/web.yaml
exits "then ours is seen" 1 aaforge status web
matches "and the other is not" "what 'other' attaches to: 'other' was loaded while" "$output"
printf other >$securityfs/.remove
printf 'profile other /{app,none} {\n /** rwmix,\n}\n' | apparmor_parser -K -r
exits "then that is seen" 1 aaforge status web
matches "as it is" "^web +enforce +not in force .*'other' attaches to '/app' as well" "$output"

# A profile that a file of /etc/apparmor.d includes is loaded by the boot as well.
ok "unloaded" sh -c "aaforge unload -q web; printf other >$securityfs/.remove"
mkdir $P/inc.d
printf 'profile rival /{app,none} {\n /** rwmix,\n}\n' >/etc/real
cp /etc/real $P/inc.d/part
for line in 'include "/etc/real"' 'include <inc.d>' '#include <inc.d/part>'; do
	echo "$line" >$P/includes
	ok "apparmor_parser loads it: $line" apparmor_parser -K -r $P/includes
	same "it does" enforce "$(mode_of rival)"
	printf rival >$securityfs/.remove
	for command in "load svc/web.yaml" "install svc/web.yaml"; do
		refused "$command" "profile 'rival' of '$P/includes', which is loaded at boot, attaches to '/app' as well" aaforge $command
	done
done
rm -r $P/includes $P/inc.d
ok "without it" aaforge load -q svc/web.yaml
