#include "cli/fallback.h"

#include "cli/toolbox.h"

struct fallback {
	const struct options *options;
	const struct policy_set *set;
	size_t next;
	bool failed; /* the rest is left as it is */
	size_t replaced;
};

static const struct set_member *next_member(struct fallback *fallback)
{
	while (fallback->next < fallback->set->count) {
		const struct set_member *member = fallback->set->members[fallback->next++];
		if (member->state != SET_SAME)
			return member;
	}
	return NULL;
}

static bool next_job(void *context, struct parser_job *ret_job)
{
	struct fallback *fallback = context;
	const struct set_member *member = fallback->failed ? NULL : next_member(fallback);
	if (!member)
		return false;
	*ret_job = (struct parser_job){.text = member->text, .user = (void *)member};
	return true;
}

static void job_done(
	void *context, const struct parser_job *job, const struct parser_result *result)
{
	struct fallback *fallback = context;
	const struct set_member *member = job->user;
	for (const struct parser_message *m = result->messages; m; m = m->next)
		print_problem("%.*s: apparmor_parser: %.*s", SLICE_FMT(member->source),
			SLICE_FMT(m->text));
	if (result->verdict == PARSER_ACCEPTED) {
		fallback->replaced++;
		return;
	}
	if (result->trouble.len > 0)
		print_problem("%.*s: apparmor_parser %.*s", SLICE_FMT(member->source),
			SLICE_FMT(result->trouble));
	fallback->failed = true;
}

static bool has_texts(const struct policy_set *set)
{
	bool has = true;
	for (size_t i = 0; i < set->count; i++) {
		const struct set_member *member = set->members[i];
		if (member->state == SET_SAME || member->text.len > 0)
			continue;
		print_problem("the kernel does not know the version of the compiled policy in "
			      "'%.*s': compile it for this kernel, or load the profile text",
			SLICE_FMT(member->source));
		has = false;
	}
	return has;
}

static enum status run(struct fallback *fallback, const struct places *places)
{
	struct parser *parser = NULL;
	struct error *error = NULL;
	unsigned use = fallback->options->complain ? TOOLBOX_COMPLAINS : 0;
	if (!toolbox_open_replacing(fallback->options, use, places->apparmorfs, &parser, &error))
		return print_error(error);
	struct parser_source source = {next_job, job_done, fallback};
	if (!parser_run(parser, &source, &error)) {
		print_error(error);
		fallback->failed = true;
	}
	parser_free(parser);
	return fallback->failed ? STATUS_SYSTEM : STATUS_OK;
}

enum status fallback_replace(
	const struct options *options, const struct places *places, const struct policy_set *set)
{
	struct fallback fallback = {.options = options, .set = set};
	if (!has_texts(set))
		return STATUS_SYSTEM;
	print_problem("note: the kernel does not know this version of compiled policy: "
		      "apparmor_parser --replace loads the texts, one after the other");
	enum status status = run(&fallback, places);
	if (status != STATUS_OK && fallback.replaced > 0)
		print_problem("%zu of the profile texts %s loaded before that", fallback.replaced,
			fallback.replaced == 1 ? "was" : "were");
	return status;
}
