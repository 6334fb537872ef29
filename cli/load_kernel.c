#include "cli/load_kernel.h"

#include "manager/kernel/kernel.h"
#include "manager/kernel/expected.h"
#include "manager/kernel/stale.h"
#include "manager/kernel/namespaces.h"
#include "manager/disk/record.h"

#include <errno.h>

/* One profile that is no child of another, and what it was made from. */
struct entry {
	const struct set_member *member;
	const struct set_profile *top;
	struct record record; /* without the identity */
};

struct loading {
	struct machine *machine;
	struct gathering *gathering;
	struct entry *entries;
	size_t count;
};

static size_t count_tops(const struct gathering *gathering)
{
	size_t count = 0;
	for (size_t i = 0; i < gathering->count; i++)
		if (gathering->items[i].member)
			count += gathering->items[i].member->profile_count;
	return count;
}

static struct loading begin(struct machine *machine, struct gathering *gathering)
{
	struct loading loading = {.machine = machine, .gathering = gathering};
	loading.entries =
		arena_array(&gathering->arena, count_tops(gathering), sizeof(*loading.entries));
	for (size_t i = 0; i < gathering->count; i++) {
		const struct gathered *item = &gathering->items[i];
		const struct set_member *member = item->member;
		struct record record = {.source = item->path};
		if (member && member->text.len > 0)
			record.text = digest_of(member->text);
		for (const struct set_profile *top = NULL;
			member && (top = set_member_next_top(member, top));)
			loading.entries[loading.count++] = (struct entry){member, top, record};
	}
	return loading;
}

static struct record expected(const struct entry *entry, enum hash_kind kind)
{
	struct record record = entry->record;
	record.kind = kind;
	record.identity = set_profile_identity(entry->member, entry->top, kind);
	return record;
}

static void drop_records(const struct loading *loading)
{
	for (size_t i = 0; i < loading->count; i++)
		record_drop(&loading->machine->places, loading->entries[i].top->namespace,
			loading->entries[i].top->name);
}

static bool prepare_records(const struct loading *loading, struct error **ret_error)
{
	const struct places *places = &loading->machine->places;
	enum hash_kind kind = hash_kind_expected(places, &loading->machine->loaded);
	for (size_t i = 0; i < loading->count; i++) {
		const struct entry *entry = &loading->entries[i];
		struct record record = expected(entry, kind);
		if (!record_prepare(
			    places, entry->top->namespace, entry->top->name, &record, ret_error)) {
			drop_records(loading);
			return error_wrap(ret_error,
				"nothing was loaded; there has to be room in '%s'", places->state);
		}
	}
	return true;
}

/* `after`: what the kernel holds now. */
static bool settle(const struct loading *loading, const struct loaded *after,
	const struct entry *entry, struct error **ret_error)
{
	const struct places *places = &loading->machine->places;
	struct slice namespace = entry->top->namespace, name = entry->top->name;
	const struct loaded_profile *held = loaded_find(after, namespace, name);
	struct record record = entry->record;
	record.left = stale_left(entry->member, entry->top, after, &loading->gathering->arena);
	if (!held || !loaded_identity_without(
			     after, namespace, name, &record.left, &record.identity, NULL)) {
		record_drop(places, namespace, name);
		return error_say(ret_error, ENOENT,
			"the profile '%.*s' has left the kernel right after it was loaded",
			SLICE_FMT(name));
	}
	record.kind = held->kind;
	if (record_settle(places, namespace, name, &record, &loading->gathering->arena))
		return true;
	struct record old;
	bool is_written = record_read(places, namespace, name, &loading->gathering->arena, &old) &&
			  record_is_equal(&old, &record);
	if (!is_written)
		is_written = record_write(places, namespace, name, &record, ret_error);
	if (is_written)
		record_drop(places, namespace, name);
	return is_written;
}

static bool settle_all(const struct loading *loading, struct error **ret_error)
{
	struct loaded after;
	if (!loaded_read(&loading->machine->places, &loading->gathering->arena, &after, ret_error))
		return false;
	for (size_t i = 0; i < loading->count; i++)
		if (!settle(loading, &after, &loading->entries[i], ret_error))
			return error_wrap(ret_error,
				"the profiles are loaded, but not all of that is recorded");
	return true;
}

/* After a refusal: a part of it may be there all the same, as when the removal of an old child
 * failed behind it. */
static void settle_what_is_held(const struct loading *loading)
{
	struct loaded after;
	if (loaded_read(&loading->machine->places, &loading->gathering->arena, &after, NULL))
		for (size_t i = 0; i < loading->count; i++) {
			const struct set_profile *top = loading->entries[i].top;
			struct digest identity;
			const struct loaded_profile *held =
				loaded_find(&after, top->namespace, top->name);
			struct record record =
				expected(&loading->entries[i], held ? held->kind : HASH_NONE);
			if (held && held->kind != HASH_NONE &&
				loaded_identity(&after, top->namespace, top->name, &identity) &&
				memcmp(&identity, &record.identity, sizeof(identity)) == 0)
				record_settle(&loading->machine->places, top->namespace, top->name,
					&record, &loading->gathering->arena);
		}
	drop_records(loading);
}

/* The namespace that the kernel would make for the profiles; empty for ours. */
static struct slice namespace_of(const struct loading *loading)
{
	return loading->count > 0 ? loading->entries[0].top->namespace : SLICE("");
}

static bool replace(
	const struct loading *loading, const struct stop_hold *hold, struct error **ret_error)
{
	const struct places *places = &loading->machine->places;
	if (stop_is_asked(hold)) {
		drop_records(loading);
		return error_say(ret_error, EINTR, "asked to end; nothing was loaded");
	}
	if (kernel_replace(places, &loading->gathering->set, &loading->machine->loaded, ret_error))
		return true;
	settle_what_is_held(loading);
	return false;
}

bool load_into_kernel(struct machine *machine, struct gathering *gathering, bool has_changed,
	const struct stop_hold *hold, bool *ret_has_to_compile, struct error **ret_error)
{
	struct loading loading = begin(machine, gathering);
	struct error *error = NULL;
	struct slice namespace = namespace_of(&loading);
	if (!has_changed)
		return settle_all(&loading, ret_error);
	if (!namespace_claim(&machine->places, namespace, ret_error))
		return false;
	bool is_done = prepare_records(&loading, &error) && replace(&loading, hold, &error);
	if (!is_done) {
		*ret_has_to_compile = error_number(error) == EPROTONOSUPPORT;
		if (!*ret_has_to_compile)
			namespace_release(
				&machine->places, namespace, &gathering->arena, NULL, NULL);
		*ret_error = error;
		return false;
	}
	is_done = kernel_verify(&machine->places, &gathering->set, &gathering->arena, ret_error);
	if (!is_done)
		settle_what_is_held(&loading);
	return is_done && settle_all(&loading, ret_error);
}

bool load_write_records(
	struct machine *machine, struct gathering *gathering, struct error **ret_error)
{
	struct loading loading = begin(machine, gathering);
	return settle_all(&loading, ret_error);
}
