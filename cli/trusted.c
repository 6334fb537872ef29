#include "cli/trusted.h"

#include "manager/apparmor_parser/parser.h"
#include "manager/system/file.h"

#include <errno.h>
#include <unistd.h>

struct trusted trusted_begin(const struct options *options)
{
	bool is_image = options->root && strcmp(options->root, "/") != 0;
	struct trusted trusted = {
		.is_asked = geteuid() == 0 && !is_image && !options->allow_writable};
	trust_init(&trusted.trust, "", 0);
	return trusted;
}

static bool refuse(struct error *error)
{
	bool is_refused = error_number(error) == EPERM;
	print_error(error);
	if (is_refused)
		print_problem(
			"root takes what it loads from nobody else; --allow-writable goes on");
	return false;
}

bool trusted_file(struct trusted *trusted, const char *path)
{
	struct error *error = NULL;
	if (!trusted->is_asked || file_is_descriptor(path))
		return true;
	if (strcmp(path, trusted->refused) == 0)
		return false;
	if (trust_file(&trusted->trust, path, &error))
		return true;
	snprintf(trusted->refused, sizeof(trusted->refused), "%s", path);
	return refuse(error);
}

bool trusted_directory(struct trusted *trusted, const char *path)
{
	struct error *error = NULL;
	return !trusted->is_asked || trust_directory(&trusted->trust, path, &error) ||
	       refuse(error);
}

static bool is_program_trusted(struct trusted *trusted, const char *given)
{
	struct error *error = NULL;
	const char *path;
	if (parser_find(given, &path, &error))
		return trusted_file(trusted, path);
	error_free(error); /* told by who wants to run it */
	return true;
}

bool trusted_tools(struct trusted *trusted, const struct options *options)
{
	const char *features = options->features;
	if (!trusted->is_asked)
		return true;
	if (!is_program_trusted(trusted, options->parser))
		return false;
	if (features && !(file_is_directory(features) ? trusted_directory(trusted, features)
						      : trusted_file(trusted, features)))
		return false;
	if (options->base && !trusted_directory(trusted, options->base))
		return false;
	for (size_t i = 0; i < options->include_dirs.count; i++)
		if (!trusted_directory(trusted, options->include_dirs.at[i]))
			return false;
	return true;
}

static bool is_include_trusted(void *context, const char *path, bool is_directory)
{
	return is_directory ? trusted_directory(context, path) : trusted_file(context, path);
}

bool trusted_includes(
	struct trusted *trusted, struct library *library, struct slice path, struct slice text)
{
	const struct library_guard guard = {is_include_trusted, trusted};
	if (!trusted->is_asked || library_vouches(library, text, &guard))
		return true;
	print_problem(
		"nothing is taken from '%.*s': others may write what it includes", SLICE_FMT(path));
	return false;
}
