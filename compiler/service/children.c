#include "compiler/service/reader.h"

enum { NEAREST_OF = 64 };

/* What the index of children holds: whether something leads to the child. */
struct child_use {
	const struct service *child;
	bool used;
};

static const char *nearest_child(
	struct reader *reader, const struct service *service, struct slice name)
{
	const char *names[NEAREST_OF];
	size_t count = 0;
	for (const struct service *c = service->children; c && count < NEAREST_OF; c = c->next)
		names[count++] = arena_string(reader_arena(reader), c->name);
	return slice_nearest(name, names, count);
}

static void use_child(struct reader *reader, const struct service *service,
	const struct index *children, struct slice name, struct span at)
{
	struct child_use *use = index_find(children, name);
	if (use) {
		use->used = true;
		return;
	}
	/* It may stand below the place where the text broke off. */
	if (reader->partial)
		return;
	const char *nearest = nearest_child(reader, service, name);
	struct slice given = shown(reader, name);
	if (nearest) {
		report(reader, DIAG_MISSING_CHILD, at,
			"no child '%.*s' is described, did you mean '%s'?", SLICE_FMT(given),
			nearest);
		return;
	}
	struct diag *diag = report(
		reader, DIAG_MISSING_CHILD, at, "no child '%.*s' is described", SLICE_FMT(given));
	help(reader, diag, "describe it below 'children'");
}

/* A child profile has no children of its own, but it can enter a sibling by its whole name. */
static void check_exec_of_child(
	struct reader *reader, const struct service *service, const struct service *child)
{
	for (const struct path_entry *exec = child->exec; exec; exec = exec->next) {
		if (exec->as != EXEC_AS_CHILD)
			continue;
		struct diag *diag = report(
			reader, DIAG_MISSING_CHILD, exec->as_span, "a child has no children");
		help(reader, diag, "write 'as: profile %.*s//%.*s' to enter another child",
			SLICE_FMT(shown(reader, service->name)),
			SLICE_FMT(shown(reader, exec->as_name)));
	}
}

static void check_expect_of_child(
	struct reader *reader, const struct service *service, const struct service *child)
{
	for (const struct expectation *expect = child->expect; expect; expect = expect->next) {
		if (!expect->has_as || expect->as != EXEC_AS_CHILD)
			continue;
		struct diag *diag =
			report(reader, DIAG_MISSING_CHILD, expect->span, "a child has no children");
		help(reader, diag, "write 'as profile %.*s//%.*s' for another child",
			SLICE_FMT(shown(reader, service->name)),
			SLICE_FMT(shown(reader, expect->as_name)));
	}
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/*
 * Rules of AppArmor's own language and `profile NAME//CHILD` may lead to a child, too. Whoever
 * names it there is believed.
 */
static void use_words(const struct index *children, struct slice text)
{
	for (size_t at = 0; at < text.len;) {
		size_t len = 0;
		while (at + len < text.len && is_name_character(text.at[at + len]))
			len++;
		struct child_use *use = index_find(children, slice_of(text.at + at, len));
		if (len > 0 && use)
			use->used = true;
		at += len + 1;
	}
}

static void use_texts(const struct index *children, const struct service *service)
{
	for (const struct text *rule = service->rules; rule; rule = rule->next)
		use_words(children, rule->text);
	for (const struct path_entry *exec = service->exec; exec; exec = exec->next)
		if (exec->as == EXEC_AS_PROFILE)
			use_words(children, exec->as_name);
}

static void warn_unused(
	struct reader *reader, struct index *children, const struct service *service)
{
	for (const struct service *child = service->children; child; child = child->next) {
		const struct child_use *use = index_find(children, child->name);
		if (use->used)
			continue;
		struct diag *diag = report(reader, DIAG_UNUSED_CHILD, child->name_span,
			"no entry of 'exec' leads to the child '%.*s'",
			SLICE_FMT(shown(reader, child->name)));
		help(reader, diag, "write {path: PROGRAM, as: child %.*s} below 'exec'",
			SLICE_FMT(shown(reader, child->name)));
	}
}

void check_children(struct reader *reader, const struct service *service)
{
	struct index children = index_new(reader_arena(reader));
	for (const struct service *child = service->children; child; child = child->next) {
		struct child_use *use = arena_new(reader_arena(reader), struct child_use);
		use->child = child;
		*index_at(&children, child->name) = use;
		check_exec_of_child(reader, service, child);
		check_expect_of_child(reader, service, child);
	}
	for (const struct path_entry *exec = service->exec; exec; exec = exec->next)
		if (exec->as == EXEC_AS_CHILD)
			use_child(reader, service, &children, exec->as_name, exec->as_span);
	for (const struct expectation *expect = service->expect; expect; expect = expect->next)
		if (expect->has_as && expect->as == EXEC_AS_CHILD &&
			!index_find(&children, expect->as_name))
			use_child(reader, service, &children, expect->as_name, expect->span);
	/* What leads to a child may have been refused. */
	if (reader->unit->diags.errors > reader->errors || !service->children)
		return;
	use_texts(&children, service);
	for (const struct service *child = service->children; child; child = child->next)
		use_texts(&children, child);
	warn_unused(reader, &children, service);
}
