#include "compiler/service/read.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

/* Hostile texts, and the cutting of streams into documents. */

static const char valid[] =
	"# a service\n"
	"name: api\n"
	"description: \"Gö \\u00e4 \\x41 API\"\n"
	"binary: &b [/app, '/opt/{a,b}/*']\n"
	"libraries: [/lib, {file: /x.so}]\n"
	"writable:\n"
	"  - /tmp\n"
	"  - {path: /run/ü, owner: true, link: false}\n"
	"readable: *b\n"
	"exec: [{path: /bin/x, as: child kid}]\n"
	"children:\n"
	"  kid: &kid\n"
	"    binary: /bin/x\n"
	"  kid2: {<<: *kid, mode: complain}\n"
	"network: [inet tcp, unix stream]\n"
	"capabilities: [CAP_CHOWN]\n"
	"abstractions: [nameservice]\n"
	"rules:\n"
	"  - >-\n"
	"    change_profile\n"
	"    -> kid2\n"
	"deny: ['/etc/shadow r']\n"
	"expect: {allow: [/tmp/a rw, exec /app], deny: [capability sys_admin]}\n"
	"container: {image: x, tmpfs: {/tmp: {size: 1m}}, seccomp: default}\n";

static bool read_slice(struct unit *unit, struct slice text)
{
	unit_reset(unit);
	const struct source *source = sources_add(&unit->sources, SLICE("test.yaml"), text, 1);
	struct service *service = NULL;
	bool ok = service_read(unit, source, &service);
	CU_ASSERT(!ok || service != NULL);
	CU_ASSERT_EQUAL(ok, unit->diags.errors == 0);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next) {
		CU_ASSERT_TRUE(diag->at.begin >= source->begin);
		CU_ASSERT_TRUE(diag->at.end >= diag->at.begin);
		CU_ASSERT_TRUE(diag->at.end <= source->begin + text.len);
	}
	return ok;
}

/* The copy has its exact size, so that the address sanitizer sees every byte read past the end. */
static void read_copy(struct unit *unit, const char *bytes, size_t len)
{
	char *copy = malloc(len ? len : 1);
	memcpy(copy, bytes, len);
	read_slice(unit, slice_of(copy, len));
	free(copy);
}

UNIT_TEST(mutations_of_a_valid_document_never_crash)
{
	static const char bytes[] = "\0\t\n\r \"'#%&*,-:<>?@[\\]`{|}~a/\x01\x7f\x80\xc3\xff";
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	CU_ASSERT_TRUE_FATAL(read_slice(&unit, SLICE(valid)));
	CU_ASSERT_EQUAL(unit.diags.warnings, 0);
	char text[sizeof(valid) + 1];
	for (size_t at = 0; at < sizeof(valid); at++) {
		size_t rest = sizeof(valid) - 1 - at;
		memcpy(text, valid, at);
		read_copy(&unit, text, at);
		if (rest > 0) {
			memcpy(text + at, valid + at + 1, rest - 1);
			read_copy(&unit, text, sizeof(valid) - 2);
		}
		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			text[at] = bytes[i];
			if (rest > 0) {
				memcpy(text + at + 1, valid + at + 1, rest - 1);
				read_copy(&unit, text, sizeof(valid) - 1);
			}
			memcpy(text + at + 1, valid + at, rest);
			read_copy(&unit, text, sizeof(valid));
		}
	}
	unit_free(&unit);
}

static enum diag_id first_id(const struct unit *unit)
{
	return unit->diags.first ? unit->diags.first->id : DIAG_COUNT;
}

/* Each level holds the one before ten times: 10 to the power of 9 nodes. */
UNIT_TEST(alias_bombs_are_refused)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf text = buf_new(&arena);
	buf_add_str(&text, "name: a\nbinary: /a\ncontainer:\n  a0: &a0 [x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		buf_printf(&text, "  a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			buf_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
		buf_add_str(&text, "]\n");
	}
	CU_ASSERT_FALSE(read_slice(&unit, buf_slice(&text)));
	CU_ASSERT_EQUAL(first_id(&unit), DIAG_TOO_LARGE);
	CU_ASSERT_TRUE(unit.arena.used < 1 << 20);

	/* The same with merge keys, whose mappings double. */
	text = buf_new(&arena);
	buf_add_str(&text, "name: a\nbinary: /a\ncontainer:\n  a0: &a0 {k: v}\n");
	for (int i = 1; i < 30; i++)
		buf_printf(
			&text, "  a%d: &a%d {<<: [*a%d, *a%d], k%d: v}\n", i, i, i - 1, i - 1, i);
	CU_ASSERT_FALSE(read_slice(&unit, buf_slice(&text)));
	CU_ASSERT_EQUAL(first_id(&unit), DIAG_TOO_LARGE);
	CU_ASSERT_TRUE(unit.arena.used < 4 << 20);
	arena_free(&arena);
	unit_free(&unit);
}

static struct slice nested(struct arena *arena, const char *open, size_t depth)
{
	struct buf text = buf_new(arena);
	buf_add_str(&text, "name: a\nbinary: /a\nreadable: ");
	for (size_t i = 0; i < depth; i++)
		buf_add_str(&text, open);
	return buf_slice(&text);
}

static bool has_id(const struct unit *unit, enum diag_id id)
{
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next)
		if (diag->id == id)
			return true;
	return false;
}

UNIT_TEST(deep_nesting_is_refused)
{
	static const char *const opens[] = {
		"[", "{a: ", "- ", "? ", "&a [", "!!seq [", "\n- ", "[{"};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++)
		for (size_t depth = 50; depth < 60000; depth *= 33)
			CU_ASSERT_FALSE(read_slice(&unit, nested(&arena, opens[i], depth)));
	read_slice(&unit, nested(&arena, "[", 62));
	CU_ASSERT_FALSE(has_id(&unit, DIAG_TOO_LARGE));
	read_slice(&unit, nested(&arena, "[", 64));
	CU_ASSERT_TRUE(has_id(&unit, DIAG_TOO_LARGE));
	read_slice(&unit, nested(&arena, "[", 50000));
	CU_ASSERT_TRUE(has_id(&unit, DIAG_TOO_LARGE));

	/* Levels that an alias adds count, too. */
	struct slice half = nested(&arena, "[", 33);
	struct buf text = buf_new(&arena);
	buf_printf(&text, "x: &x %.*s", (int)33, half.at + half.len - 33);
	for (int i = 0; i < 33; i++)
		buf_add_char(&text, ']');
	buf_printf(&text, "\ny: %.*s*x", (int)33, half.at + half.len - 33);
	read_slice(&unit, buf_slice(&text));
	CU_ASSERT_TRUE(has_id(&unit, DIAG_TOO_LARGE));
	arena_free(&arena);
	unit_free(&unit);
}

/* `count` times a line, to the limit of size: no time or memory that grows faster than the text. */
static void read_many(struct unit *unit, const char *head, const char *line, bool numbered)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf text = buf_new(&arena);
	buf_add_str(&text, head);
	for (unsigned i = 0; text.len + 64 < 1 << 20; i++) {
		buf_add_str(&text, line);
		if (numbered)
			buf_printf(&text, "%u: 1\n", i);
	}
	read_slice(unit, buf_slice(&text));
	CU_ASSERT_TRUE(unit->diags.errors <= unit->limits->errors + 1);
	CU_ASSERT_TRUE(unit->diags.warnings <= unit->limits->errors);
	CU_ASSERT_TRUE(unit->arena.used < 100 << 20);
	arena_free(&arena);
}

UNIT_TEST(large_documents_cost_little)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	read_many(&unit, "", "a", true);
	read_many(&unit, "", "x\n", false);
	read_many(&unit, "name: a\nbinary: /a\nreadable:\n", "- /a\n", false);
	read_many(&unit, "name: a\nbinary: /a\nreadable: [", "a,", false);
	read_many(&unit, "name: a\nbinary: /a\ncontainer:\n  environment:\n", "    a", true);
	read_many(&unit, "name: a\nbinary: /a\nnetwork:\n", "- inet tcp\n", false);
	read_many(&unit, "name: a\nbinary: /a\nexec:\n", "- {path: /b, as: child c}\n", false);
	read_many(&unit, "name: a\nbinary: /a\nexpect:\n allow:\n", " - /a r\n", false);
	read_many(&unit, "name: a\nbinary: /a\nreadable:\n", "- &a /ä\n", false);
	read_many(&unit, "name: a\ndescription: ä\nreadable: [&a /é", ", *a, /é", false);
	read_many(&unit, "", "%TAG !a! b\n", false);
	read_many(&unit, "# c\r", "%TAG !a! b\r", false);
	read_many(&unit, "...\n", "%TAG !a! b\n", false);
	read_many(&unit, "", "...\n", false);
	read_many(&unit, "name: a\n...\n", "%TAG !a! b\n", false);
	read_many(&unit, "a: ", "!a", false);
	read_many(&unit, "a: ", "? ", false);
	read_many(&unit, "a: '", "\\", false);
	read_many(&unit, "description: \"", "\\x41", false);
	read_many(&unit, "name: a\nbinary: /a\nchildren:\n", " ? a\n : {}\n", false);
	unit_free(&unit);
}

UNIT_TEST(size_has_a_limit)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	size_t limit = unit.limits->document_bytes;
	char *text = malloc(limit + 1);
	memset(text, '#', limit + 1);
	memcpy(text, "name: a\nbinary: /a\n", 19);
	CU_ASSERT_TRUE(read_slice(&unit, slice_of(text, limit)));
	CU_ASSERT_FALSE(read_slice(&unit, slice_of(text, limit + 1)));
	CU_ASSERT_EQUAL(first_id(&unit), DIAG_TOO_LARGE);
	free(text);
	unit_free(&unit);
}

/* All line ends that YAML has, and a byte order mark, do not change what is read. */
UNIT_TEST(line_ends_and_byte_order_mark_are_accepted)
{
	static const char *const ends[] = {"\n", "\r\n", "\r", "\xc2\x85", "\xe2\x80\xa8"};
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct arena arena;
		arena_init(&arena, test_out_of_memory);
		struct buf text = buf_new(&arena);
		buf_add_str(&text, "\xef\xbb\xbf");
		for (const char *c = valid; *c; c++)
			if (*c == '\n')
				buf_add_str(&text, ends[i]);
			else
				buf_add_char(&text, *c);
		CU_ASSERT_TRUE(read_slice(&unit, buf_slice(&text)));
		arena_free(&arena);
	}
	unit_free(&unit);
}

/* `|` marks where documents end. */
static const char *const streams[] = {
	"name: a\n|---\nname: b\n|",
	"---\nname: a\n|---\nname: b\n|",
	"# c\n\n---\nname: a\n# d\n|--- # e\nname: b|",
	"%YAML 1.1\n---\na: 1\n...\n|# c\n%YAML 1.1\n---\nb: 1\n|",
	"a: 1\n...\n\n# only comments follow\n...\n|",
	"a: 1\n...\n|b: 1\n...\n|---\n|---\n|",
	"--- a\n|--- b\n|---\tc\n|",
	"a: 1\n----\n---x\n ---\n....\n|---|",
	"a: 1\n|---|",
	"a: 1\r\n|---\r\nb: 1\r\n...\r\n|# c\r\nb\r\n|",
	"\xef\xbb\xbf---\na: 1\n|---\nb: 1\n|",
	"# only a comment\n|",
	"...\na: 1\n|",
	"a: |\n",
};

/* The last one has a real `|`, so that one is told apart. */
static size_t plain_stream(const char *marked, char *text, size_t *ends)
{
	size_t len = 0, count = 0;
	bool is_last = marked == streams[sizeof(streams) / sizeof(streams[0]) - 1];
	for (; *marked; marked++) {
		if (*marked == '|' && !is_last)
			ends[count++] = len;
		else
			text[len++] = *marked;
	}
	if (is_last)
		ends[count++] = len;
	ends[count] = 0;
	return len;
}

/* Feeds the stream as a reader would that gets `step` bytes at a time. */
static void check_stream(
	const char *text, size_t len, const size_t *ends, size_t first, size_t step)
{
	size_t begin = 0, have = first < len ? first : len, document = 0;
	while (begin < len) {
		char *copy = malloc(have - begin + 1);
		memcpy(copy, text + begin, have - begin);
		size_t n = service_next_document(slice_of(copy, have - begin), have == len);
		free(copy);
		CU_ASSERT_FALSE_FATAL(n == 0 && have == len);
		if (n == 0) {
			have = have + step < len ? have + step : len;
			continue;
		}
		begin += n;
		CU_ASSERT_EQUAL(begin, ends[document]);
		if (begin != ends[document++])
			printf("\n%.*s: document %zu ends at %zu", (int)len, text, document, begin);
	}
	CU_ASSERT_EQUAL(ends[document], 0);
}

UNIT_TEST(streams_are_cut_into_documents)
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		char text[256];
		size_t ends[16];
		size_t len = plain_stream(streams[i], text, ends);
		check_stream(text, len, ends, len, 1);
		for (size_t first = 0; first <= len; first++)
			for (size_t step = 1; step < 5; step++)
				check_stream(text, len, ends, first, step);
	}
}

/* What is cut is read as one document: libyaml agrees on where documents end. */
UNIT_TEST(cut_documents_are_single_documents)
{
	static const char text[] = "name: a\nbinary: /a\n--- # c\nname: b\nbinary: /b\n...\n# d\n"
				   "%YAML 1.1\n---\nname: c\nbinary: /c\n... # e\n# f\n";
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	struct slice rest = SLICE(text);
	unsigned count = 0;
	while (rest.len > 0) {
		size_t len = service_next_document(rest, true);
		CU_ASSERT_TRUE(read_slice(&unit, slice_first(rest, len)));
		rest = slice_from(rest, len);
		count++;
	}
	CU_ASSERT_EQUAL(count, 3);
	unit_free(&unit);
}
