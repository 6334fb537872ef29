#include "analysis/blob.h"
#include "analysis/expect.h"
#include "cli/report.h"
#include "cli/verify.h"

#include <jansson.h>
#include <stdlib.h>

/* The count of TAP test points so far. */
struct tally {
	enum format format;
	size_t passed, failed;
};

static void print_json(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	if (!text)
		out_of_memory();
	puts(text);
	free(text);
	json_decref(object);
}

/* One assertion as a test point. TAP gives '#' a meaning; control bytes would end the line. */
static void print_tap(const struct tally *tally, struct slice name, bool passed, struct slice text,
	const char *side)
{
	printf("%sok %zu - %.*s: %s ", passed ? "" : "not ", tally->passed + tally->failed,
		SLICE_FMT(name), side);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < 0x20 || c == 0x7f)
			printf("\\x%02x", c);
		else if (c == '#' || c == '\\')
			printf("\\%c", c);
		else
			putchar(c);
	}
	putchar('\n');
}

static void print_result(struct tally *tally, const struct work_item *item, struct slice name,
	const struct expect_result *result)
{
	const struct expectation *expectation = result->expectation;
	const char *side = expectation->allow ? "allow" : "deny";
	tally->passed += result->passed;
	tally->failed += !result->passed;
	if (tally->format != FORMAT_JSON) {
		print_tap(tally, name, result->passed, expectation->text, side);
		return;
	}
	struct location at = {0};
	sources_locate(&item->unit.sources, expectation->span.begin, &at);
	print_json(json_pack("{s:o, s:b, s:s, s:o, s:o, s:i}", "profile", report_json_text(name),
		"passed", result->passed, "side", side, "assertion",
		report_json_text(expectation->text), "file", report_json_text(item->path), "line",
		(int)at.line));
}

/* The assertions of one profile, whose whole name is `name`: "web", of a child "web//worker". */
static void run_expectations(struct tally *tally, struct work_item *item,
	const struct compiled_profile *first, const struct profile *profile, struct slice name,
	const struct expectation *expect)
{
	struct unit *unit = &item->unit;
	const struct compiled_profile *compiled = compiled_find(first, name);
	const struct expect_result *results;
	size_t count;
	if (!expect)
		return;
	if (!compiled) {
		diag_add(&unit->diags, DIAG_PARSER, item->compiled.service->name_span,
			"the compiled policy does not hold the profile '%.*s'", SLICE_FMT(name));
		return;
	}
	const struct rulebook *book =
		rulebook_new(unit, item->compiled.scope, &item->compiled.policy->preamble, profile);
	expect_run(unit, compiled, book, expect, &results, &count);
	for (size_t i = 0; i < count; i++)
		print_result(tally, item, name, &results[i]);
}

static const struct profile *find_child(const struct profile *profile, struct slice name)
{
	const struct profile *child = profile->body.children;
	while (child && !slice_eq(child->name, name))
		child = child->next;
	return child;
}

static void run_all(struct tally *tally, struct work_item *item, struct slice binary)
{
	const struct service *service = item->compiled.service;
	const struct profile *profile = item->compiled.policy->profiles;
	struct compiled_profile *first;
	const char *why;
	if (!compiled_read(&item->unit.arena, binary, &first, &why)) {
		diag_add(&item->unit.diags, DIAG_PARSER, service->name_span,
			"the compiled policy cannot be read: %s", why);
		return;
	}
	run_expectations(tally, item, first, profile, service->name, service->expect);
	for (const struct service *child = service->children; child; child = child->next)
		run_expectations(tally, item, first, find_child(profile, child->name),
			arena_printf(&item->unit.arena, "%.*s//%.*s", SLICE_FMT(service->name),
				SLICE_FMT(child->name)),
			child->expect);
}

static void use_verdict(
	struct verify *verify, struct work_item *item, bool accepted, struct slice binary)
{
	struct tally *tally = verify->context;
	if (accepted)
		run_all(tally, item, binary);
	pipeline_report(verify->pipeline, item);
}

enum status command_test(const struct options *options)
{
	struct tally tally = {.format = options->format};
	struct verify verify = {
		.doing = "testing",
		.want_binary = true,
		.use = use_verdict,
		.context = &tally,
	};
	enum status status = verify_run(options, &verify);
	if (status == STATUS_USAGE)
		return status;
	if (options->format != FORMAT_JSON)
		printf("1..%zu\n", tally.passed + tally.failed);
	fflush(stdout); /* before the summary, where both go to one place */
	if (!options->quiet)
		fprintf(stderr, "%zu profile%s: %zu assertions hold, %zu do not\n", verify.seen,
			verify.seen == 1 ? "" : "s", tally.passed, tally.failed);
	return status;
}
