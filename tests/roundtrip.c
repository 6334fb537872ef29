#include "tests/roundtrip.h"

#include "compiler/output/profile.h"
#include "parser/parser.h"

static struct slice print_policy(struct unit *unit, const struct policy *policy)
{
	struct buf out = buf_new(&unit->arena);
	struct print_options plain = {.sources = &unit->sources};
	preamble_print(&policy->preamble, &plain, &out);
	for (const struct profile *profile = policy->profiles; profile; profile = profile->next)
		profile_print(profile, &plain, &out);
	return buf_slice(&out);
}

static bool read_back(struct unit *unit, struct slice text, const struct include_loader *loader,
	struct policy *ret_policy)
{
	const struct source *source = sources_add(&unit->sources, SLICE("<emitted>"), text, 1);
	struct statement *statements;
	return source && parse_policy(unit, source, &statements) &&
	       policy_read(unit, statements, ORIGIN_TEMPLATE, loader, ret_policy);
}

static bool fails(struct unit *unit, struct slice *ret_why, const char *what)
{
	struct buf why = buf_new(&unit->arena);
	buf_add_str(&why, what);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next) {
		buf_add_char(&why, '\n');
		diag_render(diag, &unit->sources, &why);
	}
	*ret_why = buf_slice(&why);
	return false;
}

bool roundtrip_print(struct unit *unit, const struct compiled *compiled,
	const struct compile_options *options, struct roundtrip_texts *ret_texts,
	struct slice *ret_why)
{
	struct buf text = buf_new(&unit->arena);
	struct profile_header header = {.description = SLICE("x.yaml"), .sha256 = SLICE("0000")};
	const struct include_loader *loader = compiled->template->loader;
	output_profile(unit, compiled, &header, options, &text);
	struct policy back, again;
	if (!read_back(unit, buf_slice(&text), loader, &back))
		return fails(unit, ret_why, "the emitted text cannot be read back");
	struct slice once = print_policy(unit, &back);
	*ret_texts = (struct roundtrip_texts){buf_slice(&text), once};
	if (!options->self_contained &&
		!policy_equal(&unit->arena, compiled->policy, &back, ret_why))
		return false;
	if (!read_back(unit, once, loader, &again))
		return fails(unit, ret_why, "the text printed again cannot be read back");
	if (slice_eq(once, print_policy(unit, &again)))
		return true;
	return fails(unit, ret_why, "printing again gives other bytes");
}

bool roundtrip(struct unit *unit, const struct compiled *compiled,
	const struct compile_options *options, struct slice *ret_why)
{
	struct roundtrip_texts texts;
	return roundtrip_print(unit, compiled, options, &texts, ret_why);
}
