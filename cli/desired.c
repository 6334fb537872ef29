#include "cli/desired.h"

#include "cli/aside.h"
#include "cli/described.h"
#include "cli/origin.h"
#include "cli/stale.h"
#include "manager/change/judgment.h"
#include "manager/system/file.h"
#include "manager/disk/record.h"
#include "manager/system/path.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A file that goes with descriptions: decided about once for all that name it. */
struct shared_file {
	struct shared_file *next;
	struct slice path, text;
	struct slice source;   /* where the text comes from */
	struct slice obstacle; /* or empty */
	bool is_same;
};

struct deciding {
	struct machine *machine;
	const struct gathering *gathering;
	const struct desired_how *how;
	struct desired_list list;
	struct described_list described; /* of DESCRIPTIONS, read when needed */
	bool has_described;
	struct shared_file *templates;
	struct slice directory; /* the last that was asked about … */
	bool is_home;		/* … and whether it is DESCRIPTIONS itself */
	bool has_failed;
};

static struct arena *memory(const struct deciding *deciding)
{
	return deciding->machine->arena;
}

static void fail(struct deciding *deciding, struct error *error)
{
	print_error(error);
	deciding->has_failed = true;
}

/* The first obstacle is told; with --force those that can be overcome are none. */
static void object(struct desired *desired, struct slice words)
{
	if (desired->obstacle.len == 0)
		desired->obstacle = words;
}

/* About a file, of which a backup is kept. */
static void object_unless_forced(
	const struct deciding *deciding, struct desired *desired, struct slice words)
{
	if (deciding->machine->options->force)
		desired->is_forced = true;
	else
		object(desired,
			arena_printf(memory(deciding),
				"%.*s; --force overwrites it and keeps the old one below '%s/backup'",
				SLICE_FMT(words), deciding->machine->places.descriptions));
}

/* About what the kernel holds, of which there is no text to keep. */
static void object_to_loaded(
	const struct deciding *deciding, struct desired *desired, const char *words)
{
	if (!deciding->machine->options->force)
		object(desired, arena_printf(memory(deciding), "%s; --force replaces it", words));
}

/* Whether a file lies in DESCRIPTIONS, whatever its path looks like. */
static bool is_at_home(struct deciding *deciding, struct slice path)
{
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
	if (!slash)
		return false;
	struct slice directory = slice_first(path, (size_t)(slash - path.at));
	if (deciding->directory.at && slice_eq(directory, deciding->directory))
		return deciding->is_home;
	struct stat here, home;
	const char *text = directory.len ? arena_string(memory(deciding), directory) : "/";
	deciding->directory = directory;
	deciding->is_home = path_stat(text, &here) == 0 &&
			    path_stat(deciding->machine->places.descriptions, &home) == 0 &&
			    here.st_dev == home.st_dev && here.st_ino == home.st_ino;
	return deciding->is_home;
}

/* false when there is no such file. What is there but cannot be read is a failure. */
static bool read_if_there(struct deciding *deciding, struct slice path, struct slice *ret_text)
{
	struct bytes text = {0};
	struct error *error = NULL;
	bool is_read = file_read(path.at, limits_default.document_bytes, &text, &error);
	if (is_read)
		*ret_text = arena_copy(memory(deciding), bytes_slice(&text));
	else if (error_number(error) == ENOENT || error_number(error) == ENOTDIR)
		error_free(error);
	else
		fail(deciding, error);
	bytes_free(&text);
	return is_read;
}

static void read_described(struct deciding *deciding)
{
	struct error *error = NULL;
	if (!deciding->has_described && !described_read(deciding->machine->places.descriptions,
						memory(deciding), &deciding->described, &error))
		fail(deciding, error);
	deciding->has_described = true;
}

static const struct gathered *find_gathered(const struct deciding *deciding, struct slice name)
{
	for (size_t i = 0; i < deciding->gathering->count; i++)
		if (slice_eq(deciding->gathering->items[i].name, name))
			return &deciding->gathering->items[i];
	return NULL;
}

/*
 * Whether an installed template may be replaced: installed profiles of ours are made from it, and
 * all of those are described anew by this run.
 */
static struct slice template_obstacle(struct deciding *deciding, struct slice path)
{
	bool is_ours = false;
	read_described(deciding);
	for (size_t i = 0; i < deciding->described.count; i++) {
		const struct described *entry = &deciding->described.entries[i];
		struct slice place;
		if (entry->template.len == 0 ||
			!template_place(deciding->machine->places.descriptions, entry->template,
				memory(deciding), &place, NULL) ||
			!slice_eq(place, path))
			continue;
		if (!find_gathered(deciding, entry->name))
			return arena_printf(memory(deciding),
				"the template '%.*s' is another one and belongs to '%.*s' as well",
				SLICE_FMT(path), SLICE_FMT(entry->name));
		is_ours = is_ours || machine_installed(deciding->machine, entry->name);
	}
	return is_ours ? slice_of(NULL, 0)
		       : arena_printf(memory(deciding),
				 "'%.*s' is not the template that it would be", SLICE_FMT(path));
}

static bool digests_are_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The text of a template, if it still is what the profile was compiled with. */
static bool read_template(
	struct deciding *deciding, const struct gathered_template *template, struct slice *ret_text)
{
	struct slice text;
	if (!read_if_there(deciding, template->path, &text))
		return false;
	struct digest now = digest_of(text);
	if (!digests_are_equal(&now, &template->digest))
		return false;
	*ret_text = text;
	return true;
}

static struct shared_file *decide_template(
	struct deciding *deciding, struct slice path, const struct gathered_template *template)
{
	struct shared_file *file = arena_new(memory(deciding), struct shared_file);
	struct slice old;
	*file = (struct shared_file){
		.next = deciding->templates, .path = path, .source = template->path};
	deciding->templates = file;
	if (!read_template(deciding, template, &file->text)) {
		file->obstacle = arena_printf(memory(deciding),
			"its template '%.*s' is gone, or another one by now",
			SLICE_FMT(template->path));
		return file;
	}
	if (!read_if_there(deciding, path, &old))
		return file;
	file->is_same = slice_eq(old, file->text);
	if (!file->is_same)
		file->obstacle = template_obstacle(deciding, path);
	return file;
}

static struct shared_file *find_template(struct deciding *deciding, struct slice path)
{
	struct shared_file *file = deciding->templates;
	while (file && !slice_eq(file->path, path))
		file = file->next;
	return file;
}

/* A template that goes with a description, or NULL: it stays where it is. */
static struct shared_file *shared_template(struct deciding *deciding, struct desired *desired,
	const struct gathered_template *template)
{
	struct error *error = NULL;
	struct slice path;
	if (!template_place(deciding->machine->places.descriptions, template->as, memory(deciding),
		    &path, &error)) {
		struct buf words = buf_new(memory(deciding));
		error_print(error, &words);
		error_free(error);
		object(desired, buf_slice(&words));
		return NULL;
	}
	if (path.len == 0)
		return NULL;
	struct shared_file *file = find_template(deciding, path);
	if (!file)
		file = decide_template(deciding, path, template);
	struct slice text;
	if (!slice_eq(file->source, template->path) &&
		(!read_template(deciding, template, &text) || !slice_eq(text, file->text)))
		object(desired,
			arena_printf(memory(deciding),
				"'%.*s' and '%.*s' are two templates, and would both be '%.*s'",
				SLICE_FMT(file->source), SLICE_FMT(template->path),
				SLICE_FMT(path)));
	return file;
}

/* Adds the description's copy to files[count] when it is not there yet. */
static size_t decide_description(struct deciding *deciding, struct desired *desired,
	const struct installed *installed, struct change_file *file)
{
	struct slice path = arena_printf(memory(deciding), "%s/%.*s.yaml",
		deciding->machine->places.descriptions, SLICE_FMT(desired->item->name));
	struct slice old;
	bool is_there = read_if_there(deciding, path, &old);
	if (is_there && slice_eq(old, desired->item->document))
		return 0;
	if (is_there &&
		!(installed->owner == OWNER_AAFORGE && text_was_made_from(installed->text, old)))
		object_unless_forced(deciding, desired,
			arena_printf(memory(deciding),
				installed->owner == OWNER_AAFORGE
					? "the description '%.*s' was edited since it was installed"
					: "'%.*s' was not made by aaforge",
				SLICE_FMT(path)));
	*file = (struct change_file){path, desired->item->document};
	return 1;
}

/* The files that go with the profile's text. */
static void decide_files(
	struct deciding *deciding, struct desired *desired, const struct installed *installed)
{
	const struct gathered_template *templates = desired->item->templates, *at;
	size_t room = 1;
	for (at = templates; at; at = at->next)
		room++;
	struct change_file *files = arena_array(memory(deciding), room, sizeof(*files));
	desired->change.files = files;
	if (is_at_home(deciding, desired->item->path))
		return;
	size_t count = decide_description(deciding, desired, installed, files);
	for (at = templates; at; at = at->next) {
		const struct shared_file *file = shared_template(deciding, desired, at);
		if (file && !file->text.at)
			object(desired, file->obstacle);
		else if (file && file->obstacle.len > 0)
			object_unless_forced(deciding, desired, file->obstacle);
		if (file && !file->is_same)
			files[count++] = (struct change_file){file->path, file->text};
	}
	desired->change.file_count = count;
}

/* The judgment of a loaded profile, and what follows from it for a change. */
struct loaded_view {
	const struct loaded_profile *profile; /* NULL: not loaded */
	struct judgment judgment;
	bool is_drifted; /* another than we loaded */
	bool is_held;	 /* as it should be … */
	bool is_unseen;	 /* … as far as can be told without hashes */
};

static struct loaded_view view_loaded(const struct deciding *deciding, const struct gathered *item,
	const struct installed *installed)
{
	const struct loaded *loaded = machine_loaded(deciding->machine);
	struct loaded_view view = {0};
	struct record record;
	if (!loaded || !(view.profile = loaded_find(loaded, SLICE(""), item->name)))
		return view;
	bool has_record = record_read(
		&deciding->machine->places, SLICE(""), item->name, memory(deciding), &record);
	const struct judgment_question question = {
		.namespace = SLICE(""),
		.name = item->name,
		.loaded = loaded,
		.record = has_record ? &record : NULL,
		.installed = installed,
		.described = DESCRIBED_COMPILED,
		.wanted = item->member,
	};
	judgment_decide(&question, memory(deciding), &view.judgment);
	view.is_drifted = has_record && view.judgment.holds == HOLDS_OTHER;
	view.is_held = view.judgment.holds == HOLDS_WANTED;
	/* Without hashes, what we loaded from this very text counts as it. */
	if (view.judgment.holds == HOLDS_UNSEEN && has_record) {
		struct digest text = digest_of(item->member->text);
		view.is_held = digests_are_equal(&text, &record.text);
		view.is_unseen = view.is_held;
	}
	return view;
}

static void decide_ownership(struct deciding *deciding, struct desired *desired,
	const struct installed *installed, const struct loaded_view *view)
{
	struct arena *arena = memory(deciding);
	if (installed->owner == OWNER_FOREIGN)
		object_unless_forced(deciding, desired,
			arena_printf(arena, "'%.*s' was not made by aaforge",
				SLICE_FMT(installed->path)));
	if (installed->owner == OWNER_EDITED)
		object_unless_forced(deciding, desired,
			arena_printf(arena, "'%.*s' was edited since aaforge wrote it",
				SLICE_FMT(installed->path)));
	if (!view->profile || view->is_held)
		return;
	if (!view->judgment.is_ours && deciding->how->asides &&
		aside_claims(deciding->how->asides, installed->name))
		return;
	if (!view->judgment.is_ours)
		object_to_loaded(deciding, desired,
			"the kernel holds a profile of that name that aaforge did not load");
	else if (view->is_drifted && !deciding->how->mends_drift)
		object_to_loaded(deciding, desired,
			"somebody else has replaced the loaded profile since aaforge loaded it");
}

/* What the judgment says of the kernel's profile. */
static struct slice reason_to_load(const struct judgment *judgment)
{
	static const enum reason_id ids[] = {
		REASON_MODE, REASON_REPLACED, REASON_CHANGED, REASON_UNSEEN};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct reason *reason = judgment_reason(judgment, ids[i]);
		if (reason)
			return reason->words;
	}
	return SLICE("the kernel has another policy");
}

/* What is different, or empty. */
static struct slice decide_why(const struct deciding *deciding, const struct desired *desired,
	const struct installed *installed, const struct loaded_view *view)
{
	if (installed->owner == OWNER_FOREIGN)
		return SLICE("replaces a file that aaforge did not make");
	if (installed->owner == OWNER_EDITED)
		return SLICE("replaces an edited file");
	if (!texts_agree(installed->text, desired->item->member->text))
		return SLICE("its text is another");
	if (deciding->machine->has_kernel && !view->profile)
		return SLICE("is not loaded");
	if (deciding->machine->has_kernel && !view->is_held)
		return reason_to_load(&view->judgment);
	if (judgment_reason(&view->judgment, REASON_CHILD_LEFT) &&
		desired->item->member->state == SET_CHANGED)
		return SLICE("a child that was left for its tasks is not in use any more");
	return desired->change.file_count > 0 ? SLICE("its description or template is another")
					      : slice_of(NULL, 0);
}

static struct slice source_of(const struct deciding *deciding, const struct gathered *item)
{
	if (!deciding->how->source_is_copy)
		return item->path;
	return arena_printf(memory(deciding), "%s/%.*s.yaml",
		deciding->machine->places.descriptions, SLICE_FMT(item->name));
}

static bool find_installed(
	struct deciding *deciding, struct slice name, struct installed *ret_installed)
{
	struct error *error = NULL;
	const struct installed *ours = machine_installed(deciding->machine, name);
	if (ours)
		*ret_installed = *ours;
	else if (!installed_read(
			 &deciding->machine->places, name, memory(deciding), ret_installed, &error))
		fail(deciding, error);
	return !error;
}

static void decide(struct deciding *deciding, const struct gathered *item, struct desired *desired)
{
	struct installed installed;
	struct error *error = NULL;
	*desired = (struct desired){.item = item, .sign = '='};
	if (!installed_name_is_fine(&deciding->machine->places, item->name, &error)) {
		struct buf words = buf_new(memory(deciding));
		error_print(error, &words);
		error_free(error);
		object(desired, buf_slice(&words));
		return;
	}
	if (!find_installed(deciding, item->name, &installed))
		return;
	struct loaded_view view = view_loaded(deciding, item, &installed);
	desired->is_unseen = view.is_unseen;
	decide_ownership(deciding, desired, &installed, &view);
	decide_files(deciding, desired, &installed);
	bool is_new = installed.owner == OWNER_NOBODY;
	desired->why =
		is_new ? slice_of(NULL, 0) : decide_why(deciding, desired, &installed, &view);
	desired->sign = is_new ? '+' : desired->why.len > 0 ? '~' : '=';
	desired->change.kind = CHANGE_PUT;
	desired->change.name = item->name;
	desired->change.text = item->member->text;
	desired->change.source = source_of(deciding, item);
	desired->change.backs_up = desired->is_forced;
	/* Also one that the kernel holds as it is: it is not loaded again, but recorded. */
	if (deciding->machine->has_kernel)
		desired->change.member = item->member;
}

void desired_choose(struct desired_list *list)
{
	list->set.count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct desired *desired = &list->entries[i];
		if (desired->sign != '=' && desired->obstacle.len == 0 && desired->change.member)
			list->set.members[list->set.count++] = desired->item->member;
	}
}

enum status desired_decide(struct machine *machine, struct gathering *gathering,
	const struct desired_how *how, struct desired_list *ret_list)
{
	struct deciding deciding = {.machine = machine, .gathering = gathering, .how = how};
	struct desired_list *list = &deciding.list;
	stale_decide(machine, &gathering->set);
	if (machine->has_kernel)
		policy_set_compare(&gathering->set, &machine->loaded);
	list->entries = arena_array(machine->arena, gathering->count, sizeof(*list->entries));
	for (size_t i = 0; i < gathering->count && !deciding.has_failed; i++)
		if (gathering->items[i].member)
			decide(&deciding, &gathering->items[i], &list->entries[list->count++]);
	list->set = gathering->set; /* with its index, of all members */
	list->set.members = arena_array(machine->arena, list->count, sizeof(*list->set.members));
	list->set.capacity = list->count;
	desired_choose(list);
	*ret_list = deciding.list;
	return deciding.has_failed ? STATUS_SYSTEM : STATUS_OK;
}

size_t desired_report(const struct desired_list *list)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct desired *desired = &list->entries[i];
		if (desired->obstacle.len == 0)
			continue;
		count++;
		print_problem("'%.*s': %.*s", SLICE_FMT(desired->item->name),
			SLICE_FMT(desired->obstacle));
	}
	return count;
}

static void warn(const struct machine *machine, struct slice name)
{
	const char *profiles = machine->places.profiles;
	struct installed at;
	if (!installed_read(&machine->places, name, machine->arena, &at, NULL))
		return; /* told already, when it was decided about */
	if (at.is_disabled)
		print_problem("warning: '%s/disable/%.*s' keeps '%.*s' from being loaded at boot",
			profiles, SLICE_FMT(name), SLICE_FMT(name));
	else if (at.is_forced_complain)
		print_problem(
			"warning: '%s/force-complain/%.*s' has '%.*s' loaded in mode complain at boot",
			profiles, SLICE_FMT(name), SLICE_FMT(name));
}

void desired_warn(const struct machine *machine, const struct desired_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].sign != '=' && list->entries[i].obstacle.len == 0)
			warn(machine, list->entries[i].item->name);
}

void desired_say_unseen(const struct machine *machine, const struct desired_list *list)
{
	const struct desired *first = NULL;
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct desired *desired = &list->entries[i];
		if (!desired->is_unseen || desired->sign != '=')
			continue;
		first = first ? first : desired;
		count++;
	}
	if (count > 0 && !machine->options->quiet)
		print_problem("note: the kernel shows no hashes: whether somebody has replaced "
			      "'%.*s'%s cannot be seen",
			SLICE_FMT(first->item->name), count > 1 ? " and others" : "");
}

struct plan_line desired_line(const struct desired *desired)
{
	const struct set_profile *top = set_member_next_top(desired->item->member, NULL);
	return (struct plan_line){
		.sign = desired->sign,
		.name = desired->item->name,
		.mode = slice_str(mode_word(top->mode)),
		.source = desired->item->path,
		.why = desired->why,
	};
}
