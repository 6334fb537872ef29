#include "compiler/service/reader.h"

#include "policy/names/names.h"

/* tcp, udp and icmp belong to IP; apparmor_parser knows no icmp for inet6 (it is raw there). */
static bool check_protocol(
	struct reader *reader, const struct text *family, const struct text *protocol)
{
	bool is_inet = slice_is(family->text, "inet");
	bool is_inet6 = slice_is(family->text, "inet6");
	if (is_inet || (is_inet6 && !slice_is(protocol->text, "icmp")))
		return true;
	struct diag *diag = report(reader, DIAG_UNKNOWN_VALUE, protocol->span,
		"the family '%.*s' has no protocol '%.*s'", SLICE_FMT(family->text),
		SLICE_FMT(protocol->text));
	help(reader, diag, is_inet6 ? "write 'inet6 raw'" : "write a type such as 'stream'");
	return false;
}

static const char *nearest_type(struct slice given)
{
	const char *type = name_nearest(&names_types, given);
	const char *protocol = name_nearest(&names_protocols, given);
	if (!type || !protocol)
		return type ? type : protocol;
	unsigned far = (unsigned)given.len + 8;
	return slice_distance(given, slice_str(protocol), far) <
			       slice_distance(given, slice_str(type), far)
		       ? protocol
		       : type;
}

static bool is_type(struct slice text)
{
	return name_find(&names_types, text) || name_find(&names_protocols, text);
}

/* Reports a text that is no socket but leads to one; false where it does not. */
static bool report_meant(struct reader *reader, const struct text *text, const struct text *first)
{
	struct slice given = shown(reader, text->text);
	struct slice meant = network_meant(reader, text->text);
	if (meant.len > 0) {
		report(reader, DIAG_UNKNOWN_VALUE, text->span,
			"'%.*s' is no socket, did you mean '%.*s'?", SLICE_FMT(given),
			SLICE_FMT(meant));
		return true;
	}
	struct slice advice = advice_network(reader, text->text);
	if (advice.len == 0)
		advice = advice_network(reader, first->text);
	if (advice.len == 0)
		return false;
	struct diag *diag = report(reader, DIAG_UNKNOWN_VALUE, text->span,
		"'%.*s' is no address family", SLICE_FMT(given));
	help(reader, diag, "%.*s", SLICE_FMT(advice));
	return true;
}

/* "inet tcp" of its two words. */
static struct text whole_of(const struct text *words, size_t count)
{
	struct text whole = words[0];
	const struct text *last = &words[count > 1];
	whole.text.len = (size_t)(last->text.at + last->text.len - whole.text.at);
	whole.span = span_join(words[0].span, last->span);
	return whole;
}

/* Whether the words name a family, and a type or protocol behind it. */
static bool is_known(const struct text *words, size_t count)
{
	return name_find(&names_families, words[0].text) && (count < 2 || is_type(words[1].text));
}

bool read_socket(struct reader *reader, const struct text *words, size_t count,
	struct network_entry *ret_network)
{
	const struct name *family = name_find(&names_families, words[0].text);
	struct text whole = whole_of(words, count);
	if (!is_known(words, count) && report_meant(reader, &whole, &words[0]))
		return false;
	if (!family && is_type(words[0].text)) {
		struct diag *diag = report(reader, DIAG_UNKNOWN_VALUE, words[0].span,
			"'%.*s' without an address family before it", SLICE_FMT(words[0].text));
		help(reader, diag, "write 'inet %.*s' for IPv4, 'inet6 %.*s' for IPv6",
			SLICE_FMT(words[0].text), SLICE_FMT(words[0].text));
		return false;
	}
	if (!family)
		unknown_value(reader, DIAG_UNKNOWN_VALUE, "address family", &words[0],
			name_nearest(&names_families, words[0].text), NULL);
	if (count < 2) {
		if (family)
			*ret_network = (struct network_entry){.family = family->name};
		return family != NULL;
	}
	const struct name *type = name_find(&names_types, words[1].text);
	const struct name *protocol = type ? NULL : name_find(&names_protocols, words[1].text);
	if (!type && !protocol)
		unknown_value(reader, DIAG_UNKNOWN_VALUE, "socket type or protocol", &words[1],
			nearest_type(words[1].text), NULL);
	if (!family || (!type && !protocol))
		return false;
	if (protocol && !check_protocol(reader, &words[0], &words[1]))
		return false;
	*ret_network = (struct network_entry){.family = family->name,
		.type = type ? type->name : NULL,
		.protocol = protocol ? protocol->name : NULL};
	return true;
}

static bool has_lines(struct reader *reader, const struct key *key, const struct node *node)
{
	if (!node->lines)
		return false;
	struct diag *diag = report(reader, DIAG_WRONG_TYPE, node_place(reader, node),
		"an entry of '%s' stands on one line", key->name.at);
	help(reader, diag, "each entry of a list begins with '- '");
	return true;
}

static bool covers(const struct network_entry *a, const struct network_entry *b)
{
	if (strcmp(a->family, b->family) != 0)
		return false;
	if (!a->type && !a->protocol)
		return true;
	if (a->type)
		return b->type && strcmp(a->type, b->type) == 0;
	return b->protocol && strcmp(a->protocol, b->protocol) == 0;
}

static void report_covered(struct reader *reader, const struct key *key, const struct text *text,
	const struct network_entry *entry, const struct network_entry *earlier)
{
	if (covers(entry, earlier)) {
		duplicate_entry(reader, key, text->span, text->text, earlier->span);
		return;
	}
	struct diag *diag = report(reader, DIAG_DUPLICATE_ENTRY, text->span,
		"'%.*s' is part of what '%s' allows", SLICE_FMT(shown(reader, text->text)),
		earlier->family);
	second(reader, diag, earlier->span, "the wider entry is here");
}

/* At most families times types entries are kept, so looking at all of them is bounded. */
static bool add_network(struct reader *reader, const struct key *key, struct network_entry **list,
	const struct text *text, const struct network_entry *entry)
{
	struct network_entry **end = list;
	for (; *end; end = &(*end)->next) {
		if (covers(*end, entry)) {
			report_covered(reader, key, text, entry, *end);
			return false;
		}
	}
	*end = arena_new(reader_arena(reader), struct network_entry);
	**end = *entry;
	return true;
}

void read_network(struct reader *reader, const struct key *key, const struct node *node,
	struct network_entry **ret_entries)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text, words[2];
		if (!want_entry(reader, key, entry->value, &text) ||
			has_lines(reader, key, entry->value))
			continue;
		size_t count = text_words(&text, words, 2);
		struct network_entry network;
		if (count > 2 && report_meant(reader, &text, &words[0]))
			continue;
		if (count > 2) {
			struct diag *diag = report(reader, DIAG_UNKNOWN_VALUE, text.span,
				"'%.*s' has too many words", SLICE_FMT(shown(reader, text.text)));
			help(reader, diag, "expected %s", shape_words[key->shape].each);
		} else if (read_socket(reader, words, count, &network)) {
			network.span = text.span;
			add_network(reader, key, ret_entries, &text, &network);
		}
	}
}

/* `CAP_Net_Raw` becomes `net_raw`. */
static struct slice plain_capability(struct reader *reader, struct slice given)
{
	given = slice_trim(given);
	char *lower = arena_string(reader_arena(reader), given);
	for (size_t i = 0; i < given.len; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	struct slice name = slice_of(lower, given.len);
	return slice_starts(name, SLICE("cap_")) ? slice_from(name, 4) : name;
}

bool read_capability(struct reader *reader, const struct text *text, int *ret_capability)
{
	struct slice name = plain_capability(reader, text->text);
	const struct name *capability = name_find(&names_capabilities, name);
	if (!capability) {
		unknown_value(reader, DIAG_UNKNOWN_VALUE, "capability", text,
			name_nearest(&names_capabilities, name), NULL);
		return false;
	}
	*ret_capability = capability->number;
	return true;
}

void read_capabilities(struct reader *reader, const struct key *key, const struct node *node,
	struct capability_entry **ret_entries)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text;
		int capability;
		if (!want_entry(reader, key, entry->value, &text) ||
			has_lines(reader, key, entry->value) ||
			!read_capability(reader, &text, &capability))
			continue;
		struct capability_entry **end = ret_entries;
		while (*end && (*end)->capability != capability)
			end = &(*end)->next;
		if (*end) {
			duplicate_entry(reader, key, text.span, text.text, (*end)->span);
			continue;
		}
		*end = arena_new(reader_arena(reader), struct capability_entry);
		(*end)->capability = capability;
		(*end)->span = text.span;
	}
}
