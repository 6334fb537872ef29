#include "manager/apparmor_parser/message.h"

/* The lines of one output, read one after the other. */
struct reader {
	struct arena *arena;
	struct slice name, text;
	struct parser_message *first, **end;
	struct parser_message *last_glob; /* takes the detail lines that follow it */
	struct buf details;		  /* of the pattern that is named next */
	size_t count;
};

/* Takes `prefix` off *rest. */
static bool take(struct slice *rest, const char *prefix)
{
	if (!slice_starts(*rest, slice_str(prefix)))
		return false;
	*rest = slice_from(*rest, strlen(prefix));
	return true;
}

/* Offset of `part` in s from `from` on, or -1. */
static ptrdiff_t find(struct slice s, size_t from, struct slice part)
{
	if (from >= s.len || part.len == 0)
		return -1;
	const char *at = slice_find(slice_from(s, from), part);
	return at ? at - s.at : -1;
}

/* Takes off everything up to and with the first `mark`; *ret_before gets what was before it. */
static bool take_until(struct slice *rest, const char *mark, struct slice *ret_before)
{
	ptrdiff_t at = find(*rest, 0, slice_str(mark));
	if (at < 0)
		return false;
	*ret_before = slice_first(*rest, (size_t)at);
	*rest = slice_from(*rest, (size_t)at + strlen(mark));
	return true;
}

/* The same with the last `mark`. */
static bool take_until_last(struct slice *rest, const char *mark, struct slice *ret_before)
{
	ptrdiff_t last = -1;
	struct slice part = slice_str(mark);
	for (ptrdiff_t at; (at = find(*rest, (size_t)(last + 1), part)) >= 0;)
		last = at;
	if (last < 0)
		return false;
	*ret_before = slice_first(*rest, (size_t)last);
	*rest = slice_from(*rest, (size_t)last + part.len);
	return true;
}

static uint32_t number(struct slice digits)
{
	uint32_t value = 0;
	for (size_t i = 0; i < digits.len && i < 9; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return 0;
		value = value * 10 + (uint32_t)(digits.at[i] - '0');
	}
	return value;
}

/* What stands between the first and the last ' of a text; empty without two. */
static struct slice quoted(struct slice text)
{
	struct slice before, inside;
	if (!take_until(&text, "'", &before) || !take_until_last(&text, "'", &inside))
		return slice_of(NULL, 0);
	return inside;
}

static bool message_equal(const struct parser_message *a, const struct parser_message *b)
{
	if (a->kind != b->kind || a->line != b->line || !slice_eq(a->file, b->file) ||
		!slice_eq(a->profile, b->profile) || !slice_eq(a->subject, b->subject))
		return false;
	/* The same warning comes in two wordings. */
	return parser_message_is_warning(a) || slice_eq(a->text, b->text);
}

static struct parser_message *add(struct reader *reader, struct parser_message message)
{
	message.text = slice_trim(message.text);
	for (struct parser_message *old = reader->first; old; old = old->next)
		if (message_equal(old, &message))
			return old;
	if (reader->count++ >= PARSER_MESSAGES_MOST)
		return NULL;
	struct parser_message *kept = arena_new(reader->arena, struct parser_message);
	*kept = message;
	*reader->end = kept;
	reader->end = &kept->next;
	return kept;
}

/* AppArmor parser error[ for F][ in profile G] at line N: MESSAGE */
static bool read_error(struct reader *reader, struct slice line)
{
	struct slice where, digits, rest = line;
	if (!take(&rest, "AppArmor parser error") || !take_until(&rest, " at line ", &where) ||
		!take_until(&rest, ": ", &digits))
		return false;
	struct parser_message message = {
		.kind = PARSER_SYNTAX,
		.line = number(digits),
		.text = rest,
	};
	struct slice before;
	if (take_until(&where, " in profile ", &before) && !slice_eq(where, reader->name))
		message.file = where;
	if (take(&rest, "Could not open '")) {
		message.kind = PARSER_MISSING_INCLUDE;
		message.subject = quoted(message.text);
	}
	add(reader, message);
	return true;
}

/*
 * X rules not enforced | mount rules not enforce | downgrading X rule to generic network rule |
 * deny unix socket rule not enforced, can't be downgraded to generic network rule
 * (3.0.8 and 4.1.0, the second one spelled so)
 */
static void read_warning_text(struct reader *reader, struct parser_message *message)
{
	struct slice rest = message->text;
	if (take_until_last(&rest, " rules not enforce", &message->subject)) {
		message->kind = PARSER_NOT_ENFORCED;
		message->text = arena_printf(
			reader->arena, "%.*s rules not enforced", SLICE_FMT(message->subject));
	} else if (take_until(&rest, " rule not enforced, can't be downgraded", &message->subject))
		message->kind = PARSER_NOT_ENFORCED;
	else if (take(&rest, "downgrading ") && take_until(&rest, " rule ", &message->subject))
		message->kind = PARSER_DOWNGRADED;
	if (slice_is(message->subject, "extended network unix socket"))
		message->subject = SLICE("unix");
	else if (slice_is(message->subject, "deny unix socket"))
		message->subject = SLICE("deny unix");
}

/*
 * Warning from profile P (F): TEXT
 * Warning from F (G line N): TEXT      (N is where the parser happens to be, not where the cause
 * is)
 */
static bool read_warning(struct reader *reader, struct slice line)
{
	struct slice where, digits, rest = line;
	struct parser_message message = {.kind = PARSER_OTHER};
	if (take(&rest, "Warning from profile ")) {
		if (!take_until(&rest, " (", &message.profile) || !take_until(&rest, "): ", &where))
			return false;
		message.text = rest;
		read_warning_text(reader, &message);
		add(reader, message);
		return true;
	}
	if (!take(&rest, "Warning from ") || !take_until(&rest, "): ", &where))
		return false;
	message.text = rest;
	if (take(&rest, "profile ") &&
		take_until_last(&rest, " network rules not enforced", &message.profile)) {
		message.kind = PARSER_NOT_ENFORCED;
		message.subject = SLICE("network");
		add(reader, message);
		return true;
	}
	if (take_until_last(&where, " line ", &digits))
		message.line = number(where);
	add(reader, message);
	return true;
}

/* Regex grouping error: DETAIL … Unable to parse input line 'PATTERN' */
static bool read_glob(struct reader *reader, struct slice line)
{
	struct slice rest = line;
	if (take(&rest, "Regex grouping error: ")) {
		if (reader->details.len > 0)
			buf_add_str(&reader->details, "; ");
		if (reader->details.len < 1024)
			buf_add(&reader->details, rest);
		return true;
	}
	if (!take(&rest, "Unable to parse input line "))
		return false;
	struct slice details = buf_slice(&reader->details);
	reader->last_glob = add(reader, (struct parser_message){
						.kind = PARSER_GLOB,
						.subject = quoted(rest),
						.text = details.len ? details : line,
					});
	reader->details = buf_new(reader->arena);
	return true;
}

/* ERROR processing regexs|policydb rules for profile P, failed to load: names the profile of what
 * was before. */
static bool read_failure(struct reader *reader, struct slice line)
{
	struct slice before, profile, rest = line;
	if (!take(&rest, "ERROR ") || !take_until(&rest, " for profile ", &before) ||
		!take_until_last(&rest, ", failed to load", &profile))
		return false;
	bool is_explained = false;
	for (struct parser_message *message = reader->first; message; message = message->next) {
		if (message->kind != PARSER_GLOB && message->kind != PARSER_EXEC_CONFLICT &&
			message->kind != PARSER_UNDECLARED && message->kind != PARSER_OTHER)
			continue;
		if (message->profile.len == 0)
			message->profile = profile;
		is_explained = true;
	}
	if (!is_explained)
		add(reader, (struct parser_message){
				    .kind = PARSER_OTHER, .profile = profile, .text = line});
	return true;
}

/*
 * profile has merged rule with conflicting x modifiers
 * profile P: has merged rule PATH with conflicting x modifiers
 */
static bool read_conflict(struct reader *reader, struct slice line)
{
	struct parser_message message = {.kind = PARSER_EXEC_CONFLICT, .text = line};
	struct slice rest = line, after;
	if (!slice_ends(line, SLICE(" with conflicting x modifiers")))
		return false;
	if (take(&rest, "profile ") && take_until(&rest, ": has merged rule ", &message.profile)) {
		after = rest;
		take_until_last(&after, " with conflicting", &message.subject);
	}
	add(reader, message);
	return true;
}

/* The other forms that name a thing. */
static bool read_named(struct reader *reader, struct slice line)
{
	struct parser_message message = {.text = line};
	struct slice rest = line;
	if (take(&rest, "Found reference to variable ") &&
		take_until(&rest, ", but is never declared", &message.subject))
		message.kind = PARSER_UNDECLARED;
	else if (take(&rest, "Profile ") &&
		 take_until(&rest, " has too many specified profile transitions", &message.profile))
		message.kind = PARSER_TRANSITIONS;
	else if (rest = line, take(&rest, "Multiple definitions for profile ") &&
				      take_until_last(&rest, " exist", &message.profile))
		message.kind = PARSER_DUPLICATE;
	else if (rest = line, take(&rest, "Failed to load features from '") &&
				      take_until_last(&rest, "': ", &message.subject))
		message.kind = PARSER_FEATURES;
	else if (rest = line, take(&rest, "Skipping profile"))
		message.kind = PARSER_SKIPPED;
	else
		return false;
	add(reader, message);
	return true;
}

/* Lines that say again what another says, or nothing about the profile. */
static bool is_noise(const struct reader *reader, struct slice line)
{
	static const char *const beginnings[] = {
		"Ignoring: '", /* a file of an included directory that is left out by its name */
		"Cache read/write disabled",
		"failure expanding variable ",
		"Failed to find declaration for: ", /* the next line has the place */
		"Use --subdomainfs to override",
	};
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
		if (slice_starts(line, slice_str(beginnings[i])))
			return true;
	/* 3.0.8 prints uninitialised memory in this one; the pattern was named before. */
	if (reader->last_glob && (slice_starts(line, SLICE("Invalid profile name ")) ||
					 slice_starts(line, SLICE("Encoding of "))))
		return true;
	/* "'A' is already defined": the next line has the place. */
	return slice_starts(line, SLICE("'")) && slice_ends(line, SLICE("' is already defined"));
}

static void read_line(struct reader *reader, struct slice line)
{
	line = slice_trim(line);
	take(&line, "apparmor_parser: ");
	if (line.len == 0 || is_noise(reader, line))
		return;
	if (read_error(reader, line) || read_warning(reader, line) || read_glob(reader, line) ||
		read_failure(reader, line) || read_conflict(reader, line) ||
		read_named(reader, line))
		return;
	add(reader, (struct parser_message){.kind = PARSER_OTHER, .text = line});
}

static uint32_t line_of(struct slice text, struct slice part)
{
	ptrdiff_t at = find(text, 0, part);
	uint32_t line = at < 0 ? 0 : 1;
	for (ptrdiff_t i = 0; i < at; i++)
		line += text.at[i] == '\n';
	return line;
}

static void guess_line(const struct reader *reader, struct parser_message *message)
{
	struct slice subject = message->subject;
	switch (message->kind) {
	case PARSER_UNDECLARED:
		subject = arena_printf(reader->arena, "@{%.*s}", SLICE_FMT(subject));
		break;
	case PARSER_GLOB:
	case PARSER_EXEC_CONFLICT:
	case PARSER_MISSING_INCLUDE:
		break;
	case PARSER_NOT_ENFORCED:
	case PARSER_DOWNGRADED:
	case PARSER_SYNTAX:
	case PARSER_TRANSITIONS:
	case PARSER_DUPLICATE:
	case PARSER_FEATURES:
	case PARSER_SKIPPED:
	case PARSER_OTHER:
		return;
	}
	if (message->line == 0)
		message->likely_line = line_of(reader->text, subject);
}

struct parser_message *parser_messages_read(
	struct arena *arena, struct slice errors, struct slice name, struct slice text)
{
	struct reader reader = {
		.arena = arena,
		.name = name,
		.text = text,
		.details = buf_new(arena),
	};
	reader.end = &reader.first;
	errors = arena_copy(arena, errors);
	while (errors.len > 0) {
		struct slice line = errors;
		bool has_newline = take_until(&errors, "\n", &line);
		read_line(&reader, line);
		if (!has_newline)
			break;
	}
	if (reader.details.len > 0)
		add(&reader, (struct parser_message){
				     .kind = PARSER_GLOB, .text = buf_slice(&reader.details)});
	for (struct parser_message *message = reader.first; message; message = message->next)
		guess_line(&reader, message);
	return reader.first;
}
