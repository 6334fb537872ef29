#!/bin/bash
# runc and crun start a container under a profile: confined by it; where it is not loaded, they fail as
# `aaforge lookup` said.
# time limit: 90 s
. /vm/lib.sh

bundle=/run/bundle

# The container has a rootfs of its own, with the probe as its one program.
mkdir -p $bundle/rootfs/{etc,proc,sys,dev,tmp,run,srv}
cp /app $bundle/rootfs/app
for name in shadow hosts motd; do
	echo "$name of the container" >$bundle/rootfs/etc/$name
done

# configure PROFILE ARGUMENT …: what the container runs. An empty profile: none is asked for.
configure() {
	local profile=$1 arguments
	shift
	arguments=$(printf ',"%s"' /app "$@")
	cat >$bundle/config.json <<-END
	{ "ociVersion": "1.0.2",
	  "process": {
	    "user": {"uid": 0, "gid": 0}, "cwd": "/", "args": [${arguments#,}],
	    ${profile:+"\"apparmorProfile\": \"$profile\","}
	    "noNewPrivileges": true },
	  "root": {"path": "rootfs"}, "hostname": "container",
	  "mounts": [
	    {"destination": "/proc", "type": "proc", "source": "proc"},
	    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
	    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid"]} ],
	  "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"},
	    {"type": "network"}]} }
	END
}

# contained RUNTIME: runs the container to its end.
contained() {
	"$1" run --bundle $bundle "box-$1" </dev/null
}

# started RUNTIME: leaves it running; its process in $pid.
started() {
	"$1" run --detach --pid-file /tmp/pid --bundle $bundle "box-$1" </dev/null >/tmp/said 2>&1
	status=$?
	pid=$(cat /tmp/pid)
}

stopped() {
	"$1" kill "box-$1" KILL
	until_true 10 "$1" delete "box-$1" >/dev/null 2>&1
}

allowed="create:/tmp/new create:/run/new read:/etc/hosts socket:inet:stream socket:inet:dgram"
refused="read:/etc/shadow read:/etc/motd create:/srv/new write:/proc/sys/kernel/core_pattern
	write:/proc/1/oom_score_adj write:/sys/kernel/mm/transparent_hugepage/enabled
	socket:inet6:stream socket:netlink:raw"

# What a runtime says where the profile is not loaded:
#   runc 1.1.5  runc run failed: unable to start container process: error during container init: unable to
#               apply apparmor profile: apparmor failed to apply profile: write
#               /proc/self/attr/apparmor/exec: no such file or directory
#   crun 1.8.1  write file `/proc/thread-self/attr/exec`: No such file or directory
not_loaded_runc='unable to apply apparmor profile: .*(no such file or directory|is not loaded)'
not_loaded_crun='/proc/(thread-)?self/attr/(apparmor/)?exec.*No such file or directory'

for runtime in runc crun; do
	echo "$runtime: $($runtime --version | head -n 1)"
	rm -f $bundle/rootfs/{tmp,run,srv}/*

	configure docker-api-profile $allowed
	not_loaded=not_loaded_$runtime
	refused "$runtime: lookup knows before" 'not loaded' \
		aaforge lookup --runtime $runtime samples/docker-api.yaml
	refused "$runtime: no container where the profile is not loaded" "${!not_loaded}" contained $runtime
	echo "$output"
	$runtime delete --force box-$runtime >/dev/null 2>&1

	configure "" $allowed $refused
	attempt contained $runtime
	results "$runtime without a profile" ok $allowed ${refused% socket*} || echo "$output"
	rm -f $bundle/rootfs/{tmp,run,srv}/*

	ok "$runtime: the profile is loaded" aaforge load samples/docker-api.yaml
	name=$(aaforge lookup --runtime $runtime samples/docker-api.yaml)
	same "$runtime: lookup gives the name" "0 docker-api-profile" "$? $name"
	configure "$name" $allowed $refused
	forget_audit
	attempt contained $runtime
	same "$runtime: the container ran" 0 $status
	results "$runtime" ok $allowed
	results "$runtime" EACCES $refused
	logged "$runtime: the path is the container's" 'DENIED.* profile="docker-api-profile" name="/etc/motd"'

	configure docker-api-profile sleep:60
	started $runtime
	same "$runtime: a container runs" 0 $status
	same "$runtime: its label" "docker-api-profile (enforce)" "$(label_of "$pid")"
	ok "$runtime: lookup knows that it is confined" aaforge lookup --pid "$pid" samples/docker-api.yaml
	refused "$runtime: the profile is not unloaded under it" "$pid" aaforge unload docker-api-profile
	ok "$runtime: it can be stopped" stopped $runtime
	ok "$runtime: the profile is unloaded" aaforge unload docker-api-profile
done
