#include "cli/destination.h"

#include "manager/system/file.h"
#include "manager/system/rewrite.h"

static bool names_directory(const char *path)
{
	return path && (file_is_directory(path) || slice_ends(slice_str(path), SLICE("/")));
}

bool destination_open(
	const char *path, struct destination *ret_destination, struct error **ret_error)
{
	struct destination destination = {.path = path};
	if (names_directory(path) && (!directory_make(path, 0777, ret_error) ||
					     !stage_begin(path, &destination.stage, ret_error)))
		return false;
	*ret_destination = destination;
	return true;
}

bool destination_commit(
	struct destination *destination, struct slice text, struct error **ret_error)
{
	struct stage *stage = destination->stage;
	destination->stage = NULL;
	if (stage)
		return stage_commit(stage, ret_error);
	if (destination->path)
		return file_rewrite(destination->path, text, ret_error);
	fwrite(text.at, 1, text.len, stdout);
	return true;
}

void destination_abort(struct destination *destination)
{
	stage_abort(destination->stage);
	destination->stage = NULL;
}
