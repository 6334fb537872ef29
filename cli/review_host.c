#include "cli/review_host.h"

#include "manager/host/contest.h"
#include "manager/host/process.h"
#include "manager/system/path.h"

#include <errno.h>
#include <stdlib.h>

#define NAMED_MOST 3 /* processes in words */

struct looking {
	struct review *review;
	struct attachments attachments;
	struct processes processes;
	bool has_processes;
};

static struct arena *memory(const struct looking *looking)
{
	return looking->review->arena;
}

/* By what the kernel shows: the name of a profile without attachment, "<unknown>" or a text. */
static bool may_attach(const struct review_row *row)
{
	return row->held && row->namespace.len == 0 &&
	       (slice_starts(row->name, SLICE("/")) || !slice_eq(row->held->attach, row->name));
}

/* Profiles of others are looked at as rivals, not for themselves. */
static bool is_asked_for(const struct review_row *row)
{
	return may_attach(row) &&
	       (row->has_record || row->wanted || row->installed.owner == OWNER_AAFORGE ||
		       row->installed.owner == OWNER_EDITED);
}

static struct slice words_of_rival(
	const struct looking *looking, const struct contender *other, struct slice program)
{
	struct buf words = buf_new(memory(looking));
	buf_printf(&words, "'%.*s'", SLICE_FMT(other->name));
	if (other->file.len > 0)
		buf_printf(&words, " ('%s/%.*s')", looking->review->places->profiles,
			SLICE_FMT(other->file));
	buf_printf(&words, " attaches to '%.*s' as well", SLICE_FMT(program));
	return buf_slice(&words);
}

static struct slice words_of_start(
	const struct looking *looking, const struct start *start, struct slice program)
{
	struct arena *arena = memory(looking);
	switch (start->kind) {
	case START_ATTACHED:
		break;
	case START_OTHER:
		return arena_printf(arena, "%.*s, and the kernel attaches that one",
			SLICE_FMT(words_of_rival(looking, start->other, program)));
	case START_NOBODY:
		return arena_printf(arena, "%.*s, and the kernel attaches neither",
			SLICE_FMT(words_of_rival(looking, start->other, program)));
	case START_UNMATCHED:
		return arena_printf(arena, "nothing attaches to '%.*s'", SLICE_FMT(program));
	}
	return slice_of(NULL, 0);
}

/* What the kernel sees in the place of a path: links resolved. The path itself below another root,
 * or where it cannot be known; empty when there is nothing. */
static struct slice resolve(const struct looking *looking, struct slice program)
{
	const char *path = arena_string(memory(looking), program);
	if (looking->review->places->root[0])
		return program;
	char *real = path_real(path);
	struct slice found = real ? arena_copy(memory(looking), slice_str(real))
			     : errno == ENOENT || errno == ENOTDIR ? slice_of(NULL, 0)
								   : program;
	free(real);
	return found;
}

static void hide(struct review_row *row, struct slice name)
{
	if (row->unseen.len == 0)
		row->unseen = name;
	row->is_attachment_hidden = true;
}

/* One whose attachment is not known may be attached in its place. */
static void note_unknown(struct review_row *row, const struct start *start)
{
	if (start->kind == START_ATTACHED && start->unknown)
		hide(row, start->unknown->name);
}

static void look_at_start(
	struct looking *looking, struct review_row *row, struct slice program, struct slice real)
{
	struct start start = attachments_start(&looking->attachments, real, row->name);
	note_unknown(row, &start);
	if (start.kind == START_ATTACHED || row->dispute.len > 0)
		return;
	row->dispute =
		slice_eq(real, program)
			? words_of_start(looking, &start, real)
			: arena_printf(memory(looking),
				  "'%.*s' is a link to '%.*s', which the kernel sees instead",
				  SLICE_FMT(program), SLICE_FMT(real));
}

/* Whether the kernel would not take ours before the other. What is not known counts as yes. */
static bool is_taken(const struct looking *looking, const struct contender *ours,
	const struct contender *other, struct slice program)
{
	const struct attachment *one = contender_attachment(&looking->attachments, ours);
	const struct attachment *two = contender_attachment(&looking->attachments, other);
	return !one || !two || attachment_compare_for(one, two, program) >= 0;
}

/* Of those that come at the next boot. */
static void look_at_boot(struct looking *looking, struct review_row *row,
	const struct contender *ours, struct slice program)
{
	const struct attachments *attachments = &looking->attachments;
	const struct contender *other;
	for (size_t at = 0; (other = attachments_next_for(attachments, program, &at));) {
		if (row->boot_dispute.len > 0 || other->is_loaded ||
			attachments_loaded(attachments, other->name) ||
			!contender_matches(other, program) ||
			!is_taken(looking, ours, other, program))
			continue;
		row->boot_dispute = arena_printf(memory(looking), "%.*s from the next boot on",
			SLICE_FMT(words_of_rival(looking, other, program)));
	}
}

static void look_at_programs(struct looking *looking, struct review_row *row,
	const struct contender *ours, const struct slice *programs, size_t count)
{
	bool is_there = false;
	for (size_t i = 0; i < count; i++) {
		struct slice real = resolve(looking, programs[i]);
		if (real.len == 0)
			continue;
		is_there = true;
		look_at_start(looking, row, programs[i], real);
		look_at_boot(looking, row, ours, real);
	}
	if (!is_there && count > 0)
		row->dispute = arena_printf(memory(looking), "there is no program '%.*s'%s",
			SLICE_FMT(programs[0]),
			count > 1 ? ", nor another that it attaches to" : "");
}

static struct slice compare_patterns(
	struct looking *looking, const struct attachment *one, const struct contender *other)
{
	const struct attachment *two = contender_attachment(&looking->attachments, other);
	struct slice program;
	switch (two ? attachment_compare(memory(looking), &limits_default, one, two, &program)
		    : ATTACHMENT_APART) {
	case ATTACHMENT_APART:
	case ATTACHMENT_FIRST:
		break;
	case ATTACHMENT_SECOND:
	case ATTACHMENT_NEITHER:
	case ATTACHMENT_VARIES:
		return words_of_rival(looking, other, program);
	}
	return slice_of(NULL, 0);
}

/* A pattern against every other. */
static void look_at_pattern(
	struct looking *looking, struct review_row *row, const struct contender *ours)
{
	const struct attachments *attachments = &looking->attachments;
	const struct attachment *one = contender_attachment(attachments, ours);
	for (size_t i = 0; i < attachments->count; i++) {
		const struct contender *other = &attachments->contenders[i];
		struct slice *words =
			i < attachments->loaded_count ? &row->dispute : &row->boot_dispute;
		if (slice_eq(other->name, row->name))
			continue;
		if (!one || !contender_attachment(attachments, other))
			hide(row, one ? other->name : row->name);
		else if (words->len == 0)
			*words = compare_patterns(looking, one, other);
	}
}

static bool accepts(const void *context, struct slice program)
{
	return contender_matches(context, program);
}

static struct slice words_of_processes(
	struct arena *arena, const struct running *running, size_t count)
{
	struct buf words = buf_new(arena);
	for (size_t i = 0; i < count && i < NAMED_MOST; i++) {
		buf_printf(&words, "%s%d (%.*s", i ? ", " : "", running[i].pid,
			SLICE_FMT(running[i].command));
		if (running[i].unit.name.len > 0)
			buf_printf(&words, ", %.*s", SLICE_FMT(running[i].unit.name));
		buf_add_char(&words, ')');
	}
	if (count > NAMED_MOST)
		buf_add_str(&words, " …");
	return buf_slice(&words);
}

static void look_at_processes(struct looking *looking, struct review_row *row,
	const struct contender *ours, const struct slice *programs, size_t count)
{
	struct arena *arena = memory(looking);
	struct running *running, *outside;
	const struct process_question question = {
		.namespace = row->namespace,
		.name = row->name,
		.programs = programs,
		.program_count = count,
		.accepts = accepts,
		.context = ours,
	};
	if (!looking->has_processes)
		return;
	size_t found = processes_outside(&looking->processes, &question, arena, &running), kept = 0;
	row->running = (struct running_profile){row->namespace, row->name, running, found, arena};
	outside = arena_array(arena, found, sizeof(*outside));
	for (size_t i = 0; i < found; i++)
		if (running[i].is_unconfined)
			outside[kept++] = running[i];
	if (kept == 0)
		return;
	row->outside = (struct judgment_outside){
		.count = kept,
		.words = words_of_processes(arena, outside, kept),
		.mend = running_mend(arena, &outside[0]),
	};
}

static void look(struct looking *looking, struct review_row *row)
{
	const struct contender *ours = attachments_loaded(&looking->attachments, row->name);
	struct slice *programs = NULL;
	size_t count = 0;
	if (!ours)
		return;
	if (!ours->is_known) {
		hide(row, row->name);
		return;
	}
	if (contender_programs(memory(looking), ours, &programs, &count))
		look_at_programs(looking, row, ours, programs, count);
	else
		look_at_pattern(looking, row, ours);
	look_at_processes(looking, row, ours, programs, count);
}

static bool any_is_asked_for(const struct review *review)
{
	for (size_t i = 0; i < review->count; i++)
		if (is_asked_for(&review->rows[i]))
			return true;
	return false;
}

void review_look(struct review *review)
{
	struct looking looking = {.review = review};
	const struct attachments_how how = {.loaded = review->loaded, .namespace = SLICE("")};
	if (!any_is_asked_for(review))
		return;
	attachments_read(review->places, &how, review->arena, &looking.attachments);
	attachments_index(&looking.attachments);
	looking.has_processes =
		processes_read(review->places, review->arena, &looking.processes, NULL);
	review->hides_processes = !looking.has_processes || looking.processes.is_partial;
	review->hidden_processes =
		looking.has_processes ? looking.processes.hidden : SLICE("there is no '/proc'");
	for (size_t i = 0; i < review->count; i++)
		if (is_asked_for(&review->rows[i]))
			look(&looking, &review->rows[i]);
}
