#!/bin/sh
# aaforge sync --watch: follows the directory and the kernel, and ends cleanly.
# time limit: 90 s
. /vm/lib.sh

describe() { # NAME LINE …
	printf 'name: %s\nbinary: /app\ntemplate: minimal\n' "$1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@"
}
log=/tmp/watch.log
logs() { # WHAT PATTERN: within some time
	if until_true 30 grep -qE -e "$2" $log; then ok "$1" true; else
		matches "$1" "$2" "$(cat $log)"
	fi
}
mkdir svc
describe web >svc/web.yaml
aaforge sync --watch --prune svc >>$log 2>&1 &
watcher=$!
logs "the first round" '^\+ web '
logs "it follows" "^following 'svc'$"
describe db >svc/db.yaml
logs "a new file" '^\+ db '
same "is loaded" enforce "$(mode_of db)"
describe db 'readable: [/srv]' >/tmp/db.yaml
mv /tmp/db.yaml svc/db.yaml
logs "a renamed file" '^~ db .*its text is another'

: >$log
echo 'profile web { /** rwix, }' >/tmp/web
load /tmp/web
logs "somebody replaces a profile" '^~ web .*was replaced by somebody else'
ok "somebody removes one" apparmor_parser --remove /tmp/web
logs "it is loaded again" '^~ web .*is not loaded'

: >$log
echo 'name: [' >svc/web.yaml
logs "a broken description" 'svc/web.yaml'
describe third >svc/third.yaml
logs "the good ones go on" '^\+ third '
same "the old policy stays" "enforce enforce" "$(mode_of web) $(mode_of third)"
rm svc/third.yaml
logs "nothing is pruned meanwhile" "not removed as long as there are problems: 'third'"
same "it stays" enforce "$(mode_of third)"
same "the problem was said once" 1 "$(grep -c '^svc/web.yaml:.*error' $log)"
describe web >svc/web.yaml
logs "mended, and pruned" '^- third '
same "it is gone" "" "$(mode_of third)"

: >$log
kill -HUP $watcher
describe last >svc/last.yaml
logs "it survives SIGHUP" '^\+ last '
kill $watcher
wait $watcher
same "SIGTERM ends it" 0 $?
same "the profiles stay" enforce "$(mode_of last)"
ok "nothing of a transaction is left" test ! -e /etc/aaforge/.transaction

: >$log
aaforge sync --watch svc >>$log 2>&1 &
watcher=$!
logs "again" "^following 'svc'$"
kill -KILL $watcher
wait $watcher
says "killed, nothing is left to do" '^nothing to do: 3 ' aaforge sync svc
: >$log
aaforge sync --watch svc >>$log 2>&1 &
watcher=$!
logs "again" "^following 'svc'$"
rm -r svc
wait $watcher
same "the directory goes" 3 $?
matches "it says so" 'is gone; its profiles stay as they are' "$(cat $log)"
same "they do" enforce "$(mode_of last)"
