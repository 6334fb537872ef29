#include "audit/fix.h"

#include "audit/edit.h"

/* Each proof reads the document twice: the larger it is, the fewer there are. */
enum { ATTEMPTS_MAX = 300, ATTEMPTS_MIN = 12, ATTEMPTS_BYTES = 64 << 20 };

/* A mend, by what stays the same when the text changes. */
struct task {
	size_t subject; /* from 0, in the order of the document */
	enum control_id control;
};

struct fixer {
	struct unit *unit;
	bool is_command;
	uint32_t first_line;
	struct slice name;
	const struct profile_resolver *resolver;
	struct slice text; /* proved so far */
	struct task *tasks;
	size_t count, attempts, attempts_max;
	struct fix *fix;
};

/* One reading of a text. */
struct reading {
	const struct source *source;
	struct workload *first;
	struct findings findings;
};

static bool read_text(const struct fixer *fixer, struct unit *unit, struct slice text,
	struct reading *ret_reading)
{
	ret_reading->source = sources_add(&unit->sources, fixer->name, text, fixer->first_line);
	if (!ret_reading->source)
		return false;
	enum audit_read result =
		fixer->is_command
			? audit_read_command(unit, ret_reading->source, &ret_reading->first)
			: audit_read(unit, ret_reading->source, &ret_reading->first);
	if (result != AUDIT_READ || !ret_reading->first)
		return false;
	audit_check(unit, ret_reading->first, fixer->resolver, &ret_reading->findings);
	return true;
}

/* Findings come container by container; their numbers are counted along. */
static void number(const struct finding *finding, const struct subject **last, size_t *count)
{
	if (finding->subject != *last)
		++*count;
	*last = finding->subject;
}

static bool is_task(const struct task *tasks, size_t count, size_t subject, enum control_id control)
{
	/* Sorted by subject: few steps. */
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (tasks[middle].subject < subject)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && tasks[low].subject == subject; low++)
		if (tasks[low].control == control)
			return true;
	return false;
}

/* The options go before the image: where one says the opposite, the later one wins. */
static struct slice command_text(
	struct unit *unit, const struct reading *reading, const struct buf *options)
{
	struct slice text = reading->source->text;
	size_t image = reading->first->at.begin - reading->source->begin;
	struct buf made = buf_new(&unit->arena);
	buf_add(&made, slice_first(text, image));
	buf_add(&made, buf_slice(options));
	buf_add(&made, slice_from(text, image));
	return buf_slice(&made);
}

static bool make_text(const struct fixer *fixer, struct unit *unit, const struct reading *reading,
	const struct task *tasks, size_t count, struct slice *ret_text)
{
	struct editor *editor = editor_new(unit, reading->source, reading->first->json);
	struct buf options = buf_new(&unit->arena);
	const struct subject *last = NULL;
	size_t subject = SIZE_MAX;
	for (const struct finding *at = reading->findings.first; at; at = at->next) {
		number(at, &last, &subject);
		if (!at->changes || !is_task(tasks, count, subject, at->control))
			continue;
		for (const struct change *change = at->changes; change; change = change->next) {
			if (change->kind == CHANGE_OPTION)
				buf_printf(&options, "%.*s ", SLICE_FMT(change->value));
			else if (!editor_change(editor, change))
				return false;
		}
	}
	if (!fixer->is_command)
		return editor_text(editor, ret_text);
	*ret_text = command_text(unit, reading, &options);
	return true;
}

/* Every control of the tasks is met, or found less severe than before by other words. */
static bool is_mended(const struct reading *reading, const struct task *tasks, size_t count)
{
	const struct subject *last = NULL;
	size_t subject = SIZE_MAX;
	for (const struct finding *at = reading->findings.first; at; at = at->next) {
		number(at, &last, &subject);
		if (at->changes && is_task(tasks, count, subject, at->control))
			return false;
	}
	return true;
}

static bool says_the_same(const struct fixer *fixer, struct unit *unit, const struct reading *meant,
	const struct reading *made)
{
	if (fixer->is_command)
		return slice_eq(meant->first->first->image->text, made->first->first->image->text);
	return tree_equal(&unit->arena, meant->first->root, made->first->root);
}

/* All of the tasks at once, or none. */
static bool attempt(struct fixer *fixer, const struct task *tasks, size_t count)
{
	struct unit unit;
	struct reading before, after;
	struct slice text;
	if (fixer->attempts++ >= fixer->attempts_max)
		return false;
	unit_init(&unit, NULL, fixer->unit->arena.out_of_memory);
	unit.limits = fixer->unit->limits;
	bool proved = read_text(fixer, &unit, fixer->text, &before) &&
		      make_text(fixer, &unit, &before, tasks, count, &text) &&
		      read_text(fixer, &unit, text, &after) &&
		      says_the_same(fixer, &unit, &before, &after) &&
		      is_mended(&after, tasks, count);
	if (proved)
		fixer->text = arena_copy(&fixer->unit->arena, text);
	unit_free(&unit);
	return proved;
}

/* What fails together may be well apart. */
static void fix_range(struct fixer *fixer, const struct task *tasks, size_t count)
{
	if (count == 0)
		return;
	if (attempt(fixer, tasks, count)) {
		fixer->fix->mended += count;
		for (size_t i = 0; i < count; i++)
			fixer->fix->guessed += controls[tasks[i].control].mending == GUESSED;
		return;
	}
	if (count == 1 || fixer->attempts >= fixer->attempts_max) {
		fixer->fix->left += count;
		return;
	}
	fix_range(fixer, tasks, count / 2);
	fix_range(fixer, tasks + count / 2, count - count / 2);
}

static void collect(struct fixer *fixer, const struct reading *reading)
{
	const struct subject *last = NULL;
	size_t subject = SIZE_MAX, all = 0;
	for (const struct finding *at = reading->findings.first; at; at = at->next)
		all++;
	fixer->tasks = arena_array(&fixer->unit->arena, all, sizeof(struct task));
	for (const struct finding *at = reading->findings.first; at; at = at->next) {
		number(at, &last, &subject);
		if (at->changes && !is_task(fixer->tasks, fixer->count, subject, at->control))
			fixer->tasks[fixer->count++] =
				(struct task){.subject = subject, .control = at->control};
	}
}

void audit_fix(struct unit *unit, const struct source *source, bool is_command,
	const struct profile_resolver *resolver, struct fix *ret_fix)
{
	struct unit scratch;
	struct reading reading;
	*ret_fix = (struct fix){.text = source->text};
	struct fixer fixer = {
		.unit = unit,
		.is_command = is_command,
		.first_line = source->first_line,
		.name = source->name,
		.resolver = resolver,
		.text = source->text,
		.fix = ret_fix,
	};
	size_t attempts = ATTEMPTS_BYTES / (source->text.len + 1);
	fixer.attempts_max = attempts > ATTEMPTS_MAX   ? ATTEMPTS_MAX
			     : attempts < ATTEMPTS_MIN ? ATTEMPTS_MIN
						       : attempts;
	unit_init(&scratch, NULL, unit->arena.out_of_memory);
	scratch.limits = unit->limits;
	if (read_text(&fixer, &scratch, source->text, &reading))
		collect(&fixer, &reading);
	unit_free(&scratch);
	fix_range(&fixer, fixer.tasks, fixer.count);
	ret_fix->text = fixer.text;
}
