#include "analysis/dfa.h"

#include <endian.h>

#define HEADER_MAGIC	 0x1B5E783Du
#define HEADER_MIN	 14 /* magic, header size, set size, flags */
#define FLAG_DIFFERENCES 1u /* some states are encoded as differences to their default */
#define FLAG_OUT_OF_BAND 2u /* some states have a transition that no byte takes */

#define BASE_INDEX	 0x00ffffffu
#define BASE_DIFFERENCE	 0x80000000u
#define BASE_OUT_OF_BAND 0x20000000u
#define BASE_UNKNOWN	 0x5f000000u

#define TABLE_HEADER 12 /* id, width, length high, length low */

enum table_id {
	TABLE_ACCEPT = 1,
	TABLE_BASE = 2,
	TABLE_CHECK = 3,
	TABLE_DEFAULT = 4,
	TABLE_CLASSES = 5,
	TABLE_ACCEPT2 = 7,
	TABLE_NEXT = 8,
	TABLE_COUNT
};

struct table {
	unsigned width; /* bytes of an element */
	uint32_t count;
	const unsigned char *data; /* NULL: the table is not there */
};

static uint32_t big_endian(const unsigned char *at, unsigned bytes)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static bool width_is_valid(unsigned id, unsigned width)
{
	switch (id) {
	case TABLE_ACCEPT:
	case TABLE_ACCEPT2:
	case TABLE_BASE:
		return width == 4;
	case TABLE_CHECK:
	case TABLE_DEFAULT:
	case TABLE_NEXT:
		return width == 2 || width == 4;
	case TABLE_CLASSES:
		return width == 1;
	}
	return false;
}

/* One table at the start of `bytes`; *ret_size is how many bytes it takes, padding included. */
static bool take_table(struct slice bytes, struct table *tables, size_t *ret_size)
{
	if (bytes.len < TABLE_HEADER)
		return false;
	const unsigned char *at = (const unsigned char *)bytes.at;
	unsigned id = big_endian(at, 2), width = big_endian(at + 2, 2);
	uint32_t count = big_endian(at + 8, 4);
	if (id >= TABLE_COUNT || !width_is_valid(id, width) || tables[id].data || count == 0)
		return false;
	uint64_t size = (TABLE_HEADER + (uint64_t)count * width + 7) & ~(uint64_t)7;
	if (size > bytes.len)
		return false;
	tables[id] = (struct table){width, count, at + TABLE_HEADER};
	*ret_size = size;
	return true;
}

static void copy_16(const unsigned char *data, uint32_t count, uint32_t *out)
{
	for (uint32_t i = 0; i < count; i++)
		out[i] = (uint32_t)data[2 * (size_t)i] << 8 | data[2 * (size_t)i + 1];
}

static void copy_32(const unsigned char *data, uint32_t count, uint32_t *out)
{
	uint32_t number;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(&number, data + 4 * (size_t)i, sizeof(number));
		out[i] = be32toh(number);
	}
}

/* Of a table that is not one of bytes: those are left in their place. */
static const uint32_t *numbers(struct arena *arena, const struct table *table)
{
	if (!table->data)
		return NULL;
	uint32_t *out = arena_bytes(arena, table->count * sizeof(*out));
	if (table->width == 2)
		copy_16(table->data, table->count, out);
	else
		copy_32(table->data, table->count, out);
	return out;
}

static const char *check_sizes(const struct table *tables, bool need_accept2)
{
	uint32_t states = tables[TABLE_BASE].count;
	if (!tables[TABLE_ACCEPT].data || !tables[TABLE_BASE].data || !tables[TABLE_CHECK].data ||
		!tables[TABLE_DEFAULT].data || !tables[TABLE_NEXT].data)
		return "lacks one of its tables";
	if (need_accept2 && !tables[TABLE_ACCEPT2].data)
		return "lacks its second accept table";
	if (states < 2)
		return "has fewer than two states";
	if (tables[TABLE_ACCEPT].count != states || tables[TABLE_DEFAULT].count != states ||
		(tables[TABLE_ACCEPT2].data && tables[TABLE_ACCEPT2].count != states))
		return "has tables of different numbers of states";
	if (tables[TABLE_CHECK].count != tables[TABLE_NEXT].count)
		return "has next and check tables of different lengths";
	if (tables[TABLE_CLASSES].data && tables[TABLE_CLASSES].count != 256)
		return "has equivalence classes for other than 256 bytes";
	return NULL;
}

static const char *check_state(const struct dfa *dfa, uint32_t state, unsigned flags)
{
	uint32_t base = dfa->base[state];
	if (dfa->fallback[state] >= dfa->states)
		return "has a default state out of range";
	if (base & BASE_UNKNOWN)
		return "has a state with unknown flags";
	if ((base & BASE_DIFFERENCE) && !(flags & FLAG_DIFFERENCES))
		return "encodes differences without saying so";
	/* The out of band transition lies one before the base. */
	if ((base & BASE_OUT_OF_BAND) && (!(flags & FLAG_OUT_OF_BAND) || (base & BASE_INDEX) < 1))
		return "has an out of band transition out of range";
	if ((uint64_t)(base & BASE_INDEX) + 255 >= dfa->transitions)
		return "has a state whose transitions are out of range";
	return NULL;
}

/*
 * A chain of differences that comes back to itself would never end. Each state is visited once: it
 * is marked as part of the present chain (the number of the state the chain started from, plus
 * one), and a chain that meets its own mark is a loop.
 */
static bool chains_end(struct arena *arena, const struct dfa *dfa)
{
	uint32_t *mark = arena_array(arena, dfa->states, sizeof(*mark));
	for (uint32_t from = 0; from < dfa->states; from++) {
		uint32_t state = from;
		while ((dfa->base[state] & BASE_DIFFERENCE) && mark[state] == 0) {
			mark[state] = from + 1;
			state = dfa->fallback[state];
		}
		if ((dfa->base[state] & BASE_DIFFERENCE) && mark[state] == from + 1)
			return false;
	}
	return true;
}

static const char *check_contents(struct arena *arena, const struct dfa *dfa, unsigned flags)
{
	for (uint32_t state = 0; state < dfa->states; state++) {
		const char *error = check_state(dfa, state, flags);
		if (error)
			return error;
	}
	for (uint32_t i = 0; i < dfa->transitions; i++)
		if (dfa->next[i] >= dfa->states || dfa->check[i] >= dfa->states)
			return "has a transition to or from a state out of range";
	if (!chains_end(arena, dfa))
		return "has default states that lead in a circle";
	return NULL;
}

static const char *read_header(struct slice bytes, size_t *ret_size, unsigned *ret_flags)
{
	const unsigned char *at = (const unsigned char *)bytes.at;
	if (bytes.len < HEADER_MIN || big_endian(at, 4) != HEADER_MAGIC)
		return "does not begin with its magic number";
	uint32_t size = big_endian(at + 4, 4);
	unsigned flags = big_endian(at + 12, 2);
	if (size < HEADER_MIN || size > bytes.len)
		return "has a header of impossible size";
	if (flags & ~(FLAG_DIFFERENCES | FLAG_OUT_OF_BAND))
		return "has unknown flags";
	*ret_size = size;
	*ret_flags = flags;
	return NULL;
}

static const char *read_tables(struct slice bytes, struct table *tables)
{
	while (bytes.len > 0) {
		size_t size;
		if (!take_table(bytes, tables, &size))
			return "has a table that is unknown, repeated, empty or cut off";
		bytes = slice_from(bytes, size);
	}
	return NULL;
}

bool dfa_read(struct arena *arena, struct slice bytes, bool need_accept2, const struct dfa **ret,
	const char **ret_error)
{
	struct table tables[TABLE_COUNT] = {0};
	size_t header = 0;
	unsigned flags = 0;
	const char *error = read_header(bytes, &header, &flags);
	if (!error)
		error = read_tables(slice_from(bytes, header), tables);
	if (!error)
		error = check_sizes(tables, need_accept2);
	if (error) {
		*ret_error = error;
		return false;
	}
	struct dfa *dfa = arena_new(arena, struct dfa);
	*dfa = (struct dfa){
		.states = tables[TABLE_BASE].count,
		.transitions = tables[TABLE_NEXT].count,
		.base = numbers(arena, &tables[TABLE_BASE]),
		.fallback = numbers(arena, &tables[TABLE_DEFAULT]),
		.next = numbers(arena, &tables[TABLE_NEXT]),
		.check = numbers(arena, &tables[TABLE_CHECK]),
		.classes = tables[TABLE_CLASSES].data,
		.accept = numbers(arena, &tables[TABLE_ACCEPT]),
		.accept2 = numbers(arena, &tables[TABLE_ACCEPT2]),
	};
	error = check_contents(arena, dfa, flags);
	if (error) {
		*ret_error = error;
		return false;
	}
	*ret = dfa;
	return true;
}

unsigned dfa_class_count(const struct dfa *dfa)
{
	unsigned highest = 0;
	if (!dfa->classes)
		return 256;
	for (unsigned byte = 0; byte < 256; byte++)
		if (dfa->classes[byte] > highest)
			highest = dfa->classes[byte];
	return highest + 1;
}

const uint32_t *dfa_checks(const struct dfa *dfa, uint32_t state)
{
	return dfa->check + (dfa->base[state] & BASE_INDEX);
}

uint32_t dfa_step_class(const struct dfa *dfa, uint32_t state, uint8_t class)
{
	for (;;) {
		uint32_t base = dfa->base[state];
		uint32_t at = (base & BASE_INDEX) + class;
		if (dfa->check[at] == state)
			return dfa->next[at];
		state = dfa->fallback[state];
		if (!(base & BASE_DIFFERENCE))
			return state;
	}
}

uint32_t dfa_step(const struct dfa *dfa, uint32_t state, uint8_t byte)
{
	return dfa_step_class(dfa, state, dfa_class(dfa, byte));
}

uint32_t dfa_walk(const struct dfa *dfa, uint32_t state, struct slice text)
{
	if (state == DFA_NOWHERE)
		return DFA_NOWHERE;
	for (size_t i = 0; i < text.len; i++)
		state = dfa_step(dfa, state, (uint8_t)text.at[i]);
	return state;
}
