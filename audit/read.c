/* Which format a file is of; each has a reader, read_*.c. */
#include "audit/intake.h"

const struct limits audit_limits = {
	.document_bytes = 8 << 20,
	.policy_bytes = 8 << 20,
	.depth = 64,
	.nodes = 500000,
	.includes = 1000,
	.errors = 100,
	.glob_states = 20000,
	.glob_text = 1 << 16,
	.carved_rules = 1000,
};

/* JSON begins with a bracket; its keys are in quotes. */
static bool is_json(const struct node *root, struct slice text)
{
	if (!root->flow || !root->first)
		return false;
	const struct node *inner = root->kind == NODE_SEQUENCE ? root->first->value : root;
	text = slice_trim(text);
	return text.len > 0 && (text.at[0] == '{' || text.at[0] == '[') &&
	       (inner->kind != NODE_MAPPING || !inner->first || !inner->first->key->plain);
}

static bool dispatch(struct intake *intake, const struct node *root)
{
	if (is_inspect(root))
		read_inspect(intake, root);
	else if (is_kubernetes(root))
		read_kubernetes(intake, root);
	else if (is_oci(root))
		read_oci(intake, root);
	else if (is_compose(root))
		read_compose(intake, root);
	else
		return false;
	return true;
}

enum audit_read audit_read(
	struct unit *unit, const struct source *source, struct workload **ret_first)
{
	struct reader reader = {
		.unit = unit,
		.source = source,
		.errors = unit->diags.errors,
		.warnings = unit->diags.warnings + unit->diags.notes,
	};
	/* Tags such as Compose's !override say nothing that matters here. */
	unit->diags.severities[DIAG_WRONG_TYPE] = SEVERITY_NOTE;
	if (!text_check(&reader))
		return AUDIT_BROKEN;
	const struct node *root = yaml_read(&reader);
	if (unit->diags.errors > reader.errors)
		return AUDIT_BROKEN;
	*ret_first = NULL;
	if (!root || node_is_null(root))
		return AUDIT_READ;
	struct intake intake = {
		.reader = &reader,
		.unit = unit,
		.root = root,
		.end = ret_first,
		.json = is_json(root, source->text),
	};
	if (!dispatch(&intake, root))
		return AUDIT_FOREIGN;
	return unit->diags.errors > reader.errors ? AUDIT_BROKEN : AUDIT_READ;
}
