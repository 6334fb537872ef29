#ifndef AUDIT_INTAKE_H
#define AUDIT_INTAKE_H

/* What the readers of the formats share: finding things in a tree and adding to lists. */

#include "audit/workload.h"
#include "compiler/service/reader.h"

struct intake {
	struct reader *reader;
	struct unit *unit;
	const struct node *root;
	struct workload **end;
	size_t subjects; /* so far */
	size_t words;	 /* texts, mounts and ports so far */
	bool json;
};

/* The formats; each adds its workloads to intake->end. */
void read_compose(struct intake *intake, const struct node *root);
void read_kubernetes(struct intake *intake, const struct node *root);
void read_inspect(struct intake *intake, const struct node *root);
void read_oci(struct intake *intake, const struct node *root);

/* Whether a root is of the format. */
bool is_compose(const struct node *root);
bool is_kubernetes(const struct node *root);
bool is_inspect(const struct node *root);
bool is_oci(const struct node *root);

struct workload *add_workload(
	struct intake *intake, enum input input, struct slice kind, struct slice name);

/* A new container of the workload, or NULL when there are too many (reported). */
struct subject *add_subject(struct intake *intake, struct workload *workload, struct slice name,
	const struct node *node);

/* The node at a path of keys: node_at(spec, "securityContext/seccompProfile"), or NULL. */
const struct node *node_at(const struct node *mapping, const char *path);

/* The text of the scalar there, or an empty one. */
struct slice slice_at(const struct node *mapping, const char *path);

/* A scalar that is not null, as a text in the arena; NULL for anything else. */
const struct text *scalar_text(struct intake *intake, const struct node *node);
const struct text *text_at(struct intake *intake, const struct node *mapping, const char *path);

/* true, false, or unknown for `${VARIABLE}`; what is no boolean is not said. */
struct flag flag_of(const struct node *node);
struct flag flag_at(const struct node *mapping, const char *path);

/* Appends a copy. */
void words_append(struct intake *intake, struct words *words, const struct text *text);
void words_say(struct intake *intake, struct words *words, struct slice text, struct span at);
/* Appends the scalars of a list. */
void words_append_all(struct intake *intake, struct words *words, const struct node *sequence);

/*
 * Counts one more text, mount or port. false when there are too many, which is reported: services
 * that extend one another may multiply what a document holds.
 */
bool counts_word(struct intake *intake, struct span at);

/* Whether one was too many: the document is refused, and no more need be read of it. */
bool words_are_over(const struct intake *intake);

/* Whether a mapping that many containers look into is small enough; reports it otherwise. */
bool is_small(struct intake *intake, const struct node *mapping);

const struct text *text_new(struct intake *intake, struct slice text, struct span at);

struct subject_mount *mount_append(struct intake *intake, struct subject *subject,
	enum subject_mount_kind kind, struct slice source, struct slice target, struct span at);
void port_append(struct intake *intake, struct subject *subject, struct slice text,
	struct slice address, struct span at);

/* A span for messages: the first line of a node. */
struct span place_of(const struct intake *intake, const struct node *node);

/*
 * docker_words.c: the small languages that Compose, inspections and command lines have in common.
 */
/* apparmor=NAME, seccomp=FILE, no-new-privileges, systempaths=unconfined, unmask=ALL */
void take_security_opt(struct intake *intake, struct subject *subject, const struct text *text);
/* SOURCE:TARGET[:OPTIONS], or TARGET */
void take_volume(struct intake *intake, struct subject *subject, const struct text *text);
/* type=bind,source=…,target=…,readonly */
void take_mount(struct intake *intake, struct subject *subject, const struct text *text);
/* PATH[:OPTIONS] */
void take_tmpfs(struct intake *intake, struct subject *subject, const struct text *text);
/* [ADDRESS:][PORT:]PORT[/PROTOCOL] */
void take_port(struct intake *intake, struct subject *subject, const struct text *text);
/* UID[:GID] */
void take_user(struct intake *intake, struct subject *subject, const struct text *text);
/* "noexec,size=64m" */
void take_tmpfs_options(struct subject_mount *mount, struct slice options);

/* What is before the first `separator`; the rest without it in *ret_rest (NULL pointer: none). */
struct slice cut(struct slice text, char separator, struct slice *ret_rest);

/* The bits of a list of capability names; "ALL" is every bit. Unknown names have none. */
uint64_t capability_bits(const struct text *names);
/* The number of CAP_X, cap_x, x; -1 for none. */
int capability_number(struct slice name);

#endif
