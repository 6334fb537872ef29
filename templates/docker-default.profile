# baseline: docker-default of moby/profiles, commit 05fe8d97c21e
#
# What Docker's own default profile allows and denies: everything but the dangerous. The
# exceptions of its denies are written as allow rules below the denied tree; the compiler makes
# the exact complement of them. That is stricter than Docker's own globs, which leave out more than
# they mean to: /proc/bus/pci, /proc/sys/kernel/{sched_*,sem,sysrq,threads-max,yama/*} and others.

abi <abi/3.0>,
include <tunables/global>

profile @{name} flags=(attach_disconnected,mediate_deleted) {
	# As Docker does where the host has it: through it others may trace the container's processes,
	# and kill -0 reaches every process.
	include <abstractions/base>

	# Allowed broadly.
	network,
	capability,
	file,
	umount,

	# Stop and kill: signals from the host, from the runtimes and from the Docker daemon.
	signal (receive) peer={unconfined,runc,crun,podman,conmon,containerd-shim*,dockerd,/usr/bin/dockerd,/usr/sbin/dockerd,snap.docker.dockerd}{,//&unconfined},

	# Processes of the container may signal and trace each other.
	signal (send, receive) peer=@{name}{,//**},
	ptrace (read, readby, trace, tracedby) peer=@{name}{,//**},

	# The kernel's crypto sockets (CVE-2026-31431), the host's side of a virtual machine, and families
	# that newer kernels have no longer.
	deny network alg,
	deny network vsock,
	deny network appletalk,
	deny network atmsvc,
	deny network ax25,
	deny network econet,
	deny network ipx,
	deny network irda,
	deny network netrom,
	deny network rose,
	deny network wanpipe,

	# Below /proc only the processes' own directories and the shared memory limits are written.
	deny /proc/** w,
	/proc/@{pid}/** rw,
	/proc/sys/kernel/shm** rw,

	# Below /sys only the control groups.
	deny /sys/** wklx,
	/sys/fs/cgroup/** rwklix,

	# Not even to be read.
	deny /proc/sysrq-trigger rwklx,
	deny /proc/kcore rwklx,
	deny /sys/firmware/** rwklx,
	deny /sys/devices/virtual/powercap/** rwklx,
	deny /sys/kernel/security/** rwklx,

	# Nothing is mounted.
	deny mount,
}
