#ifndef COMPILER_SERVICE_YAML_H
#define COMPILER_SERVICE_YAML_H

/*
 * A YAML document as a tree of nodes with places, made from libyaml's events. Aliases are resolved:
 * an anchored node is shared, so the tree is a graph without cycles; merge keys are flattened;
 * duplicate keys, tags and keys that are not texts are already refused.
 */

#include "compiler/service/service.h"

struct reader;

enum node_kind {
	NODE_BROKEN, /* stands for something that has been reported: say nothing more about it */
	NODE_SCALAR,
	NODE_SEQUENCE,
	NODE_MAPPING,
};

/* An entry of a sequence (key NULL) or of a mapping. */
struct entry {
	struct entry *next;
	const struct node *key; /* a scalar */
	const struct node *value;
};

struct node {
	enum node_kind kind;
	bool plain; /* scalar without quotes, block style or tag: null and true have their meaning
		     */
	bool verbatim; /* scalar: the bytes at span are exactly text */
	bool flow;     /* collection in brackets */
	bool open;     /* while it is being read */
	bool lines;    /* scalar that is written on more than one line */
	struct span span;
	struct slice text; /* scalar: its value, UTF-8 without NUL */
	struct entry *first;
	size_t count;	/* entries */
	size_t weight;	/* nodes in it, itself included, aliases counted each time */
	unsigned depth; /* levels of collections in it, itself included; 0 for a scalar */
};

/*
 * Reads the document of reader->source, which must have passed text_check(). NULL without a node
 * (empty or a diagnostic). When the text turns out not to be YAML, the entries of the top level
 * that came before are kept and reader->partial is set, so that more mistakes can be found.
 */
const struct node *yaml_read(struct reader *reader);

/* A plain scalar that is empty, ~ or null. */
bool node_is_null(const struct node *node);

/* The value of a key of a mapping, or NULL. */
const struct node *node_get(const struct node *mapping, const char *key);

/* The scalar as a text with its place. */
struct text node_text(const struct node *node);

#endif
