#ifndef MANAGER_DISK_JOURNAL_FORMAT_H
#define MANAGER_DISK_JOURNAL_FORMAT_H

/*
 * What the writer and the reader of a journal share. The manifest:
 *
 *     {"version": 1, "kernel": true,
 *      "changes": [{"kind": "put", "name": P, "source": P, "backs_up": false, "keeps_loaded":
 * false, "text": {"path": P, "text": P}, "files": [{"path": P, "text": P}], "identity": ["none",
 * "sha1", "sha256"]},
 *                  {"kind": "drop", "name": P, "source": P, "backs_up": false, "keeps_loaded":
 * true, "text": {"path": P}, "files": [{"path": P}], "identity": null}], "loads": [{"source": P,
 * "binary": P, "fresh": P}]}
 *
 * A change that puts files of others aside, or brings them back, has some of these as well, and the
 * version is 2 then, which an older aaforge takes for a damaged journal:
 *
 *     "links": [{"path": P, "text": P}], "unloads": [P], "stays": true
 *
 * P is a piece of the contents: [offset, length, SHA-256]. Names and paths are pieces as well, as
 * a path may hold bytes that JSON cannot.
 */

#include "manager/disk/journal.h"

#define JOURNAL_VERSION	       1
#define JOURNAL_VERSION_LINKS  2
#define JOURNAL_DIRECTORY      ".transaction"
#define JOURNAL_CONTENTS       "contents"
#define JOURNAL_MANIFEST       "manifest"
#define JOURNAL_COMMITTED_MARK "committed"
#define JOURNAL_KINDS	       (HASH_SHA256 + 1)

/* Path of a file of the journal, or of its directory (""), with a NUL behind. */
struct slice journal_path(const struct places *places, struct arena *arena, const char *name);

/*
 * Opens the directory; -1 when there is none. An error (EPERM) when it is a link, belongs to
 * somebody else or can be written by others.
 */
bool journal_open(
	const struct places *places, struct arena *arena, int *ret_fd, struct error **ret_error);

#endif
