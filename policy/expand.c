#include "policy/expand.h"

#include "policy/includes.h"

/*
 * A variable's values are expanded once, when the scope is made; a pattern then only copies text.
 * Values that need @{profile_name} are the exception: they are expanded for each use.
 */
struct entry {
	struct slice name;
	struct slice *raw; /* as written */
	size_t raw_count, raw_room;
	struct span span;
	bool declared; /* by `=` */

	enum { STATE_NEW, STATE_BUSY, STATE_DONE, STATE_FAILED } state;
	bool per_profile;     /* holds @{profile_name} */
	struct slice *values; /* expanded */
	size_t count;
	struct slice
		joined[4];    /* "{a,b}"; + 1 without leading slashes, + 2 without trailing ones */
	struct slice missing; /* STATE_FAILED: the undeclared variable, or empty */
};

struct scope {
	struct entry **slots; /* open addressing; a power of two */
	size_t count, room;
	struct slice profile_name;
	bool is_open;
};

bool scope_is_open(const struct scope *scope)
{
	return scope->is_open;
}

/* What an expansion may use, and why it failed. */
struct expansion {
	struct arena *arena;
	const struct limits *limits;
	const struct scope *scope;
	unsigned depth;
	bool lazy;	      /* STATE_NEW entries may be worked on: the scope is being made */
	bool per_profile;     /* met @{profile_name} */
	struct slice missing; /* of a failure */
};

static struct entry *find(const struct scope *scope, struct slice name)
{
	if (scope->room == 0)
		return NULL;
	size_t at = slice_hash(name) & (scope->room - 1);
	for (; scope->slots[at]; at = (at + 1) & (scope->room - 1))
		if (slice_eq(scope->slots[at]->name, name))
			return scope->slots[at];
	return NULL;
}

static void insert(struct entry **slots, size_t room, struct entry *entry)
{
	size_t at = slice_hash(entry->name) & (room - 1);
	while (slots[at])
		at = (at + 1) & (room - 1);
	slots[at] = entry;
}

static struct entry *find_or_add(struct arena *arena, struct scope *scope, struct slice name)
{
	struct entry *entry = find(scope, name);
	if (entry)
		return entry;
	if (scope->count * 2 >= scope->room) {
		size_t room = scope->room ? scope->room * 2 : 64;
		struct entry **slots = arena_array(arena, room, sizeof(struct entry *));
		for (size_t i = 0; i < scope->room; i++)
			if (scope->slots[i])
				insert(slots, room, scope->slots[i]);
		scope->slots = slots;
		scope->room = room;
	}
	entry = arena_new(arena, struct entry);
	entry->name = name;
	insert(scope->slots, scope->room, entry);
	scope->count++;
	return entry;
}

static void values_add(struct arena *arena, struct entry *entry, const struct variable *variable)
{
	size_t need = entry->raw_count + variable->count;
	if (need > entry->raw_room) {
		size_t room = need > entry->raw_room * 2 ? need : entry->raw_room * 2;
		struct slice *raw = arena_array(arena, room, sizeof(*raw));
		if (entry->raw_count)
			memcpy(raw, entry->raw, entry->raw_count * sizeof(*raw));
		entry->raw = raw;
		entry->raw_room = room;
	}
	for (size_t i = 0; i < variable->count; i++)
		entry->raw[entry->raw_count++] = variable->values[i];
}

/* "@{HOME}", or "$flag" of a boolean. */
static struct slice variable_text(struct unit *unit, const struct variable *variable)
{
	if (slice_starts(variable->name, SLICE("$")))
		return variable->name;
	return arena_printf(&unit->arena, "@{%.*s}", SLICE_FMT(variable->name));
}

static void variable_add(struct unit *unit, struct scope *scope, const struct variable *variable)
{
	struct entry *entry = find_or_add(&unit->arena, scope, variable->name);
	if (variable->append && !entry->declared && !scope->is_open) {
		diag_add(&unit->diags, DIAG_BAD_VARIABLE, variable->span,
			"'+=' on the variable '%.*s', which has no '=' before",
			SLICE_FMT(variable_text(unit, variable)));
	} else if (!variable->append && entry->declared) {
		struct diag *diag = diag_add(&unit->diags, DIAG_BAD_VARIABLE, variable->span,
			"the variable '%.*s' is declared twice",
			SLICE_FMT(variable_text(unit, variable)));
		diag_second(&unit->diags, diag, entry->span, "the first is here");
		diag_help(&unit->diags, diag, "'+=' adds values to it");
		return;
	}
	if (!entry->declared)
		entry->span = variable->span;
	entry->declared = true;
	values_add(&unit->arena, entry, variable);
}

static void preamble_add(struct unit *unit, struct scope *scope, const struct preamble *preamble,
	struct include_set *set)
{
	const struct include *includes = preamble->includes, *include;
	const struct variable *variables = preamble->variables, *variable;
	while (preamble_next(&includes, &variables, &include, &variable)) {
		if (variable) {
			variable_add(unit, scope, variable);
			continue;
		}
		for (const struct include_file *file = include->files; file; file = file->next) {
			if (!include_set_add(set, file))
				continue;
			scope->is_open = scope->is_open || file->is_opaque;
			preamble_add(unit, scope, file->preamble, set);
		}
	}
}

/* The next @{name} from `from` on; an escaped one is text. false when there is none. */
static bool next_variable(struct slice s, size_t from, size_t *ret_begin, size_t *ret_end)
{
	for (size_t i = from; i + 1 < s.len; i++) {
		if (s.at[i] == '\\') {
			i++;
			continue;
		}
		if (s.at[i] != '@' || s.at[i + 1] != '{')
			continue;
		const char *end = memchr(s.at + i, '}', s.len - i);
		*ret_begin = i;
		*ret_end = end ? (size_t)(end - s.at) + 1 : s.len;
		return true;
	}
	return false;
}

static struct slice name_in(struct slice s, size_t begin, size_t end)
{
	size_t len = end - begin - 2;
	if (len && s.at[end - 1] == '}')
		len--;
	return slice_of(s.at + begin + 2, len);
}

/* Expanded values of a variable. */
struct values {
	const struct slice *at;
	size_t count;
	const struct entry *entry; /* with `joined` set, or NULL */
};

static bool entry_expand(struct expansion *e, struct entry *entry);
static bool list_expand(struct expansion *e, const struct slice *raw, size_t raw_count,
	struct slice **ret_values, size_t *ret_count);

static bool fail(struct expansion *e, struct slice missing)
{
	e->missing = missing;
	return false;
}

static bool values_of(struct expansion *e, struct slice name, struct values *ret_values)
{
	struct entry *entry = find(e->scope, name);
	if (!entry && slice_is(name, "profile_name")) {
		e->per_profile = true;
		*ret_values = (struct values){&e->scope->profile_name, 1, NULL};
		return true;
	}
	if (!entry)
		return fail(e, name);
	if (entry->state == STATE_NEW && e->lazy)
		entry_expand(e, entry);
	if (entry->state == STATE_FAILED)
		return fail(e, entry->missing);
	if (entry->state != STATE_DONE)
		return fail(e, slice_of(NULL, 0)); /* it refers to itself */
	if (!entry->per_profile) {
		*ret_values = (struct values){entry->values, entry->count, entry};
		return true;
	}
	e->per_profile = true;
	struct slice *values;
	size_t count;
	if (e->depth >= e->limits->depth)
		return fail(e, slice_of(NULL, 0));
	e->depth++;
	bool ok = list_expand(e, entry->raw, entry->raw_count, &values, &count);
	e->depth--;
	if (ok)
		*ret_values = (struct values){values, count, NULL};
	return ok;
}

/* Texts under construction; together they stay below limits->glob_text. */
struct texts {
	struct slice *at;
	size_t count, room, bytes;
};

static bool texts_add(struct expansion *e, struct texts *texts, struct slice a, struct slice b)
{
	texts->bytes += a.len + b.len + 1;
	if (texts->bytes > e->limits->glob_text)
		return fail(e, slice_of(NULL, 0));
	if (texts->count == texts->room) {
		texts->room = texts->room ? texts->room * 2 : 4;
		struct slice *at = arena_array(e->arena, texts->room, sizeof(*at));
		if (texts->count)
			memcpy(at, texts->at, texts->count * sizeof(*at));
		texts->at = at;
	}
	struct slice both = a.len ? a : b;
	if (a.len && b.len) {
		struct buf buf = buf_new(e->arena);
		buf_add(&buf, a);
		buf_add(&buf, b);
		both = buf_slice(&buf);
	}
	texts->at[texts->count++] = both.at ? both : slice_of("", 0);
	return true;
}

static bool texts_append(
	struct expansion *e, struct texts *texts, const struct slice *ends, size_t count)
{
	struct texts longer = {0};
	for (size_t i = 0; i < texts->count; i++)
		for (size_t j = 0; j < count; j++)
			if (!texts_add(e, &longer, texts->at[i], ends[j]))
				return false;
	*texts = longer;
	return true;
}

/* One value: every combination of the values of its variables. */
static bool value_expand(struct expansion *e, struct slice raw, struct texts *out)
{
	size_t at = 0, begin, end;
	struct texts texts = {0};
	if (!next_variable(raw, 0, &begin, &end))
		return texts_add(e, out, raw, SLICE(""));
	if (!texts_add(e, &texts, SLICE(""), SLICE("")))
		return false;
	while (next_variable(raw, at, &begin, &end)) {
		struct slice text = slice_of(raw.at + at, begin - at);
		struct values values;
		if (!values_of(e, name_in(raw, begin, end), &values) ||
			!texts_append(e, &texts, &text, 1) ||
			!texts_append(e, &texts, values.at, values.count))
			return false;
		at = end;
	}
	struct slice rest = slice_from(raw, at);
	for (size_t i = 0; i < texts.count; i++)
		if (!texts_add(e, out, texts.at[i], rest))
			return false;
	return true;
}

static bool list_expand(struct expansion *e, const struct slice *raw, size_t raw_count,
	struct slice **ret_values, size_t *ret_count)
{
	struct texts texts = {0};
	for (size_t i = 0; i < raw_count; i++)
		if (!value_expand(e, raw[i], &texts))
			return false;
	*ret_values = texts.at;
	*ret_count = texts.count;
	return true;
}

/* "{/a,/b}"; a slash that meets one of the pattern's is left out of each value. */
static struct slice join(
	struct arena *arena, const struct slice *values, size_t count, unsigned trim)
{
	struct buf out = buf_new(arena);
	for (size_t i = 0; i < count; i++) {
		struct slice value = values[i];
		while ((trim & 1) && value.len && value.at[0] == '/')
			value = slice_from(value, 1);
		while ((trim & 2) && value.len && value.at[value.len - 1] == '/')
			value = slice_first(value, value.len - 1);
		buf_add_char(&out, i ? ',' : '{');
		buf_add(&out, value);
	}
	buf_add_char(&out, '}');
	return buf_slice(&out);
}

static bool entry_expand(struct expansion *e, struct entry *entry)
{
	bool outer = e->per_profile;
	e->per_profile = false;
	entry->state = STATE_BUSY;
	bool ok = e->depth < e->limits->depth;
	e->missing = slice_of(NULL, 0);
	e->depth++;
	ok = ok && list_expand(e, entry->raw, entry->raw_count, &entry->values, &entry->count);
	e->depth--;
	entry->state = ok ? STATE_DONE : STATE_FAILED;
	entry->missing = ok ? slice_of(NULL, 0) : e->missing;
	entry->per_profile = e->per_profile;
	e->per_profile = e->per_profile || outer;
	for (unsigned trim = 0; ok && !entry->per_profile && entry->count > 1 && trim < 4; trim++)
		entry->joined[trim] = join(e->arena, entry->values, entry->count, trim);
	return ok;
}

struct scope *scope_new(
	struct unit *unit, const struct preamble *preamble, struct slice profile_name)
{
	struct scope *scope = arena_new(&unit->arena, struct scope);
	struct include_set set = include_set_new(&unit->arena);
	scope->profile_name = profile_name;
	preamble_add(unit, scope, preamble, &set);
	for (size_t i = 0; i < scope->room; i++) {
		struct expansion e = {.arena = &unit->arena,
			.limits = unit->limits,
			.scope = scope,
			.lazy = true};
		if (scope->slots[i] && scope->slots[i]->state == STATE_NEW)
			entry_expand(&e, scope->slots[i]);
	}
	return scope;
}

struct scope *scope_for_profile(
	struct arena *arena, const struct scope *scope, struct slice profile_name)
{
	struct scope *other = arena_new(arena, struct scope);
	*other = *scope;
	other->profile_name = profile_name;
	return other;
}

struct scope *scope_of_child(
	struct arena *arena, const struct scope *scope, const struct profile *child)
{
	struct slice whole = arena_printf(
		arena, "%.*s//%.*s", SLICE_FMT(scope->profile_name), SLICE_FMT(child->name));
	return scope_for_profile(arena, scope, whole);
}

static void pattern_add(
	struct expansion *e, const struct values *values, bool slash_after, struct buf *out)
{
	if (values->count == 1) {
		buf_add(out, values->at[0]);
		return;
	}
	bool slash_before = out->len && out->at[out->len - 1] == '/';
	unsigned trim = (slash_before ? 1 : 0) | (slash_after ? 2 : 0);
	if (values->entry)
		buf_add(out, values->entry->joined[trim]);
	else
		buf_add(out, join(e->arena, values->at, values->count, trim));
}

bool scope_expand(struct arena *arena, const struct limits *limits, const struct scope *scope,
	struct slice aare, struct slice *ret_expanded, struct slice *ret_name)
{
	struct expansion e = {.arena = arena, .limits = limits, .scope = scope};
	size_t at = 0, begin, end;
	struct buf out = buf_new(arena);
	if (!next_variable(aare, 0, &begin, &end)) {
		*ret_expanded = aare;
		return true;
	}
	do {
		struct values values;
		buf_add(&out, slice_of(aare.at + at, begin - at));
		bool ok = values_of(&e, name_in(aare, begin, end), &values);
		if (ok)
			pattern_add(&e, &values, end < aare.len && aare.at[end] == '/', &out);
		if (!ok || out.len > limits->glob_text) {
			*ret_name = ok ? slice_of(NULL, 0) : e.missing;
			return false;
		}
		at = end;
	} while (next_variable(aare, at, &begin, &end));
	buf_add(&out, slice_from(aare, at));
	*ret_expanded = buf_slice(&out);
	return true;
}
