#include "manager/system/file.h"
#include "manager/apparmor_parser/library.h"
#include "policy/includes.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct library *open_library(
	const struct place *place, const char *const *includes, size_t include_count)
{
	struct library *library = NULL;
	struct error *error = NULL;
	mkdir(place_at(place, "base"), 0755);
	CU_ASSERT_TRUE_FATAL(library_open(place_at(place, "base"), includes, include_count,
		test_out_of_memory, &library, &error));
	return library;
}

/* The names of the files that an include stands for, "a b"; "-" when it is missing. */
static const char *found(struct library *library, const char *path, bool magic)
{
	static char names[1024];
	const struct include_loader *loader = library_loader(library);
	bool is_missing = true;
	const struct include_file *file =
		loader->find(loader->context, slice_str(path), magic, &is_missing);
	if (is_missing)
		return file ? "missing, but found" : "-";
	names[0] = '\0';
	for (; file; file = file->next) {
		const char *name = memrchr(file->name.at, '/', file->name.len);
		struct slice base = slice_from(file->name, (size_t)(name + 1 - file->name.at));
		size_t len = strlen(names);
		snprintf(names + len, sizeof(names) - len, "%s%.*s", len ? " " : "",
			SLICE_FMT(base));
	}
	return names;
}

UNIT_TEST(library_searches_as_the_parser_does)
{
	struct place place = place_begin();
	place_put(&place, "base/abstractions/x", "/base r,\n");
	place_put(&place, "one/abstractions/x", "/one r,\n");
	place_put(&place, "two/abstractions/x", "/two r,\n");
	place_put(&place, "two/abstractions/only", "/two r,\n");
	place_put(&place, "base/q", "/q r,\n");
	place_put(&place, "one/q2", "/q r,\n");
	const char *includes[] = {place_at(&place, "one"), place_at(&place, "two")};
	struct library *library = open_library(&place, includes, 2);
	const struct include_loader *loader = library_loader(library);
	bool is_missing;
	const struct include_file *file =
		loader->find(loader->context, SLICE("abstractions/x"), true, &is_missing);
	CU_ASSERT_TRUE(slice_is(file->name, place_at(&place, "one/abstractions/x")));
	CU_ASSERT_TRUE(slice_is(file->text, "/one r,\n"));
	CU_ASSERT_STRING_EQUAL(found(library, "abstractions/only", true), "only");
	CU_ASSERT_STRING_EQUAL(found(library, "abstractions/gone", true), "-");
	CU_ASSERT_STRING_EQUAL(found(library, "q", false), "q");
	CU_ASSERT_STRING_EQUAL(found(library, "q2", false), "-"); /* quotes: not in -I */
	CU_ASSERT_STRING_EQUAL(found(library, "q2", true), "q2");
	CU_ASSERT_STRING_EQUAL(found(library, place_at(&place, "two/abstractions/x"), false), "x");
	CU_ASSERT_STRING_EQUAL(found(library, place_at(&place, "two/abstractions/x"), true), "-");
	CU_ASSERT_STRING_EQUAL(found(library, "", true), "-");
	library_free(library);
	place_end(&place);
}

UNIT_TEST(library_directories)
{
	struct place place = place_begin();
	const char *names[] = {"b", "a", ".hidden", "README", "c.dpkg-new", "c.dpkg-old",
		"c.dpkg-dist", "c.dpkg-bak", "c.dpkg-remove", "c.pacsave", "c.pacnew", "c.rpmnew",
		"c.rpmsave", "c.orig", "c.rej", "c~", "o.bak", "sub/x"};
	char path[64];
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "base/x.d/%s", names[i]);
		place_put(&place, path, "/x r,\n");
	}
	mkdir(place_at(&place, "base/empty.d"), 0755);
	CU_ASSERT_EQUAL(symlink("a", place_at(&place, "base/x.d/link")), 0);
	struct library *library = open_library(&place, NULL, 0);
	CU_ASSERT_STRING_EQUAL(found(library, "x.d", true), "a b link o.bak");
	CU_ASSERT_STRING_EQUAL(found(library, "empty.d", true), "");
	CU_ASSERT_EQUAL(library_unit(library)->diags.errors, 0);
	library_free(library);
	place_end(&place);
}

UNIT_TEST(library_reads_the_policy_of_a_file)
{
	struct place place = place_begin();
	place_put(&place, "base/a", "/a r,\ninclude <b>\n");
	place_put(&place, "base/b", "/b r,\n");
	place_put(&place, "base/tune", "@{X}=/x\n");
	struct library *library = open_library(&place, NULL, 0);
	const struct include_loader *loader = library_loader(library);
	bool is_missing;
	const struct include_file *a = loader->find(loader->context, SLICE("a"), true, &is_missing);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a->body->rules);
	CU_ASSERT_PTR_NULL(a->body->rules->next);
	const struct include_file *b = a->body->includes->files;
	CU_ASSERT_TRUE(slice_is(b->name, place_at(&place, "base/b")));
	CU_ASSERT_PTR_NOT_NULL(b->body->rules);
	const struct include_file *tune =
		loader->find(loader->context, SLICE("tune"), true, &is_missing);
	CU_ASSERT_TRUE(slice_is(tune->preamble->variables->name, "X"));
	const struct include_file *again =
		loader->find(loader->context, SLICE("a"), true, &is_missing);
	CU_ASSERT_PTR_EQUAL(again->body, a->body);
	library_free(library);
	place_end(&place);
}

UNIT_TEST(library_loops_end)
{
	struct place place = place_begin();
	place_put(&place, "base/self", "include <self>\n/self r,\n");
	place_put(&place, "base/a", "include <b>\n/a r,\n");
	place_put(&place, "base/b", "include <c>\n/b r,\n");
	place_put(&place, "base/c", "include <a>\n/c r,\n");
	struct library *library = open_library(&place, NULL, 0);
	const struct include_loader *loader = library_loader(library);
	bool is_missing;
	const struct include_file *self =
		loader->find(loader->context, SLICE("self"), true, &is_missing);
	CU_ASSERT_PTR_NULL(self->body->includes->files);
	const struct include_file *a = loader->find(loader->context, SLICE("a"), true, &is_missing);
	const struct include_file *c = a->body->includes->files->body->includes->files;
	CU_ASSERT_TRUE(slice_is(c->text, "include <a>\n/c r,\n"));
	CU_ASSERT_PTR_NULL(c->body->includes->files);
	/* From outside, c has a and b. */
	c = loader->find(loader->context, SLICE("c"), true, &is_missing);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c->body->includes->files);
	const struct include_file *b = c->body->includes->files->body->includes->files;
	CU_ASSERT_TRUE(slice_is(b->text, "include <c>\n/b r,\n"));
	const struct include_file *inner = b->body->includes->files;
	CU_ASSERT_TRUE(!inner || !inner->body->includes->files);
	CU_ASSERT_EQUAL(library_unit(library)->diags.errors, 0);
	library_free(library);
	place_end(&place);
}

UNIT_TEST(library_tells_once_what_it_cannot_read)
{
	struct place place = place_begin();
	place_put(&place, "base/bad", "/a r\n/b r,\n");
	place_put(&place, "base/user", "include <bad>\n");
	place_put(&place, "base/loop1", "include <loop2>\n");
	place_put(&place, "base/loop2", "include <loop1>\n/a r\n/b r,\n");
	struct library *library = open_library(&place, NULL, 0);
	found(library, "loop1", true);
	found(library, "bad", true);
	const struct diags *diags = &library_unit(library)->diags;
	size_t notes = diags->notes;
	CU_ASSERT_EQUAL(notes, 2);
	found(library, "bad", true);
	found(library, "user", true);
	found(library, "loop2", true);
	CU_ASSERT_EQUAL(diags->notes, notes);
	CU_ASSERT_EQUAL(diags->errors, 0);
	CU_ASSERT_PTR_NULL(diags->first->next->next);
	CU_ASSERT_PTR_EQUAL(diags->first->next, diags->last);
	CU_ASSERT_EQUAL(diags->first->id, DIAG_OPAQUE_INCLUDE);
	struct location location;
	CU_ASSERT_TRUE(
		sources_locate(&library_unit(library)->sources, diags->first->at.begin, &location));
	CU_ASSERT_TRUE(slice_is(location.source->name, place_at(&place, "base/loop2")));
	library_free(library);
	place_end(&place);
}

static const struct include_file *included(struct library *library, const char *path)
{
	const struct include_loader *loader = library_loader(library);
	bool is_missing;
	return loader->find(loader->context, slice_str(path), true, &is_missing);
}

UNIT_TEST(library_keeps_what_it_understands)
{
	struct place place = place_begin();
	place_put(&place, "base/new", "/a r,\nif \"x\" in @{V} { /b r, }\n/c r,\n");
	place_put(&place, "base/old", "/a r,\nalias /usr/bin/[ -> /usr/bin/gnu[,\n");
	place_put(&place, "base/user", "include <old>\ninclude <new>\n");
	place_put(&place, "base/missing", "include <nowhere>\n");
	struct library *library = open_library(&place, NULL, 0);
	const struct include_file *user = included(library, "user");
	CU_ASSERT_PTR_NOT_NULL_FATAL(user);
	CU_ASSERT_FALSE(user->is_opaque);
	const struct include_file *file = included(library, "new");
	CU_ASSERT_TRUE(file->is_opaque);
	CU_ASSERT_PTR_NOT_NULL(file->body->rules);
	CU_ASSERT_PTR_EQUAL(
		includes_opaque(&library_unit(library)->arena, user->body->includes), file);
	CU_ASSERT_FALSE(included(library, "old")->is_opaque);
	CU_ASSERT_PTR_NOT_NULL(included(library, "old")->preamble->aliases);
	CU_ASSERT_EQUAL(library_unit(library)->diags.errors, 0);
	/* What is missing is missing for apparmor_parser as well. */
	CU_ASSERT_FALSE(included(library, "missing")->is_opaque);
	CU_ASSERT_EQUAL(library_unit(library)->diags.errors, 1);
	library_free(library);
	place_end(&place);
}

UNIT_TEST(library_survives_odd_files)
{
	struct place place = place_begin();
	mkdir(place_at(&place, "base"), 0755);
	mkfifo(place_at(&place, "base/fifo"), 0600);
	CU_ASSERT_EQUAL(symlink("/dev/null", place_at(&place, "base/off")), 0);
	CU_ASSERT_EQUAL(symlink("nowhere", place_at(&place, "base/dangling")), 0);
	char path[64], text[64];
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "base/deep%d", i);
		snprintf(text, sizeof(text), "include <deep%d>\n", i + 1);
		place_put(&place, path, text);
	}
	place_put(&place, "base/deep100", "/x r,\n");
	struct library *library = open_library(&place, NULL, 0);
	CU_ASSERT_STRING_EQUAL(found(library, "fifo", true), "-");
	CU_ASSERT_STRING_EQUAL(found(library, "off", true), "off");
	CU_ASSERT_STRING_EQUAL(found(library, "dangling", true), "-");
	CU_ASSERT_STRING_EQUAL(found(library, "a\nb", true), "-");
	size_t before = library_unit(library)->diags.errors;
	CU_ASSERT_STRING_EQUAL(found(library, "deep0", true), "deep0");
	CU_ASSERT_EQUAL(library_unit(library)->diags.errors, before + 1);
	library_free(library);
	place_end(&place);
}

UNIT_TEST(library_that_is_not_there)
{
	struct library *library;
	struct error *error = NULL;
	CU_ASSERT_FALSE(library_open("/gone", NULL, 0, test_out_of_memory, &library, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "cannot open the directory '/gone'"));
	CU_ASSERT_FALSE(library_open("/etc/passwd", NULL, 0, test_out_of_memory, &library, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOTDIR, "'/etc/passwd'"));
}

UNIT_TEST(library_of_this_system_reads_without_mistakes)
{
	struct library *library;
	struct error *error = NULL;
	CU_ASSERT_TRUE_FATAL(library_open(NULL, NULL, 0, test_out_of_memory, &library, &error));
	CU_ASSERT_STRING_EQUAL(library_base(library), LIBRARY_BASE);
	CU_ASSERT_STRING_EQUAL(found(library, "tunables/global", true), "global");
	CU_ASSERT_STRING_EQUAL(found(library, "abstractions/base", true), "base");
	const char *names[] = {"nameservice", "ssl_certs", "python", "openssl", "consoles",
		"user-tmp", "apache2-common", "mysql", "php", "ruby", "dbus", "authentication"};
	char path[64];
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "abstractions/%s", names[i]);
		CU_ASSERT_STRING_EQUAL(found(library, path, true), names[i]);
	}
	CU_ASSERT_EQUAL(library_unit(library)->diags.errors, 0);
	library_free(library);
}

static struct digest digest_for(const struct place *place, const char *text)
{
	struct library *library = open_library(place, NULL, 0);
	struct digest_list list;
	digest_begin(&list);
	library_digest(library, slice_str(text), &list);
	library_free(library);
	return digest_end(&list);
}

/* Whether a change of the place changes the digest of the text. */
static bool matters(
	const struct place *place, const char *text, const char *name, const char *content)
{
	struct digest before = digest_for(place, text);
	struct digest again = digest_for(place, text);
	CU_ASSERT_EQUAL(memcmp(&before, &again, sizeof(before)), 0);
	place_put(place, name, content);
	struct digest after = digest_for(place, text);
	return memcmp(&before, &after, sizeof(before)) != 0;
}

UNIT_TEST(library_digest_covers_all_that_is_included)
{
	struct place place = place_begin();
	const char *text =
		"abi <abi/3.0>,\ninclude <g>\nprofile x { include if exists <local/x> "
		"#include<h>\n include \"quoted\" /a r, include <d> }\n# include <noted>\n";
	place_put(&place, "base/g", "include <g2>\n");
	place_put(&place, "base/g2", "include <g>\ninclude if exists <g3>\n");
	place_put(&place, "base/d/one", "/x r,\n");
	CU_ASSERT_TRUE(matters(&place, text, "base/g", "include <g2>\n\n"));
	CU_ASSERT_TRUE(matters(&place, text, "base/g2", "include if exists <g3>\n"));
	CU_ASSERT_TRUE(matters(&place, text, "base/g3", "")); /* absence counts */
	CU_ASSERT_TRUE(matters(&place, text, "base/local/x", "/y r,\n"));
	CU_ASSERT_TRUE(matters(&place, text, "base/h", "/y r,\n"));
	CU_ASSERT_TRUE(matters(&place, text, "base/quoted", "/y r,\n"));
	CU_ASSERT_TRUE(matters(&place, text, "base/d/two", "/y r,\n"));
	CU_ASSERT_TRUE(matters(&place, text, "base/abi/3.0", "x"));
	CU_ASSERT_TRUE(matters(&place, text, "base/noted", "/y r,\n")); /* one too many is fine */
	CU_ASSERT_FALSE(matters(&place, text, "base/other", "/y r,\n"));
	CU_ASSERT_FALSE(matters(&place, text, "base/d/two~", "/y r,\n"));
	place_end(&place);
}

/* As apparmor_parser chooses among the files of a directory. */
UNIT_TEST(library_names_taken)
{
	CU_ASSERT_TRUE(library_takes_name("usr.bin.web"));
	CU_ASSERT_TRUE(library_takes_name("README.txt"));
	CU_ASSERT_FALSE(library_takes_name("README"));
	CU_ASSERT_FALSE(library_takes_name(".hidden"));
	CU_ASSERT_FALSE(library_takes_name("web~"));
	CU_ASSERT_FALSE(library_takes_name("web.dpkg-new"));
	struct place place = place_begin();
	place_put(&place, "d/web", "");
	place_put(&place, "d/web~", "");
	place_put(&place, "d/sub/x", "");
	struct file_list list;
	struct bytes path = {0};
	CU_ASSERT_TRUE_FATAL(
		file_list_read_if(place_at(&place, "d"), library_takes_name, &list, NULL));
	CU_ASSERT_EQUAL_FATAL(list.count, 1);
	CU_ASSERT_TRUE_FATAL(file_list_path(&list, 0, &path));
	CU_ASSERT_STRING_EQUAL(path.at, place_at(&place, "d/web"));
	bytes_free(&path);
	file_list_free(&list);
	place_end(&place);
}
