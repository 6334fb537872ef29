#include "manager/apparmor_parser/parser.h"
#include "manager/apparmor_parser/cache.h"
#include "manager/apparmor_parser/features.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REAL_BASE     "/etc/apparmor.d"
#define REAL_FEATURES "/etc/apparmor.d/abi/3.0"

/* A program that takes the place of apparmor_parser: tells a version, else does as `body` says. */
static const char *fake(const struct place *place, const char *body)
{
	char script[2048];
	snprintf(script, sizeof(script),
		"#!/bin/sh\n"
		"if [ \"$1\" = --version ]; then\n"
		"  echo asked >> %s/asked\n"
		"  echo 'AppArmor parser version 3.0.99'; exit 0\n"
		"fi\n%s\n",
		place->path, body);
	place_put(place, "base/abi/3.0", "file {mask {read\n}\n}\npolicy {v8 {yes\n}\n}\n");
	return place_script(place, "apparmor_parser", script);
}

static struct parser_options options_for(const struct place *place, const char *program)
{
	struct parser_options options = {
		.path = program,
		.base = program ? place_at(place, "base") : REAL_BASE,
		.features = program ? place_at(place, "base/abi/3.0") : REAL_FEATURES,
		.limits = process_limits_default,
		.out_of_memory = test_out_of_memory,
	};
	return options;
}

struct runs {
	struct parser_job job;
	unsigned left, done;
	struct parser_result result; /* of the last; slices copied */
	struct parser_message first; /* its first message, when there is one */
	unsigned messages;
	char trouble[256], text[512], subject[64];
	char binary[256];
};

static bool runs_next(void *context, struct parser_job *ret_job)
{
	struct runs *runs = context;
	if (runs->left == 0)
		return false;
	runs->left--;
	*ret_job = runs->job;
	return true;
}

static void copy(char *to, size_t size, struct slice from)
{
	snprintf(to, size, "%.*s", SLICE_FMT(from));
}

static void runs_done(
	void *context, const struct parser_job *job, const struct parser_result *result)
{
	struct runs *runs = context;
	CU_ASSERT_PTR_EQUAL(job->user, runs);
	runs->done++;
	runs->result = *result;
	runs->messages = 0;
	for (const struct parser_message *m = result->messages; m; m = m->next)
		runs->messages++;
	runs->first = result->messages ? *result->messages : (struct parser_message){0};
	copy(runs->trouble, sizeof(runs->trouble), result->trouble);
	copy(runs->text, sizeof(runs->text), runs->first.text);
	copy(runs->subject, sizeof(runs->subject), runs->first.subject);
	struct slice binary = slice_first(result->binary, sizeof(runs->binary) - 1);
	if (binary.len > 0)
		memcpy(runs->binary, binary.at, binary.len);
}

static struct runs run_with(
	const struct parser_options *options, const char *text, bool want_binary, unsigned times)
{
	struct runs runs = {.left = times};
	struct parser *parser = NULL;
	struct error *error = NULL;
	runs.job = (struct parser_job){slice_str(text), want_binary, &runs};
	CU_ASSERT_TRUE_FATAL(parser_open(options, &parser, &error));
	struct parser_source source = {runs_next, runs_done, &runs};
	CU_ASSERT_TRUE(parser_run(parser, &source, &error));
	CU_ASSERT_EQUAL(runs.done, times);
	parser_free(parser);
	return runs;
}

static struct runs run_fake_for(unsigned timeout, const char *body, bool want_binary)
{
	struct place place = place_begin();
	struct parser_options options = options_for(&place, fake(&place, body));
	options.limits.timeout = timeout;
	struct runs runs = run_with(&options, "profile x { }\n", want_binary, 1);
	place_end(&place);
	return runs;
}

static struct runs run_fake(const char *body, bool want_binary)
{
	return run_fake_for(process_limits_default.timeout, body, want_binary);
}

static struct runs run_real(const char *text)
{
	struct parser_options options = options_for(NULL, NULL);
	return run_with(&options, text, false, 1);
}

UNIT_TEST(parser_missing)
{
	struct place place = place_begin();
	struct parser *parser;
	struct error *error = NULL;
	struct parser_options options = options_for(NULL, NULL);
	options.path = place_at(&place, "gone");
	CU_ASSERT_FALSE(parser_open(&options, &parser, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "cannot run the parser"));
	options.path = "apparmor_parser";
	CU_ASSERT_FALSE(parser_open(&options, &parser, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "not given by an absolute path"));
	options.path = place_put(&place, "plain", "x");
	CU_ASSERT_FALSE(parser_open(&options, &parser, &error));
	CU_ASSERT_TRUE(error_takes(&error, EACCES, "cannot run the parser"));
	options.path = "/bin/echo";
	CU_ASSERT_FALSE(parser_open(&options, &parser, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "does not tell its version"));
	options.path =
		place_script(&place, "old", "#!/bin/sh\necho 'AppArmor parser version 2.13.6'\n");
	CU_ASSERT_FALSE(parser_open(&options, &parser, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "version 2.13.6, expected 3.0 or newer"));
	options.path = place_script(&place, "hangs", "#!/bin/sh\nsleep 1000\n");
	CU_ASSERT_FALSE(parser_open(&options, &parser, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "does not tell its version"));
	place_end(&place);
}

UNIT_TEST(parser_vanishes_between)
{
	struct place place = place_begin();
	struct parser_options options = options_for(&place, fake(&place, "exit 0"));
	struct parser *parser = NULL;
	struct error *error = NULL;
	CU_ASSERT_TRUE_FATAL(parser_open(&options, &parser, &error));
	CU_ASSERT_STRING_EQUAL(parser_version(parser), "3.0.99");
	unlink(place_at(&place, "apparmor_parser"));
	struct runs runs = {.left = 2};
	runs.job = (struct parser_job){SLICE("x"), false, &runs};
	struct parser_source source = {runs_next, runs_done, &runs};
	CU_ASSERT_TRUE(parser_run(parser, &source, &error));
	CU_ASSERT_EQUAL(runs.done, 2);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_FAILED);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "could not be started (No such file or directory)");
	parser_free(parser);
	place_end(&place);
}

UNIT_TEST(parser_arguments)
{
	struct place place = place_begin();
	char body[256], want[1024];
	snprintf(body, sizeof(body), "echo \"$@\" > %s/arguments; pwd >> %s/arguments", place.path,
		place.path);
	place_put(&place, "more/x", "");
	const char *more[] = {place_at(&place, "more")};
	struct parser_options options = options_for(&place, fake(&place, body));
	options.includes = more;
	options.include_count = 1;
	run_with(&options, "", false, 1);
	snprintf(want, sizeof(want),
		"--config-file=/dev/null -M %s/base/abi/3.0 -b %s/base -K -Q -j0 "
		"--warn=rule-not-enforced --warn=rule-downgraded -I %s/more -O no-expr-normalize -O "
		"expr-left-simplify /dev/stdin\n%s/base\n",
		place.path, place.path, place.path, place.path);
	CU_ASSERT_TRUE(place_holds(&place, "arguments", want));
	place_end(&place);
}

/* What a parser with these options is called with, after the fixed arguments. */
static void check_arguments(
	struct place *place, struct parser_options options, bool want_binary, const char *want)
{
	char whole[1024];
	unlink(place_at(place, "arguments"));
	run_with(&options, "", want_binary, 1);
	snprintf(whole, sizeof(whole), "%s\n", want);
	CU_ASSERT_TRUE(place_holds(place, "arguments", whole));
}

UNIT_TEST(parser_mode_and_namespace)
{
	struct place place = place_begin();
	char body[256], want[1024], base[128];
	snprintf(body, sizeof(body), "echo \"$@\" > %s/arguments", place.path);
	struct parser_options plain = options_for(&place, fake(&place, body));
	struct parser_options options = plain;
	snprintf(base, sizeof(base), "%s/base", place.path);
	const char *fixed = "--warn=rule-not-enforced --warn=rule-downgraded";
	const char *rest = "-O no-expr-normalize -O expr-left-simplify /dev/stdin";

	options.namespace = "tenant";
	options.complains = true;
	snprintf(want, sizeof(want),
		"--config-file=/dev/null -M %s/abi/3.0 -b %s -K -S -j0 %s -n tenant -C %s", base,
		base, fixed, rest);
	check_arguments(&place, options, true, want);

	/* Loading is left to apparmor_parser: its own configuration, the kernel's features. */
	options.replaces = "/fs";
	options.features = NULL;
	snprintf(want, sizeof(want), "--replace -K -f /fs -b %s -n tenant -C %s", base, rest);
	check_arguments(&place, options, false, want);
	place_end(&place);
}

static struct digest identity_of(const struct parser_options *options)
{
	struct parser *parser = NULL;
	CU_ASSERT_TRUE_FATAL(parser_open(options, &parser, NULL));
	struct digest identity = parser_identity(parser);
	parser_free(parser);
	return identity;
}

/* Binaries of another mode or namespace are others: the cache must not mix them up. */
UNIT_TEST(parser_identity_tells_mode_and_namespace)
{
	struct parser_options options[4];
	for (size_t i = 0; i < 4; i++)
		options[i] = options_for(NULL, NULL);
	options[1].complains = true;
	options[2].namespace = "a";
	options[3].namespace = "b";
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < i; k++) {
			struct digest one = identity_of(&options[i]);
			struct digest other = identity_of(&options[k]);
			CU_ASSERT_TRUE(memcmp(&one, &other, sizeof(one)) != 0);
		}
}

/* The kernel's refusal comes as 256 - errno. */
UNIT_TEST(parser_replace_refused)
{
	struct place place = place_begin();
	struct parser_options options = options_for(&place,
		fake(&place, "echo 'Unable to replace \"x\".  Permission denied' >&2; exit 243"));
	options.replaces = "/fs";
	struct runs runs = run_with(&options, "profile x { }\n", false, 1);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_FAILED);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "failed with status 243 (Permission denied)");
	CU_ASSERT_STRING_EQUAL(runs.text, "Unable to replace \"x\".  Permission denied");
	place_end(&place);
}

UNIT_TEST(parser_strange_status)
{
	struct runs runs = run_fake("echo 'cannot open the input' >&2; exit 2", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_FAILED);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "failed with status 2: cannot open the input");
}

UNIT_TEST(parser_verdicts)
{
	struct runs runs = run_fake("cat > /dev/null", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_ACCEPTED);
	CU_ASSERT_EQUAL(runs.messages, 0);
	runs = run_fake("cat; echo ' bytes'", true);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_ACCEPTED);
	CU_ASSERT_STRING_EQUAL(runs.binary, "profile x { }\n bytes\n");
	runs = run_fake("echo 'AppArmor parser error at line 5: no' >&2; exit 1", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_REFUSED);
	CU_ASSERT_EQUAL(runs.first.line, 5);
	runs = run_fake("exit 1", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_REFUSED);
	CU_ASSERT_STRING_EQUAL(runs.text, "refused without a message");
	runs = run_fake("exit 2", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_FAILED);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "failed with status 2");
	runs = run_fake("exit 228", false);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "failed with status 228 (No space left on device)");
	runs = run_fake("echo Skipping profile in x: stdin", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_ACCEPTED);
	runs = run_fake("echo Skipping profile in x: stdin >&2", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_FAILED);
}

UNIT_TEST(parser_gone_wrong)
{
	struct runs runs = run_fake("kill -9 $$", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_FAILED);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "was killed by signal 9 (Killed)");
	runs = run_fake_for(500, "while :; do :; done", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_TIMED_OUT);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "did not end within 0.5 s");
	runs = run_fake_for(500, "trap '' TERM; sleep 1000", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_TIMED_OUT);
	runs = run_fake("cat /dev/zero", true);
	CU_ASSERT_TRUE(
		runs.result.verdict == PARSER_FAILED || runs.result.verdict == PARSER_TIMED_OUT);
	CU_ASSERT_EQUAL(runs.result.binary.len, 0);
	runs = run_fake("cat /dev/zero >&2", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_FAILED);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "printed far too much and was stopped");
	runs = run_fake("echo 'terminate called: std::bad_alloc' >&2; kill -ABRT $$", false);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_OUT_OF_MEMORY);
	CU_ASSERT_STRING_EQUAL(runs.trouble, "needed more than 2048 MiB of memory");
}

UNIT_TEST(parser_exit_status_of_loading)
{
	CU_ASSERT_EQUAL(parser_exit_errno(228), ENOSPC);
	CU_ASSERT_EQUAL(parser_exit_errno(243), EACCES);
	CU_ASSERT_EQUAL(parser_exit_errno(254), ENOENT);
	CU_ASSERT_EQUAL(parser_exit_errno(1), 0);
	CU_ASSERT_EQUAL(parser_exit_errno(0), 0);
}

UNIT_TEST(parser_version_is_asked_once)
{
	struct place place = place_begin();
	struct parser_options options = options_for(&place, fake(&place, "exit 0"));
	options.cache = cache_open(place_at(&place, "cache"));
	run_with(&options, "", false, 1);
	run_with(&options, "", false, 1);
	CU_ASSERT_TRUE(place_holds(&place, "asked", "asked\n"));
	fake(&place, "exit 1 # another size");
	struct runs runs = run_with(&options, "", false, 1);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_REFUSED);
	CU_ASSERT_TRUE(place_holds(&place, "asked", "asked\nasked\n"));
	cache_close(options.cache);
	place_end(&place);
}

UNIT_TEST(parser_identity_changes_with_what_matters)
{
	struct place place = place_begin();
	struct parser_options options = options_for(&place, fake(&place, "exit 0"));
	struct parser *one = NULL, *same = NULL, *other = NULL;
	struct error *error = NULL;
	CU_ASSERT_TRUE_FATAL(parser_open(&options, &one, &error));
	CU_ASSERT_TRUE_FATAL(parser_open(&options, &same, &error));
	const char *more[] = {place.path};
	options.includes = more;
	options.include_count = 1;
	CU_ASSERT_TRUE_FATAL(parser_open(&options, &other, &error));
	struct digest a = parser_identity(one), b = parser_identity(same),
		      c = parser_identity(other);
	CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof(a)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&a, &c, sizeof(a)), 0);
	parser_free(one);
	parser_free(same);
	parser_free(other);
	place_end(&place);
}

UNIT_TEST(parser_real_accepts)
{
	struct runs runs = run_real("abi <abi/3.0>,\ninclude <tunables/global>\n"
				    "profile x {\n include <abstractions/base>\n /app mrix,\n}\n");
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_ACCEPTED);
	CU_ASSERT_EQUAL(runs.messages, 0);
	CU_ASSERT_TRUE(runs.result.cpu > 0);
}

UNIT_TEST(parser_real_refuses)
{
	struct runs runs = run_real("profile x {\n /foo r\n /bar r,\n}\n");
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_REFUSED);
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_SYNTAX);
	CU_ASSERT_EQUAL(runs.first.line, 3);
	CU_ASSERT_EQUAL(runs.first.file.len, 0);
	runs = run_real("profile x {\n /a r,\n /foo{a r,\n}\n");
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_GLOB);
	CU_ASSERT_STRING_EQUAL(runs.subject, "/foo{a");
	CU_ASSERT_EQUAL(runs.first.likely_line, 3);
	runs = run_real("profile x {\n /a* ix,\n /ab* px,\n}\n");
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_EXEC_CONFLICT);
	runs = run_real("profile x {\n @{NOPE} r,\n}\n");
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_UNDECLARED);
	CU_ASSERT_STRING_EQUAL(runs.subject, "NOPE");
	runs = run_real("profile x {\n include <gone>\n}\n");
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_MISSING_INCLUDE);
	CU_ASSERT_STRING_EQUAL(runs.subject, "gone");
	CU_ASSERT_EQUAL(runs.first.line, 2);
	runs = run_real("profile x {\n}\nprofile x {\n}\n");
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_DUPLICATE);
}

UNIT_TEST(parser_real_names_the_included_file)
{
	struct place place = place_begin();
	struct parser_options options = options_for(NULL, NULL);
	const char *more[] = {place.path};
	options.includes = more;
	options.include_count = 1;
	place_put(&place, "local/bad", "/x r,\n/foo r\n/y r,\n");
	struct runs runs = run_with(&options, "profile x {\n include <local/bad>\n}\n", false, 1);
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_SYNTAX);
	CU_ASSERT_EQUAL(runs.first.line, 3);
	CU_ASSERT_TRUE(runs.first.file.len > 0);
	place_end(&place);
}

UNIT_TEST(parser_real_tells_what_is_not_enforced)
{
	struct parser_options options = options_for(NULL, NULL);
	options.features = "/etc/apparmor.d/abi/kernel-5.4-vanilla";
	struct runs runs =
		run_with(&options, "profile x {\n dbus,\n unix,\n network inet,\n}\n", false, 1);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_ACCEPTED);
	CU_ASSERT_EQUAL(runs.messages, 3);
	CU_ASSERT_EQUAL(runs.first.kind, PARSER_NOT_ENFORCED);
}

UNIT_TEST(parser_real_gives_the_binary)
{
	struct parser_options options = options_for(NULL, NULL);
	struct runs runs = run_with(&options, "profile x {\n /a r,\n}\n", true, 1);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_ACCEPTED);
	CU_ASSERT_TRUE(runs.result.binary.len > 100);
	CU_ASSERT_EQUAL(memcmp(runs.binary, "\4\10\0version", 10), 0);
}

UNIT_TEST(parser_real_many_in_parallel)
{
	struct parser_options options = options_for(NULL, NULL);
	options.limits.parallel = 4;
	struct runs runs = run_with(&options, "profile x {\n /a r,\n}\n", false, 50);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_ACCEPTED);
}

UNIT_TEST(parser_real_that_takes_too_much)
{
	struct parser_options options = options_for(NULL, NULL);
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf text = buf_new(&arena);
	buf_add_str(&text, "profile x {\n");
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "/usr/lib/%d/some/file%d r,\n", i, i * 7919 % 1000);
	buf_add_str(&text, "}\n");
	buf_add_char(&text, '\0');
	options.limits.memory = 14UL << 20;
	struct runs runs = run_with(&options, text.at, false, 1);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_OUT_OF_MEMORY);
	options.limits = process_limits_default;
	options.limits.timeout = 5;
	runs = run_with(&options, text.at, false, 1);
	CU_ASSERT_EQUAL(runs.result.verdict, PARSER_TIMED_OUT);
	arena_free(&arena);
}
