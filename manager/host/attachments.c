#include "manager/host/attachments.h"

#include "analysis/xmatch.h"
#include "manager/kernel/label.h"
#include "manager/system/file.h"
#include "manager/system/path.h"
#include "policy/escape.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One write to the kernel holds many profiles, each of which shows all of it. */
struct raw {
	struct raw *next;
	dev_t device;
	ino_t inode;
	const struct compiled_profile *first; /* NULL: it cannot be read */
};

struct reader {
	struct attachments *out;
	const struct attachments_how *how;
	struct raw *raws;
	size_t room;
};

static struct contender *append(struct reader *reader)
{
	struct attachments *out = reader->out;
	if (out->count == reader->room) {
		reader->room = reader->room ? 2 * reader->room : 64;
		struct contender *contenders =
			arena_array(out->arena, reader->room, sizeof(*contenders));
		if (out->count > 0)
			memcpy(contenders, out->contenders, out->count * sizeof(*contenders));
		out->contenders = contenders;
	}
	return &out->contenders[out->count++];
}

static const struct scanned *find_defined(
	const struct attachments *attachments, struct slice namespace, struct slice name)
{
	size_t low = 0, high = attachments->boot.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(attachments->boot.items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < attachments->boot.count; low++) {
		const struct scanned *item = &attachments->boot.items[low];
		if (!slice_eq(item->name, name))
			return NULL;
		if (slice_eq(item->namespace, namespace))
			return item;
	}
	return NULL;
}

const struct scanned *attachments_defined(
	const struct attachments *attachments, struct slice name, struct slice file)
{
	const struct scanned *item = find_defined(attachments, SLICE(""), name);
	const struct scanned *end = attachments->boot.items + attachments->boot.count;
	for (; item && item < end && slice_eq(item->name, name); item++)
		if (item->namespace.len == 0 && !slice_eq(item->file, file))
			return item;
	return NULL;
}

static const struct compiled_profile *find_compiled(
	const struct compiled_profile *first, struct slice name)
{
	for (; first; first = first->next) {
		struct slice namespace, own = first->name;
		label_split_namespace(&own, &namespace);
		if (slice_eq(own, name))
			return first;
	}
	return NULL;
}

static const struct compiled_profile *read_raw(
	struct reader *reader, const struct loaded_profile *profile)
{
	struct arena *arena = reader->out->arena;
	struct stat at;
	struct slice data;
	const char *why;
	if (profile->directory.len == 0 ||
		path_stat(arena_printf(arena, "%.*s/raw_data", SLICE_FMT(profile->directory)).at,
			&at) < 0)
		return NULL;
	struct raw *raw = reader->raws;
	while (raw && (raw->inode != at.st_ino || raw->device != at.st_dev))
		raw = raw->next;
	if (!raw) {
		struct compiled_profile *first = NULL;
		raw = arena_new(arena, struct raw);
		*raw = (struct raw){reader->raws, at.st_dev, at.st_ino, NULL};
		reader->raws = raw;
		if (loaded_raw_data(profile, arena, &data, NULL) &&
			compiled_read(arena, data, &first, &why))
			raw->first = first;
	}
	return find_compiled(raw->first, profile->name);
}

/* The only byte that leads on from a state, or -1. */
static int only_byte(const struct small_automaton *automaton, uint32_t state)
{
	int only = -1;
	if (automaton->accepts[state])
		return -1;
	for (int byte = 0; byte < 256; byte++) {
		if (!small_step(automaton, state, (uint8_t)byte))
			continue;
		if (only >= 0)
			return -1;
		only = byte;
	}
	return only;
}

/* As far as it is one; comparing two automata takes far more time. */
static struct slice find_prefix(struct arena *arena, const struct small_automaton *automaton)
{
	struct buf prefix = buf_new(arena);
	uint32_t state = 1;
	for (int byte; prefix.len < automaton->states && (byte = only_byte(automaton, state)) >= 0;
		state = small_step(automaton, state, (uint8_t)byte))
		buf_add_char(&prefix, (char)byte);
	return buf_slice(&prefix);
}

void contender_read(
	struct arena *arena, const struct compiled_profile *compiled, struct contender *contender)
{
	const struct small_automaton *automaton =
		xmatch_automaton(arena, &compiled->xmatch, (uint32_t)limits_default.glob_states);
	contender->xmatch = compiled->xmatch;
	contender->is_known = automaton != NULL;
	if (!automaton)
		return;
	contender->attachment = arena_new(arena, struct attachment);
	*contender->attachment = attachment_of_automaton(automaton, compiled->xmatch_len);
	contender->prefix = find_prefix(arena, automaton);
}

/* The automaton of a text takes far more time than its glob, and few are asked for. */
static void set_text(struct arena *arena, struct contender *contender, struct slice text)
{
	const char *why;
	size_t offset;
	contender->text = text;
	contender->glob = glob_read(arena, &limits_default, text, &why, &offset);
	contender->is_known =
		contender->glob && slice_starts(glob_prefix(contender->glob), SLICE("/"));
	if (!contender->is_known)
		return;
	contender->attachment = arena_new(arena, struct attachment);
	contender->prefix = glob_prefix(contender->glob);
}

void contender_set_name(struct arena *arena, struct contender *contender)
{
	contender->is_name = true;
	set_text(arena, contender, contender->name);
}

const struct attachment *contender_attachment(
	const struct attachments *attachments, const struct contender *contender)
{
	const char *why;
	struct attachment *attachment = contender->attachment;
	if (!contender->is_known)
		return NULL;
	if (contender->glob && !attachment->glob &&
		!attachment_read(attachments->arena, &limits_default, contender->text,
			contender->is_name, attachment, &why))
		return NULL;
	return attachment;
}

/* `/usr/bin/x` stands for the program; `/usr/bin/x*` is a pattern. */
static bool is_program(struct slice name)
{
	return slice_starts(name, SLICE("/")) && !escape_is_pattern(name) && !slice_has(name, '\\');
}

/* What a file says that a profile attaches to; false when that is nothing. */
static bool fill_from_file(
	struct reader *reader, const struct scanned *item, struct contender *contender)
{
	struct slice text = item->attachment.len > 0 ? item->attachment : item->name;
	if (item->attachment.len == 0 && !slice_starts(item->name, SLICE("/")) &&
		!item->is_unresolved)
		return false;
	contender->file = item->file;
	contender->is_name = item->attachment.len == 0 && is_program(item->name);
	if (!item->is_unresolved)
		set_text(reader->out->arena, contender, text);
	return true;
}

static void take_loaded(struct reader *reader, const struct loaded_profile *profile)
{
	struct arena *arena = reader->out->arena;
	struct contender contender = {.name = profile->name, .is_loaded = true};
	const struct scanned *item =
		find_defined(reader->out, reader->how->namespace, profile->name);
	bool is_path = slice_starts(profile->name, SLICE("/"));
	bool has_none = slice_eq(profile->attach, profile->name);
	if (has_none && !is_path)
		return;
	const struct compiled_profile *compiled = has_none ? NULL : read_raw(reader, profile);
	if (compiled && !compiled->xmatch.dfa && !is_path)
		return;
	contender.is_name = has_none || (compiled && !compiled->xmatch.dfa);
	if (contender.is_name)
		contender_set_name(arena, &contender);
	else if (compiled)
		contender_read(arena, compiled, &contender);
	else if (slice_starts(profile->attach, SLICE("/")) &&
		 !slice_find(profile->attach, SLICE("@{")))
		set_text(arena, &contender, profile->attach);
	if (item && !contender.is_known && !compiled)
		fill_from_file(reader, item, &contender);
	/* A name has no automaton: the kernel holds another one than the file. */
	if (contender.is_name && slice_is(profile->attach, "<unknown>"))
		contender.is_name = contender.is_known = false;
	contender.file = item ? item->file : slice_of(NULL, 0);
	*append(reader) = contender;
}

static bool is_child(struct slice name)
{
	return slice_find(name, SLICE("//"));
}

static void take_all_loaded(struct reader *reader)
{
	const struct attachments_how *how = reader->how;
	for (size_t i = 0; how->loaded && i < how->loaded->count; i++) {
		const struct loaded_profile *profile = &how->loaded->profiles[i];
		if (slice_eq(profile->namespace, how->namespace) && !is_child(profile->name) &&
			!(how->skips_profile && how->skips_profile(how->context, profile->name)))
			take_loaded(reader, profile);
	}
	reader->out->loaded_count = reader->out->count;
}

static void take_files(struct reader *reader)
{
	const struct scan *boot = &reader->out->boot;
	for (size_t i = 0; i < boot->count; i++) {
		const struct scanned *item = &boot->items[i];
		struct contender contender = {.name = item->name};
		if (slice_eq(item->namespace, reader->how->namespace) && !is_child(item->name) &&
			fill_from_file(reader, item, &contender))
			*append(reader) = contender;
	}
}

void attachments_read(const struct places *places, const struct attachments_how *how,
	struct arena *arena, struct attachments *ret_attachments)
{
	struct attachments attachments = {.places = places, .arena = arena};
	struct reader reader = {.out = &attachments, .how = how};
	if (how->boot)
		attachments.boot = *how->boot;
	else
		scan_attachments(places, how->skips_file, how->context, arena, &attachments.boot);
	if (!how->names_only) {
		take_all_loaded(&reader);
		take_files(&reader);
	}
	*ret_attachments = attachments;
}

static int by_contender(const void *name, const void *contender)
{
	return slice_cmp(*(const struct slice *)name, ((const struct contender *)contender)->name);
}

const struct contender *attachments_loaded(const struct attachments *attachments, struct slice name)
{
	return attachments->loaded_count == 0
		       ? NULL
		       : bsearch(&name, attachments->contenders, attachments->loaded_count,
				 sizeof(*attachments->contenders), by_contender);
}

struct slice attachments_mend(const struct places *places, struct arena *arena, struct slice name)
{
	struct bytes text = {0};
	struct slice path = arena_printf(arena, "%s/export_binary", places->parameters);
	bool is_read = file_read(path.at, 4096, &text, NULL);
	bool is_off = is_read && slice_starts(bytes_slice(&text), SLICE("N"));
	bytes_free(&text);
	if (!is_read || geteuid() != 0)
		return SLICE("run it as root");
	/* One that replaces it stays without a copy (measured, 6.1). */
	if (!is_off)
		return arena_printf(arena,
			"'%.*s' was loaded while the kernel kept no copy "
			"(parameters/export_binary), or is too large: unload it, and load it anew",
			SLICE_FMT(name));
	return arena_printf(arena,
		"the kernel keeps no copy of what it is given: echo Y > '%.*s', then unload "
		"'%.*s', and load it anew",
		SLICE_FMT(path), SLICE_FMT(name));
}
