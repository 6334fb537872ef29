#!/bin/sh
# --root DIR stays in DIR: links of an image lead where they lead after chroot, not to the host.
# time limit: 90 s
. /vm/lib.sh

I=/tmp/image
V=/tmp/victim
B=/etc/apparmor.d
mkdir $V
printf 'name: web\nbinary: /app\ntemplate: minimal\n' >web.yaml
printf 'name: victim\nbinary: /secret-4711\ntemplate: minimal\n' >$V/web.yaml
printf 'profile victim { /secret-4711 r, }\n' >$V/web
victim() { ls -lR --full-time $V; cat $V/web*; }
before=$(victim)
host=$(ls -lR --full-time /etc)

# image [PLACE TARGET]: a new one, with a link in the place.
image() {
	rm -rf $I
	mkdir -p $I/etc/apparmor.d $I/etc/aaforge $I/run $I/var
	cp -r /etc/apparmor.d/abi $I/etc/apparmor.d
	[ $# = 0 ] || { rm -rf "${I:?}/$1" && mkdir -p "$(dirname "$I/$1")" && ln -s "$2" "$I/$1"; }
}

# The host's own directories, and a victim, as one would write the link, and as one would hide it.
for place in etc etc/apparmor.d etc/aaforge run/aaforge etc/apparmor.d/web; do
	for target in $V ../../../../../../$V /proc/self/root$V; do
		image $place $target
		mkdir -p $I/proc
		mount -t proc proc $I/proc
		for command in 'install --force web.yaml' "sync --base $B --prune --force ." 'doctor' 'remove --force web' "sync --base $B $I/etc/aaforge"; do
			attempt aaforge ${command%% *} --root $I ${command#* }
			case $status$output in
			[0123]*secret-4711*) not_ok=1 ;;
			[0123]*) not_ok=0 ;;
			*) not_ok=1 ;;
			esac
			[ $not_ok = 0 ] || same "$place -> $target: $command" "" "$status $output"
		done
		umount $I/proc
		[ "$(victim)" = "$before" ] || same "$place -> $target: the victim" "$before" "$(victim)"
	done
done
image etc/apparmor.d $B
refused "a link to what is itself in the image" 'symbolic links' aaforge install --base $B --root $I web.yaml
image etc/aaforge /vm
refused "and one to a directory that only the host has" 'leads to no directory' aaforge install --base $B --root $I web.yaml
same "the victim is as it was" "$before" "$(victim)"
same "the host's /etc is as it was" "$host" "$(ls -lR --full-time /etc)"
same "nothing was loaded" "" "$(cat $securityfs/profiles)"

# What stays inside works, and is where chroot finds it.
for target in /usr/etc ../usr/etc usr/etc ../../../../usr/etc; do
	image
	mkdir $I/usr
	mv $I/etc $I/usr/etc
	ln -s $target $I/etc
	ln -s /var $I/usr/etc/aaforge/templates
	says "etc -> $target" '^\+ web ' aaforge install --root $I web.yaml
	mkdir $I/bin
	cp /bin/busybox $I/bin/cat
	matches "chroot sees it" '^profile web' "$(chroot $I /bin/cat /etc/apparmor.d/web)"
	ok "and we there" test -f $I/usr/etc/apparmor.d/web
	says "nothing is left to do" '^nothing to do' aaforge install --root $I web.yaml
done

# The kernel's own magic link to its policy, in the securityfs of a root that is the machine's: only
# what is behind it has hashes, which tell that somebody replaced a profile.
rm -rf $I
for directory in etc run sys sys/kernel/security proc; do
	[ -d $I/$directory ] || mkdir -p $I/$directory
	mount --bind /$directory $I/$directory
done
aaforge install -q web.yaml
says "the machine by another path" '^web +enforce +current' aaforge status --root $I
echo 'profile web { /** rw, }' >/tmp/other
load /tmp/other
exits "a replaced profile" 1 aaforge status --root $I
matches "by its hash" '^web +enforce +drifted ' "$output"
umount $I/proc $I/sys/kernel/security $I/sys $I/run $I/etc
