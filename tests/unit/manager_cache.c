#include "manager/apparmor_parser/cache.h"
#include "manager/system/file.h"
#include "manager/apparmor_parser/verdict.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct digest key_of(const char *text)
{
	return digest_of(slice_str(text));
}

static const char *entry_of(const struct place *place, const char *text)
{
	char name[DIGEST_HEX + 8] = "cache/";
	struct digest key = key_of(text);
	digest_hex(&key, name + 6);
	return place_at(place, name);
}

static bool knows(const char *directory, const char *text, const char *want)
{
	struct bytes value = {0};
	struct digest key = key_of(text);
	struct cache *cache = cache_open(directory);
	bool is_known = cache_get(cache, &key, &value);
	bool is_so = want ? is_known && slice_is(bytes_slice(&value), want) : !is_known;
	bytes_free(&value);
	cache_close(cache);
	return is_so;
}

static void remember(const char *directory, const char *text, const char *value)
{
	struct digest key = key_of(text);
	struct cache *cache = cache_open(directory);
	cache_put(cache, &key, slice_str(value));
	CU_ASSERT_PTR_NULL(cache_trouble(cache));
	cache_close(cache);
}

UNIT_TEST(digest_is_sha256)
{
	char hex[DIGEST_HEX + 1];
	struct digest digest = digest_of(SLICE("abc"));
	digest_hex(&digest, hex);
	CU_ASSERT_STRING_EQUAL(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	struct digest_list list;
	digest_begin(&list);
	digest_add(&list, SLICE("ab"));
	digest_add(&list, SLICE("c"));
	struct digest one = digest_end(&list);
	digest_begin(&list);
	digest_add(&list, SLICE("a"));
	digest_add(&list, SLICE("bc"));
	struct digest two = digest_end(&list);
	CU_ASSERT_NOT_EQUAL(memcmp(&one, &two, sizeof(one)), 0);
}

UNIT_TEST(cache_remembers)
{
	struct place place = place_begin();
	char directory[512];
	strcpy(directory, place_at(&place, "deep/er/cache"));
	CU_ASSERT_TRUE(knows(directory, "a", NULL));
	remember(directory, "a", "value");
	remember(directory, "empty", "");
	CU_ASSERT_TRUE(knows(directory, "a", "value"));
	CU_ASSERT_TRUE(knows(directory, "empty", ""));
	CU_ASSERT_TRUE(knows(directory, "b", NULL));
	remember(directory, "a", "another");
	CU_ASSERT_TRUE(knows(directory, "a", "another"));
	CU_ASSERT_EQUAL(place_count(&place, "deep/er/cache"), 2);
	place_end(&place);
}

UNIT_TEST(cache_takes_no_damaged_entry)
{
	struct place place = place_begin();
	char directory[512];
	strcpy(directory, place_at(&place, "cache"));
	remember(directory, "a", "value");
	struct bytes entry = {0}, changed = {0};
	CU_ASSERT_TRUE_FATAL(file_read(entry_of(&place, "a"), 4096, &entry, NULL));
	for (size_t i = 0; i < entry.len; i++) {
		changed.len = 0;
		bytes_add(&changed, bytes_slice(&entry));
		changed.at[i] ^= 1;
		CU_ASSERT_TRUE_FATAL(
			file_write(entry_of(&place, "a"), bytes_slice(&changed), NULL));
		CU_ASSERT_TRUE(knows(directory, "a", NULL));
		CU_ASSERT_TRUE_FATAL(file_write(
			entry_of(&place, "a"), slice_first(bytes_slice(&entry), i), NULL));
		CU_ASSERT_TRUE(knows(directory, "a", NULL));
	}
	CU_ASSERT_TRUE(file_write(entry_of(&place, "a"), bytes_slice(&entry), NULL));
	CU_ASSERT_TRUE(knows(directory, "a", "value"));
	/* An entry of another key under this one's name. */
	CU_ASSERT_TRUE(file_write(entry_of(&place, "b"), bytes_slice(&entry), NULL));
	CU_ASSERT_TRUE(knows(directory, "b", NULL));
	bytes_free(&entry);
	bytes_free(&changed);
	place_end(&place);
}

UNIT_TEST(cache_trusts_nobody_else)
{
	struct place place = place_begin();
	char directory[512];
	strcpy(directory, place_at(&place, "cache"));
	remember(directory, "a", "value");
	chmod(entry_of(&place, "a"), 0666);
	CU_ASSERT_TRUE(knows(directory, "a", NULL));
	chmod(entry_of(&place, "a"), 0600);
	CU_ASSERT_TRUE(knows(directory, "a", "value"));
	chmod(directory, 0777);
	CU_ASSERT_TRUE(knows(directory, "a", NULL));
	chmod(directory, 0700);
	if (geteuid() == 0) {
		CU_ASSERT_EQUAL(chown(entry_of(&place, "a"), 65534, 65534), 0);
		CU_ASSERT_TRUE(knows(directory, "a", NULL));
	}
	unlink(entry_of(&place, "a"));
	CU_ASSERT_EQUAL(symlink("/etc/passwd", entry_of(&place, "a")), 0);
	CU_ASSERT_TRUE(knows(directory, "a", NULL));
	unlink(entry_of(&place, "a"));
	CU_ASSERT_EQUAL(mkfifo(entry_of(&place, "a"), 0600), 0);
	CU_ASSERT_TRUE(knows(directory, "a", NULL));
	remember(directory, "a", "value");
	CU_ASSERT_TRUE(knows(directory, "a", "value"));
	place_end(&place);
}

UNIT_TEST(cache_that_cannot_be_is_no_error)
{
	struct place place = place_begin();
	struct digest key = key_of("a");
	struct bytes value = {0};
	const char *bad[] = {NULL, "/dev/null/x", place_put(&place, "file", "")};
	for (size_t i = 0; i < 3; i++) {
		struct cache *cache = cache_open(bad[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cache);
		CU_ASSERT_EQUAL(cache_trouble(cache) != NULL, bad[i] != NULL);
		cache_put(cache, &key, SLICE("value"));
		CU_ASSERT_FALSE(cache_get(cache, &key, &value));
		cache_close(cache);
	}
	cache_close(NULL);
	place_end(&place);
}

UNIT_TEST(cache_drops_the_oldest)
{
	struct place place = place_begin();
	char directory[512];
	strcpy(directory, place_at(&place, "cache"));
	struct cache *cache = cache_open_limited(directory, 32, 1 << 20);
	char name[16];
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%d", i);
		struct digest key = key_of(name);
		cache_put(cache, &key, SLICE("value"));
		struct timespec times[2] = {{1000 + i, 0}, {1000 + i, 0}};
		utimensat(AT_FDCWD, entry_of(&place, name), times, 0);
	}
	cache_close(cache);
	CU_ASSERT_EQUAL(place_count(&place, "cache"), 30);
	CU_ASSERT_TRUE(knows(directory, "9", NULL));
	CU_ASSERT_TRUE(knows(directory, "10", "value"));
	CU_ASSERT_TRUE(knows(directory, "39", "value"));
	/* By bytes. */
	cache = cache_open_limited(directory, 32, 1600);
	struct digest key = key_of("new");
	cache_put(cache, &key, SLICE("value"));
	cache_close(cache);
	CU_ASSERT_TRUE(place_count(&place, "cache") <= 16);
	CU_ASSERT_TRUE(place_count(&place, "cache") > 5);
	CU_ASSERT_TRUE(knows(directory, "new", "value"));
	place_end(&place);
}

UNIT_TEST(cache_default_place)
{
	char *xdg = getenv("XDG_CACHE_HOME");
	xdg = xdg ? strdup(xdg) : NULL;
	setenv("XDG_CACHE_HOME", "/x/y", 1);
	char *directory = cache_default_directory();
	CU_ASSERT_STRING_EQUAL(directory, geteuid() == 0 ? "/var/cache/aaforge" : "/x/y/aaforge");
	free(directory);
	unsetenv("XDG_CACHE_HOME");
	if (xdg)
		setenv("XDG_CACHE_HOME", xdg, 1);
	free(xdg);
}

static struct parser_result verdict_of(enum parser_verdict verdict)
{
	static const struct parser_message second = {
		.kind = PARSER_GLOB,
		.likely_line = 7,
		.subject = {"/a{", 3},
		.text = {"bad", 3},
	};
	static const struct parser_message first = {
		.next = (struct parser_message *)&second,
		.kind = PARSER_SYNTAX,
		.line = 3,
		.file = {"f", 1},
		.profile = {"p", 1},
	};
	return (struct parser_result){
		.verdict = verdict, .messages = &first, .binary = SLICE("binary"), .cpu = 5};
}

UNIT_TEST(verdict_comes_back_as_it_was)
{
	struct place place = place_begin();
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct cache *cache = cache_open(place.path);
	struct digest key = key_of("k");
	struct parser_result in = verdict_of(PARSER_ACCEPTED), out;
	verdict_put(cache, &key, false, &in);
	CU_ASSERT_FALSE(verdict_get(cache, &key, true, &arena, &out));
	CU_ASSERT_TRUE_FATAL(verdict_get(cache, &key, false, &arena, &out));
	CU_ASSERT_EQUAL(out.verdict, PARSER_ACCEPTED);
	CU_ASSERT_EQUAL(out.binary.len, 0);
	CU_ASSERT_EQUAL(out.cpu, 0);
	CU_ASSERT_EQUAL(out.messages->kind, PARSER_SYNTAX);
	CU_ASSERT_EQUAL(out.messages->line, 3);
	CU_ASSERT_TRUE(slice_is(out.messages->file, "f"));
	CU_ASSERT_TRUE(slice_is(out.messages->profile, "p"));
	const struct parser_message *second = out.messages->next;
	CU_ASSERT_EQUAL(second->kind, PARSER_GLOB);
	CU_ASSERT_EQUAL(second->likely_line, 7);
	CU_ASSERT_TRUE(slice_is(second->subject, "/a{"));
	CU_ASSERT_TRUE(slice_is(second->text, "bad"));
	CU_ASSERT_PTR_NULL(second->next);
	verdict_put(cache, &key, true, &in);
	CU_ASSERT_TRUE_FATAL(verdict_get(cache, &key, true, &arena, &out));
	CU_ASSERT_TRUE(slice_is(out.binary, "binary"));
	in = verdict_of(PARSER_REFUSED);
	verdict_put(cache, &key, true, &in);
	CU_ASSERT_TRUE(verdict_get(cache, &key, true, &arena, &out));
	CU_ASSERT_EQUAL(out.verdict, PARSER_REFUSED);
	cache_close(cache);
	arena_free(&arena);
	place_end(&place);
}

UNIT_TEST(verdict_of_chance_is_not_kept)
{
	struct place place = place_begin();
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct cache *cache = cache_open(place.path);
	struct digest key = key_of("k");
	enum parser_verdict chance[] = {PARSER_TIMED_OUT, PARSER_OUT_OF_MEMORY, PARSER_FAILED};
	for (size_t i = 0; i < 3; i++) {
		struct parser_result in = verdict_of(chance[i]), out;
		verdict_put(cache, &key, true, &in);
		CU_ASSERT_FALSE(verdict_get(cache, &key, false, &arena, &out));
	}
	CU_ASSERT_EQUAL(place_count(&place, ""), 0);
	cache_put(cache, &key, SLICE("no verdict at all"));
	struct parser_result out;
	CU_ASSERT_FALSE(verdict_get(cache, &key, false, &arena, &out));
	cache_close(cache);
	arena_free(&arena);
	place_end(&place);
}
