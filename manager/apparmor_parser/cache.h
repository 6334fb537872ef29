#ifndef MANAGER_APPARMOR_PARSER_CACHE_H
#define MANAGER_APPARMOR_PARSER_CACHE_H

/*
 * Remembers results under a SHA-256 key: one file an entry, below $XDG_CACHE_HOME/aaforge or
 * ~/.cache/aaforge, for root /var/cache/aaforge. Nothing here ever fails a run: what cannot be
 * read, is damaged or belongs to somebody else is not there, what cannot be written is not
 * remembered. `trouble` tells a verbose caller what went wrong first.
 *
 * An entry is written in one step and checked by a digest of its own when it is read. The
 * directory and the entries must belong to us or root and be writable to nobody else.
 */

#include "manager/system/bytes.h"
#include "manager/system/digest.h"
#include "manager/system/error.h"

struct cache;

/* Most entries and bytes that stay; the oldest go when a run that added some ends. */
#define CACHE_ENTRIES 16384
#define CACHE_BYTES   (256UL << 20)

/* Where entries live for this user, or NULL (no home); to be freed. */
char *cache_default_directory(void);

/*
 * Opens the cache in `directory`, made when missing (mode 0700). Never NULL unless memory runs out:
 * one that cannot be used answers nothing and keeps nothing. A NULL directory is such a one.
 */
struct cache *cache_open(const char *directory);

/* The same with other limits, for tests. */
struct cache *cache_open_limited(const char *directory, size_t entries, size_t bytes);

/* Drops the oldest entries beyond the limits and frees the cache. NULL is fine. */
void cache_close(struct cache *cache);

/* Fills ret_value (its former content is lost) with the value of a key. false when there is none.
 */
bool cache_get(struct cache *cache, const struct digest *key, struct bytes *ret_value);

/* Remembers a value of a key, in the place of an older one. */
void cache_put(struct cache *cache, const struct digest *key, struct slice value);

/* The first thing that went wrong, or NULL. Stays the cache's. */
const struct error *cache_trouble(const struct cache *cache);

#endif
