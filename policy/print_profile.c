#include "policy/print.h"

#include "policy/comment.h"
#include "policy/includes.h"
#include "policy/rule/items.h"

static const char *const headings[SECTION_COUNT] = {
	[SECTION_INCLUDES] = "abstractions",
	[SECTION_TEMPLATE] = "",
	[SECTION_NETWORK] = "network",
	[SECTION_CAPABILITIES] = "capabilities",
	[SECTION_BINARY] = "the binary",
	[SECTION_LIBRARIES] = "libraries",
	[SECTION_READABLE] = "readable",
	[SECTION_WRITABLE] = "writable",
	[SECTION_EXEC] = "programs it may start",
	[SECTION_RULES] = "rules",
	[SECTION_DENY] = "denied",
};

struct printer {
	const struct print_options *options;
	struct buf *out;
	unsigned tabs; /* of what is printed */
	bool any;      /* something was printed in this body */
	bool gap;      /* a blank line comes before what follows */
};

static struct slice first_line(struct slice text)
{
	const char *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
	return end ? slice_first(text, (size_t)(end - text.at)) : text;
}

/*
 * What stands above a rule: a blank line where a comment comes, the section's heading, the
 * comment. Text read back has heading and comment as one comment and is printed the same.
 */
static void lead_print(struct printer *printer, const char *heading, struct slice comment)
{
	bool has_heading = heading && *heading;
	if (has_heading && slice_is(slice_trim(first_line(comment)), heading))
		has_heading = false;
	if (printer->any && (printer->gap || has_heading || comment.len))
		buf_add_char(printer->out, '\n');
	if (has_heading)
		print_comment(slice_str(heading), printer->tabs, printer->out);
	print_comment(comment, printer->tabs, printer->out);
	printer->any = true;
	printer->gap = false;
}

static void place_print(struct printer *printer, struct span cause, struct span span)
{
	struct location location;
	const struct sources *sources = printer->options->sources;
	if (!printer->options->annotate || !sources)
		return;
	if (!sources_locate(sources, span_none(cause) ? span.begin : cause.begin, &location))
		return;
	buf_add_str(printer->out, "  # ");
	print_visible(location.source->name, printer->out);
	buf_printf(printer->out, ":%u", location.line);
}

static void rule_line(struct printer *printer, const struct rule *rule, const char *heading)
{
	lead_print(printer, heading, rule->comment);
	print_indent(printer->tabs, printer->out);
	rule_print(rule, printer->out);
	buf_add_char(printer->out, ',');
	place_print(printer, rule->cause, rule->span);
	buf_add_char(printer->out, '\n');
}

static void profile_text(struct printer *printer, const struct profile *profile);

static void contents_print(
	struct printer *printer, const struct include *include, struct include_set *set);

static void child_print(struct printer *printer, const struct profile *child)
{
	if (printer->any)
		buf_add_char(printer->out, '\n');
	profile_text(printer, child);
	printer->any = true;
}

/* The rules of an included file and of what it includes. */
static void file_print(struct printer *printer, const struct include_file *file,
	const char *heading, struct include_set *set)
{
	for (const struct rule *rule = file->body->rules; rule; rule = rule->next) {
		rule_line(printer, rule, heading);
		heading = NULL;
	}
	for (const struct include *i = file->body->includes; i; i = i->next)
		contents_print(printer, i, set);
	for (const struct profile *p = file->body->children; p; p = p->next)
		child_print(printer, p);
}

static void contents_print(
	struct printer *printer, const struct include *include, struct include_set *set)
{
	const char *heading = arena_string(printer->out->arena, include->path);
	for (const struct include_file *file = include->files; file; file = file->next)
		if (include_set_add(set, file))
			file_print(printer, file, heading, set);
}

/* Includes of the template come first and need no heading. */
static void includes_print(struct printer *printer, const struct body *body)
{
	struct include_set set = include_set_new(printer->out->arena);
	const char *heading = headings[SECTION_INCLUDES];
	for (const struct include *include = body->includes; include; include = include->next) {
		if (printer->options->self_contained) {
			contents_print(printer, include, &set);
			continue;
		}
		bool described = include->origin == ORIGIN_DESCRIPTION;
		lead_print(printer, described ? heading : NULL, include->comment);
		print_indent(printer->tabs, printer->out);
		include_print(include, printer->out);
		place_print(printer, include->cause, include->span);
		buf_add_char(printer->out, '\n');
		heading = described ? NULL : heading;
	}
}

static void body_print(struct printer *printer, const struct body *body)
{
	includes_print(printer, body);
	printer->gap = printer->any;
	for (unsigned section = 0; section < SECTION_COUNT; section++) {
		const char *heading = headings[section];
		for (const struct rule *rule = body->rules; rule; rule = rule->next) {
			if (rule->section != (enum section)section)
				continue;
			rule_line(printer, rule, heading);
			heading = NULL;
		}
	}
	for (const struct profile *child = body->children; child; child = child->next)
		child_print(printer, child);
}

/* "attach_disconnected.path=/x y" needs its value quoted. */
static void flag_print(struct slice flag, struct buf *out)
{
	const char *equals = memchr(flag.at, '=', flag.len);
	size_t len = equals ? (size_t)(equals - flag.at) + 1 : flag.len;
	buf_add(out, slice_first(flag, len));
	if (equals)
		print_list_word(slice_from(flag, len), out);
}

static void header_print(const struct profile *profile, struct buf *out)
{
	if (profile->is_hat)
		buf_add_str(out, "hat ");
	else if (profile->has_keyword)
		buf_add_str(out, "profile ");
	print_word(profile->name, out);
	if (profile->attachment.len) {
		buf_add_char(out, ' ');
		print_word(profile->attachment, out);
	}
	if (profile->xattrs.len)
		buf_printf(out, " xattrs=(%.*s)", SLICE_FMT(profile->xattrs));
	if (profile->flag_count)
		buf_add_str(out, " flags=");
	for (size_t i = 0; i < profile->flag_count; i++) {
		buf_add_char(out, i ? ',' : '(');
		flag_print(profile->flags[i], out);
	}
	buf_add_str(out, profile->flag_count ? ") {\n" : " {\n");
}

static void profile_text(struct printer *printer, const struct profile *profile)
{
	struct printer inner = *printer;
	print_comment(profile->comment, printer->tabs, printer->out);
	print_indent(printer->tabs, printer->out);
	header_print(profile, printer->out);
	inner.tabs++;
	inner.any = inner.gap = false;
	body_print(&inner, &profile->body);
	print_indent(printer->tabs, printer->out);
	buf_add_str(printer->out, "}\n");
}

void profile_print(
	const struct profile *profile, const struct print_options *options, struct buf *out)
{
	struct printer printer = {.options = options, .out = out};
	profile_text(&printer, profile);
}
