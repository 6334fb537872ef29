#include "tests/unit/parser_dump.h"

static void dump_items(const struct item *items, struct buf *out)
{
	for (const struct item *item = items; item; item = item->next) {
		if (item != items)
			buf_add_char(out, ' ');
		switch (item->kind) {
		case ITEM_WORD:
			buf_printf(out, item->quoted ? "\"%.*s\"" : "%.*s", SLICE_FMT(item->text));
			break;
		case ITEM_ASSIGN:
			buf_printf(out, "%.*s%c", SLICE_FMT(item->text), item->has_in ? '~' : '=');
			dump_items(item->items, out);
			break;
		case ITEM_LIST:
			buf_add_str(out, "(");
			dump_items(item->items, out);
			buf_add_str(out, ")");
			break;
		case ITEM_ARROW:
			buf_add_str(out, "->");
			break;
		case ITEM_SUBSET:
			buf_add_str(out, "<=");
			break;
		}
	}
}

static void dump_statement(const struct statement *statement, struct buf *out)
{
	if (statement->comment.len > 0)
		buf_printf(out, "[%.*s] ", SLICE_FMT(statement->comment));
	if (statement->kind == STATEMENT_INCLUDE)
		buf_printf(out, "include%s%s ", statement->optional ? "?" : "",
			statement->magic ? "" : "!");
	const struct item *items = statement->items;
	if (statement->kind == STATEMENT_VARIABLE) {
		buf_printf(out, "%.*s %s ", SLICE_FMT(items->text), statement->append ? "+=" : "=");
		items = items->next;
	}
	dump_items(items, out);
	if (statement->kind != STATEMENT_BLOCK) {
		buf_add_str(out, ";");
		return;
	}
	buf_add_str(out, " { ");
	dump_statements(statement->children, out);
	buf_add_str(out, statement->children ? " }" : "}");
}

void dump_statements(const struct statement *first, struct buf *out)
{
	for (const struct statement *at = first; at; at = at->next) {
		if (at != first)
			buf_add_char(out, ' ');
		dump_statement(at, out);
	}
}

void dump_diags(struct unit *unit, struct buf *out)
{
	diags_sort(&unit->diags);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next) {
		struct location place;
		if (diag != unit->diags.first)
			buf_add_str(out, ", ");
		if (sources_locate(&unit->sources, diag->at.begin, &place))
			buf_printf(out, "%u:%u ", place.line, place.column);
		else
			buf_add_str(out, "- ");
		buf_add_str(out, diag_kinds[diag->id].name);
	}
}

struct slice parse_and_dump(struct unit *unit, struct slice text, struct slice *ret_diags)
{
	const struct source *source = sources_add(&unit->sources, SLICE("test"), text, 1);
	struct statement *first = NULL;
	bool fine = parse_policy(unit, source, &first);
	struct buf diags = buf_new(&unit->arena), tree = buf_new(&unit->arena);
	dump_diags(unit, &diags);
	if (fine != (diags.len == 0))
		buf_add_str(&diags, " result and diagnostics disagree");
	dump_statements(first, &tree);
	*ret_diags = buf_slice(&diags);
	return buf_slice(&tree);
}
