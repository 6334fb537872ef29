#ifndef CLI_HELP_KEY_H
#define CLI_HELP_KEY_H

/*
 * What `aaforge help KEY` says of a key of descriptions: keys.def and docs/keys/<key>.yaml; and how
 * such pages are printed. Nothing fails.
 */

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/help_pages.h"
#include "compiler/service/keys.h"

/* The page of that name, or NULL. */
const struct help_page *help_page_find(
	const struct help_page *pages, size_t count, const char *name);

/* Splits a page into the explanation (without '#'), which is added, and the example. */
void help_page_split(
	const struct help_page *page, struct buf *explanation, struct slice *ret_example);

/* Prints lines to standard output, indented. */
void help_page_print(struct slice text);

/* Whether there is a key of that name anywhere in a description. */
bool help_key_is(const char *name);

/* Prints what the key of that name is at each place where it may stand. false: there is none. */
bool help_key(const char *name, enum format format);

/* Prints all keys, a line each. */
void help_key_list(void);

#endif
