#include "base/unit.h"

void unit_init(struct unit *unit, const struct sources *shared, void (*out_of_memory)(void))
{
	arena_init(&unit->arena, out_of_memory);
	sources_init(&unit->sources, &unit->arena, shared);
	diags_init(&unit->diags, &unit->arena);
	unit->limits = &limits_default;
}

void unit_reset(struct unit *unit)
{
	arena_reset(&unit->arena);
	sources_init(&unit->sources, &unit->arena, unit->sources.shared);
	diags_reset(&unit->diags);
}

void unit_free(struct unit *unit)
{
	arena_free(&unit->arena);
}
