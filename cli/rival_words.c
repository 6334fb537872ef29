#include "cli/rival_words.h"

/* "the loaded profile 'x' ('/etc/apparmor.d/x')" */
static struct slice words_of(const struct machine *machine, const struct contender *other)
{
	struct buf words = buf_new(machine->arena);
	bool is_of_run = other->source.len > 0;
	bool is_loaded = other->is_loaded && !is_of_run;
	buf_printf(
		&words, "the %sprofile '%.*s'", is_loaded ? "loaded " : "", SLICE_FMT(other->name));
	if (is_of_run)
		buf_printf(
			&words, " of '%.*s', which is loaded with it,", SLICE_FMT(other->source));
	else if (other->file.len > 0)
		buf_printf(&words, is_loaded ? " ('%s/%.*s')" : " of '%s/%.*s'",
			machine->places.profiles, SLICE_FMT(other->file));
	buf_add_str(&words, other->is_loaded ? "" : ", which is loaded at boot,");
	return buf_slice(&words);
}

struct slice rival_facts(const struct machine *machine, const struct dispute *dispute)
{
	struct buf words = buf_new(machine->arena);
	buf_add(&words, words_of(machine, dispute->other));
	if (dispute->program.len > 0)
		buf_printf(&words, " attaches to '%.*s' as well: ", SLICE_FMT(dispute->program));
	else
		buf_add_str(&words, " may attach to the same programs: ");
	switch (dispute->kind) {
	case DISPUTE_NEITHER:
		buf_add_str(&words, "the kernel would attach neither, and the program would run "
				    "unconfined");
		break;
	case DISPUTE_OTHER:
		buf_add_str(&words, "the kernel would attach that one");
		break;
	case DISPUTE_MAYBE:
		buf_add_str(&words, "for some programs the kernel may attach that one, or neither");
		break;
	case DISPUTE_TAKEN:
		buf_add_str(&words, "the kernel would attach this one");
		break;
	}
	return buf_slice(&words);
}

struct slice rival_facts_of_loss(const struct machine *machine, const struct dispute *dispute)
{
	return arena_printf(machine->arena, "%.*s, and no program would be left to this one",
		SLICE_FMT(rival_facts(machine, dispute)));
}

struct slice rival_facts_of_taking(const struct machine *machine, const struct dispute *dispute)
{
	return arena_printf(machine->arena, "%.*s, and no program would be left to that one",
		SLICE_FMT(rival_facts(machine, dispute)));
}

struct slice rival_advice_for_file(const struct machine *machine, struct slice file)
{
	struct arena *arena = machine->arena;
	if (machine_installed(machine, file))
		return arena_printf(
			arena, "'aaforge remove %.*s' takes that one away", SLICE_FMT(file));
	return arena_printf(arena,
		"'aaforge install --replace-distribution %.*s' puts that file aside",
		SLICE_FMT(file));
}

struct slice rival_advice(const struct machine *machine, const struct contender *other)
{
	if (other->source.len > 0)
		return SLICE("load only one of the two");
	if (other->file.len > 0)
		return rival_advice_for_file(machine, other->file);
	const char *namespace = machine->options->namespace;
	return arena_printf(machine->arena,
		"'aaforge unload %s%s%s%.*s' takes that one out of the kernel",
		namespace ? "--namespace " : "", namespace ? namespace : "", namespace ? " " : "",
		SLICE_FMT(other->name));
}

void rival_note_taken(const struct machine *machine, struct slice name,
	const struct dispute *dispute, size_t more)
{
	bool is_ours = dispute->kind == DISPUTE_TAKEN;
	struct slice rest = more > 0 ? arena_printf(machine->arena, " (so are %zu more)", more)
				     : slice_of(NULL, 0);
	if (machine->options->quiet)
		return;
	print_problem("note: '%.*s': %.*s is for '%.*s' as well: the kernel attaches %s one, which "
		      "names it more exactly%.*s",
		SLICE_FMT(name), SLICE_FMT(words_of(machine, dispute->other)),
		SLICE_FMT(dispute->program), is_ours ? "this" : "that", SLICE_FMT(rest));
}
