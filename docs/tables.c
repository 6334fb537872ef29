/*
 * tables NAME: prints one table of the program for the manual pages (mdoc), or the bash completion.
 * Built and run by the makefile; not installed.
 */
#include "audit/audit.h"
#include "cli/options_table.h"
#include "compiler/output/outputs.h"
#include "compiler/service/keys.h"
#include "compiler/template.h"
#include "policy/names/names.h"
#include "policy/rule/rules.h"

/* mdoc reads a backslash, and a dot or quote at the start of a line, as its own. */
static void print_mdoc(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (text[0] == '.' && text[1] == ' ') {
			fputs(".\n", stdout); /* a new sentence is a new line */
			text++;
		} else if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '`')
			fputs("\\(ga", stdout);
		else
			putchar(*text);
	}
}

static void print_item(const char *name, const char *about)
{
	printf(".It Cm ");
	print_mdoc(name);
	putchar('\n');
	print_mdoc(about);
	putchar('\n');
}

static void print_commands(void)
{
	for (unsigned i = 0; i < COMMAND_COUNT; i++) {
		printf(".It Cm %s", commands[i].name);
		if (commands[i].arguments[0])
			printf(" Ar %s", commands[i].arguments);
		putchar('\n');
		print_mdoc(commands[i].summary);
		puts(".");
	}
}

static void print_option_names(const struct option_entry *option)
{
	printf(".It ");
	if (option->letter)
		printf("Fl %c%s", option->letter, option->long_name ? " , " : "");
	if (option->long_name) {
		printf("Fl \\-");
		print_mdoc(option->long_name);
	}
	if (option->argument) {
		printf(" Ar ");
		print_mdoc(option->argument);
	}
	putchar('\n');
}

static void print_options(void)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_entry *option = &option_table[i];
		print_option_names(option);
		const char *comma = "(";
		for (unsigned c = 0; c < COMMAND_COUNT && option->on != ~0u; c++) {
			if (!option_is_on((enum option_id)i, (enum command_id)c))
				continue;
			printf("%s%s", comma, commands[c].name);
			comma = ", ";
		}
		fputs(option->on == ~0u ? "(every command) " : ") ", stdout);
		print_mdoc(option->help);
		puts(".");
	}
}

/* The keys of a place, less those that another place's table shows already. */
static void print_keys(enum place place, enum place shown)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		bool is_shown = shown != place && keys[i].places >> shown & 1;
		if (!(keys[i].places >> place & 1) || is_shown)
			continue;
		printf(".It Cm %.*s", SLICE_FMT(keys[i].name));
		puts(keys[i].required >> place & 1 ? " Pq required" : "");
		print_mdoc(keys[i].about);
		printf("\nTakes %s.\n", shape_words[keys[i].shape].takes);
	}
}

static void print_values(const struct value_name *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		print_item(values[i].name, values[i].about);
}

static void print_targets(void)
{
	print_item("profile", "the AppArmor profile (default)");
	for (size_t i = 0; i < OUTPUT_COUNT; i++) {
		printf(".It Cm ");
		print_mdoc(outputs[i].name);
		printf(" Pq file ");
		print_mdoc(outputs[i].suffix);
		putchar('\n');
		print_mdoc(outputs[i].about);
		putchar('\n');
	}
}

static void print_ids(void)
{
	for (size_t i = 0; i < DIAG_COUNT; i++) {
		printf(".It Cm ");
		print_mdoc(diag_kinds[i].name);
		printf(" Pq %s%s\n", severity_name(diag_kinds[i].severity),
			diag_kinds[i].may_change ? "" : ", fixed");
		print_mdoc(diag_kinds[i].summary);
		putchar('\n');
	}
}

static void print_controls(void)
{
	for (size_t i = 0; i < CONTROL_COUNT; i++) {
		printf(".It Cm ");
		print_mdoc(controls[i].id);
		printf(" Pq %s\n", severity_name(controls[i].severity));
		print_mdoc(controls[i].title);
		puts(".");
		print_mdoc(controls[i].why);
		putchar('\n');
	}
}

static void print_names(const struct name_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		printf("%s%s", i ? ", " : "", list->names[i].name);
	puts(".");
}

static void print_rule_kinds(void)
{
	for (size_t i = 0; i < rule_kind_count; i++) {
		print_item(rule_kinds[i]->name, rule_kinds[i]->about);
		if (rule_kinds[i]->since != ABI_NONE)
			printf("(ABI %s)\n", abi_name(rule_kinds[i]->since));
	}
}

static void print_template_variables(void)
{
#define PRINT_VARIABLE(symbol, about) print_item("@{" #symbol "}", about);
	TEMPLATE_VARIABLES(PRINT_VARIABLE)
#undef PRINT_VARIABLE
}

/* The words that may follow, per command; files complete by themselves. */
static void print_completion(void)
{
	puts("# bash completion for aaforge\n_aaforge() {\n"
	     "\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=\n"
	     "\tCOMPREPLY=()\n\tif [ \"$COMP_CWORD\" = 1 ]; then");
	fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '", stdout);
	for (unsigned c = 0; c < COMMAND_COUNT; c++)
		printf("%s%s", c ? " " : "", commands[c].name);
	puts("' -- \"$current\")\n\t\treturn\n\tfi\n\tcase $previous in");
	fputs("\t-W | -E | -N | help) words='", stdout);
	for (size_t i = 0; i < DIAG_COUNT; i++)
		printf("%s%s", i ? " " : "", diag_kinds[i].name);
	fputs("' ;;\n\t--to) words='profile all", stdout);
	for (size_t i = 0; i < OUTPUT_COUNT; i++)
		printf(" %s", outputs[i].name);
	puts("' ;;\n\t--kind) words='Deployment Pod' ;;\n\t--abi) words='3.0 4.0 none' ;;\n\t--format) words='text json sarif tap' ;;\n"
	     "\t--fail-on) words='error warning note never' ;;\n"
	     "\t*) case $current in\n\t\t-*) case ${COMP_WORDS[1]} in");
	for (unsigned c = 0; c < COMMAND_COUNT; c++) {
		printf("\t\t\t%s) words='", commands[c].name);
		for (unsigned i = 0; i < OPTION_COUNT; i++) {
			if (!option_is_on((enum option_id)i, (enum command_id)c))
				continue;
			if (option_table[i].long_name)
				printf("--%s ", option_table[i].long_name);
			else
				printf("-%c ", option_table[i].letter);
		}
		puts("' ;;");
	}
	puts("\t\t\tesac ;;\n\t\tesac ;;\n\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n"
	     "complete -o bashdefault -o default -F _aaforge aaforge");
}

/* What each command says of a profile: its words, then the cells, for which no line has room. */
static void print_verdicts(void)
{
	static const char *const columns[5] = {
		"lookup NAME", "lookup FILE", "status", "doctor", "sync"};
	static const struct {
		const char *words, *cells[5];
		bool is_users;
	} rows[] = {
#define WHERE_ANY  false
#define WHERE_VM   false
#define WHERE_USER true
#define SITUATION(id, where, words, name, file, status, doctor, sync)                              \
	{words, {name, file, status, doctor, sync}, WHERE_##where},
#include "docs/verdicts.def"
#undef SITUATION
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fputs(".It ", stdout);
		print_mdoc(rows[i].words);
		puts(rows[i].is_users ? "; asked by a normal user" : "");
		for (size_t n = 0; n < 5; n++) {
			printf(".Cm %s\n", columns[n]);
			print_mdoc(rows[i].cells[n]);
			puts(n < 4 ? ";" : "");
		}
	}
}

static const struct table {
	const char *name;
	void (*print)(void);
} tables[] = {
	{"commands", print_commands},
	{"options", print_options},
	{"targets", print_targets},
	{"ids", print_ids},
	{"controls", print_controls},
	{"rule-kinds", print_rule_kinds},
	{"template-variables", print_template_variables},
	{"verdicts", print_verdicts},
	{"completion", print_completion},
};

static bool print_place(const char *name)
{
	static const struct {
		const char *name;
		enum place place, shown;
	} places[] = {
		{"keys", PLACE_SERVICE, PLACE_SERVICE},
		{"keys-writable", PLACE_WRITABLE, PLACE_WRITABLE},
		{"keys-exec", PLACE_EXEC, PLACE_WRITABLE},
		{"keys-expect", PLACE_EXPECT, PLACE_EXPECT},
		{"keys-container", PLACE_CONTAINER, PLACE_CONTAINER},
		{"keys-tmpfs", PLACE_TMPFS, PLACE_TMPFS},
		{"keys-seccomp", PLACE_SECCOMP, PLACE_SECCOMP},
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strcmp(name, places[i].name) != 0)
			continue;
		print_keys(places[i].place, places[i].shown);
		return true;
	}
	return false;
}

static bool print_list(const char *name)
{
	if (strcmp(name, "modes") == 0)
		print_values(mode_names, MODE_NAME_COUNT);
	else if (strcmp(name, "templates") == 0)
		print_values(template_names, TEMPLATE_NAME_COUNT);
	else if (strcmp(name, "families") == 0)
		print_names(&names_families);
	else if (strcmp(name, "types") == 0)
		print_names(&names_types);
	else if (strcmp(name, "protocols") == 0)
		print_names(&names_protocols);
	else if (strcmp(name, "capabilities") == 0)
		print_names(&names_capabilities);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: tables NAME\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(argv[1], tables[i].name) == 0) {
			tables[i].print();
			return 0;
		}
	}
	if (print_place(argv[1]) || print_list(argv[1]))
		return 0;
	fprintf(stderr, "tables: there is no table '%s'\n", argv[1]);
	return 1;
}
