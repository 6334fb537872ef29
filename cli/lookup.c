/*
 * aaforge lookup: the name of a profile, if a container that is started now would be confined by
 * it.
 *
 *     subject (what the operand names) -> kernel -> loaded profile -> runtimes -> answer
 */
#include "cli/lookup.h"

#include "cli/image.h"

#include <stdlib.h>
#include <sys/stat.h>

static bool check_usage(const struct options *options, enum runtime_kind *ret_runtime)
{
	*ret_runtime = RUNTIME_COUNT;
	if (options->argument_count != 1) {
		print_problem("lookup takes one operand: a profile's name, a description or "
			      "profile text, or a container image");
		return false;
	}
	if (!options->runtime)
		return true;
	*ret_runtime = runtime_find(options->runtime);
	if (*ret_runtime != RUNTIME_COUNT)
		return true;
	const char *names[RUNTIME_COUNT];
	for (unsigned i = 0; i < RUNTIME_COUNT; i++)
		names[i] = runtime_table[i].name;
	const char *nearest = slice_nearest(slice_str(options->runtime), names, RUNTIME_COUNT);
	if (nearest)
		print_problem(
			"there is no runtime '%s', did you mean '%s'?", options->runtime, nearest);
	else
		print_problem("there is no runtime '%s': docker, podman, containerd, crio, "
			      "kubelet, runc and crun are known",
			options->runtime);
	return false;
}

static void read_loaded(struct lookup *lookup)
{
	struct error *error = NULL;
	lookup->has_loaded = loaded_read(&lookup->places, &lookup->arena, &lookup->loaded, &error);
	if (!lookup->has_loaded)
		lookup->why_not_loaded = lookup_words(lookup, error);
}

struct slice lookup_words(struct lookup *lookup, struct error *error)
{
	struct buf text = buf_new(&lookup->arena);
	error_print(error, &text);
	error_free(error);
	return buf_slice(&text);
}

void lookup_problem(struct lookup *lookup, struct error *error, enum status status)
{
	struct slice words = lookup_words(lookup, error);
	print_problem("%.*s", SLICE_FMT(words));
	lookup->status = status;
}

/* What the runtimes that are meant would do with the name. */
static void check_runtimes(struct lookup *lookup, enum runtime_kind only)
{
	bool is_off = lookup->findings.errors > 0 && !lookup->kernel_is_fine;
	runtimes_read(&lookup->places, &lookup->arena, &lookup->runtimes);
	for (unsigned i = 0; i < RUNTIME_COUNT; i++) {
		enum runtime_kind kind = (enum runtime_kind)i;
		const struct runtime *runtime = &lookup->runtimes.items[kind];
		if (only == RUNTIME_COUNT ? !runtime->is_found : kind != only)
			continue;
		if (!runtime->is_found)
			finding_add(&lookup->findings, FINDING_RUNTIME_MISSING, "%s",
				runtime_table[kind].name);
		struct slice failure = runtime_failure(&lookup->arena, kind);
		if (is_off)
			finding_add(&lookup->findings, FINDING_RUNTIME_FAILURE, "%.*s",
				SLICE_FMT(failure));
		else
			runtime_check(&lookup->runtimes, kind, &lookup->host, &lookup->findings);
	}
	const struct runtime *docker = &lookup->runtimes.items[RUNTIME_docker];
	if (lookup->runtimes.is_swarm && docker->is_found &&
		(only == RUNTIME_COUNT || only == RUNTIME_docker))
		finding_add(&lookup->findings, FINDING_SWARM, "%s", "");
}

static void print_finding(const struct lookup *lookup, const struct finding *finding)
{
	const struct finding_kind *kind = &finding_kinds[finding->id];
	struct slice text = finding_text(&lookup->findings, finding);
	const char *word = kind->severity == SEVERITY_ERROR ? "" : finding_word(kind->severity);
	print_problem("%s%s%.*s [%s]", word, *word ? ": " : "", SLICE_FMT(text), kind->id);
	if (finding->mend.len > 0)
		fprintf(stderr, "  mend: %.*s\n", SLICE_FMT(finding->mend));
}

/* With --quiet only what makes the answer a no. */
static void print_findings(struct lookup *lookup)
{
	findings_sort(&lookup->findings);
	for (size_t i = 0; i < lookup->findings.count; i++) {
		const struct finding *finding = &lookup->findings.items[i];
		enum severity severity = finding_kinds[finding->id].severity;
		if (severity == SEVERITY_ERROR ||
			(severity != SEVERITY_OFF && !lookup->options->quiet))
			print_finding(lookup, finding);
	}
}

static enum status answer(struct lookup *lookup)
{
	print_findings(lookup);
	if (lookup->status != STATUS_OK)
		return lookup->status;
	if (lookup->findings.errors > 0 || lookup->name.len == 0)
		return STATUS_INPUT;
	printf("%.*s\n", SLICE_FMT(lookup->name));
	return STATUS_OK;
}

static void look_up(struct lookup *lookup, enum runtime_kind runtime)
{
	host_read(&lookup->places, &lookup->arena, &lookup->host);
	host_check_kernel(&lookup->host, &lookup->findings);
	lookup->kernel_is_fine = lookup->findings.errors == 0;
	if (lookup->kernel_is_fine) {
		read_loaded(lookup);
		if (lookup_subject(lookup))
			lookup_policy(lookup);
		if (lookup->options->pid > 0 && lookup->status == STATUS_OK)
			lookup_task(lookup);
	}
	if (lookup->options->pid == 0 && lookup->status == STATUS_OK)
		check_runtimes(lookup, runtime);
}

enum status command_lookup(const struct options *options)
{
	enum runtime_kind runtime;
	if (!check_usage(options, &runtime))
		return STATUS_USAGE;
	struct lookup lookup = {.options = options, .operand = slice_str(options->arguments[0])};
	struct error *error = NULL;
	arena_init(&lookup.arena, out_of_memory);
	findings_init(&lookup.arena, &lookup.findings);
	if (places_find(options->root, &lookup.places, &error)) {
		look_up(&lookup, runtime);
	} else {
		lookup_problem(&lookup, error, STATUS_SYSTEM);
	}
	enum status status = answer(&lookup);
	gather_free(&lookup.gathering);
	places_free(&lookup.places);
	arena_free(&lookup.arena);
	return status;
}
