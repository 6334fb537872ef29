#ifndef COMPILER_SERVICE_READER_H
#define COMPILER_SERVICE_READER_H

/*
 * What the parts of the reader of one description share. Every function reports what it refuses;
 * the bool ones return false then and leave ret_ arguments untouched.
 */

#include "compiler/service/index.h"
#include "compiler/service/keys.h"
#include "compiler/service/yaml.h"

#include <yaml.h>

struct container;

struct reader {
	struct unit *unit;
	const struct source *source;
	size_t errors, warnings; /* of the unit before this document */
	bool ascii;		 /* the text has no byte above 0x7f */
	bool aliased;		 /* a node may be read more than once */
	bool partial;		 /* the text broke off: what is missing may stand below */
};

/*
 * Queues a diagnostic like diag_add, but not the same one twice (a node with an alias is read more
 * than once), and no more of them than limits->errors.
 */
#define report(reader, id, at, ...)                                                                \
	(reader_is_quiet((reader), (id), (at))                                                     \
			? NULL                                                                     \
			: diag_add(&(reader)->unit->diags, (id), (at), __VA_ARGS__))
bool reader_is_quiet(struct reader *reader, enum diag_id id, struct span at);

/* diag_help and diag_second without the queue. */
#define help(reader, diag, ...)	      diag_help(&(reader)->unit->diags, (diag), __VA_ARGS__)
#define second(reader, diag, at, ...) diag_second(&(reader)->unit->diags, (diag), (at), __VA_ARGS__)

static inline struct arena *reader_arena(struct reader *reader)
{
	return &reader->unit->arena;
}

/* User text for a message: at most 80 bytes of it, whole characters, then "…". */
struct slice shown(struct reader *reader, struct slice text);

/* The part of a text; the whole text when its bytes are not the ones in the description. */
struct span text_part(const struct text *text, size_t offset, size_t len);

/* The words of a text, separated by blanks; at most `max`, more are counted but not stored. */
size_t text_words(const struct text *text, struct text *ret_words, size_t max);

/* "a list", "a mapping", "a text", "nothing". */
const char *node_words(const struct node *node);

/* A span for messages about a node: the first line of it. */
struct span node_place(const struct reader *reader, const struct node *node);

/* Reports that a value, or one entry of a list, is not what the key takes. */
void wrong_value(struct reader *reader, const struct key *key, const struct node *node);
void wrong_entry(struct reader *reader, const struct key *key, const struct node *node);

/* Whether the value of a key is a collection of that kind; reports it otherwise. */
bool want_kind(
	struct reader *reader, const struct key *key, const struct node *node, enum node_kind kind);

/* Whether an entry of the key's list is a text; reports it otherwise. */
bool want_entry(struct reader *reader, const struct key *key, const struct node *node,
	struct text *ret_text);

/* A text that is not empty; with `lines` it may stand on several lines. */
bool want_text(struct reader *reader, const struct key *key, const struct node *node, bool lines,
	struct text *ret_text);

/* true or false. */
bool want_bool(
	struct reader *reader, const struct key *key, const struct node *node, bool *ret_bool);

/*
 * The key of an entry of a mapping that stands at `place`, or NULL after a diagnostic UNKNOWN_KEY.
 */
const struct key *want_key(struct reader *reader, enum place place, const struct entry *entry);

/*
 * Reports a name that is not known, with the nearest one and a line that says what was expected;
 * both may be NULL. `what` finishes "unknown …".
 */
void unknown_value(struct reader *reader, enum diag_id id, const char *what,
	const struct text *given, const char *nearest, const char *expected);

/* encoding.c: size, UTF-8, NUL, directives. false when the text must not be parsed. */
bool text_check(struct reader *reader);

/* encoding.c: reports what stands behind the end of the document, which the caller should have cut.
 */
void text_check_rest(struct reader *reader, size_t offset);

/* yaml_error.c: reports why libyaml gave up. offset_of turns a mark's index into a byte offset. */
void yaml_complain(
	struct reader *reader, const yaml_parser_t *parser, size_t offset, size_t context_offset);

/* merge.c: puts what << refers to in its place, and refuses duplicate keys. */
void mapping_finish(struct reader *reader, struct node *mapping);

/* paths.c */
bool path_check(struct reader *reader, const struct text *text, bool pattern);
bool path_is_pattern(struct slice path);
void read_paths(struct reader *reader, const struct key *key, enum place place,
	const struct node *node, struct path_entry **ret_entries);
/* "inherit", "child NAME", "profile NAME", "unconfined" after an exec path; id of a mistake. */
bool read_as(struct reader *reader, const struct text *text, enum diag_id id, enum exec_as *ret_as,
	struct text *ret_name);

/*
 * path_words.c: false after a mistake, when permissions or arguments stand behind the path of an
 * entry; and what may be meant otherwise than it is taken, which is a warning.
 */
bool path_is_alone(struct reader *reader, const struct key *key, const struct text *text,
	bool is_pattern, bool is_file);
void path_warn(struct reader *reader, const struct key *key, const struct text *text,
	bool is_pattern, bool is_file);

/* advice.c: what is meant by who knows other tools; NULL, or false, when nothing is to be said. */
const char *advice_key(enum place place, struct slice key);
/* Reports a Compose file, a manifest or an inspection in the place of a description. */
bool advice_foreign(struct reader *reader, const struct node *root);

/*
 * network_advice.c: the socket that a text like "inet/tcp" or "AF_INET, SOCK_STREAM" means, as it
 * is written here; that of a mapping or list; and what to do about ports, hosts, services, paths
 * and words such as "none". Empty when nothing is to be said.
 */
struct slice network_meant(struct reader *reader, struct slice text);
struct slice network_of_node(struct reader *reader, const struct node *node);
struct slice advice_network(struct reader *reader, struct slice text);

/* access.c */
bool read_socket(struct reader *reader, const struct text *words, size_t count,
	struct network_entry *ret_network);
bool read_capability(struct reader *reader, const struct text *text, int *ret_capability);
void read_network(struct reader *reader, const struct key *key, const struct node *node,
	struct network_entry **ret_entries);
void read_capabilities(struct reader *reader, const struct key *key, const struct node *node,
	struct capability_entry **ret_entries);

/* expect.c */
void read_expect(struct reader *reader, const struct node *node, struct expectation **ret_list);

/*
 * container.c: how it is run, with defaults where `container` says nothing; container_finish()
 * completes it when the whole description has been read.
 */
struct container *container_new(struct reader *reader);
void read_container(struct reader *reader, const struct node *node, struct container *container);
void container_finish(
	struct reader *reader, const struct service *service, struct container *container);

/* children.c: MISSING_CHILD and UNUSED_CHILD. */
void check_children(struct reader *reader, const struct service *service);

/* Reports an entry that says what an earlier one of the same list says. */
void duplicate_entry(struct reader *reader, const struct key *key, struct span again,
	struct slice text, struct span first);

#endif
