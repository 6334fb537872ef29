#!/bin/sh
# In the guest of tests/vm: seconds of apparmor_parser -r on 100 profiles, of aaforge load on their
# descriptions, and of the same from cache. Prints 'parser SECONDS', 'cold SECONDS', 'cached SECONDS'.
. /vm/lib.sh

# Each load writes audit records; on the emulated serial line these would cost more than the loading.
dmesg -n 1

mkdir -p /tmp/in /tmp/texts
for n in $(seq 100); do
	sed "s/^name: .*/name: service-$n/" /w/samples/docker-api.yaml >"/tmp/in/service-$n.yaml"
done
aaforge compile -o /tmp/texts/ /tmp/in || exit 1

# In hundredths of a second since boot.
now() {
	read -r uptime rest </proc/uptime
	echo "$uptime" | tr -d .
}

# measured WHAT COMMAND …
measured() {
	what=$1 begin=$(now)
	shift
	"$@" >/tmp/output 2>&1 || { cat /tmp/output; exit 1; }
	hundredths=$(($(now) - begin))
	test "$(wc -l <$securityfs/profiles)" = 100 || exit 1
	echo "$what $((hundredths / 100)).$(printf %02d $((hundredths % 100)))"
}

unloaded() {
	for n in $(seq 100); do
		printf 'service-%s' "$n" >$securityfs/.remove || exit 1
	done
}

measured parser apparmor_parser --config-file=/dev/null -K -r /tmp/texts/*
unloaded
measured cold aaforge load -q /tmp/in
unloaded
measured cached aaforge load -q /tmp/in
