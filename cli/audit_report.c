#include "cli/audit_report.h"

#include "base/version.h"
#include "cli/report.h"

#include <jansson.h>
#include <stdlib.h>

struct audit_report {
	enum format format;
	json_t *items;
};

static json_t *must(json_t *json)
{
	if (!json)
		out_of_memory();
	return json;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)) != 0)
		out_of_memory();
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)) != 0)
		out_of_memory();
}

struct audit_report *audit_report_new(enum format format)
{
	struct audit_report *report = calloc(1, sizeof(*report));
	if (!report)
		out_of_memory();
	report->format = format;
	report->items = must(json_array());
	return report;
}

static const char *severity_word(enum severity severity)
{
	return severity == SEVERITY_OFF ? "none" : severity_name(severity);
}

/* The characters of a terminal's control sequences, and what turns the direction of text. */
static bool is_printable(uint32_t code)
{
	bool turns = (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
		     (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
	return code >= 0x20 && (code < 0x7f || code >= 0xa0) && !turns;
}

static size_t utf8_len(struct slice s, uint32_t *ret_code)
{
	unsigned char c = (unsigned char)s.at[0];
	size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (len == 0 || len > s.len)
		return 0;
	uint32_t code = len == 1 ? c : c & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s.at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)s.at[i] & 0x3f);
	}
	*ret_code = code;
	return len;
}

/* User text on the terminal: control bytes as \xNN. */
static void print_safe(struct slice text)
{
	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = utf8_len(text, &code);
		if (len > 0 && is_printable(code))
			fwrite(text.at, 1, len, stdout);
		else
			printf("\\x%02x", (unsigned char)text.at[0]);
		text = slice_from(text, len > 0 && is_printable(code) ? len : 1);
	}
}

static void print_lines(struct slice text, const char *indent)
{
	while (text.len > 0) {
		const char *newline = memchr(text.at, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.at) : text.len;
		fputs(indent, stdout);
		print_safe(slice_first(text, len));
		putchar('\n');
		text = slice_from(text, len + 1);
	}
}

static void print_finding(const struct unit *unit, const struct finding *finding)
{
	struct location where;
	if (sources_locate(&unit->sources, finding->at.begin, &where)) {
		print_safe(where.source->name);
		printf(":%u:%u: ", where.line, where.column);
	}
	printf("%s: ", severity_word(finding->severity));
	print_safe(finding->subject->name);
	printf(": %s: ", outcome_name(finding->outcome));
	print_safe(finding->message);
	printf(" [%s]\n", controls[finding->control].id);
	if (finding->snippet.len > 0) {
		fputs("  mend", stdout);
		if (finding->where.len > 0) {
			fputs(", in ", stdout);
			print_safe(finding->where);
		}
		fputs(":\n", stdout);
		print_lines(finding->snippet, "    ");
	}
	if (finding->help.len > 0)
		print_lines(finding->help, "  help: ");
}

static void print_subject(
	const struct unit *unit, const struct subject *subject, const struct finding *first)
{
	size_t count[OUTCOME_MISSING + 1] = {0};
	bool weak[CONTROL_COUNT] = {false}, met[CONTROL_COUNT] = {false};
	for (const struct finding *at = first; at && at->subject == subject; at = at->next) {
		if (at->outcome == OUTCOME_MET)
			met[at->control] = true;
		else
			print_finding(unit, at);
		weak[at->control] |= at->outcome == OUTCOME_WEAK;
		count[at->outcome]++;
	}
	print_safe(subject->name);
	printf(": %zu met, %zu weak, %zu missing", count[OUTCOME_MET], count[OUTCOME_WEAK],
		count[OUTCOME_MISSING]);
	if (subject->unknown)
		printf("; not seen: %s", subject->unknown);
	fputs(count[OUTCOME_MET] ? "; met:" : "", stdout);
	for (unsigned i = 0; i < CONTROL_COUNT; i++)
		if (met[i])
			printf(" %s", controls[i].id);
	putchar('\n');
}

static void add_text(const struct unit *unit, const struct findings *findings)
{
	const struct subject *last = NULL;
	for (const struct finding *at = findings->first; at; at = at->next) {
		if (at->subject != last)
			print_subject(unit, at->subject, at);
		last = at->subject;
	}
}

static json_t *json_mend(const struct finding *finding)
{
	json_t *mend = must(json_object());
	if (finding->where.len > 0 && finding->snippet.len > 0)
		set(mend, "in", report_json_text(finding->where));
	if (finding->snippet.len > 0)
		set(mend, "snippet", report_json_text(finding->snippet));
	if (finding->help.len > 0)
		set(mend, "help", report_json_text(finding->help));
	set(mend, "fix", json_boolean(finding->changes != NULL));
	return mend;
}

static void add_json(json_t *items, const struct unit *unit, const struct findings *findings)
{
	for (const struct finding *at = findings->first; at; at = at->next) {
		struct location where;
		const struct workload *workload = at->subject->workload;
		json_t *item = must(json_object());
		if (sources_locate(&unit->sources, at->at.begin, &where)) {
			set(item, "file", report_json_text(where.source->name));
			set(item, "line", json_integer(where.line));
			set(item, "column", json_integer(where.column));
		}
		set(item, "kind", report_json_text(workload->kind));
		if (workload->name.len > 0)
			set(item, "workload", report_json_text(workload->name));
		set(item, "container", report_json_text(at->subject->name));
		set(item, "control", json_string(controls[at->control].id));
		set(item, "outcome", json_string(outcome_name(at->outcome)));
		set(item, "severity", json_string(severity_word(at->severity)));
		if (at->message.len > 0)
			set(item, "message", report_json_text(at->message));
		if (at->outcome != OUTCOME_MET)
			set(item, "mend", json_mend(at));
		append(items, item);
	}
}

/* A file as a URI reference: what is no unreserved character of RFC 3986 is written as %NN. */
static json_t *uri(struct slice name)
{
	struct arena arena;
	arena_init(&arena, out_of_memory);
	struct buf text = buf_new(&arena);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~/", c));
		if (keep)
			buf_add_char(&text, c);
		else
			buf_printf(&text, "%%%02X", (unsigned char)c);
	}
	json_t *json = must(json_stringn(text.at ? text.at : "", text.len));
	arena_free(&arena);
	return json;
}

static json_t *sarif_location(const struct unit *unit, const struct finding *finding)
{
	struct location begin, end;
	json_t *location = must(json_object()), *physical = must(json_object());
	if (sources_locate(&unit->sources, finding->at.begin, &begin)) {
		json_t *artifact = must(json_object()), *region = must(json_object());
		set(artifact, "uri", uri(begin.source->name));
		set(physical, "artifactLocation", artifact);
		set(region, "startLine", json_integer(begin.line));
		set(region, "startColumn", json_integer(begin.column));
		if (finding->at.end > finding->at.begin &&
			sources_locate(&unit->sources, finding->at.end, &end)) {
			set(region, "endLine", json_integer(end.line));
			set(region, "endColumn", json_integer(end.column));
		}
		set(physical, "region", region);
		set(location, "physicalLocation", physical);
	} else {
		json_decref(physical);
	}
	json_t *logical = must(json_object()), *list = must(json_array());
	set(logical, "name", report_json_text(finding->subject->name));
	set(logical, "fullyQualifiedName", report_json_text(finding->subject->where));
	append(list, logical);
	set(location, "logicalLocations", list);
	return location;
}

static json_t *sarif_message(const struct finding *finding)
{
	struct arena arena;
	arena_init(&arena, out_of_memory);
	struct buf text = buf_new(&arena);
	buf_add(&text, finding->subject->name);
	buf_add_str(&text, ": ");
	if (finding->outcome == OUTCOME_MET)
		buf_add_str(&text, controls[finding->control].title);
	else
		buf_add(&text, finding->message);
	if (finding->snippet.len > 0) {
		buf_add_str(&text, "; mend: ");
		buf_add(&text, finding->snippet);
	}
	if (finding->help.len > 0) {
		buf_add_str(&text, "; ");
		buf_add(&text, finding->help);
	}
	json_t *message = must(json_object());
	set(message, "text", report_json_text(buf_slice(&text)));
	arena_free(&arena);
	return message;
}

static void add_sarif(json_t *items, const struct unit *unit, const struct findings *findings)
{
	for (const struct finding *at = findings->first; at; at = at->next) {
		json_t *item = must(json_object()), *locations = must(json_array());
		bool is_met = at->outcome == OUTCOME_MET;
		set(item, "ruleId", json_string(controls[at->control].id));
		set(item, "ruleIndex", json_integer(at->control));
		set(item, "kind", json_string(is_met ? "pass" : "fail"));
		set(item, "level", json_string(severity_word(at->severity)));
		set(item, "message", sarif_message(at));
		append(locations, sarif_location(unit, at));
		set(item, "locations", locations);
		append(items, item);
	}
}

static json_t *sarif_text(const char *text)
{
	return must(json_pack("{s:s}", "text", text));
}

static json_t *sarif_rules(void)
{
	json_t *rules = must(json_array());
	for (unsigned i = 0; i < CONTROL_COUNT; i++) {
		json_t *rule = must(json_object());
		set(rule, "id", json_string(controls[i].id));
		set(rule, "shortDescription", sarif_text(controls[i].title));
		set(rule, "fullDescription", sarif_text(controls[i].why));
		set(rule, "defaultConfiguration",
			json_pack("{s:s}", "level", severity_word(controls[i].severity)));
		append(rules, rule);
	}
	return rules;
}

static json_t *sarif_log(json_t *results)
{
	json_t *driver =
		must(json_pack("{s:s, s:s}", "name", "aaforge", "version", AAFORGE_VERSION));
	set(driver, "rules", sarif_rules());
	json_t *tool = must(json_object()), *run = must(json_object());
	set(tool, "driver", driver);
	set(run, "tool", tool);
	/* Columns count characters. */
	set(run, "columnKind", json_string("unicodeCodePoints"));
	set(run, "results", results);
	json_t *runs = must(json_array()), *log = must(json_object());
	append(runs, run);
	set(log, "$schema", json_string("https://json.schemastore.org/sarif-2.1.0.json"));
	set(log, "version", json_string("2.1.0"));
	set(log, "runs", runs);
	return log;
}

void audit_report_add(struct audit_report *report, const struct unit *unit,
	const struct workload *first, const struct findings *findings)
{
	(void)first;
	if (report->format == FORMAT_JSON)
		add_json(report->items, unit, findings);
	else if (report->format == FORMAT_SARIF)
		add_sarif(report->items, unit, findings);
	else
		add_text(unit, findings);
}

void audit_report_finish(struct audit_report *report)
{
	json_t *json = report->items;
	if (report->format == FORMAT_SARIF) {
		json = sarif_log(json);
	} else if (report->format == FORMAT_JSON) {
		json = must(json_object());
		set(json, "findings", report->items);
	}
	if (report->format == FORMAT_SARIF || report->format == FORMAT_JSON) {
		char *text = json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		if (!text)
			out_of_memory();
		puts(text);
		free(text);
	}
	json_decref(json);
	free(report);
}
