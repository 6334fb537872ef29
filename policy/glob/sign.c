/*
 * The second step of reading AARE: a regular expression, sign by sign, becomes a program. What is
 * special inside of a class is decided here, by the rules of that language and not by those of
 * AARE.
 */

#include "policy/glob/private.h"

void sign_fail(struct signs *s, size_t at, const char *error)
{
	if (s->error)
		return;
	s->error = error;
	s->error_at = at;
}

static void emit(struct signs *s, struct op op)
{
	s->ops[s->count++] = op;
	if (op.kind != OP_BYTE)
		s->tail = s->count;
}

static void emit_byte(struct signs *s, uint8_t byte)
{
	emit(s, (struct op){.kind = OP_BYTE, .byte = byte});
}

static uint16_t set_number(struct signs *s, const struct byte_set *set)
{
	enum { COMMON = 64 }; /* sets that are looked for; a second copy does no harm */
	for (uint32_t i = 0; i < s->set_count && i < COMMON; i++)
		if (set_eq(&s->sets[i], set))
			return (uint16_t)i;
	if (s->set_count == s->set_cap) {
		struct byte_set *more = arena_array(s->arena, s->set_cap * 2, sizeof(*more));
		memcpy(more, s->sets, s->set_count * sizeof(*more));
		s->sets = more;
		s->set_cap *= 2;
	}
	s->sets[s->set_count] = *set;
	return (uint16_t)s->set_count++;
}

static int set_single(const struct byte_set *set)
{
	int single = -1;
	for (int i = 0; i < 4; i++) {
		if (!set->bits[i])
			continue;
		if (single >= 0 || (set->bits[i] & (set->bits[i] - 1)))
			return -1;
		single = i * 64 + __builtin_ctzll(set->bits[i]);
	}
	return single;
}

static void class_close(struct signs *s)
{
	s->state = CLASS_NONE;
	if (s->negated) {
		for (int i = 0; i < 4; i++)
			s->set.bits[i] = ~s->set.bits[i];
	}
	s->wild = true; /* parsers from 4.0 on count `[ab]` as exact, 3.0 does not */
	s->set.bits[0] &= ~(uint64_t)1; /* no path holds a NUL */
	int single = s->negated ? -1 : set_single(&s->set);
	if (single >= 0)
		emit_byte(s, (uint8_t)single);
	else
		emit(s, (struct op){.kind = OP_SET, .set = set_number(s, &s->set)});
}

static void class_byte(struct signs *s, uint8_t byte)
{
	if (s->state == CLASS_RANGE) {
		uint8_t from = (uint8_t)s->last < byte ? (uint8_t)s->last : byte;
		uint8_t to = (uint8_t)s->last < byte ? byte : (uint8_t)s->last;
		for (unsigned b = from; b <= to; b++)
			set_add(&s->set, (uint8_t)b);
		s->last = -1;
	} else {
		set_add(&s->set, byte);
		s->last = byte;
	}
	s->state = CLASS_REST;
}

void sign_byte(struct signs *s, uint8_t byte)
{
	if (s->state == CLASS_NONE)
		emit_byte(s, byte);
	else
		class_byte(s, byte);
}

void sign_dash(struct signs *s)
{
	if (s->state != CLASS_REST)
		sign_byte(s, '-');
	else if (s->last < 0)
		sign_fail(s, s->at,
			"a range cannot start here, a '-' that is meant literally comes "
			"first in a class");
	else
		s->state = CLASS_RANGE;
}

void sign_caret(struct signs *s)
{
	if (s->state == CLASS_OPEN) {
		s->negated = true;
		s->state = CLASS_FIRST;
	} else if (s->state == CLASS_FIRST) {
		set_add(&s->set, '^'); /* and no range can start with it */
		s->state = CLASS_REST;
	} else {
		sign_byte(s, '^');
	}
}

void sign_open(struct signs *s)
{
	if (s->state != CLASS_NONE) {
		class_byte(s, '[');
		return;
	}
	s->state = CLASS_OPEN;
	s->negated = false;
	s->last = -1;
	s->set = (struct byte_set){0};
}

void sign_close(struct signs *s)
{
	if (s->state == CLASS_REST)
		class_close(s);
	else if (s->state == CLASS_RANGE)
		sign_fail(s, s->at,
			"the range has no end, a '-' that is meant literally comes first in "
			"a class");
	else
		sign_byte(s, ']');
}

/* `[^/]` or, with slashes, any byte; then perhaps a star. */
void sign_wild(struct signs *s, bool slashes, bool star)
{
	if (s->state == CLASS_NONE) {
		s->wild = true;
		emit(s, (struct op){.kind = star ? OP_LOOP : OP_SET,
				.set = slashes ? SET_ANY : SET_NAME});
		return;
	}
	sign_open(s);
	sign_caret(s);
	if (!slashes)
		sign_byte(s, '/');
	sign_byte(s, 0);
	sign_close(s);
	if (!star || s->error)
		return;
	s->ops[s->count - 1].kind = OP_LOOP; /* the class holds at least '[', '^' and '/' */
	s->wild = true;
}

static void group_start(struct signs *s)
{
	s->group[s->groups] = (struct group){.alt = s->count};
	emit(s, (struct op){.kind = OP_ALT});
}

void sign_group(struct signs *s)
{
	if (s->state != CLASS_NONE) {
		class_byte(s, '(');
		return;
	}
	if (s->groups == GLOB_DEPTH) {
		sign_fail(s, s->at, "missing '}'"); /* groups whose end a class has swallowed */
		return;
	}
	s->groups++;
	group_start(s);
}

void sign_or(struct signs *s)
{
	if (s->state != CLASS_NONE) {
		class_byte(s, '|');
		return;
	}
	struct group *group = &s->group[s->groups];
	emit(s, (struct op){.kind = OP_JUMP, .to = group->jumps});
	group->jumps = s->count - 1;
	s->ops[group->alt].to = s->count;
	group->alt = s->count;
	emit(s, (struct op){.kind = OP_ALT});
	if (s->groups == 0)
		s->alternatives = true;
}

/* The last alternative needs no ALT: it becomes a jump to the next op. */
static void group_end(struct signs *s)
{
	const struct group *group = &s->group[s->groups];
	s->ops[group->alt] = (struct op){.kind = OP_JUMP, .to = group->alt + 1};
	for (uint32_t at = group->jumps, next; at; at = next) {
		next = s->ops[at].to;
		s->ops[at].to = s->count;
	}
	s->tail = s->count;
}

void sign_group_end(struct signs *s)
{
	if (s->state != CLASS_NONE) {
		class_byte(s, ')');
		return;
	}
	if (s->groups == 0) {
		sign_fail(s, s->at, "'}' without '{'");
		return;
	}
	group_end(s);
	s->groups--;
}

/* `**` whose next op is the end takes everything that follows. */
static void mark_rests(struct signs *s)
{
	for (uint32_t i = 0; i < s->count; i++) {
		if (s->ops[i].kind != OP_LOOP || s->ops[i].set != SET_ANY)
			continue;
		uint32_t next = i + 1;
		while (s->ops[next].kind == OP_JUMP)
			next = s->ops[next].to;
		if (s->ops[next].kind == OP_MATCH)
			s->ops[i].kind = OP_REST;
	}
}

void signs_start(struct signs *s)
{
	group_start(s);
}

void signs_end(struct signs *s)
{
	if (s->state != CLASS_NONE)
		sign_fail(s, s->at, "a class without a byte or without an end");
	if (s->groups > 0)
		sign_fail(s, s->at, "missing '}'");
	if (s->error)
		return;
	uint32_t tail = s->tail;
	group_end(s);
	s->tail = s->alternatives ? s->count : tail;
	/* An end, and a second one for those that match whatever follows. */
	s->ops[s->count++] = (struct op){.kind = OP_MATCH};
	s->ops[s->count++] = (struct op){.kind = OP_REST};
	mark_rests(s);
}
