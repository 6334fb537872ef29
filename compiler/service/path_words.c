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

/* "r", "rw", "mrix", "Px": what stands behind the path in a rule of AppArmor; "ro" as well. */
static bool is_perms(struct slice word)
{
	if (slice_is(word, "ro"))
		return true;
	for (size_t i = 0; i < word.len; i++) {
		bool is_mode = memchr("ipucIPUC", word.at[i], 8) != NULL;
		size_t next = i + 1;
		while (is_mode && next < word.len && memchr("pucxPUCX", word.at[next], 8))
			next++;
		if (is_mode ? next < i + 2 || word.at[next - 1] != 'x'
			    : !memchr("rwamklx", word.at[i], 7))
			return false;
		i = next - 1;
	}
	return word.len > 0 && word.len <= 10;
}

/* Of programs one letter may be an argument: `/usr/bin/tar x`. */
static bool are_perms(const struct key *key, struct slice word)
{
	bool is_argument = key->id == KEY_BINARY && word.len == 1 && !strchr("rw", word.at[0]);
	return is_perms(word) && !is_argument;
}

static void report_perms(struct reader *reader, const struct key *key, const struct text *text,
	size_t path_len, size_t at, bool is_pattern)
{
	struct slice path = text->text;
	struct slice word = slice_from(path, at);
	struct diag *diag = report(reader, DIAG_PERMS_IN_PATH, text_part(text, at, word.len),
		"'%.*s' stands behind the path: '%s' says itself what is permitted",
		SLICE_FMT(shown(reader, word)), key->name.at);
	struct slice alone = shown(reader, slice_first(path, path_len));
	if (is_pattern)
		help(reader, diag,
			"write '%.*s'; whole rules belong to 'rules', and a blank in a pattern is '\\040'",
			SLICE_FMT(alone));
	else
		help(reader, diag,
			"write '%.*s'; whole rules belong to 'rules', and a file of that very name is {file: \"%.*s\"}",
			SLICE_FMT(alone), SLICE_FMT(shown(reader, path)));
}

/*
 * `/usr/sbin/x --foo`: a program and its arguments. The whole would be taken for the name of a file
 * that nobody has, and the profile attached to nothing.
 */
static bool check_arguments(struct reader *reader, const struct text *text, bool is_pattern)
{
	struct text words[2];
	struct slice path = text->text;
	size_t count = text_words(text, words, 2);
	size_t len = count > 0 ? (size_t)(words[0].text.at + words[0].text.len - path.at) : 0;
	size_t rest = count > 1 ? (size_t)(words[1].text.at - path.at) : len;
	if (rest == path.len)
		return true;
	struct diag *diag = report(reader, DIAG_PROGRAM_ARGUMENTS,
		text_part(text, rest, path.len - rest),
		count > 1
			? "'%.*s' is a path and more: 'binary' takes the program without arguments"
			: "'%.*s' ends in a blank",
		SLICE_FMT(shown(reader, path)));
	struct slice program = shown(reader, slice_first(path, len));
	if (is_pattern)
		help(reader, diag, "write '%.*s'; a blank that the name holds is written '\\040'",
			SLICE_FMT(program));
	else
		help(reader, diag,
			"write '%.*s'; if the file's name holds the blank: {file: \"%.*s\"}",
			SLICE_FMT(program), SLICE_FMT(shown(reader, path)));
	return false;
}

bool path_is_alone(struct reader *reader, const struct key *key, const struct text *text,
	bool is_pattern, bool is_file)
{
	if (is_file)
		return true;
	struct slice path = text->text;
	size_t at = path.len;
	while (at > 0 && path.at[at - 1] != ' ')
		at--;
	size_t len = at;
	while (len > 0 && path.at[len - 1] == ' ')
		len--;
	if (len > 0 && are_perms(key, slice_from(path, at))) {
		report_perms(reader, key, text, len, at, is_pattern);
		return false;
	}
	return key->id != KEY_BINARY || check_arguments(reader, text, is_pattern);
}
