#include "policy/flags.h"

/* Flags of one group exclude each other; a flag of group GROUP_NONE excludes none. */
enum group {
	GROUP_NONE,
	GROUP_MODE,
	GROUP_DELETED,
	GROUP_DISCONNECTED,
	GROUP_RELATIVE,
	GROUP_CHROOT
};

enum value { VALUE_NONE, VALUE_PATH, VALUE_SIGNAL, VALUE_ERROR };

/* Of apparmor_parser 3.0.8; from default_allow on of 4.x. */
static const struct flag {
	const char *name;
	enum group group;
	enum value value;
} flags[] = {
	{"enforce", GROUP_MODE, VALUE_NONE},
	{"complain", GROUP_MODE, VALUE_NONE},
	{"kill", GROUP_MODE, VALUE_NONE},
	{"unconfined", GROUP_MODE, VALUE_NONE},
	{"audit", GROUP_NONE, VALUE_NONE},
	{"mediate_deleted", GROUP_DELETED, VALUE_NONE},
	{"delegate_deleted", GROUP_DELETED, VALUE_NONE},
	{"attach_disconnected", GROUP_DISCONNECTED, VALUE_NONE},
	{"no_attach_disconnected", GROUP_DISCONNECTED, VALUE_NONE},
	{"chroot_attach", GROUP_CHROOT, VALUE_NONE},
	{"chroot_no_attach", GROUP_CHROOT, VALUE_NONE},
	{"chroot_relative", GROUP_RELATIVE, VALUE_NONE},
	{"namespace_relative", GROUP_RELATIVE, VALUE_NONE},
	{"default_allow", GROUP_MODE, VALUE_NONE},
	{"prompt", GROUP_MODE, VALUE_NONE},
	{"interruptible", GROUP_NONE, VALUE_NONE},
	{"debug", GROUP_NONE, VALUE_NONE},
	{"attach_disconnected.path", GROUP_DISCONNECTED, VALUE_PATH},
	{"kill.signal", GROUP_NONE, VALUE_SIGNAL},
	{"error", GROUP_NONE, VALUE_ERROR},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(*flags))

/* A flag as it was read. */
struct given {
	const struct flag *flag;
	struct slice value;
	struct span span;
};

static const struct flag *flag_find(struct slice name)
{
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (slice_is(name, flags[i].name))
			return &flags[i];
	return NULL;
}

static bool report_flag(struct unit *unit, const struct item *item, struct slice name)
{
	const char *texts[FLAG_COUNT];
	for (size_t i = 0; i < FLAG_COUNT; i++)
		texts[i] = flags[i].name;
	const char *nearest = slice_nearest(name, texts, FLAG_COUNT);
	if (nearest)
		diag_add(&unit->diags, DIAG_BAD_PROFILE, item->span,
			"unknown flag '%.*s', did you mean '%s'?", SLICE_FMT(name), nearest);
	else
		diag_add(&unit->diags, DIAG_BAD_PROFILE, item->span, "unknown flag '%.*s'",
			SLICE_FMT(name));
	return false;
}

static bool is_error_code(struct slice text)
{
	bool ok = text.len > 1 && (text.at[0] == 'E' || text.at[0] == 'e');
	for (size_t i = 1; i < text.len; i++) {
		char c = text.at[i];
		ok = ok &&
		     ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
	}
	return ok;
}

static bool value_check(struct unit *unit, const struct given *given)
{
	const char *expected = NULL;
	switch (given->flag->value) {
	case VALUE_NONE:
		expected = given->value.at ? "takes no value" : NULL;
		break;
	case VALUE_PATH:
		if (!slice_starts(given->value, SLICE("/")))
			expected = "takes an absolute path";
		break;
	case VALUE_SIGNAL:
		if (!name_find(&names_signals, given->value))
			expected = "takes a signal, such as kill or rtmin+1";
		break;
	case VALUE_ERROR:
		if (!is_error_code(given->value))
			expected = "takes an error code, such as EACCES";
		break;
	}
	if (expected)
		diag_add(&unit->diags, DIAG_BAD_PROFILE, given->span, "the flag '%s' %s",
			given->flag->name, expected);
	return !expected;
}

/* `name`, `name=value` as an assignment, or `name=value` as one word. */
static bool flag_read(struct unit *unit, const struct item *item, struct given *ret_given)
{
	struct slice name = item->text;
	struct given given = {.span = item->span};
	if (item->kind == ITEM_ASSIGN && item->items && item->items->kind == ITEM_WORD) {
		given.value = item_word(item->items);
	} else if (item->kind == ITEM_WORD && slice_has(name, '=')) {
		size_t len = (size_t)((const char *)memchr(name.at, '=', name.len) - name.at);
		given.value = slice_of(name.at + len + 1, name.len - len - 1);
		name = slice_first(name, len);
	} else if (item->kind != ITEM_WORD) {
		return report_flag(unit, item, item_text(item));
	}
	given.flag = flag_find(name);
	if (!given.flag)
		return report_flag(unit, item, name);
	if (!value_check(unit, &given))
		return false;
	*ret_given = given;
	return true;
}

/* attach_disconnected and attach_disconnected.path=/x go together, the path says more. */
static bool is_conflict(const struct given *a, const struct given *b)
{
	if (a->flag == b->flag)
		return !slice_eq(a->value, b->value);
	if (a->flag->group == GROUP_NONE || a->flag->group != b->flag->group)
		return false;
	bool refused =
		strncmp(a->flag->name, "no_", 3) == 0 || strncmp(b->flag->name, "no_", 3) == 0;
	return a->flag->group != GROUP_DISCONNECTED || refused;
}

static bool add(struct unit *unit, struct given *all, size_t *count, const struct given *given)
{
	for (size_t i = 0; i < *count; i++) {
		if (all[i].flag == given->flag && slice_eq(all[i].value, given->value))
			return true;
		if (!is_conflict(&all[i], given))
			continue;
		struct diag *diag = diag_add(&unit->diags, DIAG_BAD_PROFILE, given->span,
			"the flag '%s' conflicts with '%s'", given->flag->name, all[i].flag->name);
		diag_second(&unit->diags, diag, all[i].span, "which is given here");
		return false;
	}
	all[(*count)++] = *given;
	return true;
}

bool flags_read(struct unit *unit, const struct item *members, struct profile *profile)
{
	struct given all[FLAG_COUNT], given;
	size_t count = 0;
	bool ok = true;
	for (const struct item *item = members; item; item = item->next)
		ok = flag_read(unit, item, &given) && add(unit, all, &count, &given) && ok;
	profile->flags = arena_array(&unit->arena, count, sizeof(*profile->flags));
	profile->flag_count = count;
	for (size_t i = 0; i < count; i++) {
		profile->flags[i] = slice_str(all[i].flag->name);
		if (all[i].value.at)
			profile->flags[i] = arena_printf(&unit->arena, "%s=%.*s", all[i].flag->name,
				SLICE_FMT(all[i].value));
	}
	return ok;
}
