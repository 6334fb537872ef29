#!/bin/bash
# What `aaforge compile --to oci` makes is run as it stands, by runc and by crun: every control of it is there,
# and what each forbids fails.
# time limit: 60 s
. /vm/lib.sh

bundle=/run/bundle

mkdir -p $bundle/rootfs/{etc,proc,sys,dev,tmp,srv,data} /run/data
cp /usr/lib/inmate $bundle/rootfs/app
cp /usr/lib/inmate $bundle/rootfs/root
chmod 4755 $bundle/rootfs/root
echo secret >$bundle/rootfs/etc/secret
chmod 600 $bundle/rootfs/etc/secret
chmod 777 $bundle/rootfs/srv
echo data >/run/data/file
chmod 777 /run/data

# described SECCOMP WORD …: the description, with its filter and the command.
described() {
	local seccomp=$1 words
	shift
	words=$(printf ', "%s"' "$@")
	cat <<-END
	name: oci
	binary: [/app, /root]
	readable: [/etc/secret]
	writable: [{path: /tmp, exec: true}, /data, {file: /srv/new}]
	network: [inet tcp, inet udp]
	capabilities: [net_bind_service]
	container:
	  user: 10001:10002
	  command: [${words#, }]
	  volumes: ["/run/data:/data"]
	  tmpfs: {/tmp: {size: 1m, exec: false}}
	  memory: 64m
	  cpus: 0.5
	  pids: 20
	  environment: {NAME: "a value"}
	  seccomp: $seccomp
	END
}

# made WORD …: config.json of the description in /tmp/oci.yaml.
made() {
	aaforge compile --to oci "$@" /tmp/oci.yaml >$bundle/config.json
}

# said WHAT ACTION RESULT …: pairs, in what the container has written to /tmp/said.
said() {
	local what=$1 action result
	local -A results
	while read -r action result; do
		results[$action]=$result
	done </tmp/said
	shift
	while [ $# -gt 0 ]; do
		same "$what: $1" "$2" "${results[$1]}"
		shift 2
	done
}

# look: what the kernel says of the container's process, in $state, and of its mounts, in $mounts.
look() {
	local key value point options rest
	state=() mounts=()
	while read -r key value; do
		state[${key%:}]=$value
	done </proc/$pid/status
	while read -r _ _ _ _ point options rest; do
		mounts[$point]="$options ${rest##* }"
	done </proc/$pid/mountinfo
}
declare -A state mounts

limit() {
	cat "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)/$1"
}

ended() {
	"$1" kill "box-$1" KILL
	until_true 10 "$1" delete "box-$1" >/dev/null 2>&1
}

newuser=0x10000000
acts="create:/tmp/new create:/data/new create:/srv/new read:/data/file read:/etc/secret map:/tmp/new chown:/tmp/new
	bind:80 euid:10001 call:getpid call:add_key call:mkdir call:clone3 call:clone:$newuser call:unshare:$newuser
	call:personality:0 call:personality:0x40000 call:kexec_load socket:2 socket:38"

described '{allow: [add_key], deny: [mkdir]}' /app $acts sleep:60 >/tmp/oci.yaml
ok "the profile is loaded" aaforge load /tmp/oci.yaml

for runtime in runc crun; do
	echo "$runtime: $($runtime --version | head -n 1)"
	rm -f $bundle/rootfs/srv/new /run/data/new

	described '{allow: [add_key], deny: [mkdir]}' /app $acts sleep:60 >/tmp/oci.yaml
	ok "$runtime: config.json is made" made
	$runtime run --detach --pid-file /tmp/pid --bundle $bundle box-$runtime </dev/null >/tmp/said 2>&1
	same "$runtime: the container runs" 0 $?
	pid=$(cat /tmp/pid)
	until_true 10 grep -q ^socket:38 /tmp/said

	look
	same "$runtime: confined" "oci (enforce)" "$(label_of "$pid")"
	same "$runtime: not root" "10001	10001	10001	10001" "${state[Uid]}"
	same "$runtime: nor its group" "10002	10002	10002	10002 ()" "${state[Gid]} (${state[Groups]})"
	same "$runtime: no new privileges" 1 "${state[NoNewPrivs]}"
	same "$runtime: a filter" 2 "${state[Seccomp]}"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		same "$runtime: $set is net_bind_service" 0000000000000400 "${state[$set]}"
	done
	matches "$runtime: the root is read-only" '^ro,' "${mounts[/]}"
	matches "$runtime: the tmpfs" '^rw,nosuid,nodev,noexec,.*size=1024k,mode=755,uid=10001,gid=10002' "${mounts[/tmp]}"
	matches "$runtime: the volume" '^rw,' "${mounts[/data]}"
	same "$runtime: memory" $((64 << 20)) "$(limit memory.max)"
	same "$runtime: processors" "50000 100000" "$(limit cpu.max)"
	same "$runtime: processes" 20 "$(limit pids.max)"
	matches "$runtime: the environment" '^NAME=a value$' "$(tr '\0' '\n' <"/proc/$pid/environ")"

	said "$runtime: allowed" create:/tmp/new ok create:/data/new ok read:/data/file ok bind:80 ok call:getpid ok \
		call:personality:0 ok socket:2 ok
	said "$runtime: the root is read-only" create:/srv/new EROFS
	said "$runtime: nothing runs from the tmpfs" map:/tmp/new EPERM
	said "$runtime: not root" euid:10001 ok read:/etc/secret EACCES chown:/tmp/new EPERM
	said "$runtime: allowed by the description" call:add_key EFAULT
	said "$runtime: denied by the description" call:mkdir EPERM
	said "$runtime: refused by default" call:clone3 ENOSYS call:clone:$newuser EPERM call:unshare:$newuser EPERM \
		call:personality:0x40000 EPERM call:kexec_load EPERM socket:38 EPERM
	ok "$runtime: it can be stopped" ended $runtime

	# Over the config.json of the runtime itself, an allow-list of its own: what the program needs; what the
	# runtime needs is added. The program has the bit that would make it root. runc takes the flag that logs from
	# 1.2 on.
	log=false
	[ $runtime = crun ] && log=true
	described "{base: none, log: $log, allow: [arch_prctl, brk, geteuid, mprotect, prlimit64, readlink, readlinkat, rseq,
	    set_robust_list, set_tid_address, getrandom]}" /root euid:10001 call:getpid call:uname call:clone3 create:/srv/new >/tmp/oci.yaml
	rm $bundle/config.json
	ok "$runtime: a config.json of its own" $runtime spec --bundle $bundle
	sed 's/"terminal": true/"terminal": false/' $bundle/config.json >/tmp/own.json
	ok "$runtime: config.json is merged" made --merge /tmp/own.json
	dmesg -c >/dev/null
	$runtime run --bundle $bundle box-$runtime </dev/null >/tmp/said 2>&1
	same "$runtime: the merged container ran" 0 $?
	said "$runtime: merged" euid:10001 ok call:getpid ok call:uname EPERM call:clone3 ENOSYS create:/srv/new EROFS
	[ $log = false ] || matches "$runtime: refused calls are logged" 'type=1326 .* subj=oci .* exe="/root" .* syscall=63 ' "$(dmesg)"
done
