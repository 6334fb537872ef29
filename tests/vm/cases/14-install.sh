#!/bin/sh
# aaforge install and remove: text, description and policy come and go together; what others made stays.
# time limit: 90 s
. /vm/lib.sh

P=/etc/apparmor.d
D=/etc/aaforge
mkdir svc
# Without abstractions, which take most of the time.
describe() { # NAME [LINE …]
	printf 'name: %s\nbinary: /app\n' "$1"
	shift
	printf '%s\n' "${@:-template: minimal}"
}
describe web >svc/web.yaml
describe api 'template: container' >svc/service.yaml # may be killed

says "two services" '^\+ web ' aaforge install svc
same "loaded" "enforce enforce" "$(mode_of web) $(mode_of api)"
ok "the text is for every boot" apparmor_parser -M $securityfs/features -QKT $P/web $P/api
ok "the descriptions are beside" cmp svc/service.yaml $D/api.yaml
ok "nothing of the transaction is left" test ! -e $D/.transaction
says "once more" '^nothing to do: 2 profiles unchanged$' aaforge install svc
says "as JSON" '"changed":false,' aaforge install --json svc
says "from the installed descriptions" '^nothing to do: 2 ' aaforge sync $D
describe web 'template: minimal' 'writable: [/tmp]' >svc/web.yaml
says "a dry run" '^~ web  .*its text is another' aaforge install -n svc
refused "changes nothing" '^< *$|writable' diff svc/web.yaml $D/web.yaml
says "for real" '^~ web  .*its text is another' aaforge install svc
says "the kernel has it" '^nothing to do' aaforge install svc

# What others made.
printf '# mine\nprofile other { /** r, }\n' >$P/other
describe other >svc/other.yaml
describe fresh >svc/fresh.yaml
exits "a text of somebody else" 1 aaforge install svc
matches "which" "'$P/other' was not made by aaforge" "$output"
same "the new one was not loaded either" "" "$(mode_of fresh)"
ok "forced" aaforge install --force svc
matches "where the old one is" "kept below '$D/backup'" "$output"
ok "it is there" grep -qr mine $D/backup
same "all are loaded" "enforce enforce" "$(mode_of other) $(mode_of fresh)"
rm svc/other.yaml svc/fresh.yaml

echo 'profile alien { /** rwix, }' >/tmp/alien
load /tmp/alien
describe alien >svc/alien.yaml
exits "a loaded profile of somebody else" 1 aaforge install svc/alien.yaml
matches "it says so" "'alien': the kernel holds a profile of that name" "$output"
ok "no text was written" test ! -e $P/alien
ok "forced" aaforge install --force svc/alien.yaml
rm svc/alien.yaml

# Loaded by hand first is no obstacle: it is ours.
describe byhand >svc/byhand.yaml
ok "loaded" aaforge load svc/byhand.yaml
says "then installed" '^\+ byhand ' aaforge install svc/byhand.yaml

echo '# more' >>$P/web
exits "an edited text" 1 aaforge install svc/web.yaml
matches "it says so" "'$P/web' was edited" "$output"
exits "is not removed" 1 aaforge remove web
ok "but by force" aaforge remove --force web
ok "it is gone, with its description" test ! -e $P/web -a ! -e $D/web.yaml
same "and unloaded" "" "$(mode_of web)"
ok "the edited one is kept" grep -qr '^# more' $D/backup

# Templates.
mkdir svc/base
cat >svc/base/web.profile <<'X'
abi <abi/3.0>,
profile @{name} {
	/etc/hostname r,
}
X
describe one 'template: ./base/web.profile' >svc/one.yaml
describe two 'template: base/web.profile' >svc/two.yaml
ok "with a template" aaforge install svc/one.yaml svc/two.yaml
ok "it is kept" cmp svc/base/web.profile $D/base/web.profile
says "what is installed is complete" '^nothing to do: ' aaforge sync $D
sed -i s/hostname/hosts/ svc/base/web.profile
exits "a template that others need" 1 aaforge install svc/one.yaml
matches "whose" "belongs to 'two' as well" "$output"
says "together" '2 changed' aaforge install svc/one.yaml svc/two.yaml
ok "it is the new one" cmp svc/base/web.profile $D/base/web.profile
ok "one of the two goes" aaforge remove one
ok "its template stays" test -e $D/base/web.profile
ok "the other goes" aaforge remove two
ok "and its template with it" test ! -e $D/base/web.profile
cp svc/base/web.profile svc/web2.profile
describe out 'template: ../web2.profile' >svc/base/out.yaml
exits "a template outside" 1 aaforge install --allow-outside svc/base/out.yaml
matches "the words" "cannot be kept below '$D'" "$output"

# Remove.
exits "a name that is nearly one" 1 aaforge remove ap
matches "the nearest" "did you mean 'api'\?" "$output"
exits "one of two" 1 aaforge remove api nope
same "nothing was removed" enforce "$(mode_of api)"
aa-exec -p api -- sleep 60 &
task=$!
until_true 5 labelled $task "api (enforce)"
exits "a confined task" 1 aaforge remove api
matches "its pid and command" "process $task \(sleep\)" "$output"
kill $task
wait $task
cp $D/api.yaml $D/again.yaml
exits "another file describes it" 1 aaforge remove api
matches "which" "'$D/again.yaml' describes it too" "$output"
rm $D/again.yaml
says "removed" '^- api ' aaforge remove api
ok "all of it" test ! -e $P/api -a ! -e $D/api.yaml -a ! -e /run/aaforge/loaded/api
same "and unloaded" "" "$(mode_of api)"

# What the administrator said about the boot.
mkdir -p $P/disable
ln -s $P/byhand $P/disable/byhand
describe byhand 'template: minimal' 'readable: [/srv]' >svc/byhand.yaml
says "disabled" "warning: '$P/disable/byhand' keeps" aaforge install svc/byhand.yaml

exits "a user" 3 su user -c "aaforge install /w/svc/byhand.yaml"
matches "the words" 'root' "$output"
su user -c 'aaforge install -n /w/svc/byhand.yaml' >/tmp/out 2>&1
same "but a dry run he may" 0 $?

# An image that is being built: its kernel is not ours, even where the build has mounted it there.
mkdir -p /tmp/image/etc /tmp/image/sys/kernel/security
cp -r $P /tmp/image/etc
mount -t securityfs none /tmp/image/sys/kernel/security
describe image >svc/image.yaml
says "into an image" "not loaded, only files" aaforge install --root /tmp/image svc/image.yaml
ok "the text is there" test -e /tmp/image/etc/apparmor.d/image
same "and nothing was loaded" "" "$(mode_of image)"
umount /tmp/image/sys/kernel/security

# apparmor_parser's cache cannot be written, as in the sandbox of a service: it holds up no removal.
describe cached >svc/cached.yaml
aaforge install -q svc/cached.yaml
mkdir -p /var/cache/apparmor/1.0
mount --bind /var/cache/apparmor /var/cache/apparmor
mount -o remount,ro,bind /var/cache/apparmor
ok "remove beside a read-only cache" aaforge remove cached
umount /var/cache/apparmor
