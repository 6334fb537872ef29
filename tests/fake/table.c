#include "tests/fake/table.h"

#include "base/buf.h"
#include "manager/system/file.h"
#include "manager/kernel/loaded.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLE_BYTES ((size_t)64 << 20)
#define FIELDS	    10

void fake_die(const char *what)
{
	fprintf(stderr, "fake kernel: %s (%s)\n", what, strerror(errno));
	abort();
}

struct slice fake_parent(struct slice name)
{
	for (size_t i = name.len; i-- > 1;)
		if (name.at[i] == '/' && name.at[i - 1] == '/')
			return slice_first(name, i - 1);
	return slice_of(NULL, 0);
}

struct slice fake_last_part(struct slice name)
{
	struct slice parent = fake_parent(name);
	return parent.len > 0 ? slice_from(name, parent.len + 2) : name;
}

struct fake_profile *fake_find(
	const struct fake_table *table, struct slice namespace, struct slice name)
{
	for (struct fake_profile *at = table->profiles; at; at = at->next)
		if (slice_eq(at->name, name) && slice_eq(at->namespace, namespace))
			return at;
	return NULL;
}

struct fake_namespace *fake_find_namespace(const struct fake_table *table, struct slice name)
{
	for (struct fake_namespace *at = table->namespaces; at; at = at->next)
		if (slice_eq(at->name, name))
			return at;
	return NULL;
}

struct fake_profile *fake_add(struct fake_table *table)
{
	struct fake_profile **end = &table->profiles;
	while (*end)
		end = &(*end)->next;
	return *end = arena_new(table->arena, struct fake_profile);
}

struct fake_namespace *fake_add_namespace(struct fake_table *table, struct slice name)
{
	struct fake_namespace **end = &table->namespaces;
	while (*end)
		end = &(*end)->next;
	*end = arena_new(table->arena, struct fake_namespace);
	(*end)->name = name;
	return *end;
}

void fake_drop(struct fake_table *table, struct slice namespace, struct slice name)
{
	for (struct fake_profile **at = &table->profiles; *at;) {
		bool goes = slice_eq((*at)->namespace, namespace) &&
			    (name.len == 0 || name_is_below((*at)->name, name));
		if (goes)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
	for (struct fake_namespace **at = &table->namespaces; *at && name.len == 0;) {
		if (slice_eq((*at)->name, namespace))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

static unsigned number(struct slice s)
{
	unsigned value = 0;
	for (size_t i = 0; i < s.len; i++)
		value = value * 10 + (unsigned)(s.at[i] - '0');
	return value;
}

/* Splits a line at its tabs. */
static size_t split(struct slice line, struct slice fields[FIELDS])
{
	size_t count = 0;
	while (count < FIELDS) {
		const char *tab = line.len ? memchr(line.at, '\t', line.len) : NULL;
		size_t len = tab ? (size_t)(tab - line.at) : line.len;
		fields[count++] = slice_first(line, len);
		if (!tab)
			break;
		line = slice_from(line, len + 1);
	}
	return count;
}

static void read_line(struct fake_table *table, struct slice line, struct fake_profile **last)
{
	struct slice f[FIELDS] = {0};
	size_t count = split(line, f);
	if (count == 3 && slice_is(f[0], "next")) {
		table->next_id = number(f[1]);
		table->next_raw = number(f[2]);
	} else if (count == 3 && slice_is(f[0], "namespace")) {
		fake_add_namespace(table, f[2])->revision = number(f[1]);
	} else if (count == 9 && slice_is(f[0], "profile")) {
		struct fake_profile *profile = arena_new(table->arena, struct fake_profile);
		*profile = (struct fake_profile){
			.id = number(f[1]),
			.raw = number(f[2]),
			.mode = f[3],
			.sha1 = f[4],
			.sha256 = f[5],
			.namespace = f[6],
			.name = f[7],
			.attach = f[8],
		};
		*(*last ? &(*last)->next : &table->profiles) = profile;
		*last = profile;
	} else {
		errno = EINVAL;
		fake_die("the table is damaged");
	}
}

void fake_table_read(const char *path, struct arena *arena, struct fake_table *ret_table)
{
	struct bytes bytes = {0};
	struct error *error = NULL;
	struct fake_profile *last = NULL;
	*ret_table = (struct fake_table){.arena = arena};
	if (!file_read(path, TABLE_BYTES, &bytes, &error) && error_number(error) != ENOENT)
		fake_die("cannot read the table");
	error_free(error);
	struct slice text = arena_copy(arena, bytes_slice(&bytes));
	bytes_free(&bytes);
	while (text.len > 0) {
		const char *end = memchr(text.at, '\n', text.len);
		size_t len = end ? (size_t)(end - text.at) : text.len;
		read_line(ret_table, slice_first(text, len), &last);
		text = slice_from(text, len + 1);
	}
	if (!ret_table->namespaces)
		fake_add_namespace(ret_table, SLICE(""));
}

static void put(struct buf *out, struct slice field, char end)
{
	if (slice_has(field, '\t') || slice_has(field, '\n')) {
		errno = EINVAL;
		fake_die("a name with a tab or a newline has no place in the table");
	}
	buf_add(out, field);
	buf_add_char(out, end);
}

struct slice fake_table_text(const struct fake_table *table)
{
	struct buf out = buf_new(table->arena);
	buf_printf(&out, "next\t%u\t%u\n", table->next_id, table->next_raw);
	for (const struct fake_namespace *at = table->namespaces; at; at = at->next) {
		buf_printf(&out, "namespace\t%u\t", at->revision);
		put(&out, at->name, '\n');
	}
	for (const struct fake_profile *at = table->profiles; at; at = at->next) {
		buf_printf(&out, "profile\t%u\t%u\t", at->id, at->raw);
		put(&out, at->mode, '\t');
		put(&out, at->sha1, '\t');
		put(&out, at->sha256, '\t');
		put(&out, at->namespace, '\t');
		put(&out, at->name, '\t');
		put(&out, at->attach, '\n');
	}
	return buf_slice(&out);
}
