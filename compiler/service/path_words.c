/* What is written as a path and is, or may be, meant as something else. */

#include "compiler/links.h"
#include "compiler/service/reader.h"
#include "policy/glob/glob.h"

/* Directories that are symbolic links to another one on every current system. */
static void warn_linked(struct reader *reader, const struct text *text)
{
	for (size_t i = 0; i < system_link_count; i++) {
		const struct system_link *link = &system_links[i];
		if (link->is_merged || !link_starts(link, text->text))
			continue;
		struct diag *diag = report(reader, DIAG_LINKED_PATH,
			text_part(text, 0, link->path.len),
			"'%.*s' is a symbolic link to '%.*s', the kernel never sees this path",
			SLICE_FMT(link->path), SLICE_FMT(link->target));
		struct slice rest = slice_from(text->text, link->path.len);
		struct slice whole = arena_printf(
			reader_arena(reader), "%.*s%.*s", SLICE_FMT(link->target), SLICE_FMT(rest));
		help(reader, diag, "write '%.*s'", SLICE_FMT(shown(reader, whole)));
	}
}

/* A pattern's characters in a name that is taken literally. */
static void warn_literal(struct reader *reader, const struct text *text)
{
	struct slice path = text->text;
	size_t bracket = path.len;
	for (size_t i = 0; i < path.len; i++) {
		if (memchr("[]", path.at[i], 2) && bracket == path.len)
			bracket = i;
		if (!memchr("*?{", path.at[i], 3))
			continue;
		bool is_variable = i > 0 && path.at[i - 1] == '@' && path.at[i] == '{';
		struct diag *diag = report(reader, DIAG_LITERAL_PATTERN,
			text_part(text, i - is_variable, 1u + is_variable),
			"'file' takes '%.*s' literally: this is the one file that has it in its name",
			1 + is_variable, path.at + i - is_variable);
		help(reader, diag, "for the pattern write it without 'file': '%.*s'",
			SLICE_FMT(shown(reader, path)));
		return;
	}
	if (bracket == path.len)
		return;
	struct diag *diag = report(reader, DIAG_LITERAL_PATTERN, text_part(text, bracket, 1),
		"'file' takes '%c' literally, as a part of the file's name", path.at[bracket]);
	help(reader, diag, "for a pattern write it without 'file': '%.*s'",
		SLICE_FMT(shown(reader, path)));
	diag_soften(&reader->unit->diags, diag);
}

/* "libc.so", "libc.so.6". */
static bool is_shared_object(struct slice path)
{
	size_t len = path.len;
	while (len > 0 && strchr("0123456789.", path.at[len - 1]))
		len--;
	return slice_ends(slice_first(path, len), SLICE(".so"));
}

static bool matches(struct reader *reader, const char *pattern, struct slice path)
{
	struct arena scratch;
	const char *error;
	size_t offset;
	arena_init(&scratch, reader_arena(reader)->out_of_memory);
	const struct glob *glob =
		glob_read(&scratch, reader->unit->limits, slice_str(pattern), &error, &offset);
	bool does_match = glob_match(glob, path);
	arena_free(&scratch);
	return does_match;
}

#define PROCESSES "{self,thread-self,[0-9]*}"

/* proc(5) and what current kernels have: below /proc/sys most are files, of a process all but
 * these.
 */
static bool is_proc_file(struct reader *reader, struct slice path)
{
	static const char files[] =
		"/proc/{" PROCESSES "/*," PROCESSES "/attr/{,apparmor/,smack/}*,sys/*/**}";
	static const char directories[] =
		"/proc/{" PROCESSES "/{attr,cwd,fd,fdinfo,map_files,net,ns,root,task}," PROCESSES
		"/attr/{apparmor,smack},sys/{dev/{*,parport/*},fs/{binfmt_misc,cifs,epoll,fanotify,"
		"fuse,inotify,lockd,mqueue,nfs,quota,verity,xfs},kernel/{firmware_config,keys,pty,"
		"random,sched_domain{,/**},seccomp,usermodehelper,yama},net/{[^n]*,netfilter},"
		"net/*/{conf,neigh}{,/*},net/*/{icmp,nf_log,route,vs}}}";
	if (!slice_starts(path, SLICE("/proc/")) || slice_ends(path, SLICE("/")))
		return false;
	return matches(reader, files, path) && !matches(reader, directories, path);
}

static bool looks_like_file(struct slice path)
{
	static const char *const endings[] = {".pid", ".sock", ".socket", ".log", ".lock"};
	static const char *const devices[] = {"/dev/log", "/dev/stdin", "/dev/stdout",
		"/dev/stderr", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
		"/dev/tty", "/dev/console", "/dev/kmsg", "/dev/fuse", "/dev/kvm", "/dev/net/tun",
		"/dev/ptmx", "/proc/kmsg", "/proc/mtrr", "/proc/sysrq-trigger"};
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (slice_ends(path, slice_str(endings[i])))
			return true;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (slice_is(path, devices[i]))
			return true;
	return is_shared_object(path);
}

/* `writable: [/run/x.pid]` is the directory of that name, and never matches the file. */
static void warn_file(struct reader *reader, const struct key *key, const struct text *text)
{
	if (!looks_like_file(text->text) && !is_proc_file(reader, text->text))
		return;
	struct slice path = shown(reader, text->text);
	struct diag *diag = report(reader, DIAG_FILE_AS_DIRECTORY, text->span,
		"'%s' takes '%.*s' for a directory, and its name is that of a file", key->name.at,
		SLICE_FMT(path));
	if (slice_starts(text->text, SLICE("/dev/std")))
		help(reader, diag,
			"write {file: '%.*s'}; it is a link, and the kernel sees the terminal, file or pipe that it leads to",
			SLICE_FMT(path));
	else
		help(reader, diag, "write {file: '%.*s'}, or '%.*s/' if it is a directory",
			SLICE_FMT(path), SLICE_FMT(path));
}

void path_warn(struct reader *reader, const struct key *key, const struct text *text,
	bool is_pattern, bool is_file)
{
	warn_linked(reader, text);
	if (is_file)
		warn_literal(reader, text);
	else if (!is_pattern && key->shape == SHAPE_DIRECTORIES)
		warn_file(reader, key, text);
}
