#include "cli/attach_claim.h"

#include "cli/attachments.h"
#include "policy/policy.h"

/* Where the description names the program, or the template that does. */
static struct span place_of(const struct work_item *item)
{
	const struct service *service = item->service;
	if (service->binary && (!service->has_template || slice_is(service->template, "host")))
		return service->binary->span;
	return service->has_template ? service->template_span : service->name_span;
}

static struct attachment_place find_place(
	const struct pipeline *pipeline, const struct work_item *item)
{
	struct span span = place_of(item);
	struct attachment_place place = {.file = pipeline->file_number};
	struct location at;
	if (!sources_locate(&item->unit.sources, span.begin, &at))
		return place;
	size_t left = at.line_text.len - at.byte_column;
	place.line = at.line;
	place.column = at.byte_column;
	place.len = span.end - span.begin < left ? span.end - span.begin : (uint32_t)left;
	return place;
}

/* Reads the line again. What has changed, or cannot be read twice, has no place. */
static struct span other_span(
	const struct pipeline *pipeline, struct unit *unit, const struct attachment_place *place)
{
	struct bytes path = {0}, text = {0};
	struct slice line;
	const struct source *source = NULL;
	bool readable = pipeline_line(pipeline, place->file, place->line, &text, &line);
	if (readable && line.len >= place->column + (size_t)place->len) {
		pipeline_path(pipeline, place->file, &path);
		source = sources_add(&unit->sources, arena_copy(&unit->arena, bytes_slice(&path)),
			arena_copy(&unit->arena, line), place->line);
	}
	bytes_free(&path);
	bytes_free(&text);
	if (!source || place->len == 0)
		return span_of(0, 0);
	uint32_t begin = source->begin + place->column;
	return span_of(begin, begin + place->len);
}

/* "'web'", and where it is described when that cannot be shown. */
static struct slice name_other(
	struct unit *unit, const struct attachment_use *other, struct span shown)
{
	if (!span_none(shown))
		return arena_printf(&unit->arena, "'%.*s'", SLICE_FMT(other->name));
	return arena_printf(
		&unit->arena, "'%.*s' (line %u)", SLICE_FMT(other->name), other->place.line);
}

static void report_conflict(const struct pipeline *pipeline, struct work_item *item,
	struct slice text, const struct attachment_rivals *rivals)
{
	struct unit *unit = &item->unit;
	const struct attachment_rival *rival = &rivals->conflict;
	struct span second = other_span(pipeline, unit, &rival->use.place);
	struct slice name = name_other(unit, &rival->use, second);
	struct slice witness = rival->witness.len > 0 ? rival->witness : text;
	struct diag *diag = diag_add(&unit->diags, DIAG_ATTACH_CONFLICT, place_of(item),
		rival->order == ATTACHMENT_NEITHER
			? "this profile and %.*s are both for '%.*s': the kernel attaches neither, "
			  "the program would run unconfined"
			: "this profile and %.*s are both for '%.*s': which of them the kernel "
			  "attaches, or none, depends on the kernel and the program",
		SLICE_FMT(name), SLICE_FMT(witness));
	if (!span_none(second))
		diag_second(&unit->diags, diag, second, "the attachment of %.*s", SLICE_FMT(name));
	diag_help(&unit->diags, diag, "%s",
		slice_eq(text, rival->use.text)
			? "describe the program once; what is to run it otherwise needs a path of its "
			  "own"
			: "name the program without a pattern in one of them, or keep the patterns "
			  "apart");
}

static void report_overlap(const struct pipeline *pipeline, struct work_item *item,
	const struct attachment_rivals *rivals)
{
	struct unit *unit = &item->unit;
	const struct attachment_rival *rival = &rivals->overlap;
	struct span second = other_span(pipeline, unit, &rival->use.place);
	struct slice other = name_other(unit, &rival->use, second), more = slice_of(NULL, 0);
	struct slice winner = rival->order == ATTACHMENT_FIRST ? item->name : rival->use.name;
	if (rivals->overlaps > 1)
		more = arena_printf(
			&unit->arena, " (%zu more overlap with it)", rivals->overlaps - 1);
	struct diag *diag = diag_add(&unit->diags, DIAG_ATTACH_OVERLAP, place_of(item),
		"profile %.*s is for '%.*s', too: the kernel attaches '%.*s', which names it more "
		"exactly%.*s",
		SLICE_FMT(other), SLICE_FMT(rival->witness), SLICE_FMT(winner), SLICE_FMT(more));
	if (!span_none(second))
		diag_second(&unit->diags, diag, second, "the attachment of %.*s", SLICE_FMT(other));
}

bool attach_claim(struct pipeline *pipeline, struct work_item *item)
{
	struct unit *unit = &item->unit;
	const struct profile *profile = item->compiled.policy->profiles;
	struct slice text, variable;
	struct attachment_rivals rivals;
	size_t errors = unit->diags.errors;
	if (profile->attachment.len == 0 ||
		!scope_expand(&unit->arena, unit->limits, item->compiled.scope, profile->attachment,
			&text, &variable))
		return true;
	struct attachment_use use = {.name = item->name,
		.text = text,
		.xattrs = profile->xattrs,
		.place = find_place(pipeline, item)};
	attachment_table_claim(pipeline->attachments, &unit->arena, &use, &rivals);
	if (rivals.conflicts > 0)
		report_conflict(pipeline, item, text, &rivals);
	if (rivals.overlaps > 0)
		report_overlap(pipeline, item, &rivals);
	return unit->diags.errors == errors;
}
