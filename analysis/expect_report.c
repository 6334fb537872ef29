#include "analysis/expect_report.h"
#include "analysis/rulebook.h"
#include "policy/print.h"

static struct slice rule_text(struct unit *unit, const struct rule *rule)
{
	struct buf text = buf_new(&unit->arena);
	rule_print(rule, &text);
	return buf_slice(&text);
}

/* "rw", or "nothing". */
static struct slice perms_text(struct unit *unit, unsigned perms)
{
	struct buf text = buf_new(&unit->arena);
	file_perms_print(perms & ~(unsigned)PERM_EXEC, EXEC_NONE, false, &text);
	if (perms & PERM_EXEC)
		buf_add_char(&text, 'x');
	return text.len > 0 ? arena_printf(&unit->arena, "'%.*s'", SLICE_FMT(buf_slice(&text)))
			    : SLICE("nothing");
}

static enum perm first_letter(unsigned perms)
{
	return (enum perm)(perms & -perms);
}

/* A rule of the description for one file where a directory with all below it would be wanted. */
static const struct entry *find_beside(const struct run *run, const struct expectation *expectation)
{
	for (size_t i = 0; i < run->book->count; i++) {
		const struct entry *entry = &run->book->entries[i];
		if (entry->rule->ops != &rule_file || entry->rule->qualifiers.deny ||
			entry->broken || entry->rule->origin != ORIGIN_DESCRIPTION ||
			entry->glob_count == 0)
			continue;
		struct slice path = glob_prefix(entry->globs[0]);
		if (glob_match(entry->globs[0], path) && path.len > 1 &&
			!slice_ends(path, SLICE("/")) && slice_starts(expectation->path, path) &&
			slice_starts(slice_from(expectation->path, path.len), SLICE("/")))
			return entry;
	}
	return NULL;
}

/* Whether all that the assertion asks for would be allowed on another path. */
static bool holds_on(
	const struct run *run, const struct expectation *expectation, struct slice path)
{
	bool of_owner = !expectation->only_other, of_others = !expectation->only_owner;
	unsigned perms = expectation->perms;
	return (!of_owner || !(perms & ~decide_file(run->profile, path, true).allowed)) &&
	       (!of_others || !(perms & ~decide_file(run->profile, path, false).allowed));
}

/* The assertion as written, but with more behind its path. */
static struct slice with_more(
	struct unit *unit, const struct expectation *expectation, const char *more)
{
	const char *at = slice_find(expectation->text, expectation->path);
	if (!at) /* written with backslashes */
		return arena_printf(&unit->arena, "%.*s%s", SLICE_FMT(expectation->path), more);
	size_t len = (size_t)(at - expectation->text.at) + expectation->path.len;
	return arena_printf(&unit->arena, "%.*s%s%.*s",
		SLICE_FMT(slice_first(expectation->text, len)), more,
		SLICE_FMT(slice_from(expectation->text, len)));
}

/* Made from an entry for paths, which may be a directory or {file: PATH}. */
static bool is_entry(const struct rule *rule)
{
	return rule->origin == ORIGIN_DESCRIPTION &&
	       (rule->section == SECTION_LIBRARIES || rule->section == SECTION_READABLE ||
		       rule->section == SECTION_WRITABLE);
}

/* An entry for a directory, and an assertion that names it as a file: without the slash. */
static bool add_directory(struct run *run, struct diag *diag, const struct expectation *expectation)
{
	static const char *const tries[] = {"/", "/NAME"};
	struct unit *unit = run->unit;
	if (expectation->kind != EXPECT_FILE || slice_ends(expectation->path, SLICE("/")))
		return false;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		struct slice path = arena_printf(
			&unit->arena, "%.*s%s", SLICE_FMT(expectation->path), tries[i]);
		if (!holds_on(run, expectation, path))
			continue;
		struct attribution attribution = attribute_file(&unit->arena, run->book, path,
			!expectation->only_other, first_letter(expectation->perms));
		const struct rule *rule = attribution_decides(&attribution);
		if (rule)
			diag_second(&unit->diags, diag, attribution_place(rule),
				"this is about a directory, '%.*s/'", SLICE_FMT(expectation->path));
		struct slice mend = with_more(unit, expectation, tries[i]);
		if (rule && is_entry(rule))
			mend = arena_printf(&unit->arena,
				"%.*s'; if it is a file, the entry is {file: '%.*s'}",
				SLICE_FMT(mend), SLICE_FMT(expectation->path));
		else
			mend = arena_printf(&unit->arena, "%.*s'", SLICE_FMT(mend));
		diag_help(&unit->diags, diag, "%s: '%.*s",
			i == 0 ? "the kernel names a directory with a slash"
			       : "what lies below the directory may be accessed so",
			SLICE_FMT(mend));
		return true;
	}
	return false;
}

/* Adds the rule that decides as second place, or says that there is none. */
static void add_reason(struct run *run, struct diag *diag, const struct expectation *expectation,
	const struct attribution *attribution)
{
	struct unit *unit = run->unit;
	if (!run->book)
		return;
	const struct rule *rule = attribution_decides(attribution);
	/* An allow rule where access was wanted: it starts a program in another way. */
	bool wanted = expectation->allow;
	if (rule) {
		diag_second(&unit->diags, diag, attribution_place(rule), "'%.*s' %s it",
			SLICE_FMT(rule_text(unit, rule)),
			rule->qualifiers.deny ? "refuses"
			: wanted	      ? "decides on"
					      : "allows");
		return;
	}
	const struct entry *beside = expectation->allow ? find_beside(run, expectation) : NULL;
	if (beside) {
		struct slice path = glob_prefix(beside->globs[0]);
		diag_second(&unit->diags, diag, attribution_place(beside->rule),
			"this is about one file, '%.*s'", SLICE_FMT(path));
		diag_help(&unit->diags, diag,
			"for the directory with all below it write '%.*s/', with a slash at its end",
			SLICE_FMT(path));
	} else if (expectation->allow && !add_directory(run, diag, expectation))
		diag_help(&unit->diags, diag,
			"no rule allows it; add an entry that does, or move the assertion to 'deny'");
}

static struct slice allowed_text(struct unit *unit, const unsigned *allowed)
{
	struct slice owner = perms_text(unit, allowed[0]), others = perms_text(unit, allowed[1]);
	if (allowed[0] == allowed[1])
		return arena_printf(&unit->arena, "%.*s is allowed", SLICE_FMT(owner));
	return arena_printf(&unit->arena, "%.*s is allowed to the file's owner, %.*s to others",
		SLICE_FMT(owner), SLICE_FMT(others));
}

static const char *who(const struct file_failure *failure)
{
	if (failure->wrong[0] && failure->wrong[1])
		return "everyone";
	return failure->wrong[0] ? "the file's owner" : "others than the file's owner";
}

void report_file(
	struct run *run, const struct expectation *expectation, const struct file_failure *failure)
{
	struct unit *unit = run->unit;
	unsigned wrong = failure->wrong[0] | failure->wrong[1];
	bool allow = expectation->allow;
	struct diag *diag = diag_add(&unit->diags, DIAG_EXPECT_FAILED, expectation->span,
		"'%.*s' is expected to be %s, but the compiled policy %s %.*s to %s: on '%.*s' %.*s",
		SLICE_FMT(expectation->text), allow ? "allowed" : "refused",
		allow ? "refuses" : "allows", SLICE_FMT(perms_text(unit, wrong)), who(failure),
		SLICE_FMT(expectation->path), SLICE_FMT(allowed_text(unit, failure->allowed)));
	if (!run->book)
		return;
	bool owner = failure->wrong[0] != 0;
	enum perm letter = first_letter(failure->wrong[owner ? 0 : 1]);
	struct attribution attribution =
		attribute_file(&unit->arena, run->book, expectation->path, owner, letter);
	add_reason(run, diag, expectation, &attribution);
}

static struct slice transition_text(struct unit *unit, struct exec_decision exec)
{
	struct buf text = buf_new(&unit->arena);
	file_perms_print(PERM_EXEC, exec.mode, exec.scrub, &text);
	if (exec.target.len > 0)
		buf_printf(&text, " -> %s%.*s", exec.stack ? "&" : "", SLICE_FMT(exec.target));
	return buf_slice(&text);
}

void report_exec(struct run *run, const struct expectation *expectation, struct exec_decision exec,
	const struct attribution *attribution)
{
	struct unit *unit = run->unit;
	const char *wanted = expectation->allow ? "allowed" : "refused";
	struct diag *diag;
	if (exec.mode == EXEC_NONE)
		diag = diag_add(&unit->diags, DIAG_EXPECT_FAILED, expectation->span,
			"'%.*s' is expected to be %s, but the compiled policy does not start '%.*s'",
			SLICE_FMT(expectation->text), wanted, SLICE_FMT(expectation->path));
	else
		diag = diag_add(&unit->diags, DIAG_EXPECT_FAILED, expectation->span,
			"'%.*s' is expected to be %s, but the compiled policy starts '%.*s' by '%.*s'",
			SLICE_FMT(expectation->text), wanted, SLICE_FMT(expectation->path),
			SLICE_FMT(transition_text(unit, exec)));
	struct attribution reason = *attribution;
	const struct rule *decides = attribution->exec ? &attribution->exec->head : NULL;
	if (decides) {
		reason.allow = &decides;
		reason.allow_count = 1;
	}
	add_reason(run, diag, expectation, &reason);
}

void report_decision(struct run *run, const struct expectation *expectation,
	struct decision decision, const struct attribution *attribution, struct slice what)
{
	struct unit *unit = run->unit;
	struct diag *diag = diag_add(&unit->diags, DIAG_EXPECT_FAILED, expectation->span,
		"'%.*s' is expected to be %s, but the compiled policy %s '%.*s'",
		SLICE_FMT(expectation->text), expectation->allow ? "allowed" : "refused",
		decision.allowed ? "allows" : "refuses", SLICE_FMT(what));
	if (!decision.mediated)
		diag_help(&unit->diags, diag,
			"the policy was compiled for a kernel that does not mediate this");
	else
		add_reason(run, diag, expectation, attribution);
}

void report_disagreement(struct run *run, const struct expectation *expectation,
	const struct attribution *attribution, struct slice what)
{
	struct unit *unit = run->unit;
	struct diag *diag = diag_add(&unit->diags, DIAG_DISAGREEMENT, expectation->span,
		"the rules %s '%.*s', but the compiled policy does not: one of the two is read wrongly",
		attribution->allowed ? "allow" : "refuse", SLICE_FMT(what));
	const struct rule *rule = attribution_decides(attribution);
	if (rule)
		diag_second(&unit->diags, diag, attribution_place(rule), "by '%.*s'",
			SLICE_FMT(rule_text(unit, rule)));
}
