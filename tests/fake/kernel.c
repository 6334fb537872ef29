/*
 * A kernel for tests: this program's own write(2) takes the place of libc's, also for libapparmor,
 * as the dynamic linker finds it first. A write to .load, .replace or .remove of a directory
 * …/sys/kernel/security/apparmor changes the tree there as the kernel would; every other write is
 * passed on. What it imitates was seen with Linux 6.1 and 6.12 in a virtual machine, also where it
 * is unpleasant:
 *
 *     a write is checked as a whole before anything changes; a child without its parent is ENOENT
 *     a replacement leaves children that the new version does not have; a removal takes them along
 *     a write for several namespaces goes into the first one that it names as a whole
 *     a write that holds a profile twice crashes the kernel: here it aborts the program
 *
 * Errors are ordered by AAFORGE_FAKE_ERROR: "COMMAND:WHAT[:N]", several separated by commas.
 * COMMAND is load, replace or remove; N the number of the write (of that command, from 1), without
 * it every write. WHAT is the name of an errno; `short`: half of the bytes are taken, nothing
 * changes; `gone`: apparmorfs vanishes after the change; `kill`, `killed`: the program dies by
 * SIGKILL before or after the change. AAFORGE_FAKE_LOG names a file that gets a line "replace 4711"
 * for each write of 4711 bytes.
 *
 * AAFORGE_FAKE_FULL is a full disk: "PART[:N]", and the N-th write (without it each) to a file
 * whose path holds PART, and all after it, are ENOSPC.
 */

#include "tests/fake/tree.h"

#include "analysis/blob.h"
#include "manager/system/digest.h"
#include "manager/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum command { COMMAND_LOAD, COMMAND_REPLACE, COMMAND_REMOVE };

static const char *const command_names[] = {"load", "replace", "remove"};

static const char interface[] = "/sys/kernel/security/apparmor";

static void out_of_memory(void)
{
	fake_die("out of memory");
}

static const struct {
	const char *name;
	int number;
} errnos[] = {
	{"EACCES", EACCES},
	{"EPERM", EPERM},
	{"ENOENT", ENOENT},
	{"ENOMEM", ENOMEM},
	{"ENOSPC", ENOSPC},
	{"EPROTO", EPROTO},
	{"EPROTONOSUPPORT", EPROTONOSUPPORT},
	{"EEXIST", EEXIST},
	{"EINTR", EINTR},
	{"EIO", EIO},
};

/* What AAFORGE_FAKE_ERROR orders for this write of the command; empty for nothing. */
static struct slice ordered(enum command command)
{
	static unsigned writes[3];
	unsigned write = ++writes[command];
	const char *order = getenv("AAFORGE_FAKE_ERROR");
	size_t len = strlen(command_names[command]);
	for (; order && *order; order += strspn(order, ",")) {
		size_t end = strcspn(order, ",");
		const char *what = order + len + 1;
		size_t what_len = strcspn(what, ":,");
		unsigned n = what[what_len] == ':' ? (unsigned)atoi(what + what_len + 1) : write;
		if (strncmp(order, command_names[command], len) == 0 && order[len] == ':' &&
			n == write)
			return slice_of(what, what_len);
		order += end;
	}
	return slice_of(NULL, 0);
}

static int ordered_errno(struct slice order)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (slice_is(order, errnos[i].name))
			return errnos[i].number;
	return 0;
}

static void log_write(enum command command, size_t size)
{
	const char *path = getenv("AAFORGE_FAKE_LOG");
	if (!path)
		return;
	char line[64];
	int len = snprintf(line, sizeof(line), "%s %zu\n", command_names[command], size);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || syscall(SYS_write, fd, line, (size_t)len) != len || close(fd) < 0)
		fake_die("cannot write the log");
}

static bool is_locked(const char *apparmorfs)
{
	char path[PATH_MAX + 64], value = 'N';
	snprintf(path, sizeof(path), "%s/../../../module/apparmor/parameters/lock_policy",
		apparmorfs);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, &value, 1);
	close(fd);
	return len == 1 && value == 'Y';
}

static struct slice mode_word(enum compiled_mode mode)
{
	static const char *const words[] = {
		[COMPILED_ENFORCE] = "enforce",
		[COMPILED_COMPLAIN] = "complain",
		[COMPILED_KILL] = "kill",
		[COMPILED_UNCONFINED] = "unconfined",
		[COMPILED_PROMPT] = "user",
	};
	return slice_str(words[mode]);
}

/* The first namespace that the write names is that of all its profiles. */
static struct slice namespace_of(const struct compiled_profile *first)
{
	for (; first; first = first->next)
		if (first->namespace.len > 0)
			return first->namespace;
	return SLICE("");
}

static bool is_written(
	const struct compiled_profile *first, const struct compiled_profile *end, struct slice name)
{
	for (; first != end; first = first->next)
		if (slice_eq(first->name, name))
			return true;
	return false;
}

/* 0, or the errno with which the kernel refuses the write as a whole. */
static int judge(const struct fake_table *table, const struct compiled_profile *first,
	struct slice namespace, enum command command)
{
	for (size_t i = 0; i + 1 < namespace.len; i++)
		if (memcmp(namespace.at + i, "//", 2) == 0)
			return EACCES;
	for (const struct compiled_profile *at = first; at; at = at->next) {
		struct slice parent = fake_parent(at->name);
		if (is_written(first, at, at->name)) {
			errno = EEXIST;
			fake_die("a profile is in one write twice: a real kernel crashes");
		}
		if (command == COMMAND_LOAD && fake_find(table, namespace, at->name))
			return EEXIST;
		if (parent.len > 0 && !fake_find(table, namespace, parent) &&
			!is_written(first, NULL, parent))
			return ENOENT;
	}
	return 0;
}

static struct slice hash_of(
	struct arena *arena, const struct compiled_profile *compiled, bool is_sha1)
{
	char version[4], hex[DIGEST_HEX + 1];
	for (unsigned i = 0; i < sizeof(version); i++)
		version[i] = (char)(compiled->header_version >> (8 * i));
	struct slice head = slice_of(version, sizeof(version));
	(is_sha1 ? digest_sha1_hex : digest_sha256_hex)(head, compiled->body, hex);
	return arena_copy(arena, slice_str(hex));
}

static void take_profile(struct fake_table *table, const struct compiled_profile *compiled,
	struct slice namespace, unsigned raw)
{
	struct fake_profile *profile = fake_find(table, namespace, compiled->name);
	if (!profile) {
		profile = fake_add(table);
		profile->id = table->next_id++;
	}
	profile->namespace = namespace;
	profile->name = compiled->name;
	profile->mode = mode_word(compiled->mode);
	profile->attach = compiled->attachment.len > 0 ? compiled->attachment
			  : compiled->xmatch.dfa       ? SLICE("<unknown>")
						       : fake_last_part(compiled->name);
	profile->sha1 = hash_of(table->arena, compiled, true);
	profile->sha256 = hash_of(table->arena, compiled, false);
	profile->raw = raw;
}

static void bump(struct fake_table *table, struct slice namespace)
{
	struct fake_namespace *at = fake_find_namespace(table, namespace);
	if (!at)
		at = fake_add_namespace(table, namespace);
	at->revision++;
}

static int do_load(
	const char *apparmorfs, struct fake_table *table, struct slice bytes, enum command command)
{
	struct compiled_profile *first = NULL;
	const char *why;
	if (bytes.len == 0)
		return EINVAL;
	if (!slice_starts(bytes, SLICE("\x04\x08\x00version\x00\x02")))
		return EPROTONOSUPPORT;
	if (!compiled_read(table->arena, bytes, &first, &why))
		return EPROTO;
	struct slice namespace = namespace_of(first);
	int number = judge(table, first, namespace, command);
	if (number != 0)
		return number;
	unsigned raw = fake_keep(apparmorfs, table, bytes);
	for (const struct compiled_profile *at = first; at; at = at->next)
		take_profile(table, at, namespace, raw);
	bump(table, namespace);
	return 0;
}

/* "web", ":ns:web", ":ns://web", ":ns:" for all of a namespace; ended by a NUL. */
static int do_remove(struct fake_table *table, struct slice text)
{
	struct slice name = slice_of(text.at, strnlen(text.at, text.len)), namespace = SLICE("");
	bool has_namespace = name.len > 0 && name.at[0] == ':';
	if (has_namespace) {
		name = slice_from(name, 1);
		const char *end = name.len > 0 ? memchr(name.at, ':', name.len) : NULL;
		namespace = slice_first(name, end ? (size_t)(end - name.at) : name.len);
		name = slice_from(name, namespace.len + 1);
		if (slice_starts(name, SLICE("//")))
			name = slice_from(name, 2);
	}
	if (!fake_find_namespace(table, namespace))
		return ENOENT;
	if (name.len == 0 ? !has_namespace : !fake_find(table, namespace, name))
		return ENOENT;
	fake_drop(table, namespace, name);
	if (name.len > 0)
		bump(table, namespace);
	return 0;
}

static int change(const char *apparmorfs, enum command command, struct slice bytes)
{
	struct arena arena;
	struct fake_table table;
	arena_init(&arena, out_of_memory);
	int lock = fake_open(apparmorfs, &arena, &table);
	int number = command == COMMAND_REMOVE ? do_remove(&table, bytes)
					       : do_load(apparmorfs, &table, bytes, command);
	if (number == 0)
		fake_show(apparmorfs, &table);
	close(lock);
	arena_free(&arena);
	return number;
}

static ssize_t refuse(int number)
{
	errno = number;
	return -1;
}

static ssize_t obey(const char *apparmorfs, enum command command, struct slice bytes)
{
	struct slice order = ordered(command);
	log_write(command, bytes.len);
	int number = ordered_errno(order);
	if (number == 0 && is_locked(apparmorfs))
		number = EACCES;
	if (number != 0)
		return refuse(number);
	if (slice_is(order, "short"))
		return (ssize_t)bytes.len / 2;
	if (slice_is(order, "kill"))
		raise(SIGKILL);
	number = change(apparmorfs, command, bytes);
	if (slice_is(order, "killed"))
		raise(SIGKILL);
	if (slice_is(order, "gone")) {
		char away[PATH_MAX + 8];
		snprintf(away, sizeof(away), "%s.gone", apparmorfs);
		if (rename(apparmorfs, away) < 0)
			fake_die("apparmorfs does not vanish");
	}
	return number == 0 ? (ssize_t)bytes.len : refuse(number);
}

/* Whether fd is a file of the interface: its directory and its command. */
static bool is_interface(int fd, char ret_apparmorfs[PATH_MAX], enum command *ret_command)
{
	char link[64];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, ret_apparmorfs, PATH_MAX - 1);
	if (len <= 0)
		return false;
	ret_apparmorfs[len] = '\0';
	char *name = strrchr(ret_apparmorfs, '/');
	if (!name || name[1] != '.')
		return false;
	*name = '\0';
	if (!slice_ends(slice_str(ret_apparmorfs), slice_str(interface)))
		return false;
	for (unsigned i = 0; i < sizeof(command_names) / sizeof(command_names[0]); i++)
		if (strcmp(name + 2, command_names[i]) == 0) {
			*ret_command = (enum command)i;
			return true;
		}
	return false;
}

/* Whether the file is on the full disk. */
static bool is_full(int fd)
{
	static unsigned writes;
	const char *order = getenv("AAFORGE_FAKE_FULL");
	char link[64], path[PATH_MAX], part[PATH_MAX];
	if (!order)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, sizeof(path) - 1);
	size_t part_len = strcspn(order, ":");
	if (len <= 0 || part_len >= sizeof(part))
		return false;
	path[len] = '\0';
	memcpy(part, order, part_len);
	part[part_len] = '\0';
	if (!strstr(path, part))
		return false;
	return ++writes >= (order[part_len] == ':' ? (unsigned)atoi(order + part_len + 1) : 1);
}

__attribute__((visibility("default"))) ssize_t write(int fd, const void *bytes, size_t size)
{
	char apparmorfs[PATH_MAX];
	enum command command;
	int number = errno;
	bool is_ours = is_interface(fd, apparmorfs, &command);
	bool has_no_room = !is_ours && is_full(fd);
	errno = number;
	if (has_no_room)
		return refuse(ENOSPC);
	if (is_ours)
		return obey(apparmorfs, command, slice_of(bytes, size));
	return syscall(SYS_write, fd, bytes, size);
}
