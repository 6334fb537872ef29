#ifndef MANAGER_HOST_ROOT_WORDS_H
#define MANAGER_HOST_ROOT_WORDS_H

/* Words about places of a root for the findings of manager/host/root_check.h. Nothing fails. */

#include "manager/host/root_view.h"

/* A path as an entry that stands for it, quoted: '/usr/bin/x', or {file: '/usr/bin/[x'} where its
 * characters would mean something else. */
struct slice root_words_entry(struct arena *arena, struct slice path);

/* The long form, which stands for one file in every key. */
struct slice root_words_file(struct arena *arena, struct slice path);

/* "write " and the entry. */
struct slice root_words_write(struct arena *arena, struct slice path);

/*
 * How a path leads elsewhere: "'/bin/ls' leads through the link '/bin'", or "'/bin/sh' is a link to
 * 'dash'". Only for a place with links.
 */
struct slice root_words_link(
	struct arena *arena, struct slice path, const struct rooted_path *place);

/*
 * A pattern that goes on to match when the next version moves the last link, or empty:
 *
 *     /usr/bin/python3 -> python3.11        /usr/bin/python3.*
 *     /usr/bin/java -> /etc/alternatives/java -> /usr/lib/jvm/java-17-openjdk-amd64/bin/java
 *                                           /usr/lib/jvm/java-*-openjdk-amd64/bin/java
 */
struct slice root_words_pattern(
	struct arena *arena, struct slice path, const struct rooted_path *place);

/* Why a path that is not there is not: "is missing", "is a link to '/x', which is missing". */
struct slice root_words_missing(
	struct arena *arena, struct slice path, const struct rooted_path *place);

#endif
