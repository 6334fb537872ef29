#include "tests/unit/analysis_compile.h"

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_parser(int in, int out)
{
	static char *const arguments[] = {"apparmor_parser", "--config-file=/dev/null", "-M",
		"/etc/apparmor.d/abi/3.0", "-QK", "-S", NULL};
	static char *const environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin", NULL};
	dup2(in, 0);
	dup2(out, 1);
	for (int fd = 3; fd < 16; fd++)
		close(fd);
	execve("/sbin/apparmor_parser", arguments, environment);
	_exit(127);
}

static struct slice read_all(struct arena *arena, int fd)
{
	struct buf buf = buf_new(arena);
	char block[4096];
	ssize_t len;
	while ((len = read(fd, block, sizeof(block))) > 0)
		buf_add(&buf, slice_of(block, (size_t)len));
	return buf_slice(&buf);
}

struct slice test_blob(struct arena *arena, const char *text)
{
	int in[2], out[2], status = 0;
	struct slice policy = arena_printf(arena, "abi <abi/3.0>,\n%s\n", text);
	if (pipe(in) || pipe(out))
		abort();
	pid_t pid = fork();
	if (pid == 0)
		run_parser(in[0], out[1]);
	close(in[0]);
	close(out[1]);
	/* A pipe holds 64 KiB, so that all of the text fits before the parser reads it. */
	CU_ASSERT_EQUAL(write(in[1], policy.at, policy.len), (ssize_t)policy.len);
	close(in[1]);
	struct slice blob = read_all(arena, out[0]);
	close(out[0]);
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
	return status == 0 ? blob : slice_of(NULL, 0);
}

struct compiled_profile *test_compile(struct arena *arena, const char *text)
{
	struct compiled_profile *profile = NULL;
	const char *error = "";
	bool ok = compiled_read(arena, test_blob(arena, text), &profile, &error);
	CU_ASSERT_STRING_EQUAL(error, "");
	CU_ASSERT_TRUE_FATAL(ok);
	return profile;
}

static void put_little(struct buf *buf, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_add_char(buf, (char)(value >> 8 * i));
}

static void put_big(struct buf *buf, uint32_t value, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0;)
		buf_add_char(buf, (char)(value >> 8 * i));
}

void put_name(struct buf *buf, const char *name)
{
	if (!name)
		return;
	buf_add_char(buf, 4);
	put_little(buf, strlen(name) + 1, 2);
	buf_add(buf, slice_of(name, strlen(name) + 1));
}

static void put_code(struct buf *buf, const char *name, char code)
{
	put_name(buf, name);
	buf_add_char(buf, code);
}

void put_u32(struct buf *buf, const char *name, uint32_t value)
{
	put_code(buf, name, 2);
	put_little(buf, value, 4);
}

void put_u16(struct buf *buf, const char *name, uint16_t value)
{
	put_code(buf, name, 1);
	put_little(buf, value, 2);
}

void put_string(struct buf *buf, const char *name, const char *text)
{
	put_code(buf, name, 5);
	put_little(buf, strlen(text) + 1, 2);
	buf_add(buf, slice_of(text, strlen(text) + 1));
}

void put_struct(struct buf *buf, const char *name)
{
	put_code(buf, name, 7);
}

void put_struct_end(struct buf *buf)
{
	put_code(buf, NULL, 8);
}

void put_array(struct buf *buf, const char *name, uint16_t count)
{
	put_code(buf, name, 11);
	put_little(buf, count, 2);
}

void put_array_end(struct buf *buf)
{
	put_code(buf, NULL, 12);
}

void put_bytes(struct buf *buf, const char *name, struct slice bytes)
{
	put_code(buf, name, 6);
	put_little(buf, bytes.len, 4);
	buf_add(buf, bytes);
}

static void put_table(
	struct buf *buf, unsigned id, unsigned width, const uint32_t *values, uint32_t count)
{
	put_big(buf, id, 2);
	put_big(buf, width, 2);
	put_big(buf, 0, 4);
	put_big(buf, count, 4);
	for (uint32_t i = 0; i < count; i++)
		put_big(buf, values[i], width);
	while (buf->len % 8)
		buf_add_char(buf, 0);
}

struct slice small_dfa_bytes(struct arena *arena, const struct small_dfa *dfa)
{
	uint32_t count = dfa->states * 256, base[SMALL_STATES], classes[256];
	uint32_t *next = arena_array(arena, count, sizeof(*next));
	uint32_t *check = arena_array(arena, count, sizeof(*check));
	unsigned width = dfa->wide ? 4 : 2;
	for (uint32_t state = 0; state < dfa->states; state++) {
		base[state] = state * 256 | dfa->base_flags[state];
		for (unsigned byte = 0; byte < 256; byte++) {
			next[state * 256 + byte] = dfa->next[state][byte];
			check[state * 256 + byte] = dfa->next[state][byte] ? state : 0;
		}
	}
	struct buf buf = buf_new(arena);
	put_big(&buf, 0x1B5E783D, 4);
	put_big(&buf, 16, 4);
	put_big(&buf, 0, 4);
	put_big(&buf, dfa->flags, 2);
	put_big(&buf, 0, 2);
	put_table(&buf, 1, 4, dfa->accept, dfa->states);
	if (!dfa->no_accept2)
		put_table(&buf, 7, 4, dfa->accept2, dfa->states);
	put_table(&buf, 2, 4, base, dfa->states);
	put_table(&buf, 4, width, dfa->fallback, dfa->states);
	put_table(&buf, 8, width, next, count);
	put_table(&buf, 3, width, check, count);
	for (unsigned byte = 0; dfa->classes && byte < 256; byte++)
		classes[byte] = dfa->classes[byte];
	if (dfa->classes)
		put_table(&buf, 5, 1, classes, 256);
	return buf_slice(&buf);
}
