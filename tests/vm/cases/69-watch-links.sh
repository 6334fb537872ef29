#!/bin/sh
# aaforge sync --watch follows symbolic links: its directory, descriptions, the volume of a ConfigMap.
# time limit: 120 s
. /vm/lib.sh

describe() { # FILE LINE …
	local name=${1##*/}
	printf 'name: %s\nbinary: /app\ntemplate: minimal\n' "${name%.yaml}"
	shift
	[ $# = 0 ] || printf '%s\n' "$@"
}
put() {
	mkdir -p "${1%/*}"
	describe "$@" >"$1"
}
swap() { # TARGET NAME
	ln -s "$1" new && mv -T new "$2"
}
log=/tmp/watch.log
logs() { # WHAT PATTERN: within some time
	if until_true 30 grep -qE -e "$2" $log; then ok "$1" true; else
		matches "$1" "$2" "$(cat $log)"
	fi
}
watch() { # DIRECTORY
	: >$log
	aaforge sync --watch --prune "$1" >>$log 2>&1 &
	watcher=$!
	logs "$1: it follows" "^following '$1'$"
}
ends() {
	kill $watcher
	wait $watcher
	same "SIGTERM ends it" 0 $?
}

put r1/web.yaml
put r1/old.yaml
put r2/web.yaml 'mode: complain'
put r2/new.yaml
mkdir empty
ln -s r1 current
watch current
same "the first version" "enforce enforce" "$(mode_of web) $(mode_of old)"
swap r2 current
logs "swapped: pruned" '^- old '
same "the second version" "complain enforce -" "$(mode_of web) $(mode_of new) $(mode_of old)-"
: >$log
put r2/web.yaml
logs "an edit in the second" '^~ web '
same "is loaded" enforce "$(mode_of web)"
swap empty current
logs "an empty directory: told" "holds no description .*--prune would remove all"
swap nowhere current
logs "no directory: told" "leads to no directory now: its profiles stay"
same "they stay" "enforce enforce" "$(mode_of web) $(mode_of new)"
put third.d/third.yaml
mv third.d nowhere
logs "it appears" '^\+ third '
ends

put far/web.yaml
put svc/own.yaml
ln -s ../far/web.yaml svc/web.yaml
watch svc
put far/web.yaml 'mode: complain'
logs "linked: edited in place" '^~ web '
same "linked: is loaded" complain "$(mode_of web)"
: >$log
rm far/web.yaml
logs "linked: deleted" "svc/web.yaml.*No such file"
same "linked: stays" complain "$(mode_of web)"
put far/web.yaml
logs "linked: made again" '^~ web '
ends

put map/..1/web.yaml
put map/..1/gone.yaml
ln -s ..1 map/..data
ln -s ..data/web.yaml map/web.yaml
ln -s ..data/gone.yaml map/gone.yaml
watch map
put map/..2/web.yaml 'mode: complain'
ln -s ..2 map/..data_tmp
mv -T map/..data_tmp map/..data
rm map/gone.yaml
rm -r map/..1
logs "ConfigMap: swapped" '^- gone '
same "ConfigMap: is loaded" complain "$(mode_of web)"
ends
