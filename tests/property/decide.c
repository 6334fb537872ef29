/*
 * Answers questions about a compiled policy, one per line of standard input, for the scripts of
 * this directory. Usage: decide BLOB [PROFILE]. Paths and names are in hexadecimal.
 *
 *     file owner|other PATH     allowed audited quiet mode scrub stack target(hex)
 *     link owner|other FROM TO  mediated allowed audited quiet
 *     network FAMILY TYPE       likewise, as for the following
 *     capability NUMBER
 *     signal send|receive NUMBER PEER
 *     ptrace trace|read|tracedby|readby PEER
 *     class NUMBER              mediated
 */
#include "analysis/decide.h"
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

static void out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

static struct slice read_all(struct arena *arena, FILE *file)
{
	struct buf buf = buf_new(arena);
	char block[65536];
	size_t len;
	while ((len = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(&buf, slice_of(block, len));
	return buf_slice(&buf);
}

static struct slice unhex(char *text)
{
	size_t len = text ? strlen(text) / 2 : 0;
	for (size_t i = 0; i < len; i++) {
		unsigned byte;
		sscanf(text + 2 * i, "%2x", &byte);
		text[i] = (char)byte;
	}
	return slice_of(text, len);
}

static void print_letters(unsigned perms)
{
	static const char letters[] = "rwalkmx";
	putchar('=');
	for (unsigned i = 0; letters[i]; i++)
		if (perms & 1u << i)
			putchar(letters[i]);
	putchar(' ');
}

static void print_file(struct file_decision d)
{
	static const char *const modes[] = {
		"none", "deny", "ix", "ux", "px", "cx", "pix", "cix", "pux", "cux"};
	print_letters(d.allowed);
	print_letters(d.audited);
	print_letters(d.quiet);
	printf("%s %d %d ", modes[d.exec.mode], d.exec.scrub, d.exec.stack);
	for (size_t i = 0; i < d.exec.target.len; i++)
		printf("%02x", (unsigned char)d.exec.target.at[i]);
	putchar('\n');
}

static void print_decision(struct decision d)
{
	printf("%d %d %d %d\n", d.mediated, d.allowed, d.audited, d.quiet);
}

static enum ptrace_access ptrace_access(const char *word)
{
	return !strcmp(word, "trace")	   ? PTRACE_TRACE
	       : !strcmp(word, "read")	   ? PTRACE_READ
	       : !strcmp(word, "tracedby") ? PTRACE_TRACED_BY
					   : PTRACE_READ_BY;
}

static void answer(const struct compiled_profile *profile, char **words)
{
	const char *kind = words[0];
	bool first = words[1] && (!strcmp(words[1], "owner") || !strcmp(words[1], "send"));
	if (!strcmp(kind, "file"))
		print_file(decide_file(profile, unhex(words[2]), first));
	else if (!strcmp(kind, "link"))
		print_decision(decide_link(profile, unhex(words[2]), unhex(words[3]), first));
	else if (!strcmp(kind, "network"))
		print_decision(decide_network(
			profile, (unsigned)atoi(words[1]), (unsigned)atoi(words[2]), 0));
	else if (!strcmp(kind, "capability"))
		print_decision(decide_capability(profile, atoi(words[1])));
	else if (!strcmp(kind, "signal"))
		print_decision(
			decide_signal(profile, first, (unsigned)atoi(words[2]), unhex(words[3])));
	else if (!strcmp(kind, "ptrace"))
		print_decision(decide_ptrace(profile, ptrace_access(words[1]), unhex(words[2])));
	else if (!strcmp(kind, "class"))
		printf("%d\n", decide_mediates(profile, (enum policy_class)atoi(words[1])));
}

int main(int argc, char **argv)
{
	struct arena arena;
	struct compiled_profile *first;
	const char *error;
	arena_init(&arena, out_of_memory);
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	if (!file || !compiled_read(&arena, read_all(&arena, file), &first, &error)) {
		fprintf(stderr, "decide: %s\n", file ? error : "cannot open the policy");
		return 1;
	}
	fclose(file);
	const struct compiled_profile *profile =
		argc > 2 ? compiled_find(first, slice_str(argv[2])) : first;
	char line[32768];
	while (profile && fgets(line, sizeof(line), stdin)) {
		char *words[6] = {0}, *rest = line;
		for (int i = 0; i < 5 && (words[i] = strtok_r(rest, " \n", &rest)); i++)
			;
		if (words[0])
			answer(profile, words);
	}
	arena_free(&arena);
	return profile ? 0 : 1;
}
