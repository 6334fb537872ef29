#include "manager/host/origin.h"

#include "manager/host/interpreter.h"
#include "manager/system/path.h"
#include "manager/system/pseudo.h"
#include "manager/system/rooted.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum {
	CMDLINE_MOST = 16 * 1024, /* a script is named at its beginning */
	WORDS_MOST = 32,	  /* of it, that are followed as names of files */
	AUXV_MOST = 2048,	  /* bytes; Linux has some 20 entries */
};

struct look {
	const struct places *places;
	int proc, root;
	const char *process;
	struct slice program, cmdline;
	bool interprets;
	struct arena *arena;
	struct origin *origin;
	struct slice root_path; /* of `root`, when that is a directory of ours; or empty */
	struct slice name;	/* what it was executed as; empty when that cannot be read */
	char link[PATH_MAX], name_text[PATH_MAX], cmdline_text[CMDLINE_MOST];
};

/* Reads once, from a place of the file. */
static size_t read_file(
	const struct look *look, const char *file, void *bytes, size_t size, uint64_t offset)
{
	char path[64];
	snprintf(path, sizeof(path), "%s/%s", look->process, file);
	int fd = pseudo_open_file(look->proc, path);
	ssize_t len = fd < 0 ? -1 : pread(fd, bytes, size, (off_t)offset);
	if (fd >= 0)
		close(fd);
	return len < 0 ? 0 : (size_t)len;
}

static uint64_t number_at(const unsigned char *bytes, size_t width)
{
	uint64_t number = 0;
	uint32_t half = 0;
	memcpy(width == sizeof(half) ? (void *)&half : &number, bytes, width);
	return width == sizeof(half) ? half : number;
}

/* Pairs of a type and a value, each of `width` bytes. 0 when there is none of the type. */
static uint64_t find_value(const unsigned char *auxv, size_t len, size_t width, uint64_t type)
{
	for (size_t at = 0; at + 2 * width <= len; at += 2 * width) {
		if (number_at(auxv + at, width) == type)
			return number_at(auxv + at + width, width);
		if (number_at(auxv + at, width) == AT_NULL)
			break;
	}
	return 0;
}

/* A process of 32 bits has numbers of 32. */
static void read_name(struct look *look)
{
	unsigned char auxv[AUXV_MOST];
	size_t len = read_file(look, "auxv", auxv, sizeof(auxv), 0);
	uint64_t address = find_value(auxv, len, sizeof(uint64_t), AT_EXECFN);
	if (address == 0)
		address = find_value(auxv, len, sizeof(uint32_t), AT_EXECFN);
	if (address == 0 || address > INT64_MAX)
		return;
	len = read_file(look, "mem", look->name_text, sizeof(look->name_text), address);
	const char *end = len ? memchr(look->name_text, '\0', len) : NULL;
	if (end)
		look->name = slice_of(look->name_text, (size_t)(end - look->name_text));
}

static struct slice read_link(struct look *look, const char *name)
{
	char path[64];
	snprintf(path, sizeof(path), "%s/%s", look->process, name);
	ssize_t len = pseudo_readlink(look->proc, path, look->link, sizeof(look->link));
	return slice_of(look->link, len < 0 ? 0 : (size_t)len);
}

/* The directory that the process took for its root, as we see it; empty when it is ours, or that
 * of a mount namespace. */
static struct slice changed_root(struct look *look)
{
	struct slice root = look->places->root[0] ? SLICE("") : read_link(look, "root");
	return slice_is(root, "/") ? SLICE("") : arena_copy(look->arena, root);
}

/* The root that it was started in: a daemon whose program lies outside of its root changed it after
 * that. Below another root (a test's) the links of a proc are no places of this machine. */
static bool open_root(struct look *look)
{
	char path[64];
	if (look->root >= 0)
		return true;
	snprintf(path, sizeof(path), "%s/root", look->process);
	look->root_path = changed_root(look);
	bool is_inside = slice_starts(look->program, look->root_path);
	if (!is_inside)
		look->root_path = SLICE("");
	if (look->places->root[0])
		look->root = path_open(look->places->root, O_PATH | O_DIRECTORY, 0);
	else if (is_inside)
		look->root = openat(look->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		look->root = path_open("/", O_PATH | O_DIRECTORY, 0);
	return look->root >= 0;
}

/* "./x" of a process in /srv to "/srv/./x". NULL where its directory is not known. */
static char *absolute(struct look *look, struct slice name)
{
	if (slice_starts(name, SLICE("/")))
		return arena_string(look->arena, name);
	struct slice directory = read_link(look, "cwd");
	if (!slice_starts(directory, SLICE("/")))
		return NULL;
	if (slice_starts(directory, look->root_path))
		directory = slice_from(directory, look->root_path.len);
	return arena_string(look->arena,
		arena_printf(look->arena, "%.*s/%.*s", SLICE_FMT(directory), SLICE_FMT(name)));
}

/* The path of the file that a name of the process leads to, as its exe would be. */
static bool resolve(struct look *look, struct slice name, struct slice *ret_path)
{
	char own[40];
	struct slice root = slice_str(look->places->root);
	char *path = open_root(look) ? absolute(look, name) : NULL;
	int fd = path ? rooted_open(look->root, path, O_PATH, 0) : -1;
	if (fd < 0)
		return false;
	snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	ssize_t len = path_readlink(own, look->link, sizeof(look->link));
	close(fd);
	struct slice found = slice_of(look->link, len < 0 ? 0 : (size_t)len);
	if (!slice_starts(found, root) || found.len == root.len)
		return false;
	*ret_path = arena_copy(look->arena, slice_from(found, root.len));
	return true;
}

static void add_path(struct look *look, struct slice path)
{
	struct origin *origin = look->origin;
	if (!origin->paths)
		origin->paths = arena_array(look->arena, WORDS_MOST, sizeof(*origin->paths));
	if (origin->count < WORDS_MOST && !slice_eq(path, look->program))
		origin->paths[origin->count++] = path;
}

static void add_missing(struct look *look, struct slice name)
{
	struct origin *origin = look->origin;
	if (!origin->missing)
		origin->missing = arena_array(look->arena, WORDS_MOST, sizeof(*origin->missing));
	if (origin->missing_count < WORDS_MOST)
		origin->missing[origin->missing_count++] = arena_copy(look->arena, name);
}

static struct slice first_word(const struct look *look, struct slice *ret_rest)
{
	struct slice word = SLICE("");
	*ret_rest = look->cmdline;
	interpreter_next_word(ret_rest, &word);
	return word;
}

/* The words that the kernel makes of a script: interpreter, perhaps an argument, its name. */
static bool is_name_a_word(const struct look *look)
{
	struct slice rest, word = first_word(look, &rest);
	for (int i = 0; i < 2 && interpreter_next_word(&rest, &word); i++)
		if (slice_eq(word, look->name))
			return true;
	return false;
}

static struct slice base_of(struct slice path)
{
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
	return slash ? slice_from(path, (size_t)(slash - path.at) + 1) : path;
}

/* Whether the words are not those that it was called with: programs that write a title there.
 * "-bash" is a login shell. */
static bool is_titled(const struct look *look)
{
	struct slice rest, word = base_of(first_word(look, &rest));
	if (slice_starts(word, SLICE("-")))
		word = slice_from(word, 1);
	if (slice_is(look->name, "/proc/self/exe"))
		return false;
	if (look->name.len > 0)
		return !slice_eq(word, base_of(look->name));
	return !slice_eq(word, base_of(look->program)) && !interpreter_is(word);
}

static void add_word(struct look *look, struct slice word)
{
	struct slice path;
	if (word.len == 0)
		return;
	if (resolve(look, word, &path))
		add_path(look, path);
	else
		add_missing(look, word);
}

static void add_words(struct look *look)
{
	struct slice rest, word = first_word(look, &rest);
	for (int i = 0; i < WORDS_MOST && interpreter_next_word(&rest, &word); i++)
		add_word(look, word);
}

/* Somebody called the interpreter. */
static void look_at_words(struct look *look)
{
	struct slice path;
	bool is_known = interpreter_is(look->program);
	struct slice script = interpreter_script(look->program, look->cmdline);
	look->origin->is_script = true;
	bool is_there = script.len > 0 && resolve(look, script, &path);
	if (is_there)
		add_path(look, path);
	else if (script.len > 0 || !is_known)
		add_words(look);
	/* A script whose file has gone is known by its words alone. */
	const char *gone = script.len > 0 && !is_there ? absolute(look, script) : NULL;
	if (gone)
		add_path(look, slice_str(gone));
	if (look->origin->count == 0)
		look->origin->is_unsure = is_titled(look);
}

/* Not by the path of the program itself. */
static void look_at_name(struct look *look, struct slice path)
{
	add_path(look, path);
	look->origin->is_script = look->interprets || is_name_a_word(look);
}

static void look_at_process(struct look *look)
{
	struct slice path;
	read_name(look);
	if (!look->interprets && (look->name.len == 0 || slice_eq(look->name, look->program)))
		return;
	look->cmdline = slice_of(look->cmdline_text,
		read_file(look, "cmdline", look->cmdline_text, CMDLINE_MOST, 0));
	bool is_own = look->name.len == 0 || slice_is(look->name, "/proc/self/exe") ||
		      slice_eq(look->name, look->program);
	bool is_there = !is_own && resolve(look, look->name, &path);
	if (is_there && !slice_eq(path, look->program)) {
		look_at_name(look, path);
	} else if (!is_own && !is_there) {
		look_at_name(look, arena_copy(look->arena, look->name));
		look->origin->is_unsure = look->interprets;
	} else if (look->interprets) {
		look_at_words(look);
	}
}

void origin_read(const struct places *places, int proc, const char *process, struct slice program,
	bool interprets, struct arena *arena, struct origin *ret_origin)
{
	struct look look = {
		.places = places,
		.proc = proc,
		.root = -1,
		.process = process,
		.program = program,
		.interprets = interprets,
		.arena = arena,
		.origin = ret_origin,
	};
	*ret_origin = (struct origin){0};
	look_at_process(&look);
	if (look.root >= 0)
		close(look.root);
}

enum origin_match origin_match(const struct origin *origin, struct slice path)
{
	for (size_t i = 0; i < origin->count; i++)
		if (slice_eq(origin->paths[i], path))
			return ORIGIN_SAME;
	for (size_t i = 0; i < origin->missing_count; i++)
		if (slice_eq(base_of(origin->missing[i]), base_of(path)))
			return ORIGIN_MAYBE;
	return origin->is_unsure ? ORIGIN_MAYBE : ORIGIN_OTHER;
}
