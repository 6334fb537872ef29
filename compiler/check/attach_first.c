/*
 * Further programs of `binary` where the profile attaches by the first: started by somebody else
 * they run without it. Of a template that attaches by a text of its own nothing is known here.
 */
#include "compiler/check/check.h"
#include "compiler/lower_paths.h"
#include "policy/escape.h"
#include "policy/glob/both.h"

static struct slice lowered(const struct check_input *input, const struct path_entry *entry)
{
	return lower_path(input->unit, input->template->scope, entry);
}

/* NULL: a mistake, which others report. */
static const struct glob *read_glob(const struct check_input *input, struct slice aare)
{
	struct unit *unit = input->unit;
	struct slice text, name;
	const char *error;
	size_t offset;
	if (!scope_expand(&unit->arena, unit->limits, input->scope, aare, &text, &name))
		return NULL;
	return glob_read(&unit->arena, unit->limits, text, &error, &offset);
}

/* One file may be spelled in two ways, /bin/x and /usr/bin/x: one of them is enough. */
static bool is_attached(
	const struct check_input *input, const struct path_entry *entry, const struct glob *first)
{
	struct unit *unit = input->unit;
	const struct glob *glob = read_glob(input, lowered(input, entry));
	if (!glob || !first)
		return true;
	if (entry->kind == PATH_FILE)
		return glob_overlap(&unit->arena, unit->limits, glob, first, NULL) != GLOB_NO;
	return glob_covered(&unit->arena, unit->limits, glob, &first, 1, NULL) != GLOB_NO;
}

/* Of a path that stands for itself alone, as a pattern; else empty. */
static struct slice plain(const struct check_input *input, const struct path_entry *entry)
{
	struct buf escaped = buf_new(&input->unit->arena);
	if (entry->kind == PATH_FILE)
		escape_literal(entry->path, &escaped);
	bool is_alone = slice_eq(buf_slice(&escaped), lowered(input, entry));
	return is_alone ? buf_slice(&escaped) : slice_of(NULL, 0);
}

static void report(const struct check_input *input, const struct path_entry *entry)
{
	struct unit *unit = input->unit;
	const struct path_entry *first = input->described->binary;
	struct diag *diag = diag_add(&unit->diags, DIAG_ATTACH_FIRST, entry->span,
		"'%.*s' started by itself does not get this profile: the kernel attaches it to the first program only",
		SLICE_FMT(entry->path));
	struct slice both = glob_both(&unit->arena, plain(input, first), plain(input, entry));
	diag_second(&unit->diags, diag, first->span, "the first program");
	if (both.len > 0)
		diag_help(&unit->diags, diag,
			"write '%.*s' in the place of the first; what only that one starts belongs to 'exec'",
			SLICE_FMT(both));
	else
		diag_help(&unit->diags, diag,
			"write a pattern for all in the place of the first; what only that one starts belongs to 'exec'");
}

void check_attach_first(const struct check_input *input)
{
	const struct service *service = input->described;
	const struct path_entry *first = service ? service->binary : NULL;
	if (!first || !first->next || !slice_eq(lowered(input, first), input->profile->attachment))
		return;
	const struct glob *glob = read_glob(input, input->profile->attachment);
	for (const struct path_entry *entry = first->next; entry; entry = entry->next)
		if (!is_attached(input, entry, glob))
			report(input, entry);
}
