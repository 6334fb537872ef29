#include "cli/doctor_writers.h"

#include "cli/cli.h"
#include "manager/system/file.h"
#include "manager/system/path.h"
#include "manager/system/trust.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

struct writers {
	struct findings *findings;
	struct trust trust;
	enum finding_id id;
	unsigned depth; /* directories below that are still gone into */
};

enum { DEPTH_MOST = 8 };

static struct writers writers_begin(
	const struct places *places, enum finding_id id, struct findings *findings)
{
	struct writers writers = {.findings = findings, .id = id, .depth = DEPTH_MOST};
	/* Who builds an image owns what he builds. */
	trust_init(&writers.trust, places->root, places->root[0] ? geteuid() : 0);
	return writers;
}

/* Each place is told once. false: one was told. */
static bool add_distrust(struct writers *writers, struct error *error)
{
	if (error_number(error) == EPERM) {
		struct buf text = buf_new(writers->findings->arena);
		error_print(error, &text);
		finding_add(writers->findings, writers->id, "%.*s", SLICE_FMT(buf_slice(&text)));
	}
	error_free(error);
	return false;
}

static bool takes_all(const char *name)
{
	return name[0] != '.';
}

static bool check_file(struct writers *writers, const char *path)
{
	struct error *error = NULL;
	return trust_file(&writers->trust, path, &error) || add_distrust(writers, error);
}

static bool check_directory(struct writers *writers, const char *directory);

/* What a link leads to was looked at with it. */
static bool check_below(struct writers *writers, const char *path)
{
	struct stat at;
	if (writers->depth == 0 || path_lstat(path, &at) < 0 || !S_ISDIR(at.st_mode))
		return true;
	writers->depth--;
	bool is_good = check_directory(writers, path);
	writers->depth++;
	return is_good;
}

/* A directory and its files; what is there twice, or beyond the first, is told by the next run. */
static bool check_directory(struct writers *writers, const char *directory)
{
	struct file_list list = {0};
	struct bytes path = {0};
	struct error *error = NULL;
	bool is_good = true;
	if (!file_is_directory(directory))
		return true;
	if (!trust_directory(&writers->trust, directory, &error))
		return add_distrust(writers, error);
	if (!file_list_read_all(directory, takes_all, &list, NULL))
		return true;
	for (size_t i = 0; is_good && i < list.count; i++) {
		if (!file_list_path(&list, i, &path))
			out_of_memory();
		is_good = check_file(writers, path.at) && check_below(writers, path.at);
	}
	bytes_free(&path);
	file_list_free(&list);
	return is_good;
}

void doctor_writers(const struct places *places, struct slice parser, struct findings *findings)
{
	struct writers described = writers_begin(places, FINDING_WRITABLE, findings);
	struct writers policy = writers_begin(places, FINDING_WRITABLE_POLICY, findings);
	check_directory(&described, places->descriptions);
	if (check_directory(&policy, places->profiles) && parser.len > 0)
		check_file(&policy,
			arena_printf(findings->arena, "%s%.*s", places->root, SLICE_FMT(parser))
				.at);
}
