/* Attachments, and one program. */

#include "policy/glob/attachment_private.h"

#include "policy/glob/private.h"

/* Longer programs are not followed; PATH_MAX of the kernel. */
enum { PROGRAM_BYTES = 4096 };

static bool has_pattern(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (memchr("*?[{", text.at[i], 4))
			return true;
	}
	return false;
}

/*
 * The bytes that every match has before its first `*`, `?` or [^…]. Of two alternatives the
 * shorter; apparmor_parser stops behind one that holds such a thing, so it never says more.
 */
static uint32_t find_least(struct arena *arena, const struct glob *glob)
{
	struct arena scratch;
	arena_init(&scratch, arena->out_of_memory);
	uint32_t *least = arena_array(&scratch, glob->op_count + 1, sizeof(*least));
	for (uint32_t at = glob->op_count; at-- > 0;) {
		const struct op *op = &glob->ops[at];
		uint32_t next = least[at + 1];
		bool most = op->kind == OP_SET && set_size(&glob->sets[op->set]) > 128;
		if (op->kind == OP_BYTE || op->kind == OP_SET)
			least[at] = most ? 1 : next + 1;
		else if (op->kind == OP_JUMP)
			least[at] = least[op->to];
		else if (op->kind == OP_ALT)
			least[at] = next < least[op->to] ? next : least[op->to];
	}
	uint32_t found = (uint32_t)glob->head + least[0];
	arena_free(&scratch);
	return found;
}

bool attachment_read(struct arena *arena, const struct limits *limits, struct slice text,
	bool is_name, struct attachment *ret_attachment, const char **ret_error)
{
	size_t offset;
	const struct glob *glob = glob_read(arena, limits, text, ret_error, &offset);
	if (!glob)
		return false;
	/* Of a variable with several values: `{/usr/bin/x,/usr/sbin/x}`. */
	if (!slice_starts(glob_prefix(glob), SLICE("/"))) {
		*ret_error = "it does not start with '/'";
		return false;
	}
	struct attachment read = {.text = text,
		.is_name = is_name && !has_pattern(text),
		.glob = glob,
		.least = (uint32_t)glob->head};
	if (!read.is_name && glob->shape != GLOB_LITERAL) {
		read.automaton = glob_smallest(arena, limits, glob);
		read.least = find_least(arena, glob);
	}
	*ret_attachment = read;
	return true;
}

struct attachment attachment_of_automaton(const struct small_automaton *automaton, uint32_t least)
{
	return (struct attachment){.automaton = automaton, .least = least};
}

bool attachment_is_literal(const struct attachment *attachment)
{
	return attachment->is_name || (attachment->glob && attachment->glob->shape == GLOB_LITERAL);
}

static bool automaton_matches(const struct small_automaton *automaton, struct slice program)
{
	uint32_t state = 1;
	for (size_t i = 0; state && i < program.len; i++)
		state = small_step(automaton, state, (uint8_t)program.at[i]);
	return state && automaton->accepts[state];
}

struct slice attachment_program_name(const struct attachment *attachment)
{
	struct slice end = attachment->is_name		       ? attachment->text
			   : attachment_is_literal(attachment) ? attachment->glob->prefix
			   : attachment->glob		       ? attachment->glob->suffix
							       : slice_of(NULL, 0);
	for (size_t i = end.len; i > 0; i--)
		if (end.at[i - 1] == '/')
			return slice_from(end, i);
	return slice_of(NULL, 0);
}

bool attachment_matches(const struct attachment *attachment, struct slice program)
{
	if (attachment->is_name)
		return slice_eq(attachment->text, program);
	return attachment->glob ? glob_match(attachment->glob, program)
				: automaton_matches(attachment->automaton, program);
}

enum verdict count_judge(struct count a, uint32_t least_a, struct count b, uint32_t least_b)
{
	if (a.low > b.high && a.low > least_b)
		return VERDICT_FIRST;
	if (b.low > a.high && b.low > least_a)
		return VERDICT_SECOND;
	bool equal = a.low == a.high && b.low == b.high && a.low == b.low;
	return equal && a.low >= least_a && b.low >= least_b ? VERDICT_NEITHER : VERDICT_UNSURE;
}

/*
 * A walk whose states are in seen[0] to seen[index] goes on to `to`. Whether the kernel stops
 * counting there, and with which count.
 */
static bool walk_stops(enum kernel_kind kind, const uint32_t *seen, uint32_t index, uint32_t to,
	uint32_t *ret_count)
{
	if (to > seen[index])
		return false;
	uint32_t first = index - index % (kind == KERNEL_EIGHT ? 8 : 32);
	if (kind == KERNEL_FIXED)
		first = index < 32 ? 1 : index - 31;
	for (uint32_t at = index + 1; at-- > first;) {
		if (seen[at] != to)
			continue;
		*ret_count = at;
		return true;
	}
	*ret_count = count_missed(kind, index);
	return kind != KERNEL_FIXED;
}

static struct count count_for(
	const struct attachment *attachment, enum kernel_kind kind, struct slice program)
{
	static const struct count unknown = {0, UINT32_MAX};
	const struct small_automaton *automaton = attachment->automaton;
	uint32_t seen[PROGRAM_BYTES], index = 0, count;
	if (attachment_is_literal(attachment))
		return (struct count){(uint32_t)program.len, (uint32_t)program.len};
	if (!automaton || program.len >= PROGRAM_BYTES)
		return unknown;
	for (seen[0] = 1; index < program.len; index++) {
		uint32_t to = small_step(automaton, seen[index], (uint8_t)program.at[index]);
		if (to != seen[index] && !automaton->numbered &&
			!edge_ascends(automaton, seen[index], to))
			return unknown;
		if (walk_stops(kind, seen, index, to, &count))
			return (struct count){count, count};
		seen[index + 1] = to;
	}
	return (struct count){index, index};
}

enum verdict attachment_judge(
	const struct attachment *a, const struct attachment *b, struct slice program)
{
	if (a->is_name || b->is_name)
		return a->is_name == b->is_name ? VERDICT_NEITHER
		       : a->is_name		? VERDICT_FIRST
						: VERDICT_SECOND;
	enum verdict all = VERDICT_UNSURE;
	for (int kind = 0; kind < KERNEL_KINDS; kind++) {
		enum verdict verdict = count_judge(count_for(a, kind, program), a->least,
			count_for(b, kind, program), b->least);
		if (verdict == VERDICT_NEITHER)
			return verdict;
		all = kind == 0 || verdict == all ? verdict : VERDICT_UNSURE;
	}
	return all;
}

int attachment_compare_for(
	const struct attachment *a, const struct attachment *b, struct slice program)
{
	enum verdict verdict = attachment_judge(a, b, program);
	return verdict == VERDICT_FIRST ? -1 : verdict == VERDICT_SECOND;
}
