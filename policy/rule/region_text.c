/* What a deny takes from an allow, in the language of rules. */
#include "policy/rule/items.h"
#include "policy/rule/mount_flags.h"
#include "policy/rule/region.h"

/* A text that both patterns match, or the narrower of them. */
static struct slice common_pattern(
	struct unit *unit, const struct region_pattern *deny, const struct region_pattern *allow)
{
	struct slice witness;
	if (!deny->is_given)
		return allow->is_given ? allow->text : slice_of(NULL, 0);
	if (!allow->is_given || slice_eq(deny->text, allow->text) || !deny->glob || !allow->glob)
		return deny->text;
	if (glob_covered(&unit->arena, unit->limits, allow->glob, &deny->glob, 1, NULL) == GLOB_YES)
		return allow->text;
	if (glob_covered(&unit->arena, unit->limits, deny->glob, &allow->glob, 1, NULL) == GLOB_YES)
		return deny->text;
	return glob_overlap(&unit->arena, unit->limits, deny->glob, allow->glob, &witness) ==
			       GLOB_YES
		       ? region_label_text(&unit->arena, witness, true)
		       : deny->text;
}

static void names_print(const struct region_field *field, region_bits bits, struct buf *out)
{
	const struct name_list *names = field->names;
	bool is_list = field->form == FORM_LIST, is_first = true;
	for (size_t i = 0; i < names->count; i++) {
		if (!(bits >> i & 1) || (field->form == FORM_NAME && !is_first))
			continue;
		if (is_first && field->key)
			buf_printf(out, " %s=%s", field->key, is_list ? "(" : "");
		else
			buf_add_str(out, is_list ? ", " : " ");
		buf_add_str(out, names->names[i].name);
		is_first = false;
	}
	if (is_list)
		buf_add_char(out, ')');
}

static void set_print(const struct region_field *field, region_bits bits, struct buf *out)
{
	if (field->form == FORM_ACCESS && bits != field->access->all)
		access_list_print(field->access, (uint32_t)bits, out);
	else if (field->form != FORM_OWNER && field->names &&
		 bits != region_names_all(field->names))
		names_print(field, bits, out);
}

static void pattern_print(
	const struct region_field *field, struct slice text, bool opens_group, struct buf *out)
{
	if (field->form == FORM_FLAGS) {
		mount_flags_print(text, out);
		return;
	}
	if (opens_group)
		buf_printf(out, " %s=(%s=", field->group, field->key);
	else if (field->form == FORM_TEXT)
		buf_printf(out, " %s=", field->key);
	else
		buf_add_str(out, field->form == FORM_ARROW ? " -> " : " ");
	print_word(text, out);
}

static void owner_print(region_bits bits, struct buf *out)
{
	if (bits != 3)
		buf_add_str(out, bits == 1 ? "owner " : "other ");
}

struct slice region_common_text(
	struct unit *unit, const struct region *deny, const struct region *allow)
{
	const struct region_kind *kind = deny->kind;
	struct buf out = buf_new(&unit->arena);
	const char *group = NULL;
	if (kind->set_count > 0 && kind->sets[0].form == FORM_OWNER)
		owner_print(deny->sets[0] & allow->sets[0], &out);
	buf_add_str(&out, kind->name);
	for (size_t i = 0; i < kind->set_count; i++)
		set_print(&kind->sets[i], deny->sets[i] & allow->sets[i], &out);
	for (size_t i = 0; i < kind->pattern_count; i++) {
		struct slice text = common_pattern(unit, &deny->patterns[i], &allow->patterns[i]);
		if (!is_given(text))
			continue;
		pattern_print(&kind->patterns[i], text, kind->patterns[i].group && !group, &out);
		group = kind->patterns[i].group;
	}
	if (group)
		buf_add_char(&out, ')');
	return buf_slice(&out);
}
