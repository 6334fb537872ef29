#include "compiler/service/index.h"
#include "compiler/service/read.h"
#include "compiler/service/yaml.h"
#include "policy/names/names.h"
#include "policy/rule/rules.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/* What the reader makes of valid descriptions. */

static struct unit unit;

static const struct service *read_text(const char *text)
{
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *source =
		sources_add(&unit.sources, SLICE("test.yaml"), slice_str(text), 1);
	struct service *service = NULL;
	bool ok = service_read(&unit, source, &service);
	for (const struct diag *diag = ok ? NULL : unit.diags.first; diag; diag = diag->next)
		printf("\n%.*s", SLICE_FMT(diag->message));
	CU_ASSERT_TRUE_FATAL(ok);
	return service;
}

static void check_entry(const struct path_entry **entry, enum path_kind kind, const char *path)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(*entry);
	CU_ASSERT_EQUAL((*entry)->kind, kind);
	CU_ASSERT_TRUE(slice_is((*entry)->path, path));
	*entry = (*entry)->next;
}

UNIT_TEST(paths_are_files_trees_and_patterns)
{
	const struct service *service =
		read_text("name: a\n"
			  "binary: [/a, '/b*', {file: '/c{*'}, '/d\\x41\\i*']\n"
			  "libraries: [/lib, /usr/lib/, {file: /x.so}, "
			  "{path: /y}, '/z/**.so', /]\n"
			  "readable: [/r, /r/, /, '@{HOME}/r', '/r\\x', "
			  "{file: '/@{r}'}, '/ r,#\"']\n"
			  "writable: [/w, {file: /proc/self/comm}]\n");
	const struct path_entry *entry = service->binary;
	check_entry(&entry, PATH_FILE, "/a");
	check_entry(&entry, PATH_PATTERN, "/b*");
	check_entry(&entry, PATH_FILE, "/c{*");
	check_entry(&entry, PATH_PATTERN, "/dAi*");
	CU_ASSERT_PTR_NULL(entry);
	entry = service->libraries;
	check_entry(&entry, PATH_TREE, "/lib");
	check_entry(&entry, PATH_TREE, "/usr/lib");
	check_entry(&entry, PATH_FILE, "/x.so");
	check_entry(&entry, PATH_TREE, "/y");
	check_entry(&entry, PATH_PATTERN, "/z/**.so");
	check_entry(&entry, PATH_TREE, "");
	entry = service->readable;
	check_entry(&entry, PATH_EITHER, "/r");
	/* "/r/" says nothing that "/r" does not say. */
	check_entry(&entry, PATH_TREE, "");
	check_entry(&entry, PATH_PATTERN, "@{HOME}/r");
	check_entry(&entry, PATH_EITHER, "/r\\x");
	check_entry(&entry, PATH_FILE, "/@{r}");
	check_entry(&entry, PATH_EITHER, "/ r,#\"");
	entry = service->writable;
	check_entry(&entry, PATH_TREE, "/w");
	check_entry(&entry, PATH_FILE, "/proc/self/comm");
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, service->writable->span), "/w"));
	unit_free(&unit);
}

/* What would be refused behind a path may be a part of it. */
UNIT_TEST(names_may_hold_blanks_commas_and_colons)
{
	static const char *const names[] = {
		"/my data", "/a, b", "/a:b", "/a#b", "/a (1)", "/a->b", "/b my/c", "/a- >b"};
	static const char *const files[] = {
		"/a r,", "/a /b", "/a:/b", "/a # b", "/a -> b", "/a ", "/a,", "/a (r)"};
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf text = buf_new(&arena);
	buf_add_str(&text, "name: a\nbinary: /b\nreadable: [/first");
	for (size_t i = 0; i < 8; i++)
		buf_printf(&text, ", '%s', {file: '%s'}", names[i], files[i]);
	buf_add_str(&text, ", '/a r/', '/c:/', '/\\,[ #]*\\,', '/{a, /b r}']\n");
	buf_add_char(&text, '\0');
	const struct service *service = read_text(text.at);
	const struct path_entry *entry = service->readable->next;
	for (size_t i = 0; i < 8; i++) {
		check_entry(&entry, PATH_EITHER, names[i]);
		check_entry(&entry, PATH_FILE, files[i]);
	}
	check_entry(&entry, PATH_TREE, "/a r");
	check_entry(&entry, PATH_TREE, "/c:");
	check_entry(&entry, PATH_PATTERN, "/\\,[ #]*\\,");
	check_entry(&entry, PATH_PATTERN, "/{a, /b r}");
	CU_ASSERT_EQUAL(unit.diags.warnings, 0);
	unit_free(&unit);
	arena_free(&arena);
}

UNIT_TEST(options_of_entries_are_read)
{
	const struct service *service = read_text(
		"name: a\n"
		"binary: /a\n"
		"writable: [{path: /w, owner: true, link: true}, {path: /x, exec: true}]\n"
		"exec:\n"
		"  - /b\n"
		"  - {path: /c, as: child kid}\n"
		"  - {path: /d, as: profile other//x}\n"
		"  - {path: /e, as: unconfined}\n"
		"children:\n"
		"  kid: {binary: /c, mode: complain}\n");
	const struct path_entry *w = service->writable;
	CU_ASSERT_TRUE(w->owner && w->link && !w->exec);
	CU_ASSERT_TRUE(!w->next->owner && !w->next->link && w->next->exec);
	const struct path_entry *exec = service->exec;
	CU_ASSERT_EQUAL(exec->as, EXEC_AS_INHERIT);
	exec = exec->next;
	CU_ASSERT_EQUAL(exec->as, EXEC_AS_CHILD);
	CU_ASSERT_TRUE(slice_is(exec->as_name, "kid"));
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, exec->as_span), "kid"));
	exec = exec->next;
	CU_ASSERT_EQUAL(exec->as, EXEC_AS_PROFILE);
	CU_ASSERT_TRUE(slice_is(exec->as_name, "other//x"));
	CU_ASSERT_EQUAL(exec->next->as, EXEC_AS_UNCONFINED);
	CU_ASSERT_TRUE(slice_is(service->children->name, "kid"));
	CU_ASSERT_EQUAL(service->children->mode, MODE_COMPLAIN);
	CU_ASSERT_TRUE(slice_is(service->children->binary->path, "/c"));
	unit_free(&unit);
}

UNIT_TEST(accesses_and_texts_are_read)
{
	const struct service *service =
		read_text("name: 123\n"
			  "description: >-\n  two\n  lines\n"
			  "template: docker-default\n"
			  "mode: kill\n"
			  "network: [inet, ' inet6  tcp ', unix stream]\n"
			  "capabilities: [CAP_Net_Raw, chown]\n"
			  "abstractions: [nameservice, ubuntu-browsers.d/x]\n"
			  "rules: [\"signal\", 'ptrace ''x''', \"a\\tb\", &r yes]\n"
			  "deny: [/etc/shadow r]\n");
	CU_ASSERT_TRUE(slice_is(service->name, "123"));
	CU_ASSERT_TRUE(slice_is(service->description, "two lines"));
	CU_ASSERT_TRUE(service->has_template && slice_is(service->template, "docker-default"));
	CU_ASSERT_EQUAL(service->mode, MODE_KILL);
	const struct network_entry *network = service->network;
	CU_ASSERT_STRING_EQUAL(network->family, "inet");
	CU_ASSERT_PTR_NULL(network->type);
	network = network->next;
	CU_ASSERT_STRING_EQUAL(network->family, "inet6");
	CU_ASSERT_STRING_EQUAL(network->protocol, "tcp");
	CU_ASSERT_PTR_NULL(network->type);
	CU_ASSERT_STRING_EQUAL(network->next->type, "stream");
	CU_ASSERT_EQUAL(service->capabilities->capability,
		name_find(&names_capabilities, SLICE("net_raw"))->number);
	CU_ASSERT_EQUAL(service->capabilities->next->capability, 0);
	const struct text *rule = service->rules;
	CU_ASSERT_TRUE(rule->verbatim && slice_is(rule->text, "signal"));
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, rule->span), "signal"));
	rule = rule->next;
	CU_ASSERT_TRUE(!rule->verbatim && slice_is(rule->text, "ptrace 'x'"));
	rule = rule->next;
	CU_ASSERT_TRUE(!rule->verbatim && slice_is(rule->text, "a\tb"));
	rule = rule->next;
	CU_ASSERT_TRUE(rule->verbatim && slice_is(rule->text, "yes"));
	CU_ASSERT_TRUE(slice_is(sources_text(&unit.sources, rule->span), "yes"));
	CU_ASSERT_TRUE(slice_is(service->deny->text, "/etc/shadow r"));
	unit_free(&unit);
}

UNIT_TEST(assertions_are_read)
{
	const struct service *service = read_text("name: a\n"
						  "binary: /a\n"
						  "expect:\n"
						  "  allow:\n"
						  "    - /tmp/ rw\n"
						  "    - owner /a b  rwalkm\n"
						  "    - other /c r\n"
						  "    - exec /d as e as profile f\n"
						  "    - network inet tcp\n"
						  "    - network netlink\n"
						  "  deny:\n"
						  "    - capability CAP_SYS_ADMIN\n"
						  "    - exec /x y\n");
	const struct expectation *expect = service->expect;
	CU_ASSERT_TRUE(expect->allow && slice_is(expect->path, "/tmp/"));
	CU_ASSERT_EQUAL(expect->perms, PERM_READ | PERM_WRITE);
	expect = expect->next;
	CU_ASSERT_TRUE(expect->only_owner && slice_is(expect->path, "/a b"));
	CU_ASSERT_EQUAL(expect->perms,
		PERM_READ | PERM_WRITE | PERM_APPEND | PERM_LINK | PERM_LOCK | PERM_MMAP);
	CU_ASSERT_TRUE(slice_is(expect->text, "owner /a b  rwalkm"));
	expect = expect->next;
	CU_ASSERT_TRUE(expect->only_other && !expect->only_owner);
	expect = expect->next;
	CU_ASSERT_EQUAL(expect->kind, EXPECT_EXEC);
	CU_ASSERT_TRUE(slice_is(expect->path, "/d as e"));
	CU_ASSERT_TRUE(expect->has_as && slice_is(expect->as_name, "f"));
	CU_ASSERT_EQUAL(expect->as, EXEC_AS_PROFILE);
	expect = expect->next;
	CU_ASSERT_STRING_EQUAL(expect->family, "inet");
	CU_ASSERT_STRING_EQUAL(expect->type, "stream");
	expect = expect->next;
	CU_ASSERT_STRING_EQUAL(expect->family, "netlink");
	CU_ASSERT_PTR_NULL(expect->type);
	expect = expect->next;
	CU_ASSERT_TRUE(!expect->allow && expect->kind == EXPECT_CAPABILITY);
	CU_ASSERT_EQUAL(expect->capability, 21);
	CU_ASSERT_TRUE(slice_is(expect->next->path, "/x y") && !expect->next->has_as);
	unit_free(&unit);
}

UNIT_TEST(container_is_kept_as_it_stands)
{
	const struct service *service =
		read_text("name: a\n"
			  "binary: /a\n"
			  "container:\n"
			  "  image: x:1\n"
			  "  command: [/a, '', 5]\n"
			  "  user: 1000:1000\n"
			  "  read_only: true\n"
			  "  tmpfs: {/tmp: {size: 1m, exec: false}, /run: }\n"
			  "  ports: [80, '81:82']\n"
			  "  environment: {A: 1, B: , C: ''}\n"
			  "  cpus: 1.5\n"
			  "  seccomp: {allow: [bpf], log: true}\n");
	const struct node *user = node_get(service->container, "user");
	CU_ASSERT_PTR_NOT_NULL_FATAL(user);
	CU_ASSERT_TRUE(slice_is(user->text, "1000:1000"));
	const struct node *tmpfs = node_get(service->container, "tmpfs");
	CU_ASSERT_EQUAL(tmpfs->count, 2);
	CU_ASSERT_TRUE(node_is_null(node_get(tmpfs, "/run")));
	CU_ASSERT_PTR_NULL(node_get(service->container, "restart"));
	unit_free(&unit);
}

/* `exec` of the second child is its own, all else comes from the first, in the order of the lists.
 */
UNIT_TEST(merge_keys_and_aliases_work)
{
	const struct service *service = read_text("name: a\n"
						  "binary: &bin [/a]\n"
						  "exec:\n"
						  "  - {path: /b, as: child one}\n"
						  "  - {path: /b2, as: child two}\n"
						  "  - {path: /b3, as: child three}\n"
						  "children:\n"
						  "  one: &one\n"
						  "    binary: /b\n"
						  "    readable: &r [/r]\n"
						  "  two:\n"
						  "    readable: [/s]\n"
						  "    <<: *one\n"
						  "  three:\n"
						  "    <<: [{mode: kill}, *one, {mode: complain}]\n"
						  "    libraries: *r\n");
	const struct service *two = service->children->next, *three = two->next;
	CU_ASSERT_TRUE(slice_is(two->binary->path, "/b"));
	CU_ASSERT_EQUAL(two->binary->span.begin, service->children->binary->span.begin);
	CU_ASSERT_TRUE(slice_is(two->readable->path, "/s"));
	CU_ASSERT_PTR_NULL(two->readable->next);
	CU_ASSERT_EQUAL(three->mode, MODE_KILL);
	CU_ASSERT_TRUE(slice_is(three->libraries->path, "/r"));
	CU_ASSERT_EQUAL(three->libraries->kind, PATH_TREE);
	CU_ASSERT_TRUE(slice_is(three->readable->path, "/r"));
	unit_free(&unit);
}

/* A mistake in a shared node is one mistake. */
UNIT_TEST(shared_mistakes_are_reported_once)
{
	static const char text[] = "name: a\nbinary: /a\nreadable: &r [b]\nlibraries: *r\n";
	unit_init(&unit, NULL, test_out_of_memory);
	const struct source *source =
		sources_add(&unit.sources, SLICE("test.yaml"), slice_str(text), 1);
	struct service *service;
	CU_ASSERT_FALSE(service_read(&unit, source, &service));
	CU_ASSERT_EQUAL(unit.diags.errors, 1);
	unit_free(&unit);
}

/* A rule that names the child is believed to lead to it. */
UNIT_TEST(children_are_used_by_rules_too)
{
	read_text("name: a\nbinary: /a\nrules: ['/b cx -> kid']\nchildren: {kid: {binary: /b}}\n");
	CU_ASSERT_EQUAL(unit.diags.warnings, 0);
	unit_free(&unit);
	read_text("name: a\nbinary: /a\nrules: ['/b cx -> kids']\nchildren: {kid: {binary: /b}}\n");
	CU_ASSERT_EQUAL(unit.diags.warnings, 1);
	unit_free(&unit);
}

UNIT_TEST(names_have_a_limit)
{
	char text[300];
	snprintf(text, sizeof(text), "binary: /a\nname: %0200d\n", 0);
	read_text(text);
	unit_free(&unit);
	unit_init(&unit, NULL, test_out_of_memory);
	snprintf(text, sizeof(text), "binary: /a\nname: %0201d\n", 0);
	struct service *service;
	const struct source *source =
		sources_add(&unit.sources, SLICE("test.yaml"), slice_str(text), 1);
	CU_ASSERT_FALSE(service_read(&unit, source, &service));
	CU_ASSERT_EQUAL(unit.diags.first->id, DIAG_BAD_NAME);
	unit_free(&unit);
}

/* Keys that differ in many bits of many bytes, some a prefix of others; a key may come again. */
static struct slice scattered_key(struct arena *arena, uint32_t *state)
{
	char text[8];
	*state = *state * 1664525u + 1013904223u;
	size_t len = 1 + (*state >> 28) % 6;
	for (size_t i = 0; i < len; i++) {
		*state = *state * 1664525u + 1013904223u;
		text[i] = "az\x01\x80\xffQ"[(*state >> 24) % 6];
	}
	return arena_copy(arena, slice_of(text, len));
}

/* Every key is found again, and no other. */
UNIT_TEST(index_finds_what_was_put_in)
{
	enum { KEYS = 3000 };
	static struct slice made[KEYS];
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct index index = index_new(&arena);
	uint32_t state = 1;
	for (size_t i = 0; i < KEYS; i++) {
		made[i] = scattered_key(&arena, &state);
		struct slice *first = NULL;
		for (size_t j = 0; j < i && !first; j++)
			if (slice_eq(made[i], made[j]))
				first = &made[j];
		void **place = index_at(&index, made[i]);
		CU_ASSERT_PTR_EQUAL(*place, first);
		if (!*place)
			*place = &made[i];
	}
	for (size_t i = 0; i < KEYS; i++) {
		const struct slice *found = index_find(&index, made[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(found);
		CU_ASSERT_TRUE(slice_eq(*found, made[i]));
	}
	CU_ASSERT_PTR_NULL(index_find(&index, SLICE("")));
	CU_ASSERT_PTR_NULL(index_find(&index, SLICE("b")));
	arena_free(&arena);
}
