#ifndef TESTS_FAKE_TREE_H
#define TESTS_FAKE_TREE_H

/*
 * The fake kernel's table as the tree that apparmorfs shows:
 *
 *     APPARMORFS/policy -> .fake/policy-7
 *     APPARMORFS/profiles -> policy/.list
 *     APPARMORFS/revision -> policy/revision
 *     APPARMORFS/.fake/policy-7/{.table,.list,revision,profiles,raw_data,namespaces}
 *     APPARMORFS/.fake/raw/3       the bytes of a write
 *     APPARMORFS/.fake/lock
 *
 * A change is made in a new tree, which one rename of the link `policy` puts in the place of the
 * old one: whoever is killed meanwhile leaves the old state or the new one, as a kernel does.
 */

#include "tests/fake/table.h"

/* Which hashes the tree shows: AAFORGE_FAKE_HASH, sha256 unless it is sha1 or none. */
#define FAKE_HASH "AAFORGE_FAKE_HASH"

/* Takes the lock of the fake kernel and reads its table. Returns the lock, to be closed. */
int fake_open(const char *apparmorfs, struct arena *arena, struct fake_table *ret_table);

/* Shows the table in the place of what was shown before. */
void fake_show(const char *apparmorfs, const struct fake_table *table);

/* Keeps the bytes of a write and returns its number: that of an equal one, if there is one. */
unsigned fake_keep(const char *apparmorfs, struct fake_table *table, struct slice bytes);

#endif
