#include "manager/host/host.h"

#include "manager/system/file.h"
#include "manager/system/process.h"
#include "manager/system/path.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FACT_BYTES	((size_t)1024 * 1024)
#define VERSION_TIMEOUT 5000 /* ms for telling a version */

int regular_read(const char *path, size_t limit, struct bytes *ret_text)
{
	struct error *error = NULL;
	bool is_read = file_read(path, limit, ret_text, &error);
	int number = is_read ? 0 : error_number(error) ? error_number(error) : EIO;
	error_free(error);
	return number == EISDIR ? EINVAL : number; /* no regular file, whatever else */
}

struct fact fact_read(struct arena *arena, const char *path)
{
	struct bytes text = {0};
	struct fact fact = {.state = FACT_KNOWN};
	int number = regular_read(path, FACT_BYTES, &text);
	if (number == 0)
		fact.text = arena_copy(arena, slice_trim(bytes_slice(&text)));
	else
		fact.state = number == ENOENT || number == ENOTDIR || number == ENXIO ? FACT_ABSENT
										      : FACT_HIDDEN;
	bytes_free(&text);
	return fact;
}

/* The path below the root, in the arena. */
static const char *below(const struct places *places, struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s%s", places->root, path).at;
}

struct fact fact_of(const struct places *places, struct arena *arena, const char *path)
{
	return fact_read(arena, below(places, arena, path));
}

bool fact_is(const struct fact *fact, const char *text)
{
	return fact->state == FACT_KNOWN && slice_is(fact->text, text);
}

/* The same for glob(3): what is special in the root's own path stands for itself. */
static const char *pattern_below(
	const struct places *places, struct arena *arena, const char *pattern)
{
	struct buf text = buf_new(arena);
	for (const char *at = places->root; *at; at++) {
		if (strchr("*?[\\", *at))
			buf_add_char(&text, '\\');
		buf_add_char(&text, *at);
	}
	buf_add_str(&text, pattern);
	buf_add_char(&text, '\0');
	return text.at;
}

static void *glob_open(const char *path)
{
	return path_opendir(path);
}

static struct dirent *glob_read(void *entries)
{
	return readdir(entries);
}

static void glob_close(void *entries)
{
	closedir(entries);
}

/* glob(3) below the root. What was found is to be freed with globfree. */
static bool find(
	const struct places *places, struct arena *arena, const char *pattern, glob_t *ret_found)
{
	*ret_found = (glob_t){
		.gl_opendir = glob_open,
		.gl_readdir = glob_read,
		.gl_closedir = glob_close,
		.gl_stat = path_stat,
		.gl_lstat = path_lstat,
	};
	return glob(pattern_below(places, arena, pattern), GLOB_NOSORT | GLOB_ALTDIRFUNC, NULL,
		       ret_found) == 0;
}

static bool is_there(const struct places *places, struct arena *arena, const char *path)
{
	return path_access(below(places, arena, path), F_OK) == 0;
}

static void read_kernel(const struct places *places, struct arena *arena, struct host *host)
{
	static const char directory[] = "/sys/module/apparmor/parameters";
	struct {
		const char *name;
		struct fact *fact;
	} parameters[] = {
		{"enabled", &host->enabled},
		{"mode", &host->mode},
		{"lock_policy", &host->lock_policy},
		{"hash_policy", &host->hash_policy},
		{"export_binary", &host->export_binary},
	};
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		*parameters[i].fact = fact_of(places, arena,
			arena_printf(arena, "%s/%s", directory, parameters[i].name).at);
	host->lsm = fact_of(places, arena, "/sys/kernel/security/lsm");
	host->command_line = fact_of(places, arena, "/proc/cmdline");
	host->release = fact_of(places, arena, "/proc/sys/kernel/osrelease");
	host->userns_restrict =
		fact_of(places, arena, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	host->has_apparmorfs = is_there(places, arena, "/sys/kernel/security/apparmor");
	if (!places->apparmorfs)
		return;
	char *features = path_real(arena_printf(arena, "%s/features", places->apparmorfs).at);
	/* libapparmor, which reads them, knows of no root. */
	if (features && file_is_directory(features) && path_tree_is_plain(features))
		host->features = arena_copy(arena, slice_str(features));
	free(features);
}

/* Files that engines and systemd put into a container, and the variable of our own environment. */
static void read_container(const struct places *places, struct arena *arena, struct host *host)
{
	static const char *const marks[] = {
		"/.dockerenv", "/run/.containerenv", "/run/systemd/container"};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (is_there(places, arena, marks[i]))
			host->container_mark = slice_str(marks[i]);
	const char *variable = getenv("container");
	if (!places->root[0] && host->container_mark.len == 0 && variable && *variable)
		host->container_mark = arena_printf(arena, "container=%s", variable);
}

static void read_parser(const struct places *places, struct arena *arena, struct host *host)
{
	static const char *const paths[] = {"/sbin/apparmor_parser", "/usr/sbin/apparmor_parser",
		"/usr/local/sbin/apparmor_parser", "/usr/bin/apparmor_parser",
		"/usr/local/bin/apparmor_parser", "/bin/apparmor_parser"};
	host->has_parser_in_sbin = is_there(places, arena, paths[0]);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && host->parser.len == 0; i++)
		if (is_there(places, arena, paths[i]))
			host->parser = slice_str(paths[i]);
}

/* The name of the file that libapparmor.so.1 stands for tells its version. */
static void read_library(const struct places *places, struct arena *arena, struct host *host)
{
	static const char *const patterns[] = {"/usr/lib/*/libapparmor.so.1",
		"/usr/lib/libapparmor.so.1", "/usr/lib64/libapparmor.so.1",
		"/lib/*/libapparmor.so.1"};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]) && host->library.len == 0;
		i++) {
		glob_t found;
		if (!find(places, arena, patterns[i], &found))
			continue;
		char target[PATH_MAX];
		ssize_t len = path_readlink(found.gl_pathv[0], target, sizeof(target));
		struct slice name = slice_of(target, len > 0 ? (size_t)len : 0);
		const char *slash = name.len ? memrchr(name.at, '/', name.len) : NULL;
		if (slash)
			name = slice_from(name, (size_t)(slash - name.at) + 1);
		host->library = arena_copy(arena, name);
		globfree(&found);
	}
}

/* A unit that is masked is a link to /dev/null. */
static bool is_masked(const struct places *places, struct arena *arena, const char *path)
{
	char target[PATH_MAX];
	ssize_t len = path_readlink(below(places, arena, path), target, sizeof(target));
	return len > 0 && slice_is(slice_of(target, (size_t)len), "/dev/null");
}

/* systemd's links, or those of rcS.d where there is no systemd. */
static void read_service(const struct places *places, struct arena *arena, struct host *host)
{
	host->service_known = is_there(places, arena, "/etc/systemd/system") ||
			      is_there(places, arena, "/etc/rcS.d");
	host->service_masked = is_masked(places, arena, "/etc/systemd/system/apparmor.service") ||
			       is_masked(places, arena, "/run/systemd/system/apparmor.service");
	static const char *const links[] = {
		"/etc/systemd/system/*.wants/apparmor.service",
		"/usr/lib/systemd/system/*.wants/apparmor.service",
		"/etc/rcS.d/S[0-9][0-9]apparmor",
	};
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		glob_t found;
		if (!find(places, arena, links[i], &found))
			continue;
		host->service_enabled = true;
		globfree(&found);
	}
}

void host_read_mode(const struct places *places, struct arena *arena, struct host *ret_host)
{
	*ret_host = (struct host){
		.mode = fact_of(places, arena, "/sys/module/apparmor/parameters/mode"),
		.command_line = fact_of(places, arena, "/proc/cmdline"),
	};
}

void host_read(const struct places *places, struct arena *arena, struct host *ret_host)
{
	struct host host = {0};
	read_kernel(places, arena, &host);
	read_container(places, arena, &host);
	read_parser(places, arena, &host);
	read_library(places, arena, &host);
	read_service(places, arena, &host);
	*ret_host = host;
}

/* The one job of asking a program its version. */
struct question {
	struct process_job job;
	struct arena *arena;
	bool is_asked;
	struct slice answer;
};

static bool question_next(void *context, struct process_job *ret_job)
{
	struct question *question = context;
	if (question->is_asked)
		return false;
	question->is_asked = true;
	*ret_job = question->job;
	return true;
}

static void question_done(
	void *context, const struct process_job *job, const struct process_result *result)
{
	(void)job;
	struct question *question = context;
	if (result->end == PROCESS_EXITED && result->code == 0)
		question->answer = arena_copy(question->arena, result->output);
}

/* The first word that begins with a digit, or with v and a digit: "Kubernetes v1.30.1" has 1.30.1.
 */
static struct slice find_version(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool begins = i == 0 || strchr(" \t\n", text.at[i - 1]);
		size_t at = i + (begins && text.at[i] == 'v');
		if (!begins || at == text.len || text.at[at] < '0' || text.at[at] > '9')
			continue;
		struct slice rest = slice_from(text, at);
		size_t len = 0;
		while (len < rest.len && !strchr(" \t\r\n,", rest.at[len]))
			len++;
		return slice_first(rest, len);
	}
	return slice_of(NULL, 0);
}

struct slice program_version(struct arena *arena, const char *path)
{
	const char *const argv[] = {path, "--version", NULL};
	struct question question = {
		.job = {.argv = argv, .program = path, .directory = "/", .want_output = true},
		.arena = arena,
	};
	struct process_source source = {
		.next = question_next, .done = question_done, .context = &question};
	struct process_limits limits = process_limits_default;
	limits.timeout = VERSION_TIMEOUT;
	limits.output = FACT_BYTES;
	limits.memory = 0; /* programs in Go reserve a lot of it */
	if (!process_run(&limits, &source, NULL))
		return slice_of(NULL, 0);
	return find_version(question.answer);
}

void host_ask_parser(const struct places *places, struct arena *arena, struct host *host)
{
	if (!places->root[0] && host->parser.len > 0)
		host->parser_version = program_version(arena, host->parser.at);
}
