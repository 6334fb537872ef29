#include "manager/host/shebang.h"

#include "manager/host/root_script.h"
#include "manager/host/root_view.h"
#include "manager/system/path.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEPTH_MOST = 5 }; /* scripts of scripts (exec_binprm of the kernel's fs/exec.c) */

static char *below_root(const struct places *places, struct slice path, struct arena *arena)
{
	return arena_string(arena, arena_printf(arena, "%s%.*s", places->root, SLICE_FMT(path)));
}

/* Somebody may exchange a file for a pipe meanwhile. */
static size_t read_start(const char *path, char *bytes, size_t size)
{
	struct stat at;
	if (path_stat(path, &at) < 0 || !S_ISREG(at.st_mode))
		return 0;
	int fd = path_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return 0;
	bool is_file = fstat(fd, &at) == 0 && S_ISREG(at.st_mode);
	ssize_t len = is_file ? read(fd, bytes, size) : 0;
	close(fd);
	return len > 0 ? (size_t)len : 0;
}

/* Empty when there is no such file. */
static struct slice real_path(const struct places *places, struct slice path, struct arena *arena)
{
	char *real = path_real(below_root(places, path, arena));
	struct slice found = real ? arena_copy(arena, slice_str(real)) : slice_of(NULL, 0);
	free(real);
	return slice_from(found, strlen(places->root));
}

static struct slice find_program(
	const struct places *places, struct slice name, struct arena *arena)
{
	struct slice found = slice_of(NULL, 0);
	if (slice_has(name, '/'))
		return real_path(places, name, arena);
	for (size_t i = 0; i < PROGRAM_DIRECTORY_COUNT && found.len == 0; i++)
		found = real_path(places,
			arena_printf(arena, "%s/%.*s", program_directories[i], SLICE_FMT(name)),
			arena);
	return found.len > 0 ? found : name;
}

/* Of one script; empty when it is none. */
static struct slice interpreter_of(
	const struct places *places, struct slice path, struct arena *arena)
{
	char start[SCRIPT_START];
	size_t len = read_start(below_root(places, path, arena), start, sizeof(start));
	struct script script;
	if (!script_read(slice_of(start, len), &script))
		return slice_of(NULL, 0);
	return arena_copy(arena, script.program.len > 0
					 ? find_program(places, script.program, arena)
					 : real_path(places, script.interpreter, arena));
}

struct slice shebang_interpreter(
	const struct places *places, struct slice path, struct arena *arena)
{
	struct slice found = slice_of(NULL, 0);
	for (int i = 0; i < DEPTH_MOST; i++) {
		struct slice interpreter = interpreter_of(places, path, arena);
		if (interpreter.len == 0)
			break;
		found = path = interpreter;
		if (!slice_starts(found, SLICE("/")))
			break;
	}
	return found;
}
