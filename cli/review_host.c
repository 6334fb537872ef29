#include "cli/review_host.h"

#include "manager/host/contest.h"
#include "manager/disk/ours.h"
#include "manager/host/process.h"
#include "manager/host/root_programs.h"
#include "manager/system/path.h"

#include <errno.h>
#include <stdlib.h>

/* Of the row at hand: ours that the kernel attaches instead, for certain. */
struct taken {
	const struct contender **takers;
	size_t count;
	struct slice program; /* of the first of them */
	bool is_kept;	      /* a program was seen that goes under the row's own */
};

struct looking {
	struct review *review;
	struct slice namespace;
	struct attachments attachments;
	struct processes processes;
	bool has_processes;
	struct root_view *root; /* made when it is needed */
	struct taken taken, taken_at_boot;
};

static struct arena *memory(const struct looking *looking)
{
	return looking->review->arena;
}

/* By what the kernel shows: the name of a profile without attachment, "<unknown>" or a text. */
static bool may_attach(const struct review_row *row)
{
	return row->held &&
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

static bool is_ours(const struct looking *looking, const struct contender *other)
{
	return profile_is_ours(
		looking->review->places, looking->namespace, other->name, memory(looking));
}

static void add_taker(const struct looking *looking, struct taken *taken,
	const struct contender *other, struct slice program)
{
	size_t count = taken->count;
	if ((count & (count - 1)) == 0) {
		const struct contender **takers = arena_array(
			memory(looking), count ? 2 * count : 1, sizeof(struct contender *));
		if (count > 0)
			memcpy(takers, taken->takers, count * sizeof(struct contender *));
		taken->takers = takers;
	}
	if (count == 0)
		taken->program = program;
	taken->takers[taken->count++] = other;
}

static struct slice words_of_taken(const struct looking *looking, const struct taken *taken)
{
	struct slice more = taken->count > 1 ? arena_printf(memory(looking), " (so are %zu more)",
						       taken->count - 1)
					     : slice_of(NULL, 0);
	return arena_printf(memory(looking), "%.*s, and the kernel attaches that one%.*s",
		SLICE_FMT(words_of_rival(looking, taken->takers[0], taken->program)),
		SLICE_FMT(more));
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

/* What the kernel sees in the place of a path: links resolved. The path itself below another root
 * or in another namespace, or where it cannot be known; empty when there is nothing. */
static struct slice resolve(const struct looking *looking, struct slice program)
{
	const char *path = arena_string(memory(looking), program);
	if (looking->review->places->root[0] || looking->namespace.len > 0)
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

static struct slice words_of_dispute(const struct looking *looking, const struct start *start,
	struct slice program, struct slice real)
{
	return slice_eq(real, program)
		       ? words_of_start(looking, start, real)
		       : arena_printf(memory(looking),
				 "'%.*s' is a link to '%.*s', which the kernel sees instead",
				 SLICE_FMT(program), SLICE_FMT(real));
}

static void look_at_start(
	struct looking *looking, struct review_row *row, struct slice program, struct slice real)
{
	struct start start = attachments_start(&looking->attachments, real, row->name);
	note_unknown(row, &start);
	if (start.kind == START_ATTACHED)
		looking->taken.is_kept = true;
	if (start.kind == START_OTHER && is_ours(looking, start.other))
		add_taker(looking, &looking->taken, start.other, real);
	else if (start.kind != START_ATTACHED && row->dispute.len == 0)
		row->dispute = words_of_dispute(looking, &start, program, real);
}

/* What the kernel would make of a program that both match: below 0 ours wins, above the other. What
 * is not known counts as none. */
static int compare_for(const struct looking *looking, const struct contender *ours,
	const struct contender *other, struct slice program)
{
	const struct attachment *one = contender_attachment(&looking->attachments, ours);
	const struct attachment *two = contender_attachment(&looking->attachments, other);
	return one && two ? attachment_compare_for(one, two, program) : 0;
}

/* Of those that come at the next boot. */
static void look_at_boot(struct looking *looking, struct review_row *row,
	const struct contender *ours, struct slice program)
{
	const struct attachments *attachments = &looking->attachments;
	const struct contender *other;
	bool is_kept = true;
	for (size_t at = 0; (other = attachments_next_for(attachments, program, &at));) {
		if (other->is_loaded || attachments_loaded(attachments, other->name) ||
			!contender_matches(other, program))
			continue;
		int order = compare_for(looking, ours, other, program);
		is_kept = is_kept && order < 0;
		if (order > 0 && is_ours(looking, other))
			add_taker(looking, &looking->taken_at_boot, other, program);
		else if (order >= 0 && row->boot_dispute.len == 0)
			row->boot_dispute =
				arena_printf(memory(looking), "%.*s from the next boot on",
					SLICE_FMT(words_of_rival(looking, other, program)));
	}
	looking->taken_at_boot.is_kept = looking->taken_at_boot.is_kept || is_kept;
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

static void compare_patterns(struct looking *looking, struct review_row *row,
	const struct attachment *one, const struct contender *other)
{
	const struct attachment *two = contender_attachment(&looking->attachments, other);
	struct slice program, *words = other->is_loaded ? &row->dispute : &row->boot_dispute;
	enum attachment_order order =
		attachment_compare(memory(looking), &limits_default, one, two, &program);
	/* The file of one that is loaded says the same again. */
	if (order == ATTACHMENT_APART || order == ATTACHMENT_FIRST ||
		(!other->is_loaded && attachments_loaded(&looking->attachments, other->name)))
		return;
	if (order == ATTACHMENT_SECOND && is_ours(looking, other))
		add_taker(looking, other->is_loaded ? &looking->taken : &looking->taken_at_boot,
			other, program);
	else if (words->len == 0)
		*words = words_of_rival(looking, other, program);
}

/* Whether the pattern matches something that none of the takers does, now and after a boot. */
static void look_at_rest(struct looking *looking, const struct contender *ours)
{
	struct taken *now = &looking->taken, *then = &looking->taken_at_boot;
	size_t count = now->count + then->count;
	const struct contender **all =
		arena_array(memory(looking), count, sizeof(struct contender *));
	struct slice program;
	if (now->count > 0)
		memcpy(all, now->takers, now->count * sizeof(struct contender *));
	if (then->count > 0)
		memcpy(all + now->count, then->takers, then->count * sizeof(struct contender *));
	now->is_kept = now->count == 0 ||
		       contender_keeps(&looking->attachments, ours, all, now->count, &program);
	then->is_kept = then->count == 0 ||
			contender_keeps(&looking->attachments, ours, all, count, &program);
}

/* Whether there is a program that a pattern attaches to; below another root that is not asked. */
static void look_for_program(
	struct looking *looking, struct review_row *row, const struct attachment *ours)
{
	struct root_matched matched;
	if (!ours || looking->review->places->root[0])
		return;
	if (!ours->automaton ||
		(!looking->root && !root_view_open("/", out_of_memory, &looking->root, NULL))) {
		row->is_attachment_hidden = true;
		return;
	}
	switch (root_programs(looking->root, memory(looking), ours->automaton, &matched)) {
	case ROOT_MATCH_FILE:
		break;
	case ROOT_MATCH_UNKNOWN:
		row->is_attachment_hidden = true;
		break;
	case ROOT_MATCH_NONE:
		row->dispute = SLICE("there is no program that it attaches to");
		break;
	case ROOT_MATCH_LINKED:
		row->dispute = arena_printf(memory(looking),
			"'%.*s' is a link to '%.*s', which the kernel sees instead",
			SLICE_FMT(matched.name), SLICE_FMT(matched.resolved));
		break;
	}
}

/* A pattern against every other. */
static void look_at_pattern(
	struct looking *looking, struct review_row *row, const struct contender *ours)
{
	const struct attachments *attachments = &looking->attachments;
	const struct attachment *one = contender_attachment(attachments, ours);
	look_for_program(looking, row, one);
	for (size_t i = 0; i < attachments->count; i++) {
		const struct contender *other = &attachments->contenders[i];
		if (slice_eq(other->name, row->name))
			continue;
		if (!one || !contender_attachment(attachments, other))
			hide(row, one ? other->name : row->name);
		else
			compare_patterns(looking, row, one, other);
	}
	look_at_rest(looking, ours);
}

/* What is decided between two of ours is a remark, as long as something is left. */
static void conclude(const struct looking *looking, struct review_row *row)
{
	const struct taken *now = &looking->taken, *then = &looking->taken_at_boot;
	if (now->count > 0 && now->is_kept)
		row->overlap = words_of_taken(looking, now);
	else if (now->count > 0 && row->dispute.len == 0)
		row->dispute = words_of_taken(looking, now);
	if (then->count == 0)
		return;
	struct slice words = arena_printf(memory(looking), "%.*s from the next boot on",
		SLICE_FMT(words_of_rival(looking, then->takers[0], then->program)));
	if (!then->is_kept && row->boot_dispute.len == 0)
		row->boot_dispute = words;
	else if (then->is_kept && row->overlap.len == 0)
		row->overlap = words;
}

/* Who asks for a program that runs without its profile. */
struct asking {
	const struct looking *looking;
	const struct contender *ours;
};

/* Another of ours gets what it names more exactly, and tells of its processes. */
static bool accepts(const void *context, struct slice program)
{
	const struct asking *asking = context;
	if (!contender_matches(asking->ours, program))
		return false;
	struct start start =
		attachments_start(&asking->looking->attachments, program, asking->ours->name);
	return start.kind != START_OTHER || !is_ours(asking->looking, start.other);
}

static size_t choose_accepted(const struct asking *asking, const struct slice *programs,
	size_t count, struct slice **ret_accepted)
{
	struct slice *accepted = arena_array(memory(asking->looking), count, sizeof(*accepted));
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (accepts(asking, programs[i]))
			accepted[kept++] = programs[i];
	*ret_accepted = accepted;
	return kept;
}

/* One such process stands for all: it is no proof against the profile, but a gap in what is seen.
 */
static void note_unsure(
	struct looking *looking, const struct review_row *row, const struct running *running)
{
	struct review *review = looking->review;
	if (review->hides_processes)
		return;
	review->hides_processes = true;
	review->hidden_processes = running_words(memory(looking), running, row->name);
}

static void look_at_processes(struct looking *looking, struct review_row *row,
	const struct contender *ours, const struct slice *programs, size_t count)
{
	struct arena *arena = memory(looking);
	struct running *running, *outside;
	const struct asking asking = {looking, ours};
	struct slice *accepted;
	count = choose_accepted(&asking, programs, count, &accepted);
	const struct process_question question = {
		.namespace = row->namespace,
		.name = row->name,
		.programs = accepted,
		.program_count = count,
		.accepts = accepts,
		.context = &asking,
		.by_any_name = true,
	};
	if (!looking->has_processes)
		return;
	size_t found = processes_outside(&looking->processes, &question, arena, &running), kept = 0;
	row->running = (struct running_profile){row->namespace, row->name, running, found, arena};
	outside = arena_array(arena, found, sizeof(*outside));
	for (size_t i = 0; i < found; i++)
		if (running[i].is_free && running[i].is_unsure)
			note_unsure(looking, row, &running[i]);
		else if (running[i].is_free)
			outside[kept++] = running[i];
	if (kept == 0)
		return;
	row->outside = (struct judgment_outside){
		.count = kept,
		.words = running_names(arena, outside, kept),
		.mend = running_mend(arena, &outside[0]),
	};
}

static void look(struct looking *looking, struct review_row *row)
{
	const struct contender *ours = attachments_loaded(&looking->attachments, row->name);
	struct slice *programs = NULL;
	size_t count = 0;
	looking->taken = looking->taken_at_boot = (struct taken){0};
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
	conclude(looking, row);
	look_at_processes(looking, row, ours, programs, count);
}

/* A text of ours that is as it was written brings nothing but its own name. */
static bool is_own_text(const void *context, struct slice file)
{
	const struct review_row *row = review_find(context, SLICE(""), file);
	return row && row->installed.owner == OWNER_AAFORGE;
}

static bool is_loaded_at_boot(const struct review_row *row)
{
	return (row->installed.owner == OWNER_AAFORGE || row->installed.owner == OWNER_EDITED) &&
	       !row->installed.is_disabled;
}

static void look_for_namesake(const struct looking *looking, struct review_row *row)
{
	const struct scanned *other =
		is_loaded_at_boot(row)
			? attachments_defined(&looking->attachments, row->name, row->name)
			: NULL;
	if (other)
		row->boot_twice = arena_printf(memory(looking),
			"'%s/%.*s' defines a profile of that name as well: which of the two is in "
			"force after a boot depends on the order of the files",
			looking->review->places->profiles, SLICE_FMT(other->file));
}

/* Only profiles of one namespace compete. */
static void look_at_namespace(struct looking *looking, const struct scan *boot)
{
	struct review *review = looking->review;
	const struct attachments_how how = {
		.loaded = review->loaded, .namespace = looking->namespace, .boot = boot};
	attachments_read(review->places, &how, review->arena, &looking->attachments);
	attachments_index(&looking->attachments);
	for (size_t i = 0; i < review->count; i++)
		if (is_asked_for(&review->rows[i]) &&
			slice_eq(review->rows[i].namespace, looking->namespace))
			look(looking, &review->rows[i]);
}

static bool is_first_of_namespace(const struct review *review, const struct review_row *row)
{
	for (const struct review_row *at = review->rows; at < row; at++)
		if (is_asked_for(at) && slice_eq(at->namespace, row->namespace))
			return false;
	return is_asked_for(row);
}

static bool any(const struct review *review, bool (*is)(const struct review_row *row))
{
	for (size_t i = 0; i < review->count; i++)
		if (is(&review->rows[i]))
			return true;
	return false;
}

/* What the boot brings, as far as it matters. */
static void read_boot(struct looking *looking, bool attaches, struct scan *ret_boot)
{
	struct review *review = looking->review;
	const struct attachments_how how = {
		.skips_file = attaches ? NULL : is_own_text, .context = review, .names_only = true};
	attachments_read(review->places, &how, review->arena, &looking->attachments);
	*ret_boot = looking->attachments.boot;
	for (size_t i = 0; i < review->count; i++)
		look_for_namesake(looking, &review->rows[i]);
}

void review_look(struct review *review)
{
	struct looking looking = {.review = review};
	struct scan boot;
	bool attaches = any(review, is_asked_for);
	if (!attaches && !any(review, is_loaded_at_boot))
		return;
	read_boot(&looking, attaches, &boot);
	if (!attaches)
		return;
	looking.has_processes =
		processes_read(review->places, review->arena, &looking.processes, NULL);
	review->hides_processes = !looking.has_processes || looking.processes.is_partial;
	review->hidden_processes =
		looking.has_processes ? looking.processes.hidden : SLICE("there is no '/proc'");
	for (size_t i = 0; i < review->count; i++)
		if (is_first_of_namespace(review, &review->rows[i])) {
			looking.namespace = review->rows[i].namespace;
			look_at_namespace(&looking, &boot);
		}
	root_view_free(looking.root);
}
