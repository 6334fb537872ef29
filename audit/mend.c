/* Mends as data: mends.def, made concrete for a finding. */
#include "audit/check.h"
#include "audit/intake.h"

struct recipe {
	const char *compose, *kubernetes, *oci, *option;
};

static const struct recipe recipes[CONTROL_COUNT] = {
#define MEND(control, compose, kubernetes, oci, option)                                            \
	[CONTROL_##control] = {compose, kubernetes, oci, option},
#include "audit/mends.def"
#undef MEND
};

enum { KEYS_MAX = 8 };

/* What YAML 1.1 reads as something else than a text. */
static bool is_special(struct slice text)
{
	static const char *const words[] = {
		"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq_nocase(text, slice_str(words[i])))
			return true;
	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A text that needs no quotes in YAML. */
static bool is_plain(struct slice text)
{
	if (text.len == 0 || !is_letter(text.at[0]) || is_special(text) ||
		text.at[text.len - 1] == ':')
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_letter(text.at[i]) && !(text.at[i] >= '0' && text.at[i] <= '9') &&
			!strchr("._=:/-", text.at[i]))
			return false;
	return true;
}

/* 'no-new-privileges:true' as the file wants it; what is not in quotes stands as written. */
static struct slice token(struct check *check, struct slice value)
{
	if (value.len < 2 || value.at[0] != '\'')
		return value;
	value = slice_of(value.at + 1, value.len - 2);
	if (!check->subject->workload->json && is_plain(value))
		return value;
	return arena_printf(&check->unit->arena, "\"%.*s\"", SLICE_FMT(value));
}

static struct slice fill(struct check *check, const char *recipe, struct slice detail)
{
	struct buf text = buf_new(&check->unit->arena);
	const char *place = strstr(recipe, "%s");
	while (place) {
		buf_add(&text, slice_of(recipe, (size_t)(place - recipe)));
		buf_add(&text, detail);
		recipe = place + 2;
		place = strstr(recipe, "%s");
	}
	buf_add_str(&text, recipe);
	return buf_slice(&text);
}

/* "a/b=1", "a+x", "a-" */
static struct change *read_change(
	struct check *check, const struct node *base, struct slice text, struct span old)
{
	struct change *change = arena_new(&check->unit->arena, struct change);
	size_t len = 0;
	while (len < text.len && text.at[len] != '=' && text.at[len] != '+' &&
		!(text.at[len] == '-' && len + 1 == text.len))
		len++;
	change->base = base;
	change->path = slice_first(text, len);
	change->kind = text.at[len] == '='   ? CHANGE_SET
		       : text.at[len] == '+' ? CHANGE_APPEND
					     : CHANGE_REMOVE;
	change->value = token(check, slice_from(text, len + 1));
	if (change->kind != CHANGE_SET)
		change->old = old;
	return change;
}

static size_t split_path(struct slice path, struct slice *names)
{
	size_t count = 0;
	while (path.at && count < KEYS_MAX)
		names[count++] = cut(path, '/', &path);
	return count;
}

static void new_line(struct buf *out, size_t depth)
{
	if (out->len > 0)
		buf_add_char(out, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_add_str(out, "  ");
}

/*
 * resources/limits/memory=512Mi:
 *     resources:
 *       limits:
 *         memory: 512Mi
 */
static void print_yaml(struct buf *out, const struct change *changes)
{
	struct slice last[KEYS_MAX], names[KEYS_MAX];
	size_t last_count = 0;
	for (const struct change *change = changes; change; change = change->next) {
		size_t count = split_path(change->path, names), same = 0;
		while (same < last_count && same + 1 < count && slice_eq(last[same], names[same]))
			same++;
		for (size_t i = same; i < count; i++) {
			new_line(out, i);
			buf_add(out, names[i]);
			buf_add_char(out, ':');
		}
		if (change->kind == CHANGE_APPEND) {
			new_line(out, count);
			buf_add_str(out, "- ");
		} else {
			buf_add_char(out, ' ');
		}
		buf_add(out, change->value);
		memcpy(last, names, sizeof(last));
		last_count = count;
	}
}

/* "process": {"user": {"uid": 10001, "gid": 10001}} */
static void print_json(struct buf *out, const struct change *changes)
{
	struct slice last[KEYS_MAX], names[KEYS_MAX];
	size_t last_count = 0;
	for (const struct change *change = changes; change; change = change->next) {
		size_t count = split_path(change->path, names), same = 0;
		while (same + 1 < last_count && same + 1 < count &&
			slice_eq(last[same], names[same]))
			same++;
		for (size_t i = same + 1; i < last_count; i++)
			buf_add_char(out, '}');
		if (last_count > 0)
			buf_add_str(out, ", ");
		for (size_t i = same; i < count; i++)
			buf_printf(
				out, "\"%.*s\": %s", SLICE_FMT(names[i]), i + 1 < count ? "{" : "");
		buf_printf(out, change->kind == CHANGE_APPEND ? "[%.*s]" : "%.*s",
			SLICE_FMT(change->value));
		memcpy(last, names, sizeof(last));
		last_count = count;
	}
	for (size_t i = 1; i < last_count; i++)
		buf_add_char(out, '}');
}

static void mend_tree(
	struct check *check, struct finding *finding, struct slice recipe, struct span old)
{
	const struct subject *subject = check->subject;
	struct change **end = &finding->changes;
	struct buf snippet = buf_new(&check->unit->arena);
	while (recipe.at) {
		struct slice part = cut(recipe, ';', &recipe);
		*end = read_change(check, subject->node, part, old);
		end = &(*end)->next;
	}
	finding->where = subject->where;
	if (finding->changes->kind == CHANGE_REMOVE) {
		if (finding->help.len == 0)
			finding_help(check, finding, "leave it out");
		return;
	}
	if (subject->workload->json)
		print_json(&snippet, finding->changes);
	else
		print_yaml(&snippet, finding->changes);
	finding->snippet = buf_slice(&snippet);
}

static void mend_option(
	struct check *check, struct finding *finding, struct slice option, struct span old)
{
	finding->snippet = option;
	if (!is_input(check, INPUT_COMMAND)) {
		finding_help(check, finding, "start it again with this option");
		return;
	}
	struct change *change = arena_new(&check->unit->arena, struct change);
	*change = (struct change){.kind = CHANGE_OPTION, .value = option, .old = old};
	finding->changes = change;
}

/* What stands in an annotation cannot be put right from the container. */
static bool is_out_of_reach(const struct check *check, struct span old)
{
	const struct node *pod = check->subject->workload->pod;
	return pod && !span_none(old) && (old.begin < pod->span.begin || old.end > pod->span.end);
}

void mend(struct check *check, struct finding *finding, struct slice detail, struct span old)
{
	const struct recipe *recipe = &recipes[finding->control];
	enum input input = check->subject->workload->input;
	const char *text = input == INPUT_COMPOSE      ? recipe->compose
			   : input == INPUT_KUBERNETES ? recipe->kubernetes
			   : input == INPUT_OCI	       ? recipe->oci
						       : recipe->option;
	if (!text || !*text) {
		if (finding->help.len == 0)
			finding_help(check, finding, "leave it out");
		return;
	}
	struct slice filled = fill(check, text, detail);
	if (!check->subject->node) {
		mend_option(check, finding, filled, old);
		return;
	}
	mend_tree(check, finding, filled, old);
	if (controls[finding->control].mending == BY_HAND || is_out_of_reach(check, old))
		finding->changes = NULL;
}
