/*
 * Rules of the description that name /proc/self: the kernel resolves the link before it looks, so
 * that they can never match. Entries of the lists are translated by lowering; rules stand as
 * written.
 */
#include "compiler/check/check.h"
#include "compiler/lower_paths.h"

void check_proc_self(const struct check_input *input)
{
	for (size_t i = 0; i < input->own.count; i++) {
		const struct file_rule *rule = input->own.at[i].rule;
		if (rule->head.origin != ORIGIN_DESCRIPTION || rule->all ||
			!lower_is_proc_self(rule->path))
			continue;
		struct unit *unit = input->unit;
		struct diag *diag = diag_add(&unit->diags, DIAG_PROC_SELF, check_place(&rule->head),
			"'%.*s' never matches: the kernel sees the number of the process",
			SLICE_FMT(rule->path));
		diag_help(&unit->diags, diag,
			"write /proc/@{pid}/… (of a thread: /proc/@{pid}/task/@{tid}/…)");
	}
}
