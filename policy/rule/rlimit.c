/* set rlimit RESOURCE <= VALUE: apparmor.d(5), "rlimit rules". */

#include "policy/rule/items.h"

enum measure { MEASURE_SIZE, MEASURE_NUMBER, MEASURE_TIME, MEASURE_NICE };

static const struct {
	const char *resource;
	enum measure measure;
} resources[] = {
	{"cpu", MEASURE_TIME},
	{"rttime", MEASURE_TIME},
	{"nice", MEASURE_NICE},
	{"nofile", MEASURE_NUMBER},
	{"ofile", MEASURE_NUMBER},
	{"nproc", MEASURE_NUMBER},
	{"locks", MEASURE_NUMBER},
	{"sigpending", MEASURE_NUMBER},
	{"rtprio", MEASURE_NUMBER},
};

struct measure_unit {
	const char *name;
	uint64_t factor;
};

static const struct measure_unit sizes[] = {
	{"K", UINT64_C(1) << 10},
	{"KB", UINT64_C(1) << 10},
	{"M", UINT64_C(1) << 20},
	{"MB", UINT64_C(1) << 20},
	{"G", UINT64_C(1) << 30},
	{"GB", UINT64_C(1) << 30},
	{NULL, 0},
};

/* In microseconds. */
static const struct measure_unit times[] = {
	{"us", 1},
	{"microsecond", 1},
	{"microseconds", 1},
	{"ms", 1000},
	{"millisecond", 1000},
	{"milliseconds", 1000},
	{"s", 1000000},
	{"sec", 1000000},
	{"second", 1000000},
	{"seconds", 1000000},
	{"min", 60 * 1000000},
	{"minute", 60 * 1000000},
	{"minutes", 60 * 1000000},
	{"h", UINT64_C(3600) * 1000000},
	{"hour", UINT64_C(3600) * 1000000},
	{"hours", UINT64_C(3600) * 1000000},
	{"d", UINT64_C(86400) * 1000000},
	{"day", UINT64_C(86400) * 1000000},
	{"days", UINT64_C(86400) * 1000000},
	{"week", UINT64_C(604800) * 1000000},
	{"weeks", UINT64_C(604800) * 1000000},
	{NULL, 0},
};

static enum measure measure_of(const char *resource)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
		if (strcmp(resources[i].resource, resource) == 0)
			return resources[i].measure;
	return MEASURE_SIZE;
}

/* "10 MB" and "10MB" are number and unit; the sign belongs to the number. */
struct value {
	struct slice number, unit, text;
	struct span span;
};

static bool fail(struct unit *unit, const struct value *value, const char *expected)
{
	diag_add(&unit->diags, DIAG_BAD_RULE, value->span, "'%.*s' is not a value, expected %s",
		SLICE_FMT(value->text), expected);
	return false;
}

static bool value_split(struct unit *unit, const struct item *item, struct value *ret_value)
{
	if (!item || item->kind != ITEM_WORD)
		return false;
	size_t digits = item->text.len && item->text.at[0] == '-' ? 1 : 0;
	while (digits < item->text.len && item->text.at[digits] >= '0' &&
		item->text.at[digits] <= '9')
		digits++;
	*ret_value = (struct value){.number = slice_first(item->text, digits),
		.unit = slice_from(item->text, digits),
		.text = item->text,
		.span = item->span};
	if (item->next && item->next->kind == ITEM_WORD && ret_value->unit.len == 0) {
		item = item->next;
		ret_value->unit = item->text;
		ret_value->span = span_join(ret_value->span, item->span);
		ret_value->text = arena_printf(&unit->arena, "%.*s%.*s",
			SLICE_FMT(ret_value->number), SLICE_FMT(item->text));
	}
	return items_end(unit, item->next, "rlimit");
}

/* Decimal, without leading zeros (apparmor_parser reads 010 as 8), times a factor. */
static bool number_read(struct slice digits, uint64_t factor, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (digits.len == 0 || (digits.len > 1 && digits.at[0] == '0'))
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9' ||
			__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, (uint64_t)(digits.at[i] - '0'), &number))
			return false;
	}
	return !__builtin_mul_overflow(number, factor, ret_number);
}

static bool scaled_read(struct unit *unit, const struct value *value,
	const struct measure_unit *units, uint64_t plain, const char *expected,
	uint64_t *ret_number)
{
	uint64_t factor = value->unit.len ? 0 : plain;
	for (; units && units->name; units++)
		if (slice_is(value->unit, units->name))
			factor = units->factor;
	if (factor == 0 || !number_read(value->number, factor, ret_number))
		return fail(unit, value, expected);
	return true;
}

static bool nice_check(struct unit *unit, const struct value *value)
{
	uint64_t number;
	bool negative = value->number.len && value->number.at[0] == '-';
	if (value->unit.len == 0 && number_read(slice_from(value->number, negative), 1, &number) &&
		number <= (negative ? 20 : 19))
		return true;
	return fail(unit, value, "a number from -20 to 19, or infinity");
}

static bool value_check(struct unit *unit, const char *resource, const struct value *value)
{
	uint64_t number;
	bool cpu = strcmp(resource, "cpu") == 0;
	if (value->number.len == 0 && slice_is(value->unit, "infinity"))
		return true;
	switch (measure_of(resource)) {
	case MEASURE_NICE:
		return nice_check(unit, value);
	case MEASURE_NUMBER:
		return scaled_read(unit, value, NULL, 1, "a number or infinity", &number);
	case MEASURE_SIZE:
		return scaled_read(unit, value, sizes, 1,
			"a size such as 512K, 10M, 1G, or infinity", &number);
	case MEASURE_TIME:
		if (!scaled_read(unit, value, times, cpu ? 1000000 : 1,
			    cpu ? "a time such as 30s, 10min, or infinity"
				: "a time such as 500ms, 1s, or infinity",
			    &number))
			return false;
		return !cpu || number == 0 || number >= 1000000 ||
		       fail(unit, value, "at least one second");
	}
	return false;
}

static struct rule *read(struct unit *unit, const struct statement *statement,
	const struct item *items, const struct qualifiers *qualifiers)
{
	(void)qualifiers;
	const struct item *keyword = items->next;
	const struct item *resource = keyword ? keyword->next : NULL;
	const struct item *compare = resource ? resource->next : NULL;
	if (!item_is(keyword, "rlimit") || !resource || !compare || compare->kind != ITEM_SUBSET ||
		!compare->next) {
		struct diag *diag = diag_add(&unit->diags, DIAG_BAD_RULE, statement->span,
			"expected 'set rlimit RESOURCE <= VALUE'");
		diag_help(&unit->diags, diag, "such as 'set rlimit nofile <= 1024'");
		return NULL;
	}
	const char *name = read_name(unit, &names_rlimits, resource);
	struct value value;
	if (compare->next->kind != ITEM_WORD || compare->next->quoted) {
		items_end(unit, compare->next, "rlimit");
		return NULL;
	}
	if (!value_split(unit, compare->next, &value) || !name || !value_check(unit, name, &value))
		return NULL;
	struct rlimit_rule *rule = arena_new(&unit->arena, struct rlimit_rule);
	int number = name_find(&names_rlimits, slice_str(name))->number;
	rule->resource = slice_str(name_of(&names_rlimits, number)->name); /* ofile is nofile */
	rule->value = value.text;
	return &rule->head;
}

static void print(const struct rule *head, struct buf *out)
{
	const struct rlimit_rule *rule = (const struct rlimit_rule *)head;
	buf_printf(
		out, "set rlimit %.*s <= %.*s", SLICE_FMT(rule->resource), SLICE_FMT(rule->value));
}

static bool equal(const struct rule *a, const struct rule *b)
{
	const struct rlimit_rule *x = (const struct rlimit_rule *)a;
	const struct rlimit_rule *y = (const struct rlimit_rule *)b;
	return slice_eq(x->resource, y->resource) && slice_eq(x->value, y->value);
}

const struct rule_ops rule_rlimit = {
	.name = "rlimit",
	.size = sizeof(struct rlimit_rule),
	.since = ABI_NONE,
	.about = "resource limits",
	.read = read,
	.print = print,
	.equal = equal,
};
