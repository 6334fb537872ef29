#include "policy/print.h"

#include <stdlib.h>

bool rule_equal(const struct rule *a, const struct rule *b)
{
	const struct qualifiers *x = &a->qualifiers, *y = &b->qualifiers;
	return a->ops == b->ops && x->audit == y->audit && x->deny == y->deny &&
	       x->prompt == y->prompt && x->owner == y->owner &&
	       (x->has_priority ? x->priority : 0) == (y->has_priority ? y->priority : 0) &&
	       a->ops->equal(a, b);
}

static bool differ(
	struct arena *arena, struct slice *ret_difference, const char *what, struct slice which)
{
	*ret_difference = arena_printf(arena, "%s: %.*s", what, SLICE_FMT(which));
	return false;
}

static struct slice rule_text(struct arena *arena, const struct rule *rule)
{
	struct buf out = buf_new(arena);
	rule_print(rule, &out);
	return buf_slice(&out);
}

/* A rule with its text, by which an equal one is found soon. */
struct printed_rule {
	struct slice text;
	const struct rule *rule;
};

static int compare_texts(const void *a, const void *b)
{
	return slice_cmp(
		((const struct printed_rule *)a)->text, ((const struct printed_rule *)b)->text);
}

static struct printed_rule *sorted_rules(struct arena *arena, const struct rule *rule, size_t count)
{
	struct printed_rule *rules = arena_array(arena, count, sizeof(*rules));
	for (size_t i = 0; i < count; i++, rule = rule->next)
		rules[i] = (struct printed_rule){rule_text(arena, rule), rule};
	qsort(rules, count, sizeof(*rules), compare_texts);
	return rules;
}

/*
 * Whether a rule that prints the same is equal. The text alone proves nothing: the printer may have
 * left out what differs.
 */
static bool has_equal_twin(
	const struct printed_rule *key, const struct printed_rule *rules, size_t count)
{
	const struct printed_rule *found =
		bsearch(key, rules, count, sizeof(*rules), compare_texts);
	if (!found || rule_equal(key->rule, found->rule))
		return found != NULL;
	const struct printed_rule *at = found;
	while (at > rules && slice_eq(at[-1].text, key->text))
		at--;
	for (; at < rules + count && slice_eq(at->text, key->text); at++)
		if (rule_equal(key->rule, at->rule))
			return true;
	return false;
}

/* Every rule of `a` has an equal one in `b`. Most are found by their text. */
static bool rules_within(struct arena *arena, const struct rule *a, const struct rule *b,
	const char *what, struct slice *ret_difference)
{
	size_t count = 0;
	for (const struct rule *rule = b; rule; rule = rule->next)
		count++;
	struct printed_rule *rules = sorted_rules(arena, b, count);
	for (; a; a = a->next) {
		struct printed_rule key = {rule_text(arena, a), a};
		const struct rule *rule = b;
		if (has_equal_twin(&key, rules, count))
			continue;
		while (rule && !rule_equal(a, rule))
			rule = rule->next;
		if (!rule)
			return differ(arena, ret_difference, what, key.text);
	}
	return true;
}

static bool rules_equal(struct arena *arena, const struct rule *a, const struct rule *b,
	struct slice *ret_difference)
{
	return rules_within(arena, a, b, "only the first has the rule", ret_difference) &&
	       rules_within(arena, b, a, "only the second has the rule", ret_difference);
}

static bool includes_within(struct arena *arena, const struct include *a, const struct include *b,
	const char *what, struct slice *ret_difference)
{
	for (; a; a = a->next) {
		const struct include *i = b;
		while (i && !(slice_eq(i->path, a->path) && i->magic == a->magic &&
				    i->optional == a->optional))
			i = i->next;
		if (!i)
			return differ(arena, ret_difference, what, a->path);
	}
	return true;
}

static bool includes_equal(struct arena *arena, const struct include *a, const struct include *b,
	struct slice *ret_difference)
{
	return includes_within(arena, a, b, "only the first includes", ret_difference) &&
	       includes_within(arena, b, a, "only the second includes", ret_difference);
}

static bool slices_equal(
	const struct slice *a, size_t a_count, const struct slice *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!slice_eq(a[i], b[i]))
			return false;
	return true;
}

/* Variables are compared in order, as `+=` comes after `=`. */
static bool variables_equal(struct arena *arena, const struct variable *a, const struct variable *b,
	struct slice *ret_difference)
{
	for (; a && b; a = a->next, b = b->next)
		if (!slice_eq(a->name, b->name) || a->append != b->append ||
			!slices_equal(a->values, a->count, b->values, b->count))
			return differ(arena, ret_difference, "the variables differ", a->name);
	if (a || b)
		return differ(
			arena, ret_difference, "only one has the variable", a ? a->name : b->name);
	return true;
}

static bool preambles_equal(struct arena *arena, const struct preamble *a, const struct preamble *b,
	struct slice *ret_difference)
{
	if (a->has_abi != b->has_abi || !slice_eq(a->abi_path, b->abi_path))
		return differ(arena, ret_difference, "the ABIs differ",
			a->has_abi ? a->abi_path : b->abi_path);
	return includes_equal(arena, a->includes, b->includes, ret_difference) &&
	       variables_equal(arena, a->variables, b->variables, ret_difference) &&
	       rules_equal(arena, a->aliases, b->aliases, ret_difference);
}

static bool profile_equal(struct arena *arena, const struct profile *a, const struct profile *b,
	struct slice *ret_difference);

static bool profiles_equal(struct arena *arena, const struct profile *a, const struct profile *b,
	struct slice *ret_difference)
{
	size_t surplus = 0;
	for (const struct profile *p = b; p; p = p->next)
		surplus++;
	for (; a; a = a->next, surplus--) {
		const struct profile *p = b;
		while (p && !slice_eq(p->name, a->name))
			p = p->next;
		if (!p)
			return differ(
				arena, ret_difference, "only the first has the profile", a->name);
		if (!profile_equal(arena, a, p, ret_difference))
			return false;
	}
	return surplus == 0 ||
	       differ(arena, ret_difference, "the second has more profiles", SLICE(""));
}

static bool flags_within(const struct profile *a, const struct profile *b)
{
	for (size_t i = 0; i < a->flag_count; i++) {
		size_t j = 0;
		while (j < b->flag_count && !slice_eq(a->flags[i], b->flags[j]))
			j++;
		if (j == b->flag_count)
			return false;
	}
	return true;
}

static bool profile_equal(struct arena *arena, const struct profile *a, const struct profile *b,
	struct slice *ret_difference)
{
	if (!slice_eq(a->attachment, b->attachment) || !slice_eq(a->xattrs, b->xattrs) ||
		a->is_hat != b->is_hat || !flags_within(a, b) || !flags_within(b, a))
		return differ(arena, ret_difference, "the heads of the profile differ", a->name);
	return rules_equal(arena, a->body.rules, b->body.rules, ret_difference) &&
	       includes_equal(arena, a->body.includes, b->body.includes, ret_difference) &&
	       profiles_equal(arena, a->body.children, b->body.children, ret_difference);
}

bool policy_equal(struct arena *arena, const struct policy *a, const struct policy *b,
	struct slice *ret_difference)
{
	return preambles_equal(arena, &a->preamble, &b->preamble, ret_difference) &&
	       profiles_equal(arena, a->profiles, b->profiles, ret_difference);
}
