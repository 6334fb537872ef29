/*
 * Answers questions about globs, one a line, for globs.py. Patterns and paths are in hex ("-" is
 * empty).
 *
 *     match PATTERN PATH…       a 0 or 1 per path, or "error OFFSET TEXT"
 *     exact PATTERN             "1" or "0"
 *     overlap A B               "yes WITNESS", "no" or "complex"
 *     covered A BY…             "yes", "no WITNESS" or "complex"
 *     subtract WHOLE EXCEPT…    "yes GLOB…", "no" or "complex"
 */

#include "policy/glob/glob.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 4096 };

static void out_of_memory(void)
{
	abort();
}

static int hex_value(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static struct slice from_hex(struct arena *arena, const char *word)
{
	size_t len = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
	char *bytes = arena_alloc(arena, len + 1);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(hex_value(word[2 * i]) << 4 | hex_value(word[2 * i + 1]));
	return slice_of(bytes, len);
}

static void print_hex(struct slice bytes)
{
	putchar(' ');
	if (bytes.len == 0)
		putchar('-');
	for (size_t i = 0; i < bytes.len; i++)
		printf("%02x", (unsigned char)bytes.at[i]);
}

static struct glob *read_glob(struct arena *arena, const char *word)
{
	const char *error = "";
	size_t offset = 0;
	struct glob *glob =
		glob_read(arena, &limits_default, from_hex(arena, word), &error, &offset);
	if (!glob)
		printf("error %zu %s\n", offset, error);
	return glob;
}

static void answer_match(struct arena *arena, const struct glob *glob, char **words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		putchar(glob_match(glob, from_hex(arena, words[i])) ? '1' : '0');
	putchar('\n');
}

static void answer_overlap(struct arena *arena, const struct glob *const *globs)
{
	struct slice witness;
	enum glob_answer answer =
		glob_overlap(arena, &limits_default, globs[0], globs[1], &witness);
	printf(answer == GLOB_YES ? "yes" : answer == GLOB_NO ? "no" : "complex");
	if (answer == GLOB_YES)
		print_hex(witness);
	putchar('\n');
}

static void answer_covered(struct arena *arena, const struct glob *const *globs, size_t count)
{
	struct slice witness;
	enum glob_answer answer =
		glob_covered(arena, &limits_default, globs[0], globs + 1, count - 1, &witness);
	printf(answer == GLOB_YES ? "yes" : answer == GLOB_NO ? "no" : "complex");
	if (answer == GLOB_NO)
		print_hex(witness);
	putchar('\n');
}

static void answer_subtract(struct arena *arena, const struct glob *const *globs, size_t count)
{
	struct slice *results = NULL;
	size_t result_count = 0;
	enum glob_answer answer = glob_subtract(
		arena, &limits_default, globs[0], globs + 1, count - 1, &results, &result_count);
	printf(answer == GLOB_YES ? "yes" : answer == GLOB_NO ? "no" : "complex");
	for (size_t i = 0; answer == GLOB_YES && i < result_count; i++)
		print_hex(results[i]);
	putchar('\n');
}

static void answer_line(struct arena *arena, char **words, size_t count)
{
	const struct glob *globs[WORDS];
	bool match = strcmp(words[0], "match") == 0;
	size_t patterns = match ? 1 : count - 1;
	for (size_t i = 0; i < patterns; i++)
		if (!(globs[i] = read_glob(arena, words[i + 1])))
			return;
	if (match)
		answer_match(arena, globs[0], words + 2, count - 2);
	else if (strcmp(words[0], "exact") == 0)
		printf("%d\n", glob_is_exact(globs[0]));
	else if (strcmp(words[0], "overlap") == 0)
		answer_overlap(arena, globs);
	else if (strcmp(words[0], "covered") == 0)
		answer_covered(arena, globs, patterns);
	else
		answer_subtract(arena, globs, patterns);
}

int main(void)
{
	struct arena arena;
	char *line = NULL;
	size_t size = 0;
	arena_init(&arena, out_of_memory);
	while (getline(&line, &size, stdin) > 0) {
		char *words[WORDS], *save = NULL;
		size_t count = 0;
		for (char *word = strtok_r(line, " \n", &save); word && count < WORDS;
			word = strtok_r(NULL, " \n", &save))
			words[count++] = word;
		if (count > 1)
			answer_line(&arena, words, count);
		fflush(stdout);
		arena_reset(&arena);
	}
	arena_free(&arena);
	free(line);
	return 0;
}
