#!/bin/sh
# aaforge status: each state comes about as it does in life, as root and as a user.
# time limit: 90 s
. /vm/lib.sh

sed 's,^name:.*,name: web,' samples/docker-api.yaml >web.yaml
sed 's,^name:.*,name: db,' samples/docker-api.yaml >db.yaml

# row WHAT STATUS PATTERN ARGUMENT …
row() {
	local what=$1 wanted=$2 pattern=$3
	shift 3
	exits "$what" "$wanted" aaforge status "$@"
	matches "$what: the row" "$pattern" "$output"
}

row "nothing" 0 '^0 profiles'
aaforge load -q web.yaml
aaforge install -q db.yaml
row "loaded and installed" 0 '^web +enforce +current +0 +/w/web.yaml$'
matches "the installed one" '^db +enforce +current +0 +/etc/apparmor.d/db$' "$output"
exits "as a user" 0 busybox su user -c "XDG_CACHE_HOME=/tmp/cache-user aaforge status"
matches "a user sees the same" '^2 profiles: 2 current' "$output"
(umask 077; echo 'profile secret { }' >/etc/apparmor.d/secret)
exits "as a user, who may not read a text of others" 0 busybox su user -c "XDG_CACHE_HOME=/tmp/cache-user aaforge status"
matches "still the same" '^2 profiles: 2 current' "$output"
matches "but says so" "not all files of '/etc/apparmor.d' could be read" "$output"
rm /etc/apparmor.d/secret

aa-exec -p web -- /app sleep:60 &
until_true 5 labelled $! "web (enforce)"
row "its tasks" 0 '^web +enforce +current +1 ' web
says "its tasks as JSON" "\"tasks\":\[$!\]" aaforge status --json web
kill -KILL $!

printf 'profile alien { /x r, profile kid { /y r, } }\n' | apparmor_parser -r
row "one of others" 0 '^alien +enforce +foreign'
row "asked for by its name" 1 'foreign' alien
says "its child as JSON" '"children":\[{"name":"alien//kid","mode":"enforce"}\]' sh -c 'aaforge status --json alien; true'

sed 's,/etc/shadow,/etc/gshadow,' web.yaml >changed && mv changed web.yaml
row "the description changed" 1 '^web +enforce +stale'
aaforge load -q web.yaml
row "loaded again" 0 '^web +enforce +current' web

apparmor_parser -K --complain -r /etc/apparmor.d/db
row "set to complain" 1 '^db +complain +not in force .*is loaded in mode complain, not enforce' db
printf 'profile web { /x r, }\n' | apparmor_parser -K -r
row "replaced" 1 '^web +enforce +drifted .*was replaced' web
apparmor_parser -K -r /etc/apparmor.d/db
row "put back by somebody else" 0 '^db +enforce +current' db
rm -r /run/aaforge
row "loaded at boot, by the distribution" 0 '^db +enforce +current' db
cp /etc/apparmor.d/db /tmp/db
echo '# edited' >>/etc/apparmor.d/db
row "edited" 1 '^db +enforce +edited .*its installed text was edited' db
cp /tmp/db /etc/apparmor.d/db
mkdir -p /etc/apparmor.d/disable
ln -s ../db /etc/apparmor.d/disable/db
row "disabled" 0 'disabled at boot' db
rm /etc/apparmor.d/disable/db
echo '# edited' >>/etc/aaforge/db.yaml
row "its description changed" 1 '^db +enforce +stale .*its description was changed' db
printf db >$securityfs/.remove
row "gone" 1 '^db +- +missing' db
exits "nobody knows it" 1 aaforge status nobody
matches "and says so" "there is no profile 'nobody'" "$output"
rm -rf /etc/aaforge /etc/apparmor.d/db
