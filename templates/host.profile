# baseline: host 2
#
# A daemon on the host, started by systemd, attached by the path of its binary.

abi <abi/3.0>,
include <tunables/global>

profile @{name} @{attachment} {
	include <abstractions/base>

	# Readiness and watchdog of systemd (Type=notify).
	@{run}/systemd/notify w,

	# Processes of the daemon may signal and trace each other, children included.
	signal (send, receive) peer=@{name}{,//**},
	ptrace (read, readby, trace, tracedby) peer=@{name}{,//**},

	# What language runtimes look at when they start.
	owner /proc/@{pid}/{cgroup,mountinfo,stat,limits} r,
	owner /proc/@{pid}/fd/ r,
	/proc/sys/net/core/somaxconn r,
	/sys/kernel/mm/transparent_hugepage/{enabled,hpage_pmd_size,shmem_enabled} r,

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
