#include "manager/kernel/expected.h"

#include "manager/system/bytes.h"
#include "manager/system/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

static bool is_off(const struct places *places)
{
	char *path = NULL;
	struct bytes text = {0};
	bool is = asprintf(&path, "%s/hash_policy", places->parameters) >= 0 &&
		  file_read(path, 4096, &text, NULL) &&
		  slice_starts(bytes_slice(&text), SLICE("N"));
	bytes_free(&text);
	free(path);
	return is;
}

enum hash_kind hash_kind_expected(const struct places *places, const struct loaded *loaded)
{
	struct utsname kernel;
	unsigned major = 0, minor = 0;
	if (loaded->count > 0)
		return loaded->profiles[0].kind;
	if (is_off(places))
		return HASH_NONE;
	if (uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2 &&
		(major < 6 || (major == 6 && minor < 8)))
		return HASH_SHA1;
	return HASH_SHA256;
}
