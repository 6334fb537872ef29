#include "policy/rule/conditions.h"

void access_list_print(const struct access_kind *kind, uint32_t access, struct buf *out)
{
	uint32_t printed = 0;
	if (access == 0)
		return;
	buf_add_str(out, kind->has_parentheses ? " (" : " ");
	for (size_t i = 0; i < kind->access_count; i++) {
		uint32_t bits = kind->access[i].bits;
		if ((access & bits) != bits || (printed & bits) != 0)
			continue;
		if (printed)
			buf_add_str(out, ", ");
		buf_add_str(out, kind->access[i].name);
		printed |= bits;
	}
	if (kind->has_parentheses)
		buf_add_char(out, ')');
}

static void names_print(const struct condition *condition, struct buf *out)
{
	buf_add_char(out, '(');
	for (size_t i = 0; i < condition->count; i++) {
		if (i)
			buf_add_str(out, ", ");
		buf_add(out, condition->values[i]);
	}
	buf_add_char(out, ')');
}

static void kinds_print(const struct condition_kind *kinds, size_t count,
	const struct condition *conditions, const char *before, struct buf *out)
{
	const char *separator = before;
	for (size_t i = 0; i < count; i++) {
		const struct condition *condition = condition_find(conditions, kinds[i].key);
		if (!condition)
			continue;
		buf_add_str(out, separator);
		if (!kinds[i].bare) {
			buf_add_str(out, kinds[i].key);
			buf_add_char(out, '=');
		}
		separator = " ";
		switch (kinds[i].type) {
		case CONDITION_NAMES:
			names_print(condition, out);
			break;
		case CONDITION_GROUP:
			kinds_print(kinds[i].members, kinds[i].member_count, condition->members,
				"(", out);
			buf_add_char(out, ')');
			break;
		case CONDITION_NAME:
		case CONDITION_PATTERN:
			if (*before == '(')
				print_list_word(condition->values[0], out);
			else
				print_word(condition->values[0], out);
			break;
		}
	}
}

void conditions_print(
	const struct access_kind *kind, const struct condition *conditions, struct buf *out)
{
	kinds_print(kind->conditions, kind->condition_count, conditions, " ", out);
}

void access_print(const struct rule *rule, struct buf *out)
{
	access_rule_print(rule->ops->access, (const struct access_rule *)rule, out);
}

void access_rule_print(
	const struct access_kind *kind, const struct access_rule *rule, struct buf *out)
{
	buf_add_str(out, kind->name);
	access_list_print(kind, rule->access, out);
	conditions_print(kind, rule->conditions, out);
}

static bool has_value(const struct condition *condition, struct slice value)
{
	for (size_t i = 0; i < condition->count; i++)
		if (slice_eq(condition->values[i], value))
			return true;
	return false;
}

static bool condition_equal(const struct condition *a, const struct condition *b)
{
	if (!slice_eq(a->key, b->key) || a->has_in != b->has_in || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!has_value(b, a->values[i]))
			return false;
	return conditions_equal(a->members, b->members);
}

bool conditions_equal(const struct condition *a, const struct condition *b)
{
	const struct condition *all = b;
	size_t count = 0;
	for (; b; b = b->next)
		count++;
	for (; a; a = a->next, count--) {
		const struct condition *other = all;
		while (other && !slice_eq(other->key, a->key))
			other = other->next;
		if (!other || !condition_equal(a, other))
			return false;
	}
	return count == 0;
}

bool access_rule_equal(const struct rule *a, const struct rule *b)
{
	const struct access_rule *x = (const struct access_rule *)a;
	const struct access_rule *y = (const struct access_rule *)b;
	return x->access == y->access && conditions_equal(x->conditions, y->conditions);
}
