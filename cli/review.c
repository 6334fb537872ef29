#include "cli/review.h"

#include "cli/review_host.h"
#include "cli/review_loose.h"
#include "manager/host/attachments.h"
#include "manager/system/documents.h"
#include "manager/system/file.h"
#include "manager/kernel/kernel.h"
#include "manager/kernel/probe.h"
#include "manager/system/path.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void review_begin(const struct options *options, const struct places *places,
	const struct loaded *loaded, enum review_purpose purpose, struct arena *arena,
	struct review *ret_review)
{
	struct host host;
	host_read_mode(places, arena, &host);
	*ret_review = (struct review){
		.options = options,
		.arena = arena,
		.places = places,
		.loaded = loaded,
		.purpose = purpose,
	};
	source_changes_begin(arena, &ret_review->changes);
	switch (host_enforcement(&host)) {
	case HOST_ENFORCES:
		ret_review->kernel_enforces = KNOWN_YES;
		break;
	case HOST_ENFORCES_NOT:
		ret_review->kernel_enforces = KNOWN_NO;
		break;
	case HOST_ENFORCES_UNSEEN:
		ret_review->kernel_enforces = KNOWN_NOT;
		break;
	}
}

void review_end(struct review *review)
{
	free(review->rows);
	if (review->has_described)
		gather_free(&review->described);
	review->rows = NULL;
	review->has_described = false;
}

struct review_row *review_find(
	const struct review *review, struct slice namespace, struct slice name)
{
	for (size_t i = 0; i < review->count; i++)
		if (slice_eq(review->rows[i].name, name) &&
			slice_eq(review->rows[i].namespace, namespace))
			return &review->rows[i];
	return NULL;
}

static struct review_row *append(struct review *review)
{
	if (review->count == review->capacity) {
		review->capacity = review->capacity ? 2 * review->capacity : 64;
		review->rows = reallocarray(review->rows, review->capacity, sizeof(*review->rows));
		if (!review->rows)
			out_of_memory();
	}
	review->rows[review->count] = (struct review_row){0};
	return &review->rows[review->count++];
}

/* What was read of all names at once. */
struct all {
	struct record_list records;
	struct installed_list installed;
};

static int by_recorded(const void *label, const void *entry)
{
	const struct recorded *left = label, *right = entry;
	int order = slice_cmp(left->namespace, right->namespace);
	return order ? order : slice_cmp(left->name, right->name);
}

static void find_record(const struct review *review, const struct all *all, struct review_row *row)
{
	const struct recorded wanted = {.namespace = row->namespace, .name = row->name};
	const struct recorded *found =
		all && all->records.count > 0
			? bsearch(&wanted, all->records.entries, all->records.count, sizeof(wanted),
				  by_recorded)
			: NULL;
	if (found)
		row->record = found->record;
	row->has_record = found || record_read(review->places, row->namespace, row->name,
					   review->arena, &row->record);
}

static int by_installed(const void *name, const void *entry)
{
	return slice_cmp(*(const struct slice *)name, ((const struct installed *)entry)->name);
}

/* The text below /etc/apparmor.d. What stands there may not be for us. */
static void read_installed(const struct review *review, struct review_row *row)
{
	struct error *error = NULL;
	if (row->namespace.len > 0 || !installed_name_is_fine(review->places, row->name, NULL) ||
		installed_read(review->places, row->name, review->arena, &row->installed, &error))
		return;
	row->is_text_hidden = error_number(error) == EACCES || error_number(error) == EPERM;
	error_free(error);
}

static void find_installed(
	const struct review *review, const struct all *all, struct review_row *row)
{
	const struct installed *found =
		all && row->namespace.len == 0 && all->installed.count > 0
			? bsearch(&row->name, all->installed.entries, all->installed.count,
				  sizeof(*found), by_installed)
			: NULL;
	if (found)
		row->installed = *found;
	else
		read_installed(review, row);
}

/* What says how the profile should be: of a text that was edited its description alone does. */
static struct slice file_of(const struct review *review, const struct review_row *row)
{
	bool is_text = row->installed.owner == OWNER_EDITED && review->purpose == REVIEW_TEXT;
	if (row->installed.owner == OWNER_AAFORGE || is_text)
		return row->installed.path;
	if (row->installed.owner == OWNER_EDITED && row->installed.description.len > 0)
		return row->installed.description;
	bool has_source = row->has_record && is_description_name(row->record.source);
	if (row->installed.owner == OWNER_EDITED && !has_source)
		return row->installed.path;
	return row->has_record ? row->record.source : slice_of(NULL, 0);
}

/* What is known of a name, without compiling anything. The caller knows that it is new; `all` may
 * be NULL. */
static struct review_row *add_new(
	struct review *review, const struct all *all, struct slice namespace, struct slice name)
{
	struct review_row *row = append(review);
	row->name = arena_copy(review->arena, name);
	row->namespace = arena_copy(review->arena, namespace);
	row->held = loaded_find(review->loaded, namespace, name);
	find_record(review, all, row);
	find_installed(review, all, row);
	row->file = file_of(review, row);
	return row;
}

struct review_row *review_add(struct review *review, struct slice namespace, struct slice name)
{
	struct review_row *row = review_find(review, namespace, name);
	return row ? row : add_new(review, NULL, namespace, name);
}

struct label {
	struct slice namespace, name;
};

static int by_label(const void *a, const void *b)
{
	const struct label *left = a, *right = b;
	int order = slice_cmp(left->namespace, right->namespace);
	return order ? order : slice_cmp(left->name, right->name);
}

static void add_labels(
	struct review *review, const struct all *all, struct label *labels, size_t count)
{
	bool is_empty = review->count == 0;
	if (count > 0)
		qsort(labels, count, sizeof(*labels), by_label);
	for (size_t i = 0; i < count; i++) {
		const struct label *label = &labels[i];
		bool is_twice = i > 0 && by_label(label, &labels[i - 1]) == 0;
		if (!is_twice && (is_empty || !review_find(review, label->namespace, label->name)))
			add_new(review, all, label->namespace, label->name);
	}
}

static void read_all_installed(struct review *review, struct installed_list *ret_list)
{
	struct error *error = NULL;
	if (!installed_list_read(review->places, review->arena, ret_list, &error))
		review->status = print_error(error);
	review->hides_installed = ret_list->is_partial;
}

void review_add_all(struct review *review, const struct slice *namespace, bool with_foreign)
{
	struct all all = {0};
	const struct record_list *records = &all.records;
	const struct loaded *loaded = review->loaded;
	record_list_read(review->places, review->arena, &all.records);
	if (!namespace || namespace->len == 0)
		read_all_installed(review, &all.installed);
	struct label *labels = arena_array(review->arena,
		records->count + all.installed.count + loaded->count, sizeof(*labels));
	size_t count = 0;
	for (size_t i = 0; i < records->count; i++)
		if (!namespace || slice_eq(records->entries[i].namespace, *namespace))
			labels[count++] = (struct label){
				records->entries[i].namespace, records->entries[i].name};
	for (size_t i = 0; i < all.installed.count; i++)
		labels[count++] = (struct label){SLICE(""), all.installed.entries[i].name};
	for (size_t i = 0; i < loaded->count && with_foreign; i++)
		if (!namespace || slice_eq(loaded->profiles[i].namespace, *namespace))
			labels[count++] = (struct label){loaded->profiles[i].namespace,
				loaded_top(loaded, &loaded->profiles[i])};
	add_labels(review, &all, labels, count);
}

static bool is_held_as_recorded(const struct review *review, const struct review_row *row)
{
	return row->held && row->held->kind != HASH_NONE && row->has_record &&
	       loaded_is_as_recorded(review->loaded, row->namespace, row->name, &row->record);
}

/* Whether it can be read at all. */
static enum described_state look_at_file(const struct review *review, const struct review_row *row)
{
	bool is_edited =
		row->installed.owner == OWNER_EDITED && slice_eq(row->file, row->installed.path);
	if (!slice_starts(row->file, SLICE("/")) || (is_edited && review->purpose != REVIEW_TEXT))
		return DESCRIBED_NOT;
	bool is_read = row->installed.text.len > 0 && slice_eq(row->file, row->installed.path);
	if (is_read || path_access(row->file.at, R_OK) == 0)
		return DESCRIBED_COMPILED;
	return errno == EACCES ? DESCRIBED_HIDDEN : DESCRIBED_GONE;
}

/* COMPILED where only that can tell. */
static enum described_state decide_described(const struct review *review, struct review_row *row)
{
	if (!row->held)
		return DESCRIBED_UNASKED;
	bool is_recorded = is_held_as_recorded(review, row);
	bool is_told = is_recorded && review->purpose != REVIEW_ALL;
	if (is_told && row->installed.owner != OWNER_AAFORGE)
		return DESCRIBED_UNASKED;
	enum described_state state = look_at_file(review, row);
	return is_told ? DESCRIBED_UNASKED : state;
}

/* A review is no check: only errors matter. */
static void compile(struct review *review, char **paths, size_t count)
{
	struct options options = *review->options;
	options.arguments = paths;
	options.argument_count = count;
	options.quiet = true;
	char *features = kernel_features(review->places, NULL);
	struct gather_options how = {.errors_only = true, .features = features};
	gather(&options, &how, &review->described);
	review->has_described = true;
	free(features);
}

/* The item that came from the row's file and has its profile. */
static const struct set_member *member_for(
	const struct gathering *gathering, const struct review_row *row)
{
	for (size_t i = 0; i < gathering->count; i++) {
		const struct gathered *item = &gathering->items[i];
		if (item->member && slice_eq(item->path, row->file) &&
			member_top(item->member, row->namespace, row->name))
			return item->member;
	}
	return NULL;
}

static int by_slice(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void compile_rows(struct review *review)
{
	struct slice *files = arena_array(review->arena, review->count, sizeof(*files));
	char **paths = arena_array(review->arena, review->count, sizeof(*paths));
	size_t count = 0, distinct = 0;
	for (size_t i = 0; i < review->count; i++) {
		struct review_row *row = &review->rows[i];
		if (!row->wanted)
			row->described = decide_described(review, row);
		if (!row->wanted && row->described == DESCRIBED_COMPILED)
			files[count++] = row->file;
	}
	if (count > 0)
		qsort(files, count, sizeof(*files), by_slice);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !slice_eq(files[i], files[i - 1]))
			paths[distinct++] = arena_string(review->arena, files[i]);
	if (distinct > 0)
		compile(review, paths, distinct);
	for (size_t i = 0; i < review->count; i++) {
		struct review_row *row = &review->rows[i];
		if (row->wanted || row->described != DESCRIBED_COMPILED)
			continue;
		row->wanted = member_for(&review->described, row);
		if (!row->wanted)
			row->described = DESCRIBED_BROKEN;
	}
}

/* The installed copy, and where it came from: the next sync takes that. */
static void look_at_sources(
	struct review *review, const struct review_row *row, struct judgment_question *question)
{
	struct slice text = row->installed.text;
	bool has_source = row->has_record && is_description_name(row->record.source);
	struct slice files[] = {
		row->installed.description, has_source ? row->record.source : slice_of(NULL, 0)};
	if (row->is_from_operand || row->installed.owner != OWNER_AAFORGE)
		return;
	for (size_t i = 0; i < 2 && !question->is_description_changed; i++) {
		question->is_description_changed = description_is_changed(text, files[i]);
		if (question->changed_template.len == 0)
			question->changed_template =
				template_changed(&review->changes, text, files[i]);
	}
}

static void judge(struct review *review, struct review_row *row)
{
	struct judgment_question question = {
		.namespace = row->namespace,
		.name = row->name,
		.loaded = review->loaded,
		.record = row->has_record ? &row->record : NULL,
		.installed = row->installed.name.len > 0 ? &row->installed : NULL,
		.is_text_hidden = row->is_text_hidden,
		.described = row->wanted ? DESCRIBED_COMPILED : row->described,
		.wanted = row->wanted,
		.kernel_enforces = review->kernel_enforces,
		.dispute = row->dispute,
		.boot_dispute = row->boot_dispute,
		.boot_twice = row->boot_twice,
		.overlap = row->overlap,
		.is_attachment_hidden = row->is_attachment_hidden,
		.unseen = row->unseen,
		.outside = row->outside,
		.loose = row->loose,
	};
	if (row->is_attachment_hidden)
		question.sight_mend = attachments_mend(review->places, review->arena, row->unseen);
	look_at_sources(review, row, &question);
	judgment_decide(&question, review->arena, &row->judgment);
}

#define PROBES_MOST 3

/* The kernel's own mode is for root to read; but a child of ours can try a profile on. */
static void probe_kernel(struct review *review)
{
	size_t probes = 0;
	bool is_here = !review->places->root[0] && review->purpose == REVIEW_ALL;
	for (size_t i = 0; is_here && i < review->count && probes < PROBES_MOST &&
			   review->kernel_enforces == KNOWN_NOT;
		i++) {
		const struct review_row *row = &review->rows[i];
		bool is_ours = row->has_record || row->installed.owner == OWNER_AAFORGE;
		if (!is_ours || !row->held || row->namespace.len > 0 ||
			!mode_confines(row->held->mode))
			continue;
		probes++;
		switch (probe_enforcement(review->places, row->name, review->arena)) {
		case ENFORCEMENT_PROVEN:
			review->kernel_enforces = KNOWN_YES;
			break;
		case ENFORCEMENT_DISPROVEN:
			review->kernel_enforces = KNOWN_NO;
			break;
		case ENFORCEMENT_UNKNOWN:
			break;
		}
	}
}

void review_judge(struct review *review)
{
	probe_kernel(review);
	compile_rows(review);
	if (review->purpose != REVIEW_TEXT) {
		review_look(review);
		review_look_inside(review);
	}
	for (size_t i = 0; i < review->count; i++)
		judge(review, &review->rows[i]);
}

bool review_is_held_by_us(const struct review_row *row)
{
	enum held_policy holds = row->judgment.holds;
	return row->judgment.is_ours && (holds == HOLDS_WANTED || holds == HOLDS_RECORDED);
}
