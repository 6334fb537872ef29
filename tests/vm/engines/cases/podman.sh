#!/bin/bash
# `aaforge compile --to podman`: the command, as it stands, on podman with crun.
# time limit: 90 s
. /vm/engines/lib.sh
engine=podman

load_modules
mkdir -p /var/tmp /etc/containers
cat >/etc/containers/storage.conf <<-END
	[storage]
	driver = "overlay"
	graphroot = "/tmp/containers"
	runroot = "/run/containers/storage"
END
# There is no systemd, and no network: ports are not published then.
cat >/etc/containers/containers.conf <<-END
	[containers]
	netns = "none"
	log_driver = "k8s-file"
	[engine]
	runtime = "crun"
	cgroup_manager = "cgroupfs"
	events_logger = "file"
END
podman --version

hardened_run 'AppArmor profile "docker-api-profile" specified but not loaded'
