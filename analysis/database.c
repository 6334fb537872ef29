#include "analysis/database.h"
#include "analysis/perms.h"

/* The columns of a line of the permission table, version 1; each is a u32. */
enum column {
	COLUMN_RESERVED, /* allow once more, for nobody */
	COLUMN_ALLOW,
	COLUMN_DENY,
	COLUMN_SUBTREE,
	COLUMN_COND,
	COLUMN_KILL,
	COLUMN_COMPLAIN,
	COLUMN_PROMPT,
	COLUMN_AUDIT,
	COLUMN_QUIET,
	COLUMN_HIDE,
	COLUMN_XINDEX,
	COLUMN_TAG,
	COLUMN_LABEL,
	COLUMN_COUNT
};

static bool read_entry(struct stream *stream, struct permission_entry *ret)
{
	uint32_t columns[COLUMN_COUNT];
	for (unsigned i = 0; i < COLUMN_COUNT; i++)
		if (!stream_u32(stream, NULL, &columns[i]))
			return stream_fail(stream, "a line of the permission table is cut off");
	*ret = (struct permission_entry){
		.allow = columns[COLUMN_ALLOW],
		.deny = columns[COLUMN_DENY],
		.audit = columns[COLUMN_AUDIT],
		.quiet = columns[COLUMN_QUIET],
		.xindex = columns[COLUMN_XINDEX],
	};
	return true;
}

static bool read_perms(
	struct stream *stream, const struct database_kind *kind, struct compiled_db *db)
{
	uint32_t version;
	uint16_t count;
	if (!stream_take(stream, STREAM_STRUCT, "perms"))
		return true;
	if (!stream_u32(stream, "version", &version) || !stream_array(stream, NULL, &count) ||
		count == 0)
		return stream_fail(stream, "the permission table is not understood");
	if (version != 1)
		return stream_fail(
			stream, "the permission table has version %u, expected 1", version);
	struct permission_entry *perms = arena_array(stream->arena, count, sizeof(*perms));
	for (unsigned i = 0; i < count; i++)
		if (!read_entry(stream, &perms[i]))
			return false;
	if (!stream_take(stream, STREAM_ARRAY_END, NULL) ||
		!stream_take(stream, STREAM_STRUCT_END, NULL))
		return stream_fail(stream, "the permission table does not end");
	db->perms = perms;
	db->perm_count = count;
	db->has_owner = kind->has_owner;
	return true;
}

/* apparmor_parser pads with zero bytes to a multiple of 8 in its own buffer: 0 to 7 of them. */
static struct slice without_padding(struct slice blob)
{
	for (unsigned i = 0; i < 7 && blob.len > 0 && blob.at[0] == '\0'; i++)
		blob = slice_from(blob, 1);
	return blob;
}

static bool read_dfa(
	struct stream *stream, const struct database_kind *kind, struct compiled_db *db)
{
	struct slice blob;
	const char *error;
	if (!stream_blob(stream, "aadfa", &blob)) {
		if (kind->required || db->perms)
			return stream_fail(
				stream, "the automaton of %s is missing or cut off", kind->what);
		return true;
	}
	if (!dfa_read(stream->arena, without_padding(blob), !db->perms, &db->dfa, &error))
		return stream_fail(stream, "the automaton of %s %s", kind->what, error);
	return true;
}

static bool read_start(
	struct stream *stream, const struct database_kind *kind, struct compiled_db *db)
{
	db->start = db->file_start = DFA_START;
	stream_u32(stream, "start", &db->start);
	stream_u32(stream, "dfa_start", &db->file_start);
	if (db->start >= db->dfa->states || db->file_start >= db->dfa->states)
		return stream_fail(
			stream, "the automaton of %s starts in a state out of range", kind->what);
	return true;
}

static bool read_string_array(
	struct stream *stream, const struct slice **ret_strings, uint32_t *ret_count)
{
	uint16_t count;
	if (!stream_array(stream, NULL, &count))
		return false;
	struct slice *strings = arena_array(stream->arena, count, sizeof(*strings));
	for (unsigned i = 0; i < count; i++)
		if (!stream_string(stream, NULL, &strings[i]))
			return false;
	*ret_strings = strings;
	*ret_count = count;
	return true;
}

bool database_read_strings(
	struct stream *stream, const struct slice **ret_strings, uint32_t *ret_count)
{
	return read_string_array(stream, ret_strings, ret_count) &&
	       stream_take(stream, STREAM_ARRAY_END, NULL) &&
	       stream_take(stream, STREAM_STRUCT_END, NULL);
}

static unsigned count_nuls(struct slice text)
{
	unsigned count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\0';
	return count;
}

/* ":namespace\0profile" is written with a NUL for the second colon; elsewhere there is none. */
static bool name_is_valid(struct slice name)
{
	if (name.len == 0)
		return true; /* apparmor_parser 4.x fills up the table */
	if (strchr(" \t\n\v\f\r", name.at[0]) && name.at[0] != '\0')
		return false;
	if (name.at[0] != ':')
		return count_nuls(name) == 0;
	return name.len > 1 && name.at[1] != '\0' && count_nuls(name) <= 1;
}

static struct slice with_colon(struct arena *arena, struct slice name)
{
	if (!slice_has(name, '\0'))
		return name;
	struct slice copy = arena_copy(arena, name);
	char *nul = memchr((char *)copy.at, '\0', copy.len);
	*nul = ':';
	return copy;
}

static bool read_names(struct stream *stream, struct compiled_db *db)
{
	if (!stream_take(stream, STREAM_STRUCT, "xtable"))
		return true;
	if (!database_read_strings(stream, &db->names, &db->name_count))
		return stream_fail(stream, "the table of exec transitions is not understood");
	struct slice *names = arena_array(stream->arena, db->name_count, sizeof(*names));
	for (uint32_t i = 0; i < db->name_count; i++) {
		if (!name_is_valid(db->names[i]))
			return stream_fail(stream, "an exec transition has an invalid name");
		names[i] = with_colon(stream->arena, db->names[i]);
	}
	db->names = names;
	return true;
}

static bool check_xindex(const struct compiled_db *db, uint32_t xindex)
{
	return (xindex & XINDEX_TYPE) != XINDEX_TABLE || (xindex & XINDEX_INDEX) < db->name_count;
}

static bool check_state(
	const struct database_kind *kind, const struct compiled_db *db, uint32_t state)
{
	uint32_t accept = db->dfa->accept[state];
	if (db->perms)
		return (uint64_t)accept + (kind->has_owner ? 1 : 0) < db->perm_count;
	return !kind->has_exec || (check_xindex(db, perms_old_xindex(accept)) &&
					  check_xindex(db, perms_old_xindex(accept >> 14)));
}

bool database_check(
	struct stream *stream, const struct database_kind *kind, const struct compiled_db *db)
{
	for (uint32_t i = 0; i < db->perm_count; i++)
		if (kind->has_exec && !check_xindex(db, db->perms[i].xindex))
			return stream_fail(stream, "an exec transition is not in its table");
	for (uint32_t state = 0; state < db->dfa->states; state++)
		if (!check_state(kind, db, state))
			return stream_fail(stream,
				"the automaton of %s has permissions out of range", kind->what);
	return true;
}

bool database_read(struct stream *stream, const struct database_kind *kind, struct compiled_db *ret)
{
	struct compiled_db db = {0};
	if (!read_perms(stream, kind, &db) || !read_dfa(stream, kind, &db))
		return false;
	if (!db.dfa)
		return true;
	if (!read_start(stream, kind, &db) || !read_names(stream, &db) ||
		!database_check(stream, kind, &db))
		return false;
	*ret = db;
	return true;
}
