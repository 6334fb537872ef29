#include "policy/rule/region.h"

#include "policy/rule/items.h"

void regions_of_rule(struct region_list *list, const struct rule *rule)
{
	if (rule->ops->regions)
		rule->ops->regions(list, rule);
}

region_bits region_names_all(const struct name_list *names)
{
	return (((region_bits)1 << (names->count - 1)) << 1) - 1;
}

region_bits region_name(const struct name_list *names, struct slice name)
{
	for (size_t i = 0; i < names->count; i++)
		if (slice_is(name, names->names[i].name))
			return (region_bits)1 << i;
	return 0;
}

static region_bits set_all(const struct region_field *field)
{
	if (field->form == FORM_ACCESS)
		return field->access->all;
	return region_names_all(field->names);
}

struct region *region_add(
	struct region_list *list, const struct region_kind *kind, const struct rule *rule)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 4;
		struct region *at = arena_array(&list->unit->arena, room, sizeof(*at));
		if (list->count > 0)
			memcpy(at, list->at, list->count * sizeof(*at));
		list->at = at;
		list->room = room;
	}
	struct region *region = &list->at[list->count++];
	*region = (struct region){.kind = kind, .rule = rule};
	for (size_t i = 0; i < kind->set_count; i++)
		region->sets[i] = set_all(&kind->sets[i]);
	return region;
}

/* Between two slashes in labels: no name holds it. */
enum { BETWEEN = 1 };

struct slice region_label_text(struct arena *arena, struct slice text, bool back)
{
	struct buf out = buf_new(arena);
	if (!slice_has(text, back ? BETWEEN : '/'))
		return text;
	for (size_t i = 0; i < text.len; i++) {
		if (back && text.at[i] == BETWEEN)
			continue;
		buf_add_char(&out, text.at[i]);
		if (!back && i + 1 < text.len && text.at[i] == '/' && text.at[i + 1] == '/')
			buf_add_char(&out, BETWEEN);
	}
	return buf_slice(&out);
}

void region_match(struct region_list *list, struct region *region, size_t index, struct slice aare)
{
	struct unit *unit = list->unit;
	struct region_pattern *pattern = &region->patterns[index];
	struct slice missing;
	const char *error;
	size_t offset;
	if (!is_given(aare))
		return;
	pattern->is_given = true;
	pattern->text = aare;
	if (!slice_has(aare, '@') ||
		(list->scope && scope_expand(&unit->arena, unit->limits, list->scope, aare,
					&pattern->text, &missing)))
		pattern->matched = pattern->text;
	if (region->kind->patterns[index].is_label)
		pattern->matched = region_label_text(&unit->arena, pattern->matched, false);
	if (is_given(pattern->matched))
		pattern->glob =
			glob_read(&unit->arena, unit->limits, pattern->matched, &error, &offset);
}

static void set_narrow(
	const struct region_kind *kind, struct region *region, const struct condition *condition)
{
	for (size_t i = 0; i < kind->set_count; i++) {
		const struct region_field *field = &kind->sets[i];
		if (field->form == FORM_ACCESS || !field->key ||
			!slice_is(condition->key, field->key))
			continue;
		region->sets[i] = 0;
		for (size_t j = 0; j < condition->count; j++)
			region->sets[i] |= region_name(field->names, condition->values[j]);
	}
}

static void conditions_narrow(struct region_list *list, struct region *region,
	const struct condition *condition, const char *group)
{
	const struct region_kind *kind = region->kind;
	for (; condition; condition = condition->next) {
		if (condition->members) {
			conditions_narrow(list, region, condition->members, condition->key.at);
			continue;
		}
		if (!group)
			set_narrow(kind, region, condition);
		for (size_t i = 0; i < kind->pattern_count; i++) {
			const struct region_field *field = &kind->patterns[i];
			if (field->key && slice_is(condition->key, field->key) &&
				!field->group == !group)
				region_match(list, region, i, condition->values[0]);
		}
	}
}

void region_add_access(struct region_list *list, const struct region_kind *kind,
	const struct access_kind *access, const struct rule *head)
{
	const struct access_rule *rule = (const struct access_rule *)head;
	struct region *region = region_add(list, kind, head);
	if (rule->access)
		region->sets[0] = rule->access;
	else if (access->implied)
		region->sets[0] = access->implied(rule->conditions);
	conditions_narrow(list, region, rule->conditions, NULL);
}
