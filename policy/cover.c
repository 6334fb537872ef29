#include "policy/cover.h"

#include "policy/glob.h"

enum cover cover_bits(uint32_t deny, uint32_t allow, uint32_t all, uint32_t *ret_common)
{
	uint32_t taken = deny ? deny : all;
	uint32_t given = allow ? allow : all;
	uint32_t common = taken & given;
	if (common == 0)
		return COVER_NONE;
	*ret_common = common == all ? 0 : common;
	return common == given ? COVER_WHOLLY : COVER_PARTLY;
}

static const struct glob *glob_of(struct unit *unit, struct slice aare)
{
	const char *error;
	size_t offset;
	for (size_t i = 0; i + 1 < aare.len; i++)
		if (aare.at[i] == '@' && aare.at[i + 1] == '{')
			return NULL;
	return glob_read(&unit->arena, unit->limits, aare, &error, &offset);
}

static enum cover cover_globs(struct unit *unit, const struct glob *deny, const struct glob *allow,
	struct slice *ret_common)
{
	struct slice witness;
	if (glob_covered(&unit->arena, unit->limits, allow, &deny, 1, &witness) == GLOB_YES)
		return COVER_WHOLLY;
	if (glob_overlap(&unit->arena, unit->limits, deny, allow, &witness) != GLOB_YES)
		return COVER_NONE;
	*ret_common = witness;
	return COVER_PARTLY;
}

enum cover cover_pattern(
	struct unit *unit, struct slice deny, struct slice allow, struct slice *ret_common)
{
	if (!is_given(deny)) {
		*ret_common = allow;
		return COVER_WHOLLY;
	}
	if (!is_given(allow)) {
		*ret_common = deny;
		return COVER_PARTLY;
	}
	if (slice_eq(deny, allow)) {
		*ret_common = allow;
		return COVER_WHOLLY;
	}
	const struct glob *taken = glob_of(unit, deny);
	const struct glob *given = glob_of(unit, allow);
	if (!taken || !given)
		return COVER_NONE;
	struct slice common = allow;
	enum cover cover = cover_globs(unit, taken, given, &common);
	if (cover != COVER_NONE)
		*ret_common = common;
	return cover;
}

/* Sets of names: signal set=(…); not given is every name. */
static enum cover cover_names(struct arena *arena, const struct condition *deny,
	const struct condition *allow, struct condition *common)
{
	common->values = arena_array(arena, allow->count, sizeof(*common->values));
	for (size_t i = 0; i < allow->count; i++)
		for (size_t j = 0; j < deny->count; j++)
			if (slice_eq(allow->values[i], deny->values[j]))
				common->values[common->count++] = allow->values[i];
	if (common->count == 0)
		return COVER_NONE;
	return common->count == allow->count ? COVER_WHOLLY : COVER_PARTLY;
}

static enum cover cover_condition(struct unit *unit, const struct condition_kind *kind,
	const struct condition *deny, const struct condition *allow, struct condition *common)
{
	common->key = slice_str(kind->key);
	if (kind->type == CONDITION_GROUP)
		return cover_conditions(unit, kind->members, kind->member_count,
			deny ? deny->members : NULL, allow ? allow->members : NULL,
			&common->members);
	if (!deny || !allow) {
		const struct condition *given = deny ? deny : allow;
		common->values = given->values;
		common->count = given->count;
		return deny ? COVER_PARTLY : COVER_WHOLLY;
	}
	if (kind->type != CONDITION_PATTERN)
		return cover_names(&unit->arena, deny, allow, common);
	common->values = arena_new(&unit->arena, struct slice);
	common->count = 1;
	return cover_pattern(unit, deny->values[0], allow->values[0], common->values);
}

enum cover cover_conditions(struct unit *unit, const struct condition_kind *kinds, size_t count,
	const struct condition *deny, const struct condition *allow, struct condition **ret_common)
{
	enum cover cover = COVER_WHOLLY;
	struct condition *first = NULL, **end = &first;
	for (size_t i = 0; i < count && cover != COVER_NONE; i++) {
		const struct condition *d = condition_find(deny, kinds[i].key);
		const struct condition *a = condition_find(allow, kinds[i].key);
		if (!d && !a)
			continue;
		struct condition *common = arena_new(&unit->arena, struct condition);
		cover = cover_and(cover, cover_condition(unit, &kinds[i], d, a, common));
		*end = common;
		end = &common->next;
	}
	if (cover != COVER_NONE)
		*ret_common = first;
	return cover;
}

static uint32_t access_of(const struct access_kind *kind, const struct access_rule *rule)
{
	if (rule->access == 0 && kind->implied)
		return kind->implied(rule->conditions);
	return rule->access;
}

enum cover access_covers(struct unit *unit, const struct rule *deny, const struct rule *allow,
	struct slice *ret_witness)
{
	const struct access_kind *kind = deny->ops->access;
	const struct access_rule *d = (const struct access_rule *)deny;
	const struct access_rule *a = (const struct access_rule *)allow;
	struct access_rule common = {0};
	enum cover cover =
		cover_bits(access_of(kind, d), access_of(kind, a), kind->all, &common.access);
	if (cover == COVER_NONE)
		return COVER_NONE;
	cover = cover_and(cover, cover_conditions(unit, kind->conditions, kind->condition_count,
					 d->conditions, a->conditions, &common.conditions));
	if (cover == COVER_PARTLY) {
		struct buf text = buf_new(&unit->arena);
		access_rule_print(kind, &common, &text);
		*ret_witness = buf_slice(&text);
	}
	return cover;
}
