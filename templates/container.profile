# baseline: container 2
#
# A strict allow-list for one service in a container under Docker, Podman, containerd or CRI-O.
# Variables in it come from the description, see aaforge.yaml(5).

abi <abi/3.0>,
include <tunables/global>

profile @{name} flags=(attach_disconnected,mediate_deleted) {
	include <abstractions/base>

	# Stop and kill: signals from the host, from the runtimes (confined on some distributions) and from
	# the Docker daemon. Kernels from 6.17 show an exec'ed process in the stacked form as well.
	signal (receive) peer={unconfined,runc,crun,podman,conmon,containerd-shim*,dockerd,/usr/bin/dockerd,/usr/sbin/dockerd,snap.docker.dockerd}{,//&unconfined},

	# Processes of the container may signal and trace each other, children and stacked forms included.
	signal (send, receive) peer=@{name}{,//**},
	ptrace (read, readby, trace, tracedby) peer=@{name}{,//**},

	# The init process that Docker's --init puts into the container, asked for where the daemon is
	# confined itself; /sbin may be a link to /usr/bin. (Podman's lies in /run, which is often
	# writable: a description that wants it says so under `exec`.)
	/{usr/,}{s,}bin/docker-init mrix,

	# The terminal of -t, and new ones: /dev/ptmx is a link to /dev/pts/ptmx in a container.
	/dev/tty rw,
	/dev/pts/* rw,

	# What language runtimes look at when they start: themselves, their limits, the page sizes.
	owner /proc/@{pid}/{cgroup,mountinfo,stat,limits} r,
	owner /proc/@{pid}/fd/ r,
	/proc/sys/net/core/somaxconn r,
	/sys/kernel/mm/transparent_hugepage/{enabled,hpage_pmd_size,shmem_enabled} r,
	/sys/kernel/mm/hugepages/ r,
	/sys/fs/cgroup/ r,
	/sys/fs/cgroup/cgroup.controllers r,
	/sys/fs/cgroup/{,**/}cpu.{cfs_period_us,cfs_quota_us,max,shares,stat,weight} r,
	/sys/fs/cgroup/{,**/}cpuset.{cpus,mems} r,
	/sys/fs/cgroup/{,**/}cpuset.{cpus,mems}.effective r,
	/sys/fs/cgroup/{,**/}memory.{high,limit_in_bytes,low,max,max_usage_in_bytes,min,soft_limit_in_bytes,stat,use_hierarchy} r,
	/sys/fs/cgroup/{,**/}memory.{current,peak,usage_in_bytes,swap.current,swap.max} r,
	/sys/fs/cgroup/{,**/}pids.{current,max} r,

	# Who runs it: looked up by every daemon that drops root, and by most that ask for their name.
	/etc/{group,nsswitch.conf,passwd} r,

	# Threads name themselves (pthread_setname_np).
	owner /proc/@{pid}/task/@{tid}/comm rwk,

	# Names and addresses, where the description has an internet family.
	@{resolver}/{gai.conf,host.conf,hostname,hosts,protocols,resolv.conf,services} r,

	# The kernel's controls are never written; exceptions come from `writable`.
	deny /proc/** wkl,
	deny /sys/** wkl,

	# Not even to be read.
	deny /proc/sysrq-trigger rwklx,
	deny /proc/kcore rwklx,
	deny /sys/firmware/{,**} rwklx,
	deny /sys/kernel/security/{,**} rwklx,

	# Nothing is mounted.
	deny mount,
}
