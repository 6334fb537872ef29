/*
 * Globs, one a line: the first two are compared, and the others are cut out of the first. Each
 * answer is held against glob_match on its own witness.
 */
#include "policy/glob/glob.h"
#include "tests/fuzz/fuzz.h"

enum { GLOBS = 6 };

/* Small, so that a run is quick: an answer may be "too complex", but never wrong. */
static const struct limits limits = {
	.depth = 32,
	.glob_states = 2000,
	.glob_text = 4096,
	.carved_rules = 200,
};

static size_t read_globs(struct arena *arena, struct slice lines, const struct glob **globs)
{
	size_t count = 0;
	while (lines.len > 0 && count < GLOBS) {
		const char *end = memchr(lines.at, '\n', lines.len);
		struct slice line = slice_first(lines, end ? (size_t)(end - lines.at) : lines.len);
		lines = slice_from(lines, line.len + 1);
		const char *error = NULL;
		size_t offset = 0;
		if (slice_starts(line, SLICE("//")) || slice_has(line, '\0'))
			continue; /* no path is like that: the questions leave it open */
		globs[count] = glob_read(arena, &limits, line, &error, &offset);
		if (globs[count])
			count++;
		else
			fuzz_demand(error && offset <= line.len, "refused without a reason");
	}
	return count;
}

static void check_overlap(struct arena *arena, const struct glob *a, const struct glob *b)
{
	struct slice witness = SLICE("?"), other = SLICE("?");
	enum glob_answer answer = glob_overlap(arena, &limits, a, b, &witness);
	if (answer == GLOB_YES)
		fuzz_demand(glob_match(a, witness) && glob_match(b, witness),
			"the witness of an overlap is in both");
	enum glob_answer swapped = glob_overlap(arena, &limits, b, a, &other);
	fuzz_demand(answer == GLOB_TOO_COMPLEX || swapped == GLOB_TOO_COMPLEX || answer == swapped,
		"an overlap goes both ways");
}

static bool any_matches(const struct glob *const *globs, size_t count, struct slice path)
{
	for (size_t i = 0; i < count; i++)
		if (glob_match(globs[i], path))
			return true;
	return false;
}

/* Whether some path matches that the kernel can have: without "//" and NUL. */
static bool has_path(struct arena *arena, const struct glob *glob)
{
	struct slice witness;
	return glob_overlap(arena, &limits, glob, glob, &witness) == GLOB_YES &&
	       !slice_find(witness, SLICE("//")) && !slice_has(witness, '\0');
}

static void check_covered(
	struct arena *arena, const struct glob *a, const struct glob *const *by, size_t count)
{
	struct slice witness = SLICE("?");
	enum glob_answer answer = glob_covered(arena, &limits, a, by, count, &witness);
	if (answer == GLOB_NO)
		fuzz_demand(glob_match(a, witness) && !any_matches(by, count, witness),
			"what is not covered is in one and in none of the others");
	if (answer == GLOB_YES && count == 1 &&
		glob_overlap(arena, &limits, a, by[0], NULL) == GLOB_NO)
		fuzz_demand(!has_path(arena, a), "what is covered overlaps");
}

/* The pieces lie in the whole, beside what was cut out, and together they are all of the rest. */
static void check_subtract(struct arena *arena, const struct glob *whole,
	const struct glob *const *except, size_t count)
{
	struct slice *texts, why;
	size_t text_count;
	if (glob_subtract(arena, &limits, whole, except, count, &texts, &text_count) != GLOB_YES)
		return;
	const struct glob **all = arena_array(arena, text_count + count, sizeof(*all));
	for (size_t i = 0; i < text_count; i++) {
		const char *error = "";
		size_t offset;
		all[i] = glob_read(arena, &limits, texts[i], &error, &offset);
		fuzz_demand(all[i] != NULL, "a piece can be read");
		fuzz_demand(glob_covered(arena, &limits, all[i], &whole, 1, &why) != GLOB_NO,
			"a piece is part of the whole");
		for (size_t j = 0; j < count; j++)
			fuzz_demand(
				glob_overlap(arena, &limits, all[i], except[j], &why) != GLOB_YES,
				"a piece holds nothing of what was cut out");
	}
	for (size_t j = 0; j < count; j++)
		all[text_count + j] = except[j];
	fuzz_demand(glob_covered(arena, &limits, whole, all, text_count + count, &why) != GLOB_NO,
		"nothing else is lost");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	arena_init(&arena, fuzz_out_of_memory);
	const struct glob *globs[GLOBS];
	size_t count =
		read_globs(&arena, slice_of((const char *)data, size < 512 ? size : 512), globs);
	for (size_t i = 0; i < count; i++) {
		struct slice prefix = glob_prefix(globs[i]);
		fuzz_demand(prefix.len <= size, "a prefix is no longer than its pattern");
	}
	if (count >= 2)
		check_overlap(&arena, globs[0], globs[1]);
	if (count >= 1) {
		check_covered(&arena, globs[0], globs + 1, count - 1);
		check_subtract(&arena, globs[0], globs + 1, count - 1);
	}
	arena_free(&arena);
	return 0;
}
