#include "policy/print.h"

#include "policy/comment.h"
#include "policy/includes.h"
#include "policy/rule/items.h"

static void qualifiers_print(const struct qualifiers *qualifiers, struct buf *out)
{
	if (qualifiers->has_priority)
		buf_printf(out, "priority=%d ", qualifiers->priority);
	if (qualifiers->audit)
		buf_add_str(out, "audit ");
	if (qualifiers->deny)
		buf_add_str(out, "deny ");
	else if (qualifiers->prompt)
		buf_add_str(out, "prompt ");
	else if (qualifiers->allow)
		buf_add_str(out, "allow ");
	switch (qualifiers->owner) {
	case OWNER_ANY:
		break;
	case OWNER_OWNER:
		buf_add_str(out, "owner ");
		break;
	case OWNER_OTHER:
		buf_add_str(out, "other ");
		break;
	}
}

void rule_print(const struct rule *rule, struct buf *out)
{
	if (rule->printed.len > 0) {
		buf_add(out, rule->printed);
		return;
	}
	qualifiers_print(&rule->qualifiers, out);
	rule->ops->print(rule, out);
}

/* No quoting exists for these names; bytes that would end one never come from a reader
 * (is_file_name). */
static void file_name_print(struct slice path, bool magic, struct buf *out)
{
	buf_add_char(out, magic ? '<' : '"');
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.at[i];
		bool ends = c < ' ' || c == 0x7f || c == (magic ? '>' : '"');
		buf_add_char(out, ends ? '?' : (char)c);
	}
	buf_add_char(out, magic ? '>' : '"');
}

void include_print(const struct include *include, struct buf *out)
{
	buf_add_str(out, include->optional ? "include if exists " : "include ");
	file_name_print(include->path, include->magic, out);
}

static void variable_print(const struct variable *variable, struct buf *out)
{
	bool is_flag = slice_starts(variable->name, SLICE("$"));
	print_comment(variable->comment, 0, out);
	buf_printf(out, is_flag ? "%.*s" : "@{%.*s}", SLICE_FMT(variable->name));
	buf_add_str(out, variable->append ? " +=" : " =");
	for (size_t i = 0; i < variable->count; i++) {
		buf_add_char(out, ' ');
		print_word(variable->values[i], out);
	}
	buf_add_char(out, '\n');
}

static void aliases_print(const struct rule *rule, struct buf *out)
{
	for (; rule; rule = rule->next) {
		print_comment(rule->comment, 0, out);
		rule_print(rule, out);
		buf_add_str(out, ",\n");
	}
}

static void contents_print(
	const struct preamble *preamble, struct include_set *set, struct buf *out);

static void files_print(const struct include *include, struct include_set *set, struct buf *out)
{
	for (const struct include_file *file = include->files; file; file = file->next)
		if (include_set_add(set, file))
			contents_print(file->preamble, set, out);
}

/* Includes replaced by their variables and aliases, in the order of the texts. */
static void contents_print(
	const struct preamble *preamble, struct include_set *set, struct buf *out)
{
	const struct include *includes = preamble->includes, *include;
	const struct variable *variables = preamble->variables, *variable;
	while (preamble_next(&includes, &variables, &include, &variable)) {
		if (include)
			files_print(include, set, out);
		else
			variable_print(variable, out);
	}
	aliases_print(preamble->aliases, out);
}

void preamble_print(
	const struct preamble *preamble, const struct print_options *options, struct buf *out)
{
	if (options->self_contained) {
		struct include_set set = include_set_new(out->arena);
		contents_print(preamble, &set, out);
		return;
	}
	const struct include *includes = preamble->includes, *include;
	const struct variable *variables = preamble->variables, *variable;
	if (preamble->has_abi) {
		buf_add_str(out, "abi ");
		file_name_print(preamble->abi_path, preamble->abi_magic, out);
		buf_add_str(out, ",\n");
	}
	while (preamble_next(&includes, &variables, &include, &variable)) {
		if (variable) {
			variable_print(variable, out);
			continue;
		}
		print_comment(include->comment, 0, out);
		include_print(include, out);
		buf_add_char(out, '\n');
	}
	aliases_print(preamble->aliases, out);
}
