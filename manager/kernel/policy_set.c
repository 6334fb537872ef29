#include "manager/kernel/policy_set.h"

#include "analysis/xmatch.h"
#include "manager/kernel/label.h"

#include <errno.h>
#include <stdlib.h>

/* An open hash table, at most half full: ten thousand members are added one by one. */
struct set_slot {
	const struct set_profile *profile; /* NULL: free */
	const struct set_member *member;
};

struct set_index {
	struct set_slot *slots;
	size_t room, count; /* room is a power of two */
};

void policy_set_init(struct arena *arena, struct policy_set *ret_set)
{
	*ret_set = (struct policy_set){.arena = arena, .index = arena_new(arena, struct set_index)};
}

/* FNV-1a. */
static uint64_t hash_of(const struct set_profile *profile)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < profile->name.len; i++)
		hash = (hash ^ (unsigned char)profile->name.at[i]) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

static bool has_same_name(const struct set_profile *a, const struct set_profile *b)
{
	return slice_eq(a->name, b->name) && slice_eq(a->namespace, b->namespace);
}

/* Where the profile is, or the free slot where it would be. */
static struct set_slot *find_slot(const struct set_index *index, const struct set_profile *profile)
{
	for (size_t at = hash_of(profile);; at++) {
		struct set_slot *slot = &index->slots[at & (index->room - 1)];
		if (!slot->profile || has_same_name(slot->profile, profile))
			return slot;
	}
}

static void grow(struct policy_set *set)
{
	struct set_index old = *set->index;
	set->index->room = old.room ? old.room * 2 : 64;
	set->index->slots = arena_array(set->arena, set->index->room, sizeof(*old.slots));
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].profile)
			*find_slot(set->index, old.slots[i].profile) = old.slots[i];
}

static const struct set_member *member_of(
	const struct policy_set *set, const struct set_profile *profile)
{
	return set->index->room ? find_slot(set->index, profile)->member : NULL;
}

static void index_member(struct policy_set *set, const struct set_member *member)
{
	for (size_t i = 0; i < member->profile_count; i++) {
		if (2 * (set->index->count + 1) > set->index->room)
			grow(set);
		*find_slot(set->index, &member->profiles[i]) =
			(struct set_slot){&member->profiles[i], member};
		set->index->count++;
	}
}

static void hash_profile(
	struct arena *arena, const struct compiled_profile *compiled, struct set_profile *profile)
{
	char version[4], sha1[DIGEST_SHA1_HEX + 1], sha256[DIGEST_HEX + 1];
	for (unsigned i = 0; i < sizeof(version); i++)
		version[i] = (char)(compiled->header_version >> (8 * i));
	struct slice head = slice_of(version, sizeof(version));
	digest_sha1_hex(head, compiled->body, sha1);
	digest_sha256_hex(head, compiled->body, sha256);
	profile->sha1 = arena_copy(arena, slice_str(sha1));
	profile->sha256 = arena_copy(arena, slice_str(sha256));
}

static bool is_child(struct slice name)
{
	return slice_find(name, SLICE("//")) != NULL;
}

static void fill_attachment(
	struct arena *arena, const struct compiled_profile *compiled, struct set_profile *profile)
{
	struct slice *words;
	if (is_child(profile->name))
		return;
	if (!compiled->xmatch.dfa) {
		/* The kernel compares the name, and only a path can be equal to one. */
		if (!slice_starts(profile->name, SLICE("/")))
			return;
		profile->attaches = SET_ATTACHES_NAME;
		profile->programs = &profile->name;
		profile->program_count = 1;
	} else if (!xmatch_words(arena, &compiled->xmatch, &words, &profile->program_count)) {
		profile->attaches = SET_ATTACHES_PATTERN;
	} else {
		profile->attaches = SET_ATTACHES_WORDS;
		profile->programs = words;
	}
}

/*
 * The kernel keeps the namespace of a header for the profiles that follow, and takes one from the
 * name too (aa_unpack and unpack_profile).
 */
static void fill_profiles(
	struct arena *arena, const struct compiled_profile *first, struct set_member *member)
{
	struct slice space = SLICE("");
	size_t i = 0;
	for (const struct compiled_profile *at = first; at; at = at->next, i++) {
		struct set_profile *profile = &member->profiles[i];
		struct slice name = at->name;
		if (at->namespace.len > 0)
			space = at->namespace;
		label_split_namespace(&name, &space);
		profile->name = arena_copy(arena, name);
		profile->namespace = arena_copy(arena, space);
		profile->mode = at->mode;
		fill_attachment(arena, at, profile);
		hash_profile(arena, at, profile);
		member->sorted[i] = profile;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct set_profile *left = *(const struct set_profile *const *)a;
	const struct set_profile *right = *(const struct set_profile *const *)b;
	int order = slice_cmp(left->namespace, right->namespace);
	return order ? order : slice_cmp(left->name, right->name);
}

static size_t count_of(const struct compiled_profile *first)
{
	size_t count = 0;
	for (; first; first = first->next)
		count++;
	return count;
}

static void read_profiles(
	struct arena *arena, const struct compiled_profile *first, struct set_member *member)
{
	member->profile_count = count_of(first);
	member->profiles = arena_array(arena, member->profile_count, sizeof(*member->profiles));
	member->sorted = arena_array(arena, member->profile_count, sizeof(*member->sorted));
	fill_profiles(arena, first, member);
	qsort(member->sorted, member->profile_count, sizeof(*member->sorted), by_name);
}

/* The automata are only looked through for mistakes: they go with an arena of their own. */
static bool read_member(struct arena *arena, struct set_member *member, struct error **ret_error)
{
	struct arena work;
	struct compiled_profile *first;
	const char *mistake;
	arena_init(&work, arena->out_of_memory);
	bool is_read = compiled_read(&work, member->binary, &first, &mistake);
	if (is_read)
		read_profiles(arena, first, member);
	else
		error_say(ret_error, EINVAL, "'%.*s' is no compiled policy that can be loaded: %s",
			SLICE_FMT(member->source), mistake);
	arena_free(&work);
	return is_read;
}

/* isspace() of the kernel, for which a byte is a character of Latin-1: also the end of "voilà". */
static bool is_kernel_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

static bool has_space_around(struct slice name)
{
	return name.len > 0 &&
	       (is_kernel_space(name.at[0]) || is_kernel_space(name.at[name.len - 1]));
}

/*
 * The kernel strips a name (aa_policy_init), so that it would be another's: "web " beside "web" in
 * one write crashes it like "web" twice (measured with 6.1). And it takes a profile `unconfined`,
 * whose tasks then look as if there were none.
 */
static bool is_name_fine(const struct set_member *member, const struct set_profile *profile,
	struct error **ret_error)
{
	if (has_space_around(profile->name) || has_space_around(profile->namespace))
		return error_say(ret_error, EINVAL,
			"'%.*s' holds the profile '%.*s', of whose name the kernel would cut off "
			"white space (or the byte a0): give it another name",
			SLICE_FMT(member->source), SLICE_FMT(profile->name));
	if (slice_is(profile->name, "unconfined"))
		return error_say(ret_error, EINVAL,
			"'%.*s' holds a profile 'unconfined': its tasks would look unconfined, "
			"give it another name",
			SLICE_FMT(member->source));
	return true;
}

static bool is_free(
	const struct policy_set *set, const struct set_member *member, struct error **ret_error)
{
	for (size_t i = 0; i < member->profile_count; i++) {
		const struct set_profile *profile = member->sorted[i];
		if (!is_name_fine(member, profile, ret_error))
			return false;
		if (i > 0 && has_same_name(profile, member->sorted[i - 1]))
			return error_say(ret_error, EEXIST, "'%.*s' holds the profile '%.*s' twice",
				SLICE_FMT(member->source), SLICE_FMT(profile->name));
		const struct set_member *other = member_of(set, profile);
		if (other)
			return error_say(ret_error, EEXIST,
				"'%.*s' and '%.*s' both hold the profile '%.*s'",
				SLICE_FMT(other->source), SLICE_FMT(member->source),
				SLICE_FMT(profile->name));
	}
	return true;
}

static void append(struct policy_set *set, struct set_member *member)
{
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : 16;
		struct set_member **members =
			arena_array(set->arena, capacity, sizeof(struct set_member *));
		if (set->count > 0)
			memcpy(members, set->members, set->count * sizeof(*members));
		set->members = members;
		set->capacity = capacity;
	}
	set->members[set->count++] = member;
}

bool policy_set_add(struct policy_set *set, struct slice source, struct slice text,
	struct slice binary, struct set_member **ret_member, struct error **ret_error)
{
	struct set_member *member = arena_new(set->arena, struct set_member);
	member->source = arena_copy(set->arena, source);
	member->text = arena_copy(set->arena, text);
	member->binary = arena_copy(set->arena, binary);
	if (!read_member(set->arena, member, ret_error) || !is_free(set, member, ret_error))
		return false;
	index_member(set, member);
	append(set, member);
	if (ret_member)
		*ret_member = member;
	return true;
}

const char *mode_word(enum compiled_mode mode)
{
	switch (mode) {
	case COMPILED_ENFORCE:
		return "enforce";
	case COMPILED_COMPLAIN:
		return "complain";
	case COMPILED_KILL:
		return "kill";
	case COMPILED_UNCONFINED:
		return "unconfined";
	case COMPILED_PROMPT:
		return "user";
	}
	return "";
}

bool mode_is(struct slice word, enum compiled_mode mode)
{
	return slice_is(word, mode_word(mode)) ||
	       (mode == COMPILED_PROMPT && slice_is(word, "prompt"));
}

static struct slice usual_mode(struct slice word)
{
	return mode_is(word, COMPILED_PROMPT) ? slice_str(mode_word(COMPILED_PROMPT)) : word;
}

static struct slice hash_of_kind(const struct set_profile *profile, enum hash_kind kind)
{
	switch (kind) {
	case HASH_NONE:
		break;
	case HASH_SHA1:
		return profile->sha1;
	case HASH_SHA256:
		return profile->sha256;
	}
	return slice_of(NULL, 0);
}

static bool is_same(const struct set_profile *profile, const struct loaded_profile *held)
{
	return held && held->kind != HASH_NONE && mode_is(held->mode, profile->mode) &&
	       slice_eq(hash_of_kind(profile, held->kind), held->hash);
}

const struct set_profile *set_member_find(
	const struct set_member *member, struct slice namespace, struct slice name)
{
	struct set_profile wanted = {.name = name, .namespace = namespace};
	const struct set_profile *key = &wanted, *const *found = bsearch(&key, member->sorted,
							 member->profile_count,
							 sizeof(*member->sorted), by_name);
	return found ? *found : NULL;
}

static bool has_profile(const struct set_member *member, const struct loaded_profile *profile)
{
	return set_member_find(member, profile->namespace, profile->name) != NULL;
}

static bool is_child_of_another(const struct set_member *member, const struct set_profile *profile)
{
	if (!slice_find(profile->name, SLICE("//")))
		return false;
	for (size_t i = 0; i < member->profile_count; i++) {
		const struct set_profile *other = &member->profiles[i];
		if (other != profile && slice_eq(other->namespace, profile->namespace) &&
			name_is_below(profile->name, other->name))
			return true;
	}
	return false;
}

const struct set_profile *set_member_next_top(
	const struct set_member *member, const struct set_profile *previous)
{
	size_t i = previous ? (size_t)(previous - member->profiles) + 1 : 0;
	for (; i < member->profile_count; i++)
		if (!is_child_of_another(member, &member->profiles[i]))
			return &member->profiles[i];
	return NULL;
}

static bool is_kept(const struct set_member *member, const struct loaded_profile *child)
{
	for (size_t i = 0; i < member->kept_count; i++)
		if (slice_eq(member->kept[i], child->name))
			return true;
	return false;
}

static const struct loaded_profile *next_stale(const struct set_member *member,
	const struct loaded *loaded, const struct set_profile *top,
	const struct loaded_profile *previous)
{
	const struct loaded_profile *child = previous;
	do
		child = loaded_next_below(loaded, top->namespace, top->name, child);
	while (child && (has_profile(member, child) || is_kept(member, child)));
	return child;
}

static bool has_stale_children(const struct set_member *member, const struct loaded *loaded)
{
	const struct set_profile *top = NULL;
	while ((top = set_member_next_top(member, top)))
		if (next_stale(member, loaded, top, NULL))
			return true;
	return false;
}

static int by_place(const void *a, const void *b)
{
	const struct loaded_profile *left = *(const struct loaded_profile *const *)a;
	const struct loaded_profile *right = *(const struct loaded_profile *const *)b;
	return (left > right) - (left < right);
}

/* Fills children, unless NULL, and returns their number. */
static size_t list_stale(const struct set_member *member, const struct loaded *loaded,
	const struct loaded_profile **children)
{
	const struct set_profile *top = NULL;
	size_t count = 0;
	while ((top = set_member_next_top(member, top)))
		for (const struct loaded_profile *child = NULL;
			(child = next_stale(member, loaded, top, child)); count++)
			if (children)
				children[count] = child;
	return count;
}

size_t set_member_stale_children(const struct set_member *member, const struct loaded *loaded,
	struct arena *arena, const struct loaded_profile ***ret_children)
{
	size_t count = list_stale(member, loaded, NULL);
	const struct loaded_profile **children =
		arena_array(arena, count, sizeof(const struct loaded_profile *));
	list_stale(member, loaded, children);
	qsort(children, count, sizeof(*children), by_place);
	*ret_children = children;
	return count;
}

static enum set_state compare(const struct set_member *member, const struct loaded *loaded)
{
	size_t found = 0, same = 0;
	for (size_t i = 0; i < member->profile_count; i++) {
		const struct set_profile *profile = &member->profiles[i];
		const struct loaded_profile *held =
			loaded_find(loaded, profile->namespace, profile->name);
		found += held != NULL;
		same += is_same(profile, held);
	}
	if (found == 0)
		return SET_NEW;
	if (same < member->profile_count || has_stale_children(member, loaded))
		return SET_CHANGED;
	return SET_SAME;
}

void policy_set_compare(struct policy_set *set, const struct loaded *loaded)
{
	for (size_t i = 0; i < set->count; i++)
		set->members[i]->state = compare(set->members[i], loaded);
}

static void add_identity(
	struct digest_list *list, struct slice name, struct slice mode, struct slice hash)
{
	digest_add(list, name);
	digest_add(list, mode);
	digest_add(list, hash);
}

struct digest set_profile_identity(
	const struct set_member *member, const struct set_profile *top, enum hash_kind kind)
{
	struct digest_list list;
	digest_begin(&list);
	for (size_t i = 0; i < member->profile_count; i++) {
		const struct set_profile *profile = member->sorted[i];
		if (slice_eq(profile->namespace, top->namespace) &&
			name_is_below(profile->name, top->name))
			add_identity(&list, profile->name, slice_str(mode_word(profile->mode)),
				hash_of_kind(profile, kind));
	}
	return digest_end(&list);
}

static void add_loaded(struct digest_list *list, const struct loaded_profile *profile)
{
	add_identity(list, profile->name, usual_mode(profile->mode), profile->hash);
}

struct digest loaded_profile_identity(const struct loaded_profile *profile)
{
	struct digest_list list;
	digest_begin(&list);
	add_loaded(&list, profile);
	return digest_end(&list);
}

static bool is_left(const struct left_list *left, const struct loaded_profile *child)
{
	for (size_t i = 0; i < left->count; i++)
		if (slice_eq(left->items[i].name, child->name)) {
			struct digest now = loaded_profile_identity(child);
			return memcmp(&now, &left->items[i].identity, sizeof(now)) == 0;
		}
	return false;
}

bool loaded_identity_without(const struct loaded *loaded, struct slice namespace, struct slice name,
	const struct left_list *left, struct digest *ret_identity, size_t *ret_left)
{
	struct digest_list list;
	const struct loaded_profile *child = NULL;
	const struct loaded_profile *top = loaded_find(loaded, namespace, name);
	size_t left_out = 0;
	if (!top)
		return false;
	digest_begin(&list);
	add_loaded(&list, top);
	while ((child = loaded_next_below(loaded, namespace, name, child)))
		if (is_left(left, child))
			left_out++;
		else
			add_loaded(&list, child);
	*ret_identity = digest_end(&list);
	if (ret_left)
		*ret_left = left_out;
	return true;
}

bool loaded_identity(const struct loaded *loaded, struct slice namespace, struct slice name,
	struct digest *ret_identity)
{
	const struct left_list none = {0};
	return loaded_identity_without(loaded, namespace, name, &none, ret_identity, NULL);
}
