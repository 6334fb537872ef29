#ifndef COMPILER_SERVICE_KEYS_H
#define COMPILER_SERVICE_KEYS_H

/*
 * The tables of keys.def as data. The reader, the schema, the manual page and the completion all
 * go through here. Nothing fails: a name that is not there gives NULL.
 */

#include "base/slice.h"

enum place {
#define PLACE(symbol, words) PLACE_##symbol,
#include "compiler/service/keys.def"
	PLACE_COUNT
};

/* Sets of places. */
enum {
#define PLACE(symbol, words) IN_##symbol = 1u << PLACE_##symbol,
#include "compiler/service/keys.def"
};

enum shape {
#define SHAPE(symbol, takes, each) SHAPE_##symbol,
#include "compiler/service/keys.def"
	SHAPE_COUNT
};

enum key_id {
#define KEY(symbol, name, shape, places, required, about) KEY_##symbol,
#include "compiler/service/keys.def"
	KEY_COUNT
};

/*
 * The keys of each reader: it decides by a switch over them, without default, which does not build
 * when a key has no case.
 */
#define READS(symbol, ...) READS_##symbol = KEY_##symbol,
enum service_key {
#define SERVICE_KEY READS
#include "compiler/service/keys.def"
};
enum entry_key {
#define ENTRY_KEY READS
#include "compiler/service/keys.def"
};
enum expect_key {
#define EXPECT_KEY READS
#include "compiler/service/keys.def"
};
enum container_key {
#define CONTAINER_KEY READS
#include "compiler/service/keys.def"
};
enum tmpfs_key {
#define TMPFS_KEY READS
#include "compiler/service/keys.def"
};
enum seccomp_key {
#define SECCOMP_KEY READS
#include "compiler/service/keys.def"
};
#undef READS

struct key {
	enum key_id id;
	enum shape shape;
	struct slice name;
	unsigned places;   /* IN_…: where it may stand */
	unsigned required; /* IN_…: where it must stand */
	const char *about; /* sentences for the manual */
};

struct shape_words {
	const char *takes; /* "a list of paths" */
	const char *each;  /* "a path": one entry of it, or "" */
};

struct value_name {
	const char *name, *about;
};

enum {
#define MODE(symbol, name, about) +1
	MODE_NAME_COUNT = 0
#include "compiler/service/keys.def"
	,
#define TEMPLATE(name, about) +1
	TEMPLATE_NAME_COUNT = 0
#include "compiler/service/keys.def"
	,
#define RESERVED_NAME(pattern) +1
	RESERVED_NAME_COUNT = 0
#include "compiler/service/keys.def"
};

/* Profile names: NAME_MAX_BYTES of [A-Za-z0-9._-], the first a letter or digit. */
enum { PROFILE_NAME_MAX = 200 };
#define PROFILE_NAME_PATTERN "^[A-Za-z0-9][A-Za-z0-9._-]*$"

extern const struct key keys[KEY_COUNT];
extern const struct shape_words shape_words[SHAPE_COUNT];
extern const char *const place_words[PLACE_COUNT];	    /* "a child" */
extern const struct value_name mode_names[MODE_NAME_COUNT]; /* in the order of enum mode */
extern const char *const mode_texts[MODE_NAME_COUNT];	    /* the names alone, for slice_nearest */
extern const struct value_name template_names[TEMPLATE_NAME_COUNT];
extern const char *const reserved_names[RESERVED_NAME_COUNT]; /* a final * stands for any rest */

/* The key of that name at that place, or NULL. */
const struct key *key_find(enum place place, struct slice name);

/* A key of that name at any other place than that one, or NULL. */
const struct key *key_find_elsewhere(enum place place, struct slice name);

/* The name that is nearest to a mistyped one among the keys of a place, or NULL. */
const char *key_nearest(enum place place, struct slice name);

/* Whether a profile's name is one of reserved_names. */
bool name_is_reserved(struct slice name);

/* Whether it is the name of a profile that a container runtime loads itself. */
bool name_is_of_runtime(struct slice name);

#endif
