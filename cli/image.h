#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

/*
 * Container image references: `nginx:1.25`, `ghcr.io/x/y@sha256:…`, and the installed descriptions
 * that name one in `container: image:`.
 */

#include "base/arena.h"
#include "manager/system/error.h"
#include "manager/places.h"

/*
 * The whole reference, as engines read a short one: `nginx` is `docker.io/library/nginx:latest`. A
 * digest makes the tag meaningless, so it goes. Source: docs of distribution/reference. In the
 * arena.
 */
struct slice image_normalise(struct arena *arena, struct slice image);

/* Whether a text that is no profile's name is likely meant for an image. */
bool image_is_likely(struct slice text);

struct image_match {
	struct slice path; /* of the description, with a NUL behind */
	struct slice name; /* of its profile; empty when it cannot be told */
};

struct image_matches {
	struct image_match *items;
	size_t count;
};

/* All installed descriptions whose image it is. An error when one cannot be read. */
bool image_find(const struct places *places, struct slice image, struct arena *arena,
	struct image_matches *ret_matches, struct error **ret_error);

/* The name in the first document of a description, or empty. */
struct slice description_name(struct arena *arena, const char *path);

#endif
