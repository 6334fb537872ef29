/* What the checks share. */
#include "compiler/check/check.h"

#include "policy/escape.h"

bool check_is_over(const struct check_input *input)
{
	const size_t *work = input->unit->limits->work;
	return work && *work == 0;
}

struct arena check_scratch(struct unit *unit)
{
	struct arena kept = unit->arena;
	arena_init(&unit->arena, kept.out_of_memory);
	return kept;
}

struct slice check_scratch_end(struct unit *unit, struct arena kept, struct slice text)
{
	struct arena scratch = unit->arena;
	unit->arena = kept;
	struct slice copy = arena_copy(&unit->arena, text);
	arena_free(&scratch);
	return copy;
}

void check_unclear(
	const struct check_input *input, const struct rule *rule, const struct rule *other)
{
	struct diags *diags = &input->unit->diags;
	struct slice text = check_rule_text(input->unit, rule);
	struct diag *diag = diag_add(diags, DIAG_TOO_COMPLEX, check_place(rule),
		"whether '%.*s' and another rule are about the same path is too complex to tell",
		SLICE_FMT(text));
	diag_second(diags, diag, check_place(other), "the other rule");
	check_reported(input);
}

void check_reported(const struct check_input *input)
{
	enum { REPORT_COST = 1 << 16 };
	limits_spend(input->unit->limits, REPORT_COST);
}

void check_too_complex(
	const struct check_input *input, struct span at, const char *what, size_t count)
{
	struct diags *diags = &input->unit->diags;
	struct diag *diag = diag_add(diags, DIAG_TOO_COMPLEX, at,
		"%s is not checked from here on, for %zu rule%s: together they are too many or too complex",
		what, count, count == 1 ? "" : "s");
	diag_help(diags, diag,
		"write simpler patterns: directories instead of '**' in the middle, fewer of them");
}

const struct glob *check_tree(struct unit *unit, struct slice path, bool inside)
{
	struct buf aare = buf_new(&unit->arena);
	const char *error;
	size_t offset;
	escape_literal(path, &aare);
	buf_add(&aare, inside ? SLICE("/**") : SLICE("{,/**}"));
	return glob_read(&unit->arena, unit->limits, buf_slice(&aare), &error, &offset);
}

struct slice check_rule_text(struct unit *unit, const struct rule *rule)
{
	struct buf text = buf_new(&unit->arena);
	rule_print(rule, &text);
	return buf_slice(&text);
}

struct span check_place(const struct rule *rule)
{
	return span_none(rule->cause) ? rule->span : rule->cause;
}
