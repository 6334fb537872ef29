#!/bin/bash
# `aaforge compile --to docker`: the command, as it stands, on a Docker engine.
# time limit: 130 s
. /vm/engines/lib.sh
engine=docker
# Before 1.1.8, runc gives a file system in memory the mode of the image's directory, whatever is asked for.
directory_mode='(755|1777)'

load_modules
# Without a bridge: a port is not published then, and Docker says nothing.
dockerd --data-root /tmp/docker --storage-driver overlay2 --group root --bridge none \
	--iptables=false --ip6tables=false >/tmp/dockerd.log 2>&1 &
daemon=$!
ok "docker: the engine answers" until_true 60 docker info || cat /tmp/dockerd.log
docker version --format 'docker {{.Server.Version}}'

# Docker 20.10: failed to create shim task: OCI runtime create failed: runc create failed: unable to start
# container process: error during container init: unable to apply apparmor profile: apparmor failed to
# apply profile: write /proc/self/attr/apparmor/exec: no such file or directory
hardened_run 'unable to apply apparmor profile: .*(no such file or directory|is not loaded)'

kill $daemon
wait $daemon
