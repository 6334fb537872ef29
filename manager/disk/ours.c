#include "manager/disk/ours.h"

#include "manager/disk/installed.h"
#include "manager/disk/record.h"

bool profile_is_ours(
	const struct places *places, struct slice namespace, struct slice name, struct arena *arena)
{
	struct record record;
	struct installed installed;
	if (record_read(places, namespace, name, arena, &record))
		return true;
	return namespace.len == 0 && installed_name_is_fine(places, name, NULL) &&
	       installed_read(places, name, arena, &installed, NULL) &&
	       (installed.owner == OWNER_AAFORGE || installed.owner == OWNER_EDITED);
}
