/*
 * Any bytes as something to audit, document or command line: it is refused with a diagnostic, or
 * audited; what --fix makes of it can be audited again, and has nothing left that it said to have
 * mended; what import makes of it is a description without a mistake.
 */
#include "audit/fix.h"
#include "audit/import.h"
#include "compiler/service/read.h"
#include "tests/fuzz/fuzz.h"

static void render(struct unit *unit)
{
	struct buf out = buf_new(&unit->arena);
	diags_sort(&unit->diags);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next)
		diag_render(diag, &unit->sources, &out);
}

static enum audit_read read_input(struct unit *unit, const struct source *source, bool is_command,
	struct workload **ret_first)
{
	return is_command ? audit_read_command(unit, source, ret_first)
			  : audit_read(unit, source, ret_first);
}

static void check_fix(struct unit *unit, const struct source *source, bool is_command)
{
	struct fix fix;
	struct unit again;
	struct workload *first;
	audit_fix(unit, source, is_command, NULL, &fix);
	if (fix.mended == 0) {
		fuzz_demand(slice_eq(fix.text, source->text), "nothing mended, nothing changed");
		return;
	}
	unit_init(&again, NULL, fuzz_out_of_memory);
	again.limits = &audit_limits;
	const struct source *fixed = sources_add(&again.sources, SLICE("fixed"), fix.text, 1);
	bool is_read = read_input(&again, fixed, is_command, &first) == AUDIT_READ;
	if (!is_read)
		fuzz_show(fix.text);
	fuzz_demand(is_read, "a mended input can be read");
	unit_free(&again);
}

static void check_import(struct unit *unit, const struct workload *workload)
{
	struct slice text;
	struct unit described;
	struct service *service;
	if (!import_description(unit, workload, &text))
		return;
	unit_init(&described, NULL, fuzz_out_of_memory);
	const struct source *source = sources_add(&described.sources, SLICE("imported"), text, 1);
	bool is_good = service_read(&described, source, &service);
	if (!is_good) {
		fuzz_show(text);
		struct buf out = buf_new(&described.arena);
		for (const struct diag *diag = described.diags.first; diag; diag = diag->next)
			diag_render(diag, &described.sources, &out);
		fuzz_show(buf_slice(&out));
	}
	fuzz_demand(is_good, "an imported description is valid");
	unit_free(&described);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit unit;
	struct workload *first = NULL;
	struct findings findings;
	if (size == 0)
		return 0;
	/* The first byte chooses; 'c' begins no document that could be audited. */
	bool is_command = data[0] == 'c';
	unit_init(&unit, NULL, fuzz_out_of_memory);
	unit.limits = &audit_limits;
	struct slice text = slice_of((const char *)data + is_command, size - is_command);
	text = arena_copy(&unit.arena, text);
	const struct source *source = sources_add(&unit.sources, SLICE("input"), text, 1);
	enum audit_read read = read_input(&unit, source, is_command, &first);
	fuzz_demand(read != AUDIT_BROKEN || unit.diags.errors > 0, "refused without a diagnostic");
	if (read == AUDIT_READ && first) {
		audit_check(&unit, first, NULL, &findings);
		check_fix(&unit, source, is_command);
		for (const struct workload *at = first; at; at = at->next)
			check_import(&unit, at);
	}
	render(&unit);
	unit_free(&unit);
	return 0;
}
