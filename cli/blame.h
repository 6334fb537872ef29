#ifndef CLI_BLAME_H
#define CLI_BLAME_H

/* What apparmor_parser says, put at the line of the description that caused it. */

#include "cli/pipeline.h"
#include "manager/apparmor_parser/parser.h"

/*
 * Adds a diagnostic to the item's unit for each message of a verdict, and for a verdict that is
 * none (time, memory, a crash). `text` is what the parser was given. Returns whether the profile is
 * accepted: the parser's verdict, and no error among the messages.
 */
bool blame_verdict(struct work_item *item, struct slice text, const struct parser_result *result);

#endif
