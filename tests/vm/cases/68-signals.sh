#!/bin/sh
# SIGTERM and SIGINT end a command at once, with its parsers; what the kernel holds then is all or nothing.
# time limit: 120 s
. /vm/lib.sh

count=24
mkdir svc
names=
for i in $(seq $count); do
	printf 'name: p%d\nbinary: /app%d\nabstractions: [base]\nreadable: [/srv/%d]\n' $i $i $i >svc/p$i.yaml
	names="$names p$i"
done
loaded() { grep -c '^p[0-9]* ' $securityfs/profiles; }
parsers() { pidof apparmor_parser | wc -w; }
seconds() { cut -d. -f1 /proc/uptime; }
ended() { ! kill -0 $1 2>/dev/null; }

begin() { # COMMAND …: in the background
	"$@" >/tmp/log 2>&1 &
	pid=$!
}

begin aaforge sync --no-cache --watch svc
ok "the first round has begun" until_true 30 pidof apparmor_parser
kill -TERM $pid
from=$(seconds)
wait $pid
same "--watch: SIGTERM in its first round ends it with success" 0 $?
took=$(($(seconds) - from))
ok "at once: $took s" test $took -le 3
ok "no parser is left" until_true 5 test $(parsers) = 0
same "nothing was loaded" 0 "$(loaded)"

for words in load install check test status; do
	files=svc
	[ $words != status ] || files="svc/p1.yaml svc/p2.yaml svc/p3.yaml"
	begin aaforge $words --no-cache $files
	ok "$words has begun" until_true 30 pidof apparmor_parser
	kill -TERM $pid
	from=$(seconds)
	wait $pid
	same "$words: dies of SIGTERM" 143 $?
	took=$(($(seconds) - from))
	ok "$words: at once: $took s" test $took -le 3
	ok "$words: no parser is left" until_true 5 test $(parsers) = 0
done
same "nothing was loaded" 0 "$(loaded)"
ok "nothing was installed" test ! -e /etc/apparmor.d/p1
same "no temporary files" "" "$(find /etc /run /var /w -name '.aaforge.*' -o -name .transaction -o -name '*%next')"

# At any moment of a load that needs no parser any more: all or nothing.
ok "compiled once" aaforge load svc
ok "and out again" aaforge unload $names
hundredths() { cut -d' ' -f1 /proc/uptime | tr -d .; }
from=$(hundredths)
ok "undisturbed" aaforge load svc
whole=$(($(hundredths) - from))
ok "and out again" aaforge unload $names
partly=0 none=0 all=0
for tenth in 3 6 8 9 10 12; do
	delay=$((whole * tenth / 10))
	begin aaforge load svc
	sleep $((delay / 100)).$(printf %02d $((delay % 100)))
	kill -TERM $pid 2>/dev/null
	wait $pid 2>/dev/null
	case $(loaded) in
	0) none=$((none + 1)) ;;
	$count)
		all=$((all + 1))
		matches "what is loaded is ours" "^0$" "$(aaforge status | grep -c foreign)"
		aaforge unload $names >/dev/null 2>&1
		;;
	*) partly=$((partly + 1)) ;;
	esac
done
same "never a part ($none none, $all all)" 0 $partly
same "no temporary files" "" "$(find /etc /run /var /w -name '.aaforge.*' -o -name .transaction -o -name '*%next')"
