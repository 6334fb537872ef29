#include "compiler/service/reader.h"

/* A collection that is being read. */
struct level {
	struct node *node;
	struct entry **end;
	const struct node *key; /* of a mapping: the key whose value comes next */
	size_t weight;		/* composer's weight when it began */
};

struct composer {
	struct reader *reader;
	yaml_parser_t parser;
	struct level *levels;
	unsigned depth;		 /* levels in use */
	const struct node *root; /* complete, or the one being read */
	struct index anchors;	 /* name to node */
	size_t weight;		 /* nodes so far, aliases counted each time */
	size_t bom;		 /* bytes of the byte order mark, which libyaml does not see */
	size_t chars, bytes;	 /* the same position of the text in both */
	bool done;
};

static const struct node broken = {.kind = NODE_BROKEN};

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/*
 * The byte offset of a libyaml index, which counts characters. Marks come nearly in order, so the
 * last position is a good one to start from.
 */
static size_t offset_of(struct composer *composer, size_t index)
{
	struct slice text = composer->reader->source->text;
	if (composer->reader->ascii)
		return composer->bom + index < text.len ? composer->bom + index : text.len;
	size_t at = composer->bytes;
	for (; composer->chars < index && at < text.len; composer->chars++)
		do
			at++;
		while (at < text.len && is_continuation(text.at[at]));
	for (; composer->chars > index && at > composer->bom; composer->chars--)
		do
			at--;
		while (at > composer->bom && is_continuation(text.at[at]));
	composer->bytes = at;
	return at;
}

static struct span event_span(struct composer *composer, const yaml_event_t *event)
{
	uint32_t base = composer->reader->source->begin;
	uint32_t begin = (uint32_t)offset_of(composer, event->start_mark.index);
	uint32_t end = (uint32_t)offset_of(composer, event->end_mark.index);
	return span_of(base + begin, base + end);
}

static struct slice span_text(const struct composer *composer, struct span span)
{
	const struct source *source = composer->reader->source;
	return slice_of(source->text.at + (span.begin - source->begin), span.end - span.begin);
}

static bool counts(struct composer *composer, size_t weight, struct span span)
{
	const struct limits *limits = composer->reader->unit->limits;
	composer->weight += weight;
	if (composer->weight <= limits->nodes)
		return true;
	report(composer->reader, DIAG_TOO_LARGE, span,
		"more than %zu YAML nodes in one document, aliases counted each time",
		limits->nodes);
	composer->done = true;
	return false;
}

static bool fits_depth(struct composer *composer, unsigned more, struct span span)
{
	const struct limits *limits = composer->reader->unit->limits;
	if (composer->depth + more <= limits->depth)
		return true;
	report(composer->reader, DIAG_TOO_LARGE, span, "nested more than %u levels deep",
		limits->depth);
	composer->done = true;
	return false;
}

static const struct node *as_key(struct composer *composer, const struct node *node)
{
	if (node->kind == NODE_BROKEN || (node->kind == NODE_SCALAR && !node_is_null(node)))
		return node;
	report(composer->reader, DIAG_WRONG_TYPE, node_place(composer->reader, node),
		"a key is a text, not %s", node_words(node));
	return &broken;
}

/* Puts a node where it belongs: key, value, entry or root. */
static void place_node(struct composer *composer, const struct node *node)
{
	if (composer->depth == 0)
		return;
	struct level *level = &composer->levels[composer->depth - 1];
	bool is_mapping = level->node->kind == NODE_MAPPING;
	if (is_mapping && !level->key) {
		level->key = as_key(composer, node);
		return;
	}
	const struct node *key = level->key;
	level->key = NULL;
	if (is_mapping && key->kind == NODE_BROKEN)
		return;
	struct entry *entry = arena_new(reader_arena(composer->reader), struct entry);
	entry->key = key;
	entry->value = node;
	*level->end = entry;
	level->end = &entry->next;
	level->node->count++;
	if (node->depth + 1 > level->node->depth)
		level->node->depth = node->depth + 1;
	if (!level->node->flow && node->span.end > level->node->span.end)
		level->node->span.end = node->span.end;
}

static void set_anchor(struct composer *composer, const yaml_char_t *anchor, struct node *node)
{
	if (!anchor)
		return;
	struct arena *arena = reader_arena(composer->reader);
	*index_at(&composer->anchors, arena_copy(arena, slice_str((const char *)anchor))) = node;
}

/* `!!python/object` and the like; the standard tag of what the node is anyway is fine. */
static void check_tag(
	struct composer *composer, const yaml_char_t *tag, const char *standard, struct span span)
{
	if (!tag || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, standard) == 0)
		return;
	struct slice written = span_text(composer, span);
	const char *begin = written.len ? memchr(written.at, '!', written.len) : NULL;
	if (begin) {
		span.begin += (uint32_t)(begin - written.at);
		written = slice_from(written, (size_t)(begin - written.at));
		size_t len = 0;
		while (len < written.len && !strchr(" \t\r\n,]}", written.at[len]))
			len++;
		span.end = span.begin + (uint32_t)len;
		written = slice_first(written, len);
	}
	written = begin ? written : slice_str((const char *)tag);
	struct diag *diag = report(composer->reader, DIAG_WRONG_TYPE, span,
		"the tag '%.*s' has no meaning here: there are only texts, lists and mappings",
		SLICE_FMT(shown(composer->reader, written)));
	help(composer->reader, diag, "leave the tag out");
}

/*
 * Finds the value in the source, so that carets can point into it: `"a b"` has the span of `a b`.
 * It is looked for from the end, as anchors and tags come before it.
 */
static bool find_verbatim(
	const struct composer *composer, const yaml_event_t *event, struct span *span)
{
	yaml_scalar_style_t style = event->data.scalar.style;
	bool is_quoted = style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
			 style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	if (!is_quoted && style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	struct slice value =
		slice_of((const char *)event->data.scalar.value, event->data.scalar.length);
	struct slice written = span_text(composer, *span);
	if (written.len < value.len + 2 * is_quoted)
		return false;
	size_t begin = written.len - is_quoted - value.len;
	if (!slice_eq(slice_of(written.at + begin, value.len), value))
		return false;
	if (is_quoted && written.at[begin - 1] != written.at[written.len - 1])
		return false;
	uint32_t position = span->begin + (uint32_t)begin;
	*span = span_of(position, position + (uint32_t)value.len);
	return true;
}

static const struct node *new_scalar(
	struct composer *composer, const yaml_event_t *event, struct span span)
{
	struct reader *reader = composer->reader;
	struct slice value =
		slice_of((const char *)event->data.scalar.value, event->data.scalar.length);
	check_tag(composer, event->data.scalar.tag, YAML_STR_TAG, span);
	bool is_verbatim = find_verbatim(composer, event, &span);
	if (!is_verbatim && slice_has(value, '\0')) {
		report(reader, DIAG_ENCODING, span, "a NUL byte has no place in a description");
		return &broken;
	}
	bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct slice written = span_text(composer, span);
	struct node *node = arena_new(reader_arena(reader), struct node);
	node->kind = NODE_SCALAR;
	node->plain = is_plain && event->data.scalar.plain_implicit;
	node->verbatim = is_verbatim;
	node->span = span;
	node->text = is_verbatim ? written : arena_copy(reader_arena(reader), value);
	/* Only folded lines make a plain scalar another text than it is written. */
	node->lines =
		!is_verbatim && (is_plain || slice_has(written, '\n') || slice_has(written, '\r'));
	node->weight = 1;
	set_anchor(composer, event->data.scalar.anchor, node);
	return node;
}

static void begin_collection(struct composer *composer, enum node_kind kind, bool flow,
	const yaml_char_t *anchor, struct span span)
{
	if (!fits_depth(composer, 1, span))
		return;
	struct node *node = arena_new(reader_arena(composer->reader), struct node);
	node->kind = kind;
	node->flow = flow;
	node->open = true;
	node->span = span;
	node->depth = 1;
	set_anchor(composer, anchor, node);
	if (composer->depth == 0)
		composer->root = node;
	composer->levels[composer->depth++] =
		(struct level){.node = node, .end = &node->first, .weight = composer->weight};
}

static void end_collection(struct composer *composer, const yaml_event_t *event)
{
	struct level *level = &composer->levels[--composer->depth];
	struct node *node = level->node;
	node->open = false;
	node->weight = composer->weight - level->weight + 1;
	if (node->flow)
		node->span.end = event_span(composer, event).end;
	if (node->kind == NODE_MAPPING)
		mapping_finish(composer->reader, node);
	place_node(composer, node);
}

static const struct node *resolve_alias(struct composer *composer, const yaml_event_t *event)
{
	struct reader *reader = composer->reader;
	struct span span = event_span(composer, event);
	struct slice name = slice_str((const char *)event->data.alias.anchor);
	const struct node *node = index_find(&composer->anchors, name);
	reader->aliased = true;
	if (!node) {
		struct diag *diag = report(reader, DIAG_UNKNOWN_ALIAS, span,
			"no anchor '&%.*s' before this alias", SLICE_FMT(shown(reader, name)));
		help(reader, diag, "a text that begins with '*' needs quotes");
		return &broken;
	}
	if (node->open) {
		struct diag *diag = report(reader, DIAG_ALIAS_CYCLE, span,
			"'*%.*s' refers to what it stands in", SLICE_FMT(shown(reader, name)));
		second(reader, diag, node_place(reader, node), "'&%.*s' begins here",
			SLICE_FMT(shown(reader, name)));
		return &broken;
	}
	if (!counts(composer, node->weight, span) || !fits_depth(composer, node->depth, span))
		return &broken;
	return node;
}

static void take_scalar(struct composer *composer, const yaml_event_t *event)
{
	struct span span = event_span(composer, event);
	if (!counts(composer, 1, span))
		return;
	const struct node *node = new_scalar(composer, event, span);
	if (composer->depth == 0 && node->kind == NODE_SCALAR)
		composer->root = node;
	place_node(composer, node);
}

static void take_event(struct composer *composer, const yaml_event_t *event)
{
	struct span span;
	switch (event->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_START_EVENT:
		break;
	case YAML_STREAM_END_EVENT:
		composer->done = true;
		break;
	case YAML_DOCUMENT_END_EVENT:
		text_check_rest(composer->reader, offset_of(composer, event->end_mark.index));
		composer->done = true;
		break;
	case YAML_ALIAS_EVENT:
		place_node(composer, resolve_alias(composer, event));
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(composer, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		span = event_span(composer, event);
		check_tag(composer, event->data.sequence_start.tag, YAML_SEQ_TAG, span);
		if (counts(composer, 1, span))
			begin_collection(composer, NODE_SEQUENCE,
				event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
				event->data.sequence_start.anchor, span);
		break;
	case YAML_MAPPING_START_EVENT:
		span = event_span(composer, event);
		check_tag(composer, event->data.mapping_start.tag, YAML_MAP_TAG, span);
		if (counts(composer, 1, span))
			begin_collection(composer, NODE_MAPPING,
				event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
				event->data.mapping_start.anchor, span);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		end_collection(composer, event);
		break;
	}
}

static void complain(struct composer *composer)
{
	struct reader *reader = composer->reader;
	const yaml_parser_t *parser = &composer->parser;
	reader->partial = true;
	if (parser->error == YAML_MEMORY_ERROR) {
		reader->unit->arena.out_of_memory();
		return;
	}
	size_t offset = offset_of(composer, parser->problem_mark.index);
	size_t context = offset_of(composer, parser->context_mark.index);
	if (parser->error == YAML_READER_ERROR)
		offset = parser->problem_offset;
	yaml_complain(reader, parser, offset, context);
}

static void parse(struct composer *composer)
{
	struct slice text = slice_from(composer->reader->source->text, composer->bom);
	yaml_parser_t *parser = &composer->parser;
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	/* libyaml wants a pointer even to nothing. */
	const char *at = text.len > 0 ? text.at : "";
	yaml_parser_set_input_string(parser, (const unsigned char *)at, text.len);
	while (!composer->done) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			complain(composer);
			break;
		}
		take_event(composer, &event);
		yaml_event_delete(&event);
	}
}

/*
 * A plain text right before the place where the YAML is broken is likely to be part of the mistake:
 *     binary: /a
 *       libraries: []
 */
static void drop_last_text(struct node *mapping)
{
	struct entry **last = &mapping->first;
	while (*last && (*last)->next)
		last = &(*last)->next;
	if (*last && (*last)->value->plain) {
		*last = NULL;
		mapping->count--;
	}
}

/* Makes do with what the text holds before it breaks off. */
static void finish_partial(struct composer *composer)
{
	struct node *root = composer->levels[0].node;
	composer->reader->partial = true;
	if (root->kind != NODE_MAPPING)
		return;
	if (composer->depth == 1)
		drop_last_text(root);
	mapping_finish(composer->reader, root);
}

const struct node *yaml_read(struct reader *reader)
{
	struct arena *arena = reader_arena(reader);
	struct composer composer = {
		.reader = reader,
		.levels = arena_array(arena, reader->unit->limits->depth, sizeof(struct level)),
		.anchors = index_new(arena),
		.bom = slice_starts(reader->source->text, SLICE("\xef\xbb\xbf")) ? 3 : 0,
	};
	composer.bytes = composer.bom;
	if (!yaml_parser_initialize(&composer.parser)) {
		reader->unit->arena.out_of_memory();
		return NULL;
	}
	parse(&composer);
	yaml_parser_delete(&composer.parser);
	if (composer.depth > 0)
		finish_partial(&composer);
	return composer.root;
}
