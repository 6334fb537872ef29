#include "manager/apparmor_parser/verdict.h"

/*
 * A verdict as bytes: the verdict, whether a binary is there, the number of messages, the messages,
 * the binary. Numbers are 8 bytes, little endian; texts have their length in front.
 */

struct digest verdict_key(const struct parser *parser, const struct digest *features,
	struct library *library, struct slice text)
{
	struct digest_list list;
	struct digest identity = parser_identity(parser);
	digest_begin(&list);
	digest_add(&list, SLICE("verdict 1"));
	digest_add_digest(&list, &identity);
	digest_add_digest(&list, features);
	digest_add(&list, text);
	library_digest(library, text, &list);
	return digest_end(&list);
}

bool verdict_strays(struct library *library, struct slice text, struct arena *arena,
	struct parser_result *ret_result)
{
	struct slice path;
	if (!library_strays(library, text, &path))
		return false;
	struct parser_message *message = arena_new(arena, struct parser_message);
	message->kind = PARSER_OTHER;
	message->text = arena_printf(arena,
		"apparmor_parser is not asked: '%.*s' would lead it out of the root; make it a "
		"relative path or link that stays inside",
		SLICE_FMT(path));
	*ret_result = (struct parser_result){.verdict = PARSER_REFUSED, .messages = message};
	return true;
}

static bool put_number(struct bytes *value, uint64_t number)
{
	char bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(number >> (8 * i));
	return bytes_add(value, slice_of(bytes, sizeof(bytes)));
}

static bool put_text(struct bytes *value, struct slice text)
{
	return put_number(value, text.len) && bytes_add(value, text);
}

static bool get_number(struct slice *rest, uint64_t most, uint64_t *ret_number)
{
	if (rest->len < 8)
		return false;
	uint64_t number = 0;
	for (size_t i = 0; i < 8; i++)
		number |= (uint64_t)(unsigned char)rest->at[i] << (8 * i);
	*rest = slice_from(*rest, 8);
	*ret_number = number;
	return number <= most;
}

static bool get_text(struct slice *rest, struct slice *ret_text)
{
	uint64_t len;
	if (!get_number(rest, rest->len, &len) || len > rest->len)
		return false;
	*ret_text = slice_first(*rest, len);
	*rest = slice_from(*rest, len);
	return true;
}

static bool put_message(struct bytes *value, const struct parser_message *message)
{
	return put_number(value, message->kind) && put_number(value, message->line) &&
	       put_number(value, message->likely_line) && put_text(value, message->file) &&
	       put_text(value, message->profile) && put_text(value, message->subject) &&
	       put_text(value, message->text);
}

static bool get_message(struct slice *rest, struct parser_message *message)
{
	uint64_t kind, line, likely_line;
	if (!get_number(rest, PARSER_OTHER, &kind) || !get_number(rest, UINT32_MAX, &line) ||
		!get_number(rest, UINT32_MAX, &likely_line) || !get_text(rest, &message->file) ||
		!get_text(rest, &message->profile) || !get_text(rest, &message->subject) ||
		!get_text(rest, &message->text))
		return false;
	message->kind = (enum parser_message_kind)kind;
	message->line = (uint32_t)line;
	message->likely_line = (uint32_t)likely_line;
	return true;
}

static bool put_result(struct bytes *value, bool with_binary, const struct parser_result *result)
{
	uint64_t count = 0;
	for (const struct parser_message *m = result->messages; m; m = m->next)
		count++;
	bool is_put = put_number(value, result->verdict) && put_number(value, with_binary) &&
		      put_number(value, count);
	for (const struct parser_message *m = result->messages; m; m = m->next)
		is_put = is_put && put_message(value, m);
	return is_put && (!with_binary || put_text(value, result->binary));
}

static bool get_result(
	struct slice rest, bool want_binary, struct arena *arena, struct parser_result *ret_result)
{
	struct parser_result result = {0};
	uint64_t verdict, has_binary, count;
	if (!get_number(&rest, PARSER_REFUSED, &verdict) || !get_number(&rest, 1, &has_binary) ||
		!get_number(&rest, PARSER_MESSAGES_MOST + 1, &count) ||
		(want_binary && !has_binary && verdict == PARSER_ACCEPTED))
		return false;
	result.verdict = (enum parser_verdict)verdict;
	struct parser_message *messages = arena_array(arena, count, sizeof(*messages));
	for (uint64_t i = 0; i < count; i++) {
		if (!get_message(&rest, &messages[i]))
			return false;
		messages[i].next = i + 1 < count ? &messages[i + 1] : NULL;
	}
	if (has_binary && !get_text(&rest, &result.binary))
		return false;
	result.messages = count > 0 ? messages : NULL;
	*ret_result = result;
	return rest.len == 0;
}

bool verdict_get(struct cache *cache, const struct digest *key, bool want_binary,
	struct arena *arena, struct parser_result *ret_result)
{
	struct bytes value = {0};
	struct parser_result result;
	bool is_known =
		cache_get(cache, key, &value) &&
		get_result(arena_copy(arena, bytes_slice(&value)), want_binary, arena, &result);
	bytes_free(&value);
	if (is_known)
		*ret_result = result;
	return is_known;
}

void verdict_put(struct cache *cache, const struct digest *key, bool with_binary,
	const struct parser_result *result)
{
	if (result->verdict != PARSER_ACCEPTED && result->verdict != PARSER_REFUSED)
		return;
	struct bytes value = {0};
	if (put_result(&value, with_binary && result->verdict == PARSER_ACCEPTED, result))
		cache_put(cache, key, bytes_slice(&value));
	bytes_free(&value);
}
