#!/bin/sh
# The profile of samples/docker-api.yaml at work: what it allows, and nothing else.
. /vm/lib.sh

library=/usr/lib/x86_64-linux-gnu/libc.so.6

# What the description lists, and what its baseline gives to every container.
allowed="create:/tmp/new write:/tmp/new lock:/tmp/new rename:/tmp/new:/tmp/moved unlink:/tmp/moved
	mkdir:/tmp/dir symlink:/tmp/x:/tmp/dir/link unlink:/tmp/dir/link rmdir:/tmp/dir list:/tmp/
	create:/run/new write:/run/new lock:/run/new unlink:/run/new list:/run/
	list:/usr/lib/ read:$library map:$library map:/app
	read:/etc/hosts read:/etc/nsswitch.conf read:/etc/passwd read:/etc/group read:/proc/self/mountinfo read:/proc/sys/net/core/somaxconn
	read:/sys/kernel/mm/transparent_hugepage/enabled write:/dev/null read:/dev/urandom
	socket:inet:stream socket:inet:dgram socket:unix:stream socket:unix:dgram"

# Explicit denies: silent. The kernel would enforce them in complain mode too; aaforge leaves them out then.
denied="read:/etc/shadow
	write:/proc/sys/kernel/core_pattern write:/proc/sysrq-trigger read:/proc/kcore
	write:/proc/1/oom_score_adj write:/proc/self/oom_score_adj write:/proc/self/attr/current
	write:/sys/kernel/mm/transparent_hugepage/enabled write:/sys/fs/cgroup/cgroup.subtree_control
	list:/sys/kernel/security/ mount:/mnt"

# What no rule allows: logged; complain mode lets it pass.
unlisted="list:/ list:/etc/ list:/root/ read:/etc/apparmor.d/abi/3.0 write:/etc/hosts read:/proc/self/environ
	read:/proc/1/maps create:/srv/file mkdir:/srv/dir read:/usr/bin/busybox exec:/usr/bin/busybox
	create:/dev/file write:$library create:/usr/lib/new link:/tmp/busybox:/tmp/hard map:/tmp/busybox
	exec:/tmp/busybox chown:/tmp/busybox
	socket:inet6:stream socket:inet6:dgram socket:netlink:raw socket:packet:raw kill:1"

fresh_files() {
	rm -rf /srv /tmp/* /run/new /dev/file /usr/lib/new
	mkdir -p /srv
	cp /usr/bin/busybox /tmp/busybox
}

# Without the profile all of it can be done, so that a refusal below is the profile's.
fresh_files
probes unconfined ok $allowed $denied $unlisted
umount /mnt

ok "the profile is loaded" aaforge load samples/docker-api.yaml
same "it enforces" enforce "$(mode_of docker-api-profile)"

fresh_files
forget_audit
probes docker-api-profile ok $allowed
not_logged "nothing is said of what is allowed" 'apparmor="DENIED"'
probes docker-api-profile EACCES $denied
not_logged "nothing is said of an explicit deny" 'apparmor="DENIED"'
probes docker-api-profile EPERM chown:/tmp/busybox
probes docker-api-profile EACCES ${unlisted%%chown:*} socket:inet:raw
probes docker-api-profile EACCES ${unlisted#*chown:/tmp/busybox}

denial='apparmor="DENIED" operation="OPERATION".* profile="docker-api-profile"'
logged "a refused open" "${denial%%OPERATION*}open.* name=\"/etc/apparmor.d/abi/3.0\".* denied_mask=\"r\""
logged "a refused creation" "${denial%%OPERATION*}mknod.* name=\"/srv/file\".* denied_mask=\"c\""
logged "a refused program" "${denial%%OPERATION*}exec.* name=\"/usr/bin/busybox\".* denied_mask=\"x\""
logged "a refused map as code" "${denial%%OPERATION*}file_mmap.* name=\"/tmp/busybox\".* denied_mask=\"m\""
logged "a refused family" "${denial%%OPERATION*}create.* family=\"inet6\" sock_type=\"stream\""
logged "a refused type" "${denial%%OPERATION*}create.* family=\"inet\" sock_type=\"raw\""
logged "a refused capability" "${denial%%OPERATION*}capable.* capname=\"chown\""
logged "a refused signal" "${denial%%OPERATION*}signal.* denied_mask=\"send\""

# A program that is started by the confined one stays confined.
says "the program itself may be started, confined" '^exec:/app ok$' \
	confined docker-api-profile /app exec:/app
/app sleep:60 >/dev/null &
same "a process without it is unconfined" unconfined "$(label_of $!)"
aa-exec -p docker-api-profile -- /app sleep:60 >/dev/null &
pid=$!
ok "a process with it is labelled" until_true 5 labelled $pid "docker-api-profile (enforce)"

# Complain: whatever is not allowed is logged and passes.
ok "the profile is replaced by one in complain mode" aaforge load --complain samples/docker-api.yaml
same "it complains" complain "$(mode_of docker-api-profile)"
same "the process that runs does too" "docker-api-profile (complain)" "$(label_of $pid)"
fresh_files
forget_audit
probes docker-api-profile ok $allowed
# (Of a capability that a system call can do without, the kernel speaks though none was refused.)
not_logged "nothing is said of what is allowed" 'apparmor="ALLOWED".* denied_mask='
probes docker-api-profile ok $denied $unlisted
umount /mnt
not_logged "nothing is refused" 'apparmor="DENIED"'
passed='apparmor="ALLOWED" operation="'
logged "an open that passed" "${passed}open.* name=\"/etc/apparmor.d/abi/3.0\".* denied_mask=\"r\""
logged "an open that was denied" "${passed}open.* name=\"/etc/shadow\".* denied_mask=\"r\""
logged "a write below /proc" "${passed}open.* name=\"/proc/sys/kernel/core_pattern\".* denied_mask=\"w\""
logged "a mount" "${passed}mount.* name=\"/mnt/\""
logged "a program that passed" "${passed}exec.* name=\"/usr/bin/busybox\".* target=\"docker-api-profile//null-"
logged "a family that passed" "${passed}create.* family=\"inet6\" sock_type=\"stream\""
logged "a capability that passed" "${passed}capable.* capname=\"chown\""

ok "the profile enforces again" aaforge load samples/docker-api.yaml
same "the process that runs is confined again" "docker-api-profile (enforce)" "$(label_of $pid)"
probes docker-api-profile EACCES read:/etc/apparmor.d/abi/3.0 read:/etc/shadow
