#include "manager/host/root_view.h"

#include "compiler/service/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NEAREST_MOST = 64,    /* questions for the nearest name: each lists a directory */
	NAMES_MOST = 1 << 14, /* names of one directory for it */
	LISTED_MOST = 400000, /* names of all listings together */
};

const char *const program_directories[PROGRAM_DIRECTORY_COUNT] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

struct root_view {
	struct arena arena;
	int root;
	bool is_machine;
	struct slice words;
	struct index places; /* struct rooted_path by path */
	unsigned nearest_count;
	size_t listed;
};

bool root_view_open(const char *directory, void (*out_of_memory)(void), struct root_view **ret_view,
	struct error **ret_error)
{
	struct stat here, machine;
	int root = rooted_root(directory);
	if (root < 0)
		return error_make(ret_error, errno, "cannot look at the root '%s'", directory);
	struct root_view *view = calloc(1, sizeof(*view));
	if (!view)
		out_of_memory();
	arena_init(&view->arena, out_of_memory);
	view->root = root;
	view->places = index_new(&view->arena);
	view->is_machine = fstat(root, &here) == 0 && stat("/", &machine) == 0 &&
			   here.st_dev == machine.st_dev && here.st_ino == machine.st_ino;
	if (!view->is_machine)
		view->words = arena_printf(&view->arena, " below '%s'", directory);
	*ret_view = view;
	return true;
}

void root_view_free(struct root_view *view)
{
	if (!view)
		return;
	close(view->root);
	arena_free(&view->arena);
	free(view);
}

bool root_view_is_machine(const struct root_view *view)
{
	return view->is_machine;
}

struct slice root_view_words(const struct root_view *view)
{
	return view->words;
}

/* No component is empty, "." or "..": resolved, it is the same text where no link is on the way. */
static bool is_clean(struct slice path)
{
	for (size_t at = 0; at < path.len;) {
		struct slice rest = slice_from(path, at + 1);
		const char *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
		struct slice name = slice_first(rest, slash ? (size_t)(slash - rest.at) : rest.len);
		if (path.at[at] != '/' || name.len == 0 || slice_is(name, ".") ||
			slice_is(name, ".."))
			return false;
		at += 1 + name.len;
	}
	return path.len > 0;
}

/* Most paths are there, without a link on the way: three system calls instead of three a component.
 * false where that is not so, or not known. */
static bool find_plain(const struct root_view *view, const char *path, struct rooted_path *place)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS};
	struct slice text = slice_str(path);
	int fd = is_clean(text) ? (int)syscall(SYS_openat2, view->root, path, &how, sizeof(how))
				: -1;
	if (fd < 0)
		return false;
	*place = (struct rooted_path){.resolved = text, .missing_from = text.len};
	place->exists = fstat(fd, &place->at) == 0;
	close(fd);
	return place->exists;
}

const struct rooted_path *root_view_at(struct root_view *view, struct slice path)
{
	char *text = arena_string(&view->arena, path.len ? path : SLICE("/"));
	void **known = index_at(&view->places, slice_str(text));
	if (!*known) {
		struct rooted_path *place = arena_new(&view->arena, struct rooted_path);
		if (!find_plain(view, text, place))
			*place = rooted_resolve(view->root, text, &view->arena);
		*known = place;
	}
	return *known;
}

/* A file that somebody exchanges for a pipe does not make us wait: O_NONBLOCK. */
static int open_kind(struct root_view *view, struct slice path, int flags, mode_t kind)
{
	char *text = arena_string(&view->arena, path.len ? path : SLICE("/"));
	struct stat at;
	if ((root_view_at(view, path)->at.st_mode & S_IFMT) != kind)
		return -1;
	int fd = rooted_open(view->root, text, flags | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0 && (fstat(fd, &at) < 0 || (at.st_mode & S_IFMT) != kind)) {
		close(fd);
		return -1;
	}
	return fd;
}

size_t root_view_start(struct root_view *view, struct slice path, char *bytes, size_t size)
{
	int fd = open_kind(view, path, O_RDONLY, S_IFREG);
	if (fd < 0)
		return 0;
	ssize_t len = read(fd, bytes, size);
	close(fd);
	return len > 0 ? (size_t)len : 0;
}

bool root_view_list(struct root_view *view, struct slice path, size_t most,
	bool (*use)(void *context, const char *name), void *context)
{
	int fd = open_kind(view, path, O_RDONLY | O_DIRECTORY, S_IFDIR);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	size_t count = 0;
	for (const struct dirent *entry; (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (view->listed++ >= LISTED_MOST)
			count = most;
		if (count++ == most || !use(context, entry->d_name))
			break;
	}
	closedir(directory);
	return count <= most;
}

struct names {
	struct arena *arena;
	const char **at;
	size_t count;
};

static bool keep_name(void *context, const char *name)
{
	struct names *names = context;
	names->at[names->count++] = arena_string(names->arena, slice_str(name));
	return true;
}

static bool is_program(struct root_view *view, struct slice path)
{
	const struct rooted_path *place = root_view_at(view, path);
	return place->exists && S_ISREG(place->at.st_mode) && (place->at.st_mode & 0111);
}

static struct slice nearest_name(
	struct root_view *view, struct slice directory, struct slice name, struct arena *arena)
{
	struct arena scratch;
	arena_init(&scratch, arena->out_of_memory);
	struct names names = {.arena = &scratch};
	names.at = arena_array(&scratch, NAMES_MOST, sizeof(*names.at));
	root_view_list(view, directory, NAMES_MOST, keep_name, &names);
	const char *nearest = slice_nearest(name, names.at, names.count);
	struct slice found = nearest ? arena_printf(arena, "%.*s/%s", SLICE_FMT(directory), nearest)
				     : slice_of(NULL, 0);
	arena_free(&scratch);
	return found.len > 0 && is_program(view, found) ? found : slice_of(NULL, 0);
}

struct slice root_view_nearest(struct root_view *view, struct slice path, struct arena *arena)
{
	const char *slash = memrchr(path.at, '/', path.len);
	if (!slash || view->nearest_count++ >= NEAREST_MOST)
		return slice_of(NULL, 0);
	struct slice directory = slice_first(path, (size_t)(slash - path.at));
	struct slice name = slice_from(path, directory.len + 1);
	for (size_t i = 0; i < PROGRAM_DIRECTORY_COUNT && name.len > 0; i++) {
		struct slice other =
			arena_printf(arena, "%s/%.*s", program_directories[i], SLICE_FMT(name));
		if (is_program(view, other))
			return root_view_at(view, other)->resolved;
	}
	return nearest_name(view, directory, name, arena);
}
