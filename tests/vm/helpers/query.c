/*
 * Asks the running kernel what a loaded profile allows, with the questions of
 * tests/property/decide.c on standard input, one per line, paths and labels in hexadecimal. Usage:
 * query PROFILE
 *
 *     file owner|other PATH       =rwalkmx =… =…: allowed; logged though allowed; refused without a
 * log network FAMILY TYPE         1 0 0: likewise, as for the following signal send|receive NUMBER
 * PEER ptrace trace|read|tracedby|readby PEER
 *
 * libapparmor's aa_query_file_path drops the last byte of the path (3.0.8, and its source
 * in 4.1.0), so the queries are put together here: space for the library's command, LABEL NUL CLASS
 * DATA. A file belongs to user 0 in a query; whoever asks as another user asks for files of others.
 * Source: profile_query_cb in security/apparmor/apparmorfs.c; masks in
 * security/apparmor/include/perms.h; the classes' data in file.c, net.c, ipc.c and task.c there.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/apparmor.h>
#include <unistd.h>

enum {
	CLASS_FILE = 2,
	CLASS_PTRACE = 9,
	CLASS_SIGNAL = 10,
	CLASS_NET = 14,
	OTHER_USER = 1000,
	DATA_MAX = 8192,
};

struct data {
	size_t len;
	unsigned char at[DATA_MAX];
};

struct answer {
	bool allowed;
	bool logged;
};

static void die(const char *what)
{
	fprintf(stderr, "query: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void add(struct data *data, const void *bytes, size_t len)
{
	if (len > sizeof(data->at) - data->len) {
		errno = E2BIG;
		die("question");
	}
	memcpy(data->at + data->len, bytes, len);
	data->len += len;
}

static void add_byte(struct data *data, unsigned byte)
{
	unsigned char value = (unsigned char)byte;
	add(data, &value, 1);
}

static void add_hex(struct data *data, const char *text)
{
	unsigned byte;
	for (; text && sscanf(text, "%2x", &byte) == 1; text += 2)
		add_byte(data, byte);
}

static struct data question(const char *profile, unsigned class)
{
	struct data data = {.len = AA_QUERY_CMD_LABEL_SIZE};
	add(&data, profile, strlen(profile) + 1);
	add_byte(&data, class);
	return data;
}

static struct answer ask(const struct data *data, uint32_t mask)
{
	struct data copy = *data; /* the library writes its command to the front */
	int allowed = -1, logged = -1;
	if (aa_query_label(mask, (char *)copy.at, copy.len, &allowed, &logged))
		die("the kernel's answer");
	return (struct answer){.allowed = allowed == 1, .logged = logged == 1};
}

static void append(char *text, char letter)
{
	size_t len = strlen(text);
	text[len] = letter;
	text[len + 1] = '\0';
}

static void ask_file(const char *profile, const char *side, const char *path)
{
	static const struct {
		char letter;
		uint32_t mask;
	} perms[] = {
		{'r', AA_MAY_READ},
		{'w', AA_MAY_WRITE},
		{'a', AA_MAY_APPEND},
		{'l', AA_MAY_LINK},
		{'k', AA_MAY_LOCK},
		{'m', AA_EXEC_MMAP},
		{'x', AA_MAY_EXEC},
	};
	char allowed[8] = "", logged[8] = "", quiet[8] = "";
	struct data data = question(profile, CLASS_FILE);
	add_hex(&data, path);
	if (seteuid(strcmp(side, "owner") ? OTHER_USER : 0))
		die("seteuid");
	for (size_t i = 0; i < sizeof(perms) / sizeof(perms[0]); i++) {
		struct answer answer = ask(&data, perms[i].mask);
		if (answer.allowed)
			append(allowed, perms[i].letter);
		if (answer.allowed && answer.logged)
			append(logged, perms[i].letter);
		if (!answer.allowed && !answer.logged)
			append(quiet, perms[i].letter);
	}
	if (seteuid(0))
		die("seteuid");
	printf("=%s =%s =%s\n", allowed, logged, quiet);
}

static void print_answer(struct answer answer)
{
	printf("%d %d %d\n", answer.allowed, answer.allowed && answer.logged,
		!answer.allowed && !answer.logged);
}

static void ask_network(const char *profile, unsigned family, unsigned type)
{
	struct data data = question(profile, CLASS_NET);
	add_byte(&data, family >> 8);
	add_byte(&data, family);
	add_byte(&data, type >> 8);
	add_byte(&data, type);
	print_answer(ask(&data, AA_MAY_CREATE));
}

static void ask_signal(const char *profile, bool send, unsigned number, const char *peer)
{
	struct data data = question(profile, CLASS_SIGNAL);
	add_byte(&data, number);
	add_hex(&data, peer);
	print_answer(ask(&data, send ? AA_MAY_WRITE : AA_MAY_READ));
}

static void ask_ptrace(const char *profile, const char *access, const char *peer)
{
	uint32_t mask = !strcmp(access, "trace")      ? AA_MAY_WRITE
			: !strcmp(access, "read")     ? AA_MAY_READ
			: !strcmp(access, "tracedby") ? AA_MAY_APPEND
						      : AA_MAY_CREATE;
	struct data data = question(profile, CLASS_PTRACE);
	add_hex(&data, peer);
	print_answer(ask(&data, mask));
}

static bool answer_line(const char *profile, char *line)
{
	char *words[5] = {0}, *rest = line;
	for (int i = 0; i < 4 && (words[i] = strtok_r(rest, " \n", &rest)); i++)
		;
	if (!words[0] || !words[1] || !words[2])
		return false;
	if (!strcmp(words[0], "file"))
		ask_file(profile, words[1], words[2]);
	else if (!strcmp(words[0], "network"))
		ask_network(profile, (unsigned)atoi(words[1]), (unsigned)atoi(words[2]));
	else if (!strcmp(words[0], "signal") && words[3])
		ask_signal(profile, !strcmp(words[1], "send"), (unsigned)atoi(words[2]), words[3]);
	else if (!strcmp(words[0], "ptrace"))
		ask_ptrace(profile, words[1], words[2]);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	char line[2 * DATA_MAX];
	if (argc != 2) {
		fputs("usage: query PROFILE\n", stderr);
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		if (!answer_line(argv[1], line)) {
			fprintf(stderr, "query: what is '%s'?\n", line);
			return 2;
		}
	}
	return 0;
}
