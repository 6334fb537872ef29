/*
 * Any bytes as a description: it is refused with a diagnostic, or the emitted profile reads back as
 * the tree that was meant.
 */
#include "compiler/service/read.h"
#include "tests/fuzz/fuzz.h"
#include "tests/roundtrip.h"

/* With the variables that descriptions use, and denies to carve; no include, so that no file is
 * read. */
static const char template_text[] = "abi <abi/3.0>,\n"
				    "@{pid}=[1-9] [1-9][0-9]\n"
				    "@{tid}=@{pid}\n"
				    "@{PROC}=/proc/\n"
				    "profile @{name} @{attachment} flags=(attach_disconnected) {\n"
				    "	@{libraries}/** mr,\n"
				    "	signal peer=@{name}{,//**},\n"
				    "	deny /proc/** wkl,\n"
				    "	deny /sys/** wklx,\n"
				    "}\n";

enum { FUZZ_CHILDREN = 64 };

static void compile(
	struct unit *unit, const struct source *source, const struct policy_template *template)
{
	struct service *service;
	struct compiled compiled;
	bool odd = source->text.len % 2;
	struct compile_options options = {.abi = odd ? ABI_4_0 : ABI_3_0, .annotate = odd};
	size_t errors = unit->diags.errors;
	if (!service_read(unit, source, &service)) {
		fuzz_demand(unit->diags.errors > errors, "refused without a diagnostic");
		return;
	}
	const struct policy_template *of_children[FUZZ_CHILDREN];
	struct service_templates templates = {template, of_children};
	size_t count = 0;
	for (const struct service *child = service->children; child; child = child->next)
		count++;
	if (count > FUZZ_CHILDREN)
		return;
	for (size_t i = 0; i < count; i++)
		of_children[i] = template;
	if (!compile_service(unit, service, &templates, &options, &compiled)) {
		fuzz_demand(unit->diags.errors > errors, "refused without a diagnostic");
		return;
	}
	struct slice why = SLICE("");
	bool same = roundtrip(unit, &compiled, &options, &why);
	if (!same)
		fuzz_show(why);
	fuzz_demand(same, "the emitted text does not read back");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit shared, unit;
	unit_init(&shared, NULL, fuzz_out_of_memory);
	unit_init(&unit, &shared.sources, fuzz_out_of_memory);
	const struct source *template_source =
		sources_add(&shared.sources, SLICE("<template>"), SLICE(template_text), 1);
	const struct policy_template *template =
		template_prepare(&shared, template_source, SLICE("t"), NULL, false);
	fuzz_demand(template != NULL, "the template is valid");
	struct slice text = arena_copy(&unit.arena, slice_of((const char *)data, size));
	const struct source *source = sources_add(&unit.sources, SLICE("input"), text, 1);
	compile(&unit, source, template);
	struct buf out = buf_new(&unit.arena);
	diags_sort(&unit.diags);
	for (const struct diag *diag = unit.diags.first; diag; diag = diag->next)
		diag_render(diag, &unit.sources, &out);
	unit_free(&unit);
	unit_free(&shared);
	return 0;
}
