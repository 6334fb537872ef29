#include "compiler/service/read.h"

#include "compiler/service/reader.h"

/*
 * A profile's name: `docker-api-profile`. A child's name is part of PARENT//CHILD, so the reserved
 * ones are free for it.
 */
static bool check_name(struct reader *reader, const struct text *name, bool is_child)
{
	struct slice s = name->text;
	struct slice text = shown(reader, s);
	if (s.len == 0) {
		report(reader, DIAG_BAD_NAME, name->span, "a name cannot be empty");
		return false;
	}
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		bool is_alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (is_alnum || (i > 0 && (c == '.' || c == '_' || c == '-')))
			continue;
		struct diag *diag = report(reader, DIAG_BAD_NAME, text_part(name, i, 1),
			i == 0 ? "the name '%.*s' does not begin with a letter or digit"
			       : "the name '%.*s' holds a forbidden character",
			SLICE_FMT(text));
		help(reader, diag, "a name is made of A-Z a-z 0-9 '.' '_' '-'");
		return false;
	}
	if (s.len > PROFILE_NAME_MAX) {
		report(reader, DIAG_BAD_NAME, name->span, "a name has at most %d bytes, not %zu",
			PROFILE_NAME_MAX, s.len);
		return false;
	}
	if (is_child || !name_is_reserved(s))
		return true;
	struct diag *diag = report(
		reader, DIAG_BAD_NAME, name->span, "the name '%.*s' is reserved", SLICE_FMT(text));
	help(reader, diag, "container runtimes use it for a profile of their own");
	return false;
}

static void read_name(struct reader *reader, const struct key *key, const struct node *node,
	struct service *service)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text) || !check_name(reader, &text, false))
		return;
	service->name = text.text;
	service->name_span = text.span;
}

/* It becomes a comment, which ends at the end of the line. */
static void read_description(struct reader *reader, const struct key *key, const struct node *node,
	struct service *service)
{
	struct text text;
	if (!want_text(reader, key, node, true, &text))
		return;
	text.text = slice_trim(text.text);
	for (size_t i = 0; i < text.text.len; i++) {
		unsigned char c = (unsigned char)text.text.at[i];
		if ((c >= 0x20 || c == '\t') && c != 0x7f)
			continue;
		struct diag *diag = report(reader, DIAG_WRONG_TYPE, node_place(reader, node),
			"'description' takes one line of text");
		if (c == '\n')
			help(reader, diag, "write '>-' instead of '|' to fold the lines into one");
		else
			help(reader, diag, "leave out the control character 0x%02x", c);
		return;
	}
	service->description = text.text;
}

static void read_template(struct reader *reader, const struct key *key, const struct node *node,
	struct service *service)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	for (size_t i = 0; i < text.text.len; i++) {
		unsigned char c = (unsigned char)text.text.at[i];
		if (c >= 0x20 && c != 0x7f)
			continue;
		report(reader, DIAG_BAD_PATH, text_part(&text, i, 1),
			"a path cannot hold the control character 0x%02x", c);
		return;
	}
	service->has_template = true;
	service->template = text.text;
	service->template_span = text.span;
}

static void read_mode(struct reader *reader, const struct key *key, const struct node *node,
	struct service *service)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	for (size_t i = 0; i < MODE_NAME_COUNT; i++) {
		if (!slice_is(text.text, mode_texts[i]))
			continue;
		service->mode = (enum mode)i;
		service->mode_span = text.span;
		return;
	}
	unknown_value(reader, DIAG_UNKNOWN_VALUE, "mode", &text,
		slice_nearest(text.text, mode_texts, MODE_NAME_COUNT),
		shape_words[key->shape].takes);
}

static bool check_abstraction(struct reader *reader, const struct text *text)
{
	struct slice s = text->text;
	struct slice given = shown(reader, s);
	if (slice_starts(s, SLICE("abstractions/")) || slice_starts(s, SLICE("/"))) {
		struct diag *diag = report(reader, DIAG_BAD_PATH, text->span,
			"'%.*s' is not a name below abstractions/", SLICE_FMT(given));
		if (s.at[0] == 'a')
			help(reader, diag, "write '%.*s'", SLICE_FMT(slice_from(given, 13)));
		return false;
	}
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if (c > 0x20 && c != 0x7f && !strchr("<>\"\\", c))
			continue;
		report(reader, DIAG_BAD_PATH, text_part(text, i, 1),
			"the name of an abstraction cannot hold this character");
		return false;
	}
	struct text whole = {.text = arena_printf(reader_arena(reader), "/%.*s", SLICE_FMT(s)),
		.span = text->span};
	return path_check(reader, &whole, false);
}

/* Lists of texts that others read: abstractions, rules, deny. */
static void read_texts(struct reader *reader, const struct key *key, const struct node *node,
	struct text **ret_texts)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	struct index seen = index_new(reader_arena(reader));
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text;
		if (!want_entry(reader, key, entry->value, &text))
			continue;
		if (key->id == KEY_ABSTRACTIONS && !check_abstraction(reader, &text))
			continue;
		void **place = index_at(&seen, text.text);
		const struct text *earlier = *place;
		if (earlier) {
			duplicate_entry(reader, key, text.span, text.text, earlier->span);
			continue;
		}
		*ret_texts = arena_new(reader_arena(reader), struct text);
		**ret_texts = text;
		*place = *ret_texts;
		ret_texts = &(*ret_texts)->next;
	}
}

static void read_mapping(
	struct reader *reader, enum place place, const struct node *node, struct service *service);

static void read_children(
	struct reader *reader, const struct key *key, const struct node *node, struct service **end)
{
	if (!want_kind(reader, key, node, NODE_MAPPING))
		return;
	size_t count = 0;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text name = node_text(entry->key);
		if (++count > reader->unit->limits->children) {
			report(reader, DIAG_TOO_LARGE, name.span, "more than %zu children",
				reader->unit->limits->children);
			return;
		}
		struct service *child = arena_new(reader_arena(reader), struct service);
		child->name = name.text;
		child->name_span = name.span;
		check_name(reader, &name, true);
		if (entry->value->kind == NODE_MAPPING)
			read_mapping(reader, PLACE_CHILD, entry->value, child);
		else
			wrong_entry(reader, key, entry->value);
		*end = child;
		end = &child->next;
	}
}

static void read_key(struct reader *reader, const struct key *key, const struct node *node,
	struct service *service)
{
	service->has_network = service->has_network || key->id == KEY_NETWORK;
	service->has_capabilities = service->has_capabilities || key->id == KEY_CAPABILITIES;
	switch ((enum service_key)key->id) {
	case READS_NAME:
		read_name(reader, key, node, service);
		break;
	case READS_DESCRIPTION:
		read_description(reader, key, node, service);
		break;
	case READS_TEMPLATE:
		read_template(reader, key, node, service);
		break;
	case READS_MODE:
		read_mode(reader, key, node, service);
		break;
	case READS_BINARY:
		read_paths(reader, key, PLACE_BINARY, node, &service->binary);
		break;
	case READS_LIBRARIES:
		read_paths(reader, key, PLACE_LIBRARIES, node, &service->libraries);
		break;
	case READS_READABLE:
		read_paths(reader, key, PLACE_READABLE, node, &service->readable);
		break;
	case READS_WRITABLE:
		read_paths(reader, key, PLACE_WRITABLE, node, &service->writable);
		break;
	case READS_EXEC:
		read_paths(reader, key, PLACE_EXEC, node, &service->exec);
		break;
	case READS_CHILDREN:
		read_children(reader, key, node, &service->children);
		break;
	case READS_NETWORK:
		read_network(reader, key, node, &service->network);
		break;
	case READS_CAPABILITIES:
		read_capabilities(reader, key, node, &service->capabilities);
		break;
	case READS_ABSTRACTIONS:
		read_texts(reader, key, node, &service->abstractions);
		break;
	case READS_RULES:
		read_texts(reader, key, node, &service->rules);
		break;
	case READS_DENY:
		read_texts(reader, key, node, &service->deny);
		break;
	case READS_EXPECT:
		read_expect(reader, node, &service->expect);
		break;
	case READS_CONTAINER:
		read_container(reader, service->container = node, service->run);
		break;
	}
}

static bool may_lack(const struct service *service, enum key_id id)
{
	return id == KEY_BINARY && service->has_template &&
	       slice_is(service->template, "docker-default");
}

static void check_required(struct reader *reader, enum place place, const struct node *node,
	const struct service *service)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *key = &keys[i];
		if (!(key->required & 1u << place) || may_lack(service, key->id))
			continue;
		const struct node *value = node_get(node, key->name.at);
		if (!value) {
			struct span at = place == PLACE_CHILD ? service->name_span
							      : node_place(reader, node);
			report(reader, DIAG_MISSING_KEY, at, "%s needs the key '%s'",
				place_words[place], key->name.at);
		} else if (value->kind == NODE_SEQUENCE && value->count == 0) {
			report(reader, DIAG_MISSING_KEY, node_place(reader, value),
				"'%s' is empty, but %s needs it", key->name.at, place_words[place]);
		}
	}
}

static void read_mapping(
	struct reader *reader, enum place place, const struct node *node, struct service *service)
{
	service->span = node->span;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		const struct key *key = want_key(reader, place, entry);
		if (key)
			read_key(reader, key, entry->value, service);
	}
	if (!reader->partial)
		check_required(reader, place, node, service);
}

/* Whether there is a mapping to read. */
static bool check_root(struct reader *reader, const struct node *root)
{
	if (root && root->kind == NODE_MAPPING)
		return true;
	/* Nothing more to say about a text that broke off. */
	if (reader->unit->diags.errors > reader->errors)
		return false;
	uint32_t begin = reader->source->begin;
	if (!root || node_is_null(root)) {
		struct diag *diag = report(reader, DIAG_EMPTY_DOCUMENT, span_of(begin, begin),
			"the document describes nothing");
		help(reader, diag, "a description has at least 'name' and 'binary'");
		return false;
	}
	report(reader, DIAG_WRONG_TYPE, node_place(reader, root),
		"a description is a mapping of keys, not %s", node_words(root));
	return false;
}

/* A child without a template is strict, however broad that of its parent is. */
static void default_templates(struct service *service)
{
	struct slice strict =
		slice_is(service->template, "host") ? SLICE("host") : SLICE("container");
	if (!service->has_template)
		service->template_span = service->name_span; /* for messages about the default */
	for (struct service *child = service->children; child; child = child->next) {
		if (child->has_template)
			continue;
		child->template = strict;
		child->template_span = child->name_span;
	}
}

bool service_read(struct unit *unit, const struct source *source, struct service **ret_service)
{
	*ret_service = NULL;
	struct reader reader = {
		.unit = unit,
		.source = source,
		.errors = unit->diags.errors,
		.warnings = unit->diags.warnings + unit->diags.notes,
	};
	if (!text_check(&reader))
		return false;
	const struct node *root = yaml_read(&reader);
	if ((root && advice_foreign(&reader, root)) || !check_root(&reader, root))
		return false;
	struct service *service = arena_new(&unit->arena, struct service);
	service->template = slice_str(template_names[0].name); /* the default comes first */
	service->run = container_new(&reader);
	read_mapping(&reader, PLACE_SERVICE, root, service);
	container_finish(&reader, service, service->run);
	default_templates(service);
	check_children(&reader, service);
	*ret_service = service;
	return unit->diags.errors == reader.errors;
}
