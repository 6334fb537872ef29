/* What people write who know other tools, and how it is said here. */

#include "compiler/service/reader.h"

const char *advice_key(enum place place, struct slice key)
{
	unsigned entries = IN_BINARY | IN_LIBRARIES | IN_READABLE | IN_WRITABLE | IN_EXEC;
	if (!(entries & 1u << place) || !slice_starts(key, SLICE("/")))
		return NULL;
	return "write the path alone, without a colon: the key above it says what is permitted";
}

bool advice_foreign(struct reader *reader, const struct node *root)
{
	const struct node *inspected =
		root->kind == NODE_SEQUENCE && root->first ? root->first->value : root;
	if (inspected->kind != NODE_MAPPING || node_get(inspected, "binary"))
		return false;
	const struct node *services = node_get(inspected, "services");
	const char *
		what = NULL,
	       *help_text =
		       "'aaforge audit FILE' tells what it lacks; 'aaforge import' makes a description of one service from what docker inspect prints of its container";
	if (services && services->kind == NODE_MAPPING)
		what = "a Compose file";
	else if (node_get(inspected, "apiVersion") && node_get(inspected, "kind"))
		what = "a Kubernetes manifest";
	else if (node_get(inspected, "HostConfig") ||
		 (node_get(inspected, "Config") && node_get(inspected, "Id"))) {
		what = "what docker inspect prints";
		help_text =
			"'aaforge import FILE' makes a description from it, 'aaforge audit FILE' tells what it lacks";
	}
	if (!what)
		return false;
	struct diag *diag = report(reader, DIAG_FOREIGN_FILE,
		node_place(reader, root->first->key ? root->first->key : root),
		"this is %s, not a description of a service", what);
	help(reader, diag, "%s", help_text);
	return true;
}
