#include "cli/own_filter.h"

#include "compiler/output/seccomp_file.h"
#include "compiler/service/container.h"

#include <errno.h>
#include <unistd.h>

static const struct seccomp *seccomp_of(const struct work_item *item)
{
	return &item->service->run->seccomp;
}

struct slice own_filter_path(struct work_item *item)
{
	struct slice folder = pipeline_folder(item->path), path = seccomp_of(item)->file;
	if (slice_starts(path, SLICE("/")))
		return path;
	return arena_printf(&item->unit.arena, "%.*s%.*s", SLICE_FMT(folder), SLICE_FMT(path));
}

static bool say_outside(struct work_item *item)
{
	struct diags *diags = &item->unit.diags;
	const struct seccomp *seccomp = seccomp_of(item);
	struct diag *diag = diag_add(diags, DIAG_OUTSIDE_PATH, seccomp->span,
		"the seccomp filter '%.*s' lies outside of the description's directory, or a link in "
		"its path leads there",
		SLICE_FMT(seccomp->file));
	diag_help(diags, diag,
		"copy it beside the description, or name its directory with --templates; "
		"--allow-outside takes any file");
	return false;
}

static bool check_form(struct work_item *item, struct slice text)
{
	const struct seccomp *seccomp = seccomp_of(item);
	const char *trouble = seccomp_file_trouble(text);
	if (!trouble)
		return true;
	struct diag *diag = diag_add(&item->unit.diags, DIAG_BAD_JSON, seccomp->span,
		"'%.*s' is no seccomp filter: %s", SLICE_FMT(seccomp->file), trouble);
	diag_help(&item->unit.diags, diag,
		"expected what 'docker run --security-opt seccomp=FILE' takes; nothing of the file is "
		"shown");
	return false;
}

static bool read_looked(struct pipeline *pipeline, struct work_item *item, int looked,
	const char *path, struct bytes *ret_text)
{
	struct error *error = NULL;
	int fd = file_open_looked(looked, path, &error);
	bool is_read = fd >= 0 &&
		       file_read_fd(fd, path, item->unit.limits->document_bytes, ret_text, &error);
	if (fd >= 0)
		close(fd);
	if (!is_read)
		pipeline_problem(pipeline, error);
	return is_read && check_form(item, bytes_slice(ret_text));
}

bool own_filter_read(struct pipeline *pipeline, struct work_item *item, bool may_be_missing,
	struct bytes *ret_text)
{
	struct error *error = NULL;
	bool is_outside;
	if (seccomp_of(item)->kind != SECCOMP_FILE)
		return true;
	struct arena *arena = &item->unit.arena;
	const char *path = arena_string(arena, own_filter_path(item));
	int looked =
		bounds_look(&pipeline->bounds, arena_string(arena, pipeline_folder(item->path)),
			arena_string(arena, seccomp_of(item)->file), path, &is_outside, &error);
	if (looked >= 0) {
		bool is_read = read_looked(pipeline, item, looked, path, ret_text);
		close(looked);
		return is_read;
	}
	if (is_outside)
		return say_outside(item);
	if (may_be_missing && error_number(error) == ENOENT) {
		error_free(error);
		return true;
	}
	pipeline_problem(pipeline, error);
	return false;
}
