/*
 * Says which of two attachments the kernel chooses, one pair a line: "PROGRAM A B" gives the same
 * with the answer behind it, `a`, `b` or `-` for neither. '=' before A or B: a profile's own name.
 *
 *     attachments                         pairs from standard input
 *     attachments SEED COUNT DIRECTORY    COUNT pairs by chance that match some program, each below
 *                                         a directory of its own, DIRECTORY/1 and so on
 */

#include "policy/glob/attachment.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

static void out_of_memory(void)
{
	abort();
}

static struct attachment read_one(struct arena *arena, const char *text)
{
	const char *error = "";
	struct attachment attachment;
	bool is_name = text[0] == '=';
	if (attachment_read(arena, &limits_default, slice_str(text + is_name), is_name, &attachment,
		    &error))
		return attachment;
	fprintf(stderr, "%s: %s\n", text, error);
	exit(1);
}

static void answer(struct arena *arena, const char *program, const char *first, const char *second)
{
	struct attachment a = read_one(arena, first), b = read_one(arena, second);
	if (!attachment_matches(&a, slice_str(program)) ||
		!attachment_matches(&b, slice_str(program))) {
		fprintf(stderr, "%s is not matched by both %s and %s\n", program, first, second);
		exit(1);
	}
	int winner = attachment_compare_for(&a, &b, slice_str(program));
	printf("%s %s %s %c\n", program, first, second, "a-b"[winner + 1]);
}

static void answer_input(struct arena *arena)
{
	char program[4096], a[4096], b[4096];
	while (scanf("%4095s %4095s %4095s", program, a, b) == 3) {
		answer(arena, program, a, b);
		arena_reset(arena);
	}
}

static uint32_t random_state;

static uint32_t roll(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

static const char *random_pattern(struct arena *arena, const char *directory, uint32_t number)
{
	static const char *const pieces[] = {"a", "b", "a", "b", "ab", "*", "*", "**", "?",
		"{a,bc}", "{,a}", "{b,ab,abc}", "[ab]", "[^a]", "{,*}", "{*,ab}", "{,c/}", "/"};
	struct buf text = buf_new(arena);
	buf_add(&text, arena_printf(arena, "%s/%u/", directory, number));
	for (uint32_t i = 1 + roll(4); i > 0; i--)
		buf_add(&text, slice_str(pieces[roll(18)]));
	return arena_string(arena, buf_slice(&text));
}

static void answer_random(struct arena *arena, uint32_t count, const char *directory)
{
	for (uint32_t made = 0; made < count;) {
		const char *first = random_pattern(arena, directory, made + 1);
		const char *second = random_pattern(arena, directory, made + 1);
		struct attachment a = read_one(arena, first), b = read_one(arena, second);
		struct slice witness;
		enum attachment_order order =
			attachment_compare(arena, &limits_default, &a, &b, &witness);
		if (order != ATTACHMENT_APART && witness.len > 0) {
			answer(arena, arena_string(arena, witness), first, second);
			made++;
		}
		arena_reset(arena);
	}
}

int main(int argc, char **argv)
{
	struct arena arena;
	arena_init(&arena, out_of_memory);
	if (argc == 4) {
		random_state = (uint32_t)strtoul(argv[1], NULL, 10);
		answer_random(&arena, (uint32_t)strtoul(argv[2], NULL, 10), argv[3]);
	} else {
		answer_input(&arena);
	}
	arena_free(&arena);
	return 0;
}
