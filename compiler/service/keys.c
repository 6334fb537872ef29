#include "compiler/service/keys.h"

#include "compiler/service/service.h"

const struct key keys[KEY_COUNT] = {
#define KEY(symbol, text, kind, where, must, words)                                                \
	[KEY_##symbol] = {                                                                         \
		.id = KEY_##symbol,                                                                \
		.shape = SHAPE_##kind,                                                             \
		.name = {text, sizeof(text) - 1},                                                  \
		.places = where,                                                                   \
		.required = must,                                                                  \
		.about = words,                                                                    \
	},
#include "compiler/service/keys.def"
};

const struct shape_words shape_words[SHAPE_COUNT] = {
#define SHAPE(symbol, whole, part) [SHAPE_##symbol] = {.takes = whole, .each = part},
#include "compiler/service/keys.def"
};

const char *const place_words[PLACE_COUNT] = {
#define PLACE(symbol, words) [PLACE_##symbol] = words,
#include "compiler/service/keys.def"
};

const struct value_name mode_names[MODE_NAME_COUNT] = {
#define MODE(symbol, text, words) [MODE_##symbol] = {.name = text, .about = words},
#include "compiler/service/keys.def"
};

const char *const mode_texts[MODE_NAME_COUNT] = {
#define MODE(symbol, text, words) [MODE_##symbol] = text,
#include "compiler/service/keys.def"
};

const struct value_name template_names[TEMPLATE_NAME_COUNT] = {
#define TEMPLATE(text, words) {.name = text, .about = words},
#include "compiler/service/keys.def"
};

const char *const reserved_names[RESERVED_NAME_COUNT] = {
#define RESERVED_NAME(pattern) pattern,
#include "compiler/service/keys.def"
};

_Static_assert(PLACE_COUNT < 32, "a set of places is one unsigned");
_Static_assert((int)MODE_NAME_COUNT == MODE_UNCONFINED + 1, "one row per enum mode");

const struct key *key_find(enum place place, struct slice name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].places & 1u << place) && slice_eq(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* `exec` in an entry of `readable` is meant as in other entries, not as in a description. */
const struct key *key_find_elsewhere(enum place place, struct slice name)
{
	const unsigned entries = IN_BINARY | IN_LIBRARIES | IN_READABLE | IN_WRITABLE | IN_EXEC;
	const struct key *found = NULL;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if ((keys[i].places & 1u << place) || !slice_eq(keys[i].name, name))
			continue;
		if (!found || ((1u << place & entries) && (keys[i].places & entries)))
			found = &keys[i];
	}
	return found;
}

const char *key_nearest(enum place place, struct slice name)
{
	const char *names[KEY_COUNT];
	size_t count = 0;
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].places & 1u << place)
			names[count++] = keys[i].name.at;
	return slice_nearest(name, names, count);
}

static bool is_like(struct slice name, struct slice pattern)
{
	bool is_open = slice_ends(pattern, SLICE("*"));
	struct slice begin = slice_first(pattern, pattern.len - is_open);
	return is_open ? slice_starts(name, begin) : slice_eq(name, begin);
}

bool name_is_reserved(struct slice name)
{
	for (size_t i = 0; i < RESERVED_NAME_COUNT; i++)
		if (is_like(name, slice_str(reserved_names[i])))
			return true;
	return false;
}

bool name_is_of_runtime(struct slice name)
{
	static const char *const patterns[] = {
#define RUNTIME_PROFILE(pattern) pattern,
#include "compiler/service/keys.def"
	};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (is_like(name, slice_str(patterns[i])))
			return true;
	return false;
}
