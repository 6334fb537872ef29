#include "cli/trusted.h"

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
