#include "manager/host/sight.h"

#include "manager/system/pseudo.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

struct mounts {
	struct slice proc; /* the mount point that matters: "/proc" */
	char device[32];   /* "0:20", as mountinfo writes it; empty: by the mount point */
	bool is_covered;   /* something is mounted over a process */
	bool hides;	   /* hidepid= of the topmost mount there */
};

static bool is_link(int proc, const char *name, const char *target)
{
	char text[64];
	ssize_t len = pseudo_readlink(proc, name, text, sizeof(text));
	return len > 0 && slice_is(slice_of(text, (size_t)len), target);
}

static struct slice next_word(struct slice *line)
{
	const char *end = line->len ? memchr(line->at, ' ', line->len) : NULL;
	struct slice word = end ? slice_of(line->at, (size_t)(end - line->at)) : *line;
	*line = slice_from(*line, word.len + 1);
	return word;
}

/* "rw,hidepid=invisible" (numbers before Linux 5.8). */
static bool hides_processes(struct slice options)
{
	struct slice key = SLICE("hidepid=");
	const char *at = slice_find(options, key);
	if (!at)
		return false;
	struct slice value = slice_from(options, (size_t)(at - options.at) + key.len);
	return !slice_starts(value, SLICE("0")) && !slice_starts(value, SLICE("off"));
}

/* 35 34 0:20 / /proc rw,nosuid shared:5 - proc proc rw,hidepid=invisible */
static void read_mount(struct slice line, struct mounts *mounts)
{
	struct slice device = SLICE(""), point = SLICE(""), word;
	for (unsigned i = 0; i < 5; i++) {
		point = next_word(&line);
		device = i == 2 ? point : device;
	}
	struct slice below = slice_from(point, mounts->proc.len);
	if (slice_starts(point, mounts->proc) && below.len > 1 && below.at[0] == '/' &&
		below.at[1] >= '0' && below.at[1] <= '9')
		mounts->is_covered = true;
	if (mounts->device[0] ? !slice_is(device, mounts->device) : !slice_eq(point, mounts->proc))
		return;
	do
		word = next_word(&line);
	while (line.len > 0 && !slice_is(word, "-"));
	next_word(&line);
	next_word(&line);
	mounts->hides = hides_processes(line);
}

/* false with errno. */
static bool read_mounts(int proc, struct mounts *mounts)
{
	int fd = pseudo_open_file(proc, "self/mountinfo");
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return false;
	char *text = NULL;
	size_t room = 0;
	for (ssize_t len; (len = getline(&text, &room, file)) >= 0;)
		read_mount(slice_trim(slice_of(text, (size_t)len)), mounts);
	bool is_read = !ferror(file);
	free(text);
	fclose(file);
	return is_read;
}

static bool has_capability(int proc, char *buffer)
{
	int fd = pseudo_open_file(proc, "self/status");
	ssize_t len = fd < 0 ? -1 : read(fd, buffer, PSEUDO_BYTES - 1);
	if (fd >= 0)
		close(fd);
	if (len < 0)
		return false;
	buffer[len] = '\0';
	const char *at = strstr(buffer, "\nCapEff:");
	return at && (strtoull(at + strlen("\nCapEff:"), NULL, 16) >> CAP_SYS_PTRACE & 1);
}

static bool is_unconfined(int proc, char *buffer)
{
	struct slice label;
	return pseudo_read(proc, "self/attr/apparmor/current", buffer, &label) &&
	       slice_is(label, "unconfined");
}

/* Whether hidepid= hides nothing from us. */
static bool sees_everybody(int proc, struct arena *arena)
{
	char *buffer = arena_bytes(arena, PSEUDO_BYTES);
	return is_link(proc, "self/ns/user", SIGHT_USER_NAMESPACE) &&
	       has_capability(proc, buffer) && is_unconfined(proc, buffer);
}

static struct slice why_not_initial(int proc)
{
	char text[64];
	if (pseudo_readlink(proc, "self/ns/pid", text, sizeof(text)) < 0 && pseudo_is_denied(errno))
		return SLICE("the PID namespace cannot be looked at: run it as root");
	/* nsenter(1) is no help: no task can go to a namespace above its own. */
	return SLICE("this is not the PID namespace of the host: run it there, with its proc "
		     "(hostPID: true, --pid=host)");
}

struct slice sight_obstacle(const struct places *places, int proc, struct arena *arena)
{
	bool is_other_root = places->root[0] != '\0';
	struct mounts mounts = {.proc = slice_str(places->proc + strlen(places->root))};
	struct statfs at;
	struct stat self;
	if (!is_other_root && (fstatfs(proc, &at) < 0 || at.f_type != PROC_SUPER_MAGIC))
		return arena_printf(arena,
			"'%s' is not the proc of the kernel: mount that of the "
			"host there",
			places->proc);
	if (!is_other_root && fstat(proc, &self) == 0)
		snprintf(mounts.device, sizeof(mounts.device), "%u:%u", major(self.st_dev),
			minor(self.st_dev));
	if (!is_link(proc, "self/ns/pid", SIGHT_PID_NAMESPACE) &&
		!is_link(proc, "1/ns/pid", SIGHT_PID_NAMESPACE))
		return why_not_initial(proc);
	if (!read_mounts(proc, &mounts) && !(is_other_root && errno == ENOENT))
		return SLICE("the mounts of proc cannot be read: run it as root of the host");
	if (mounts.is_covered)
		return arena_printf(
			arena, "something is mounted over a process in '%s'", places->proc);
	if (mounts.hides && !sees_everybody(proc, arena))
		return arena_printf(arena,
			"'%s' is mounted with hidepid=, which hides processes from us: run it as "
			"root of the host, unconfined",
			places->proc);
	return slice_of(NULL, 0);
}
