#include "manager/change/transaction_steps.h"

#include <errno.h>
#include <stdlib.h>

struct builder {
	const struct places *places;
	const struct loaded *loaded; /* or NULL */
	struct arena *arena;
};

static struct slice fresh_of(const struct builder *builder, const struct set_member *member)
{
	char *fresh = arena_bytes(builder->arena, member->profile_count);
	for (size_t i = 0; i < member->profile_count; i++)
		fresh[i] =
			profile_is_held(builder->loaded, &member->profiles[i]) == HELD ? 'o' : 'n';
	return slice_of(fresh, member->profile_count);
}

/* false when it is there already. */
static bool add_load(
	const struct builder *builder, const struct set_member *member, struct journal *journal)
{
	for (size_t i = 0; i < journal->load_count; i++)
		if (journal->loads[i].binary.at == member->binary.at)
			return false;
	journal->loads[journal->load_count++] = (struct journal_load){
		.source = member->source,
		.binary = member->binary,
		.fresh = fresh_of(builder, member),
	};
	return true;
}

/*
 * First those that the kernel gets, in their order. Then those that it holds already: after a
 * reboot it may have been given an older text of that name.
 */
static bool build_loads(const struct builder *builder, const struct change *changes, size_t count,
	const struct policy_set *set, struct journal *journal, struct error **ret_error)
{
	size_t most = count + (set ? set->count : 0);
	journal->loads = arena_array(builder->arena, most, sizeof(*journal->loads));
	for (size_t i = 0; set && i < set->count; i++)
		if (set->members[i]->state != SET_SAME)
			add_load(builder, set->members[i], journal);
	for (size_t i = 0; i < count; i++) {
		const struct set_member *member = changes[i].member;
		if (changes[i].kind == CHANGE_PUT && member && add_load(builder, member, journal) &&
			member->state != SET_SAME)
			return error_say(ret_error, EINVAL,
				"'%.*s' is to be loaded, but not among those that are",
				SLICE_FMT(changes[i].name));
	}
	return true;
}

/* The record is by the change's name: its member has to have a profile of that name. */
static bool build_identity(
	const struct change *change, struct journal_change *built, struct error **ret_error)
{
	const struct set_profile *top = NULL;
	while ((top = set_member_next_top(change->member, top)))
		if (slice_eq(top->name, change->name) && top->namespace.len == 0)
			break;
	if (!top)
		return error_say(ret_error, EINVAL,
			"the compiled policy of '%.*s' holds no profile of that name",
			SLICE_FMT(change->name));
	built->is_recorded = true;
	for (int kind = HASH_NONE; kind <= HASH_SHA256; kind++)
		built->identity.by_kind[kind] =
			set_profile_identity(change->member, top, (enum hash_kind)kind);
	return true;
}

static void build_files(
	const struct builder *builder, const struct change *change, struct journal_change *built)
{
	bool is_drop = change->kind == CHANGE_DROP;
	built->files = arena_array(builder->arena, change->file_count + 1, sizeof(*built->files));
	for (size_t i = 0; i < change->file_count; i++)
		built->files[built->file_count++] =
			(struct journal_file){arena_copy(builder->arena, change->files[i].path),
				is_drop ? slice_of(NULL, 0) : change->files[i].text};
	if (is_drop)
		built->files[built->file_count++].path = arena_printf(builder->arena,
			"%s/%.*s.yaml", builder->places->descriptions, SLICE_FMT(change->name));
}

static void build_links(
	const struct builder *builder, const struct change *change, struct journal_change *built)
{
	struct arena *arena = builder->arena;
	built->links = arena_array(arena, change->link_count, sizeof(*built->links));
	for (size_t i = 0; i < change->link_count; i++)
		built->links[built->link_count++] = (struct journal_file){
			arena_copy(arena, change->links[i].path), change->links[i].target};
	built->unloads = arena_array(arena, change->unload_count, sizeof(*built->unloads));
	for (size_t i = 0; i < change->unload_count; i++)
		built->unloads[built->unload_count++] = change->unloads[i];
	built->stays_loaded = change->stays_loaded;
}

static bool build_change(const struct builder *builder, const struct change *change,
	struct journal_change *ret_change, struct error **ret_error)
{
	bool is_drop = change->kind == CHANGE_DROP;
	struct installed installed;
	if (!is_drop && !installed_name_is_fine(builder->places, change->name, ret_error))
		return false;
	if (!installed_read(builder->places, change->name, builder->arena, &installed, ret_error))
		return false;
	struct journal_change built = {
		.is_drop = is_drop,
		.backs_up = change->backs_up,
		.keeps_loaded = change->keeps_loaded,
		.name = change->name,
		.source = change->source,
		.text.path = installed.path,
	};
	if (!is_drop)
		built.text.text = installed_mark(builder->arena, change->text);
	build_files(builder, change, &built);
	build_links(builder, change, &built);
	if (!is_drop && builder->loaded && change->member &&
		!build_identity(change, &built, ret_error))
		return false;
	*ret_change = built;
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct journal_change *const *one = a, *const *other = b;
	return slice_cmp((*one)->name, (*other)->name);
}

/* Two changes of one name would undo each other in part. */
static bool names_are_distinct(
	const struct journal *journal, struct arena *arena, struct error **ret_error)
{
	size_t count = journal->change_count;
	const struct journal_change **sorted = arena_array(arena, count, sizeof(*sorted));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &journal->changes[i];
	if (count > 0)
		qsort(sorted, count, sizeof(*sorted), by_name);
	for (size_t i = 1; i < count; i++)
		if (slice_eq(sorted[i - 1]->name, sorted[i]->name))
			return error_say(ret_error, EINVAL, "'%.*s' is to be changed twice",
				SLICE_FMT(sorted[i]->name));
	return true;
}

bool journal_build(const struct places *places, const struct change *changes, size_t count,
	const struct policy_set *set, const struct loaded *loaded, struct arena *arena,
	struct journal *ret_journal, struct error **ret_error)
{
	struct builder builder = {places, loaded, arena};
	struct journal journal = {.has_kernel = loaded, .change_count = count};
	journal.changes = arena_array(arena, count, sizeof(*journal.changes));
	for (size_t i = 0; i < count; i++)
		if (!build_change(&builder, &changes[i], &journal.changes[i], ret_error))
			return false;
	if (loaded && !build_loads(&builder, changes, count, set, &journal, ret_error))
		return false;
	*ret_journal = journal;
	return names_are_distinct(&journal, arena, ret_error);
}
