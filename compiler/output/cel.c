#include "compiler/output/cel.h"

#define CEL_CONTROL(when, message, expression)
#define CEL_VARIABLE(name, when, expression) {#name, expression, when},
const struct cel_variable cel_variables[] = {
#include "compiler/output/cel.def"
};
#undef CEL_CONTROL
#undef CEL_VARIABLE

#define CEL_CONTROL(when, message, expression) {expression, message, when},
#define CEL_VARIABLE(name, when, expression)
const struct cel_control cel_controls[] = {
#include "compiler/output/cel.def"
};
#undef CEL_CONTROL
#undef CEL_VARIABLE

const size_t cel_variable_count = sizeof(cel_variables) / sizeof(cel_variables[0]);
const size_t cel_control_count = sizeof(cel_controls) / sizeof(cel_controls[0]);

bool cel_applies(enum cel_when when, const struct kube_controls *controls)
{
	switch (when) {
	case CEL_ALWAYS:
		return true;
	case CEL_READ_ONLY_ROOT:
		return controls->read_only_root;
	case CEL_NON_ROOT:
		return controls->non_root;
	case CEL_NO_ESCALATION:
		return controls->no_escalation;
	case CEL_SECCOMP:
		return controls->seccomp;
	case CEL_FIELD:
		return !controls->annotation;
	case CEL_ANNOTATION:
		return controls->annotation;
	}
	return false;
}

void cel_add_variable(
	const struct launch *launch, json_t *list, const char *name, struct slice expression)
{
	json_t *variable = tree_object(launch->unit);
	tree_put(launch->unit, variable, "name", tree_string(launch->unit, name));
	tree_put(launch->unit, variable, "expression", tree_text(launch->unit, expression));
	tree_add(launch->unit, list, variable);
}

void cel_add_variables(
	const struct launch *launch, json_t *list, const struct kube_controls *controls)
{
	for (size_t i = 0; i < cel_variable_count; i++) {
		const struct cel_variable *variable = &cel_variables[i];
		if (cel_applies(variable->when, controls))
			cel_add_variable(
				launch, list, variable->name, slice_str(variable->expression));
	}
}

/* A message without a variable is a text, which is shown even where an expression would fail. */
static void put_message(const struct launch *launch, json_t *validation, const char *message)
{
	struct slice text = slice_str(message);
	if (slice_ends(text, SLICE("\"")))
		tree_put(launch->unit, validation, "message",
			tree_text(launch->unit, slice_of(text.at + 1, text.len - 2)));
	else
		tree_put(launch->unit, validation, "messageExpression",
			tree_text(launch->unit, text));
}

void cel_add_control(const struct launch *launch, json_t *list, const struct cel_control *control,
	const char *unless)
{
	struct unit *unit = launch->unit;
	json_t *validation = tree_object(unit);
	struct slice expression = slice_str(control->expression);
	if (unless)
		expression = arena_printf(
			&unit->arena, "%s ||\n%.*s", unless, SLICE_FMT(slice_trim(expression)));
	if (unless)
		expression = arena_printf(&unit->arena, "%.*s\n", SLICE_FMT(expression));
	tree_put(unit, validation, "expression", tree_text(unit, expression));
	put_message(launch, validation, control->message);
	tree_add(unit, list, validation);
}
