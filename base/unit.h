#ifndef BASE_UNIT_H
#define BASE_UNIT_H

/*
 * A unit holds everything of one compilation: memory, sources, diagnostics, limits. It is handed
 * down through all pure rooms and freed at once.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/source.h"

struct unit {
	struct arena arena;
	struct sources sources;
	struct diags diags;
	const struct limits *limits;
};

/* A unit with the default limits. shared: sources that outlive it, or NULL. */
void unit_init(struct unit *unit, const struct sources *shared, void (*out_of_memory)(void));

/* Empties the unit for the next compilation; severities stay. */
void unit_reset(struct unit *unit);

void unit_free(struct unit *unit);

#endif
