/* What the readers of the formats share. */
#include "audit/intake.h"
#include "policy/names/names.h"

/* Of one document. */
enum { SUBJECTS_MAX = 5000, WORDS_MAX = 200000, SHARED_KEYS_MAX = 500 };

struct workload *add_workload(
	struct intake *intake, enum input input, struct slice kind, struct slice name)
{
	struct workload *workload = arena_new(&intake->unit->arena, struct workload);
	workload->input = input;
	workload->kind = kind;
	workload->name = name;
	workload->json = intake->json;
	workload->root = intake->root;
	*intake->end = workload;
	intake->end = &workload->next;
	return workload;
}

struct subject *add_subject(struct intake *intake, struct workload *workload, struct slice name,
	const struct node *node)
{
	if (intake->subjects++ >= SUBJECTS_MAX) {
		if (intake->subjects == SUBJECTS_MAX + 1)
			report(intake->reader, DIAG_TOO_LARGE, place_of(intake, node),
				"more than %d containers in one document", SUBJECTS_MAX);
		return NULL;
	}
	struct subject **end = &workload->first;
	while (*end)
		end = &(*end)->next;
	struct subject *subject = arena_new(&intake->unit->arena, struct subject);
	subject->workload = workload;
	subject->name = name;
	subject->node = node;
	subject->at = place_of(intake, node);
	*end = subject;
	return subject;
}

const struct node *node_at(const struct node *mapping, const char *path)
{
	char key[64];
	while (mapping && *path) {
		size_t len = strcspn(path, "/");
		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		mapping = node_get(mapping, key);
		path += len + (path[len] == '/');
	}
	return mapping;
}

struct slice slice_at(const struct node *mapping, const char *path)
{
	const struct node *node = node_at(mapping, path);
	return node && node->kind == NODE_SCALAR ? node->text : slice_of(NULL, 0);
}

const struct text *text_new(struct intake *intake, struct slice text, struct span at)
{
	struct text *made = arena_new(&intake->unit->arena, struct text);
	made->text = text;
	made->span = at;
	return made;
}

const struct text *scalar_text(struct intake *intake, const struct node *node)
{
	if (!node || node->kind != NODE_SCALAR || node_is_null(node))
		return NULL;
	struct text *text = arena_new(&intake->unit->arena, struct text);
	*text = node_text(node);
	return text;
}

const struct text *text_at(struct intake *intake, const struct node *mapping, const char *path)
{
	return scalar_text(intake, node_at(mapping, path));
}

static bool is_word(struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq_nocase(text, slice_str(words[i])))
			return true;
	return false;
}

struct flag flag_of(const struct node *node)
{
	static const char *const yes[] = {"true", "yes", "on", "y"};
	static const char *const no[] = {"false", "no", "off", "n"};
	if (!node || node->kind != NODE_SCALAR || node_is_null(node))
		return (struct flag){UNSAID, span_of(0, 0)};
	struct flag flag = {UNSAID, node->span};
	if (is_word(node->text, yes, sizeof(yes) / sizeof(yes[0])))
		flag.truth = SAID_TRUE;
	else if (is_word(node->text, no, sizeof(no) / sizeof(no[0])))
		flag.truth = SAID_FALSE;
	else if (slice_has(node->text, '$'))
		flag.truth = SAID_UNKNOWN;
	return flag;
}

struct flag flag_at(const struct node *mapping, const char *path)
{
	return flag_of(node_at(mapping, path));
}

bool counts_word(struct intake *intake, struct span at)
{
	if (++intake->words <= WORDS_MAX)
		return true;
	if (intake->words == WORDS_MAX + 1)
		report(intake->reader, DIAG_TOO_LARGE, at,
			"more than %d entries of lists, those that services extend counted each time",
			WORDS_MAX);
	return false;
}

bool words_are_over(const struct intake *intake)
{
	return intake->words > WORDS_MAX;
}

bool is_small(struct intake *intake, const struct node *mapping)
{
	if (!mapping || mapping->count <= SHARED_KEYS_MAX)
		return true;
	report(intake->reader, DIAG_TOO_LARGE, place_of(intake, mapping),
		"more than %d keys, expected a service, a pod or annotations", SHARED_KEYS_MAX);
	return false;
}

void words_append(struct intake *intake, struct words *words, const struct text *text)
{
	if (!counts_word(intake, text->span))
		return;
	struct text *copy = arena_new(&intake->unit->arena, struct text);
	*copy = *text;
	copy->next = NULL;
	if (words->last)
		words->last->next = copy;
	else
		words->first = copy;
	words->last = copy;
}

void words_say(struct intake *intake, struct words *words, struct slice text, struct span at)
{
	words_append(intake, words, &(struct text){.text = text, .span = at});
}

void words_append_all(struct intake *intake, struct words *words, const struct node *sequence)
{
	if (!sequence || sequence->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = sequence->first; entry; entry = entry->next) {
		const struct text *text = scalar_text(intake, entry->value);
		if (text)
			words_append(intake, words, text);
	}
}

struct span place_of(const struct intake *intake, const struct node *node)
{
	return node ? node_place(intake->reader, node) : span_of(0, 0);
}

int capability_number(struct slice name)
{
	char lower[32];
	if (name.len >= sizeof(lower))
		return -1;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + 32
									 : name.at[i]);
	struct slice text = slice_of(lower, name.len);
	if (slice_starts(text, SLICE("cap_")))
		text = slice_from(text, 4);
	const struct name *known = name_find(&names_capabilities, text);
	return known ? known->number : -1;
}

uint64_t capability_bits(const struct text *names)
{
	uint64_t bits = 0;
	for (; names; names = names->next) {
		int number = capability_number(names->text);
		if (slice_eq_nocase(names->text, SLICE("ALL")) ||
			slice_eq_nocase(names->text, SLICE("CAP_ALL")))
			return UINT64_MAX;
		if (number >= 0)
			bits |= UINT64_C(1) << number;
	}
	return bits;
}
