#include "cli/help_key.h"
#include "cli/options_table.h"
#include "cli/report.h"
#include "compiler/output/outputs.h"

#include <jansson.h>
#include <stdlib.h>

static void print_option(const struct option_entry *option, FILE *out)
{
	char left[64];
	int len = 0;
	if (option->letter)
		len = snprintf(left, sizeof(left), "-%c", option->letter);
	if (option->long_name)
		len += snprintf(left + len, sizeof(left) - (size_t)len, "%s--%s",
			option->letter ? ", " : "    ", option->long_name);
	if (option->argument)
		snprintf(left + len, sizeof(left) - (size_t)len, " %s", option->argument);
	fprintf(out, "  %-28s %s\n", left, option->help);
}

void help_overview(FILE *out)
{
	fputs("usage: aaforge COMMAND [OPTION …] [OPERAND …]\n\n"
	      "Compiles short YAML descriptions of services to AppArmor profiles.\n\n",
		out);
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-8s %-14s %s\n", commands[i].name, commands[i].arguments,
			commands[i].summary);
	fputs("\n'aaforge help COMMAND' lists the options of a command, 'aaforge help KEY' explains a key of descriptions\n"
	      "('aaforge help keys' lists them), 'aaforge help ID' a message ('aaforge help ids').\n"
	      "Exit status: 0 fine, 1 the input is wrong, 2 usage, 3 the system failed.\n"
	      "Manual: aaforge(1), aaforge.yaml(5).\n",
		out);
}

static void print_targets(FILE *out)
{
	fprintf(out, "\nTargets of --to:\n  %-28s %s\n", "profile",
		"the AppArmor profile (default)");
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		fprintf(out, "  %-28s %s\n", outputs[i].name, outputs[i].about);
	fprintf(out, "  %-28s %s\n", "all",
		"all that the description is fit for, into the directory of -o");
}

void help_command(enum command_id command, FILE *out)
{
	fprintf(out, "usage: aaforge %s [OPTION …] %s\n\n%s\n\n", commands[command].name,
		commands[command].arguments, commands[command].summary);
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (option_is_on((enum option_id)i, command))
			print_option(&option_table[i], out);
	if (command == COMMAND_compile)
		print_targets(out);
}

static void list_ids(void)
{
	for (size_t i = 0; i < DIAG_COUNT; i++)
		printf("%-22s %-8s %s\n", diag_kinds[i].name, severity_name(diag_kinds[i].severity),
			diag_kinds[i].summary);
}

static void print_page_json(enum diag_id id, struct slice explanation, struct slice example)
{
	const struct diag_kind *kind = &diag_kinds[id];
	json_t *json = json_pack("{s:s, s:s, s:b, s:s, s:o, s:o}", "id", kind->name, "severity",
		severity_name(kind->severity), "may_change", kind->may_change, "summary",
		kind->summary, "explanation", report_json_text(explanation), "example",
		report_json_text(example));
	char *text = json_dumps(json, JSON_INDENT(2));
	if (!json || !text)
		out_of_memory();
	puts(text);
	free(text);
	json_decref(json);
}

static enum status explain_id(enum diag_id id, const struct options *options)
{
	const struct diag_kind *kind = &diag_kinds[id];
	const struct help_page *page = help_page_find(help_pages, help_page_count, kind->name);
	struct arena arena;
	arena_init(&arena, out_of_memory);
	struct buf explanation = buf_new(&arena);
	struct slice example = {0};
	if (page)
		help_page_split(page, &explanation, &example);
	if (options->format == FORMAT_JSON) {
		print_page_json(id, buf_slice(&explanation), example);
	} else {
		printf("%s: %s (%s%s)\n\n", kind->name, kind->summary,
			severity_name(kind->severity),
			kind->may_change ? ", -W -E -N change it" : "");
		help_page_print(buf_slice(&explanation));
		if (example.len > 0) {
			puts("\nExample:\n");
			help_page_print(example);
		}
	}
	arena_free(&arena);
	return STATUS_OK;
}

static enum status report_unknown(const char *topic)
{
	const char *names[COMMAND_COUNT + DIAG_COUNT + KEY_COUNT];
	size_t count = 0;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[count++] = commands[i].name;
	for (size_t i = 0; i < DIAG_COUNT; i++)
		names[count++] = diag_kinds[i].name;
	for (size_t i = 0; i < KEY_COUNT; i++)
		names[count++] = keys[i].name.at;
	const char *nearest = slice_nearest(slice_str(topic), names, count);
	if (nearest)
		print_problem(
			"there is no command, no key and no message id '%s', did you mean '%s'?",
			topic, nearest);
	else
		print_problem(
			"there is no command, no key and no message id '%s'; 'aaforge help' lists the commands, 'aaforge help keys' the keys, 'aaforge help ids' the ids",
			topic);
	return STATUS_USAGE;
}

/* false: there is no such command. */
static bool explain_command(const char *topic)
{
	for (unsigned i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i].name, topic) != 0)
			continue;
		help_command((enum command_id)i, stdout);
		return true;
	}
	return false;
}

enum status command_help(const struct options *options)
{
	if (options->argument_count > 1) {
		print_problem("help takes one command, key or message id");
		return STATUS_USAGE;
	}
	if (options->argument_count == 0) {
		help_overview(stdout);
		return STATUS_OK;
	}
	const char *topic = options->arguments[0];
	enum diag_id id = diag_find(slice_str(topic));
	if (strcmp(topic, "ids") == 0) {
		list_ids();
	} else if (strcmp(topic, "keys") == 0) {
		help_key_list();
	} else if (id != DIAG_COUNT) {
		return explain_id(id, options);
	} else if (options->format == FORMAT_JSON && help_key(topic, options->format)) {
		return STATUS_OK;
	} else {
		/* A word may be both: audit. */
		bool is_command = explain_command(topic);
		if (is_command && help_key_is(topic))
			putchar('\n');
		bool is_key = help_key(topic, FORMAT_TEXT);
		return is_command || is_key ? STATUS_OK : report_unknown(topic);
	}
	return STATUS_OK;
}
