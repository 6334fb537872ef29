#!/bin/sh
# Which rules permit a remount, and what denies take away that the compiler says they do.
# time limit: 60 s
. /vm/lib.sh

busybox=/usr/bin/busybox
mkdir -p /data
cat >description <<END
name: r
template: minimal
binary: $busybox
abstractions: [base]
readable: [/]
capabilities: [sys_admin]
END

# rules RULE … [-- DENY …]: the description with these.
rules() {
	cp description r.yaml
	printf 'rules:\n' >>r.yaml
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		echo "  - $1" >>r.yaml
		shift
	done
	if [ $# -gt 1 ]; then
		shift
		printf 'deny:\n' >>r.yaml
		printf '  - %s\n' "$@" >>r.yaml
	fi
}

# A tmpfs as mount(8) makes it: relatime. Busybox's remount passes that, and MS_SILENT.
remount() {
	umount /data 2>/dev/null
	$busybox mount -t tmpfs none /data
	confined r $busybox mount -o remount,ro /data
}

rules 'remount /data/'
says "a remount without options is warned of" '\[bare-remount\]' sh -c 'aaforge load r.yaml 2>&1'
refused "and permits none" 'Permission denied' remount
rules 'remount options=(ro, silent) /data/'
says "flags without one for access times are noted" '\[remount-flags\]' sh -c 'aaforge load r.yaml 2>&1'
refused "without one of those of the mount it is refused" 'Permission denied' remount
rules 'remount options=(ro, relatime, silent) /data/'
ok "all flags" aaforge load r.yaml
same "nothing is said of it" "" "$(aaforge load r.yaml 2>&1 | grep -E 'bare-remount|remount-flags')"
ok "it is permitted" remount
rules 'mount options=(remount) options in (ro, nosuid, nodev, noexec, relatime, silent) -> /data/'
ok "a selection" aaforge load r.yaml
ok "it is permitted, too" remount

rules 'remount options=(ro, relatime, silent) /data/' -- mount
refused "a deny of mounts takes the remount: said before it is loaded" '\[dead-rule\]' aaforge load r.yaml
ok "loaded all the same" aaforge load -W dead-rule r.yaml
refused "the kernel refuses it" 'Permission denied' remount
rules 'umount /data/' -- mount
ok "an umount is none" aaforge load r.yaml
umount /data
$busybox mount -t tmpfs none /data
ok "and is permitted" confined r $busybox umount /data

# Links are pairs.
mkdir -p /srv
echo x >/srv/a
rules '/srv/* rwl' -- 'link /srv/b -> /srv/a'
says "part of the links is denied" '\[partly-dead-rule\]' sh -c 'aaforge load r.yaml 2>&1'
refused "the kernel refuses that one" 'Permission denied' confined r $busybox ln /srv/a /srv/b
ok "and no other" confined r $busybox ln /srv/a /srv/c
rules 'link /srv/d -> /srv/a' -- '/srv/* l'
refused "a deny of l takes link rules" '\[dead-rule\]' aaforge load r.yaml
ok "loaded all the same, too" aaforge load -W dead-rule r.yaml
refused "the kernel refuses the link" 'Permission denied' confined r $busybox ln /srv/a /srv/d

# Appending is a permission of its own.
rules '/srv/w rw' -- '/srv/w a'
echo x >/srv/w
says "appending is denied, writing is not" 'for example appending to ./srv/w' sh -c 'aaforge load r.yaml 2>&1'
ok "writing is permitted" confined r $busybox sh -c 'echo y 1<>/srv/w'
same "and done" y "$(cat /srv/w)"
refused "appending is refused" 'Permission denied' confined r $busybox sh -c 'echo y >>/srv/w'
