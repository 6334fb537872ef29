/*
 * mount [fstype=…] [options=…] [SOURCE] [-> MOUNT POINT], remount and umount [fstype=…] [options=…]
 * [MOUNT POINT]: apparmor.d(5), "Mount Rules". Conditions may repeat: each is a set of its own.
 */

#include "policy/rule/items.h"
#include "policy/rule/mount_flags.h"
#include "policy/rule/region.h"

struct option {
	const char *name, *canonical, *opposite;
	bool command;
};

static const struct option options[] = {
#define OPTION(name, canonical, opposite, command) {name, canonical, opposite, command},
#include "policy/names/mount_options.def"
#undef OPTION
};

static const char *const option_texts[] = {
#define OPTION(name, canonical, opposite, command) name,
#include "policy/names/mount_options.def"
#undef OPTION
};

#define OPTION_COUNT (sizeof(options) / sizeof(*options))
_Static_assert(OPTION_COUNT == 60, "options of apparmor_parser 4.1");

static const struct {
	const char *keyword;
	enum mount_operation operation;
} keywords[] = {
	{"mount", MOUNT_MOUNT},
	{"remount", MOUNT_REMOUNT},
	{"umount", MOUNT_UMOUNT},
	{"unmount", MOUNT_UMOUNT},
};

static const struct option *option_find(struct slice name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (slice_is(name, options[i].name))
			return &options[i];
	return NULL;
}

static bool option_read(struct unit *unit, const struct item *item, struct slice *ret_value)
{
	const struct option *option = item->kind == ITEM_WORD ? option_find(item->text) : NULL;
	if (option) {
		*ret_value = slice_str(option->canonical);
		return true;
	}
	report_unknown(unit, item->span, "mount option", item_text(item),
		slice_nearest(item_text(item), option_texts, OPTION_COUNT));
	return false;
}

/* `options=(ro, rw)` can never match one mount; with `in` it means any of them. */
static bool check_opposites(struct unit *unit, const struct condition *condition)
{
	for (size_t i = 0; !condition->has_in && i < condition->count; i++) {
		const char *opposite = option_find(condition->values[i])->opposite;
		for (size_t j = 0; opposite && j < i; j++) {
			if (!slice_is(condition->values[j], opposite))
				continue;
			diag_add(&unit->diags, DIAG_BAD_RULE, condition->span,
				"the mount options '%.*s' and '%s' exclude each other",
				SLICE_FMT(condition->values[i]), opposite);
			return false;
		}
	}
	return true;
}

static bool values_read(
	struct unit *unit, const struct item *first, bool is_option, struct condition *condition)
{
	size_t count = 0;
	bool ok = true;
	for (const struct item *item = first; item; item = item->next)
		count++;
	condition->values = arena_array(&unit->arena, count, sizeof(*condition->values));
	for (const struct item *item = first; item; item = item->next) {
		struct slice *value = &condition->values[condition->count];
		if (is_option) {
			ok = option_read(unit, item, value) && ok;
		} else if (item->kind != ITEM_WORD) {
			diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
				"expected a file system type, not '%.*s'",
				SLICE_FMT(item_text(item)));
			ok = false;
		} else {
			*value = item_word(item);
		}
		condition->count++;
	}
	return ok;
}

static struct condition *condition_read(struct unit *unit, const struct item *assign)
{
	static const char *const keys[] = {"fstype", "options", "vfstype", "option"};
	bool is_option = slice_is(assign->text, "options") || slice_is(assign->text, "option");
	if (!is_option && !slice_is(assign->text, "fstype") && !slice_is(assign->text, "vfstype")) {
		report_unknown(unit, assign->span, "mount condition", assign->text,
			slice_nearest(assign->text, keys, sizeof(keys) / sizeof(*keys)));
		return NULL;
	}
	struct condition *condition = arena_new(&unit->arena, struct condition);
	condition->key = is_option ? SLICE("options") : SLICE("fstype");
	condition->span = assign->span;
	condition->is_list = assign->items && assign->items->kind == ITEM_LIST;
	condition->has_in = assign->has_in;
	const struct item *first = condition->is_list ? assign->items->items : assign->items;
	if (!first) {
		diag_add(&unit->diags, DIAG_BAD_RULE, assign->span,
			"'%.*s=' takes at least one value", SLICE_FMT(assign->text));
		return NULL;
	}
	if (!values_read(unit, first, is_option, condition))
		return NULL;
	return is_option && !check_opposites(unit, condition) ? NULL : condition;
}

/* Conditions stay in the order of the rule, file system types before options. */
static bool conditions_of(struct unit *unit, const struct item *item, struct mount_rule *rule,
	const struct item **ret_rest)
{
	struct condition *lists[2] = {NULL, NULL}, **ends[2] = {&lists[0], &lists[1]};
	bool ok = true;
	for (; item && item->kind == ITEM_ASSIGN; item = item->next) {
		struct condition *condition = condition_read(unit, item);
		ok = ok && condition;
		if (!condition)
			continue;
		int which = slice_is(condition->key, "options");
		*ends[which] = condition;
		ends[which] = &condition->next;
	}
	*ends[0] = lists[1];
	rule->conditions = lists[0];
	*ret_rest = item;
	return ok;
}

/* Sources may be anything ("tmpfs", "none", a path); so may mount points, which are checked by use.
 */
static bool places_read(struct unit *unit, const struct item *item, struct mount_rule *rule)
{
	bool is_mount = rule->operation == MOUNT_MOUNT;
	const char *name = is_mount ? "mount" : "remount or umount";
	if (item && item->kind == ITEM_WORD) {
		if (is_mount)
			rule->source = item_word(item);
		else
			rule->target = item_word(item);
		item = item->next;
	}
	if (!item || item->kind != ITEM_ARROW || !is_mount)
		return items_end(unit, item, name);
	if (!item->next || item->next->kind != ITEM_WORD) {
		diag_add(&unit->diags, DIAG_BAD_RULE, item->span,
			"expected a mount point after '->'");
		return false;
	}
	rule->target = item_word(item->next);
	return items_end(unit, item->next->next, name);
}

/* Whether the options name operations and nothing else: then nothing new is mounted. */
static bool only_commands(const struct mount_rule *rule, bool *ret_make, bool *ret_remount)
{
	bool any = false;
	*ret_make = *ret_remount = false;
	for (const struct condition *c = rule->conditions; c; c = c->next) {
		for (size_t i = 0; slice_is(c->key, "options") && i < c->count; i++) {
			const struct option *option = option_find(c->values[i]);
			if (!option || !option->command)
				return false;
			*ret_remount = *ret_remount || strcmp(option->name, "remount") == 0;
			*ret_make = *ret_make || !strstr("rbind move remount", option->name);
			any = true;
		}
	}
	return any;
}

/* What apparmor_parser refuses at the end, without a place: "Encoding of mount rule failed". */
static bool check_places(
	struct unit *unit, const struct item *keyword, const struct mount_rule *rule)
{
	bool make, remount;
	if (rule->operation != MOUNT_MOUNT || !only_commands(rule, &make, &remount))
		return true;
	const char *message = NULL;
	if (slice_is(rule->conditions->key, "fstype"))
		message = "fstype= does not go with options that mount nothing new";
	else if (remount && is_given(rule->source))
		message = "a remount has no source, write '-> MOUNT POINT'";
	else if (make && is_given(rule->source) && is_given(rule->target))
		message = "a change of propagation has no source, write '-> MOUNT POINT'";
	if (message)
		diag_add(&unit->diags, DIAG_BAD_RULE, keyword->span, "%s", message);
	return !message;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)statement;
	(void)qualifiers;
	struct mount_rule *rule = arena_new(&unit->arena, struct mount_rule);
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (item_is(items, keywords[i].keyword))
			rule->operation = keywords[i].operation;
	const struct item *rest;
	bool ok = conditions_of(unit, items->next, rule, &rest);
	ok = places_read(unit, rest, rule) && ok;
	return ok && check_places(unit, items, rule) ? &rule->head : NULL;
}

static void condition_print(const struct condition *condition, struct buf *out)
{
	bool list =
		condition->has_in || condition->count > 1 || slice_is(condition->key, "options");
	buf_printf(out, " %.*s%s", SLICE_FMT(condition->key), condition->has_in ? " in " : "=");
	if (list)
		buf_add_char(out, '(');
	for (size_t i = 0; i < condition->count; i++) {
		if (i)
			buf_add_str(out, ", ");
		if (list)
			print_list_word(condition->values[i], out);
		else
			print_word(condition->values[i], out);
	}
	if (list)
		buf_add_char(out, ')');
}

static void print(const struct rule *head, struct buf *out)
{
	const struct mount_rule *rule = (const struct mount_rule *)head;
	static const char *const names[] = {
		[MOUNT_MOUNT] = "mount",
		[MOUNT_REMOUNT] = "remount",
		[MOUNT_UMOUNT] = "umount",
	};
	buf_add_str(out, names[rule->operation]);
	for (const struct condition *c = rule->conditions; c; c = c->next)
		condition_print(c, out);
	if (is_given(rule->source)) {
		buf_add_char(out, ' ');
		print_word(rule->source, out);
	}
	if (is_given(rule->target)) {
		buf_add_str(out, rule->operation == MOUNT_MOUNT ? " -> " : " ");
		print_word(rule->target, out);
	}
}

static bool has_value(const struct condition *condition, struct slice value)
{
	for (size_t i = 0; i < condition->count; i++)
		if (slice_eq(condition->values[i], value))
			return true;
	return false;
}

/* Values are a set, conditions a list. */
static bool lists_equal(const struct condition *a, const struct condition *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (!slice_eq(a->key, b->key) || a->has_in != b->has_in || a->count != b->count)
			return false;
		for (size_t i = 0; i < a->count; i++)
			if (!has_value(b, a->values[i]) || !has_value(a, b->values[i]))
				return false;
	}
	return !a && !b;
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct mount_rule *x = (const struct mount_rule *)a;
	const struct mount_rule *y = (const struct mount_rule *)b;
	return x->operation == y->operation && lists_equal(x->conditions, y->conditions) &&
	       is_given(x->source) == is_given(y->source) && slice_eq(x->source, y->source) &&
	       is_given(x->target) == is_given(y->target) && slice_eq(x->target, y->target);
}

/* A remount is a mount with a flag; of an umount only the place is held. */
static const struct region_kind mount_kind = {
	.name = "mount",
	.patterns = {{.form = FORM_TEXT, .key = "fstype"}, {.form = FORM_FLAGS},
		{.form = FORM_BARE}, {.form = FORM_ARROW}},
	.pattern_count = 4,
};

static const struct region_kind umount_kind = {
	.name = "umount",
	.patterns = {{.form = FORM_BARE}},
	.pattern_count = 1,
};

/* Every type that the rule names, as one pattern: "{ext3,ext4}". */
static struct slice types_of(struct arena *arena, const struct mount_rule *rule)
{
	struct buf types = buf_new(arena);
	size_t count = 0;
	for (const struct condition *c = rule->conditions; c; c = c->next)
		for (size_t i = 0; slice_is(c->key, "fstype") && i < c->count; i++, count++) {
			buf_add_char(&types, count ? ',' : '{');
			buf_add(&types, c->values[i]);
		}
	if (count == 0)
		return slice_of(NULL, 0);
	buf_add_char(&types, '}');
	return count == 1 ? slice_of(buf_slice(&types).at + 1, buf_slice(&types).len - 2)
			  : buf_slice(&types);
}

static void regions(struct region_list *list, const struct rule *head)
{
	const struct mount_rule *rule = (const struct mount_rule *)head;
	struct mount_variant variants[MOUNT_VARIANTS];
	struct arena *arena = &list->unit->arena;
	if (rule->operation == MOUNT_UMOUNT)
		region_match(list, region_add(list, &umount_kind, head), 0, rule->target);
	size_t count = mount_variants(arena, rule, variants);
	for (size_t i = 0; i < count; i++) {
		struct region *region = region_add(list, &mount_kind, head);
		if (variants[i].mounts_new)
			region_match(list, region, 0, types_of(arena, rule));
		if (!variants[i].any)
			region_match(list, region, 1, variants[i].flags);
		if (variants[i].has_source)
			region_match(list, region, 2, rule->source);
		region_match(list, region, 3, rule->target);
	}
}

const struct rule_ops rule_mount = {
	.name = "mount",
	.size = sizeof(struct mount_rule),
	.since = ABI_NONE,
	.about = "mount, remount, umount",
	.read = read,
	.print = print,
	.equal = equal,
	.regions = regions,
};
