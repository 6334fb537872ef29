#include "manager/disk/scan.h"

#include "manager/system/file.h"
#include "manager/host/host.h"
#include "manager/kernel/label.h"
#include "manager/apparmor_parser/library.h"
#include "manager/system/path.h"
#include "parser/parser.h"
#include "policy/expand.h"
#include "policy/includes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Grows by doubling: the items of a power of two are full. */
static void add(struct scan *scan, struct arena *arena, struct scanned item)
{
	if ((scan->count & (scan->count - 1)) == 0) {
		size_t room = scan->count ? 2 * scan->count : 1;
		struct scanned *items = arena_array(arena, room, sizeof(*items));
		if (scan->count > 0)
			memcpy(items, scan->items, scan->count * sizeof(*items));
		scan->items = items;
	}
	scan->items[scan->count++] = item;
}

/* `profile NAME …`, or a name that stands for itself: `/usr/sbin/nscd … {`. */
static const struct item *name_of(const struct statement *statement)
{
	const struct item *item = statement->items;
	if (statement->kind != STATEMENT_BLOCK || !item || item->kind != ITEM_WORD)
		return NULL;
	if (slice_is(item->text, "profile") && !item->quoted)
		item = item->next;
	else if (!slice_starts(item->text, SLICE("/")) && !slice_starts(item->text, SLICE("@{")) &&
		 !slice_starts(item->text, SLICE(":")))
		return NULL;
	return item && item->kind == ITEM_WORD && item->text.len > 0 ? item : NULL;
}

void scan_text(struct slice text, struct slice file, struct arena *arena, struct scan *scan)
{
	struct unit unit;
	struct statement *first = NULL;
	unit_init(&unit, NULL, arena->out_of_memory);
	const struct source *source = sources_add(&unit.sources, file, text, 1);
	if (source)
		parse_policy(&unit, source, &first);
	for (const struct statement *at = first; at; at = at->next) {
		const struct item *name = name_of(at);
		if (name)
			add(scan, arena,
				(struct scanned){arena_copy(arena, name->text), .file = file});
	}
	unit_free(&unit);
}

/* Most steps of includes that are followed to a profile. */
enum { INCLUDES_DEEP = 16 };

/* An include that brings no profile, as most do: its files are parsed once a walk. */
struct plain_include {
	struct plain_include *next;
	struct slice path;
	bool magic;
};

/* The variables of a file are read only when one is used: its tunables are many. */
struct resolver {
	struct unit *unit;
	const struct statement *first;
	struct library *library; /* or NULL */
	struct scope *scope;
	struct slice file; /* that is scanned */
	struct arena *arena;
	struct scan *scan;
	struct plain_include **plain;
	struct include_set seen; /* each included file counts once */
};

static const struct scope *scope_of(struct resolver *resolver, struct slice profile)
{
	struct unit *unit = resolver->unit;
	if (!resolver->scope) {
		struct statement *kept = NULL, **end = &kept;
		struct policy *policy = arena_new(&unit->arena, struct policy);
		for (const struct statement *at = resolver->first; at; at = at->next) {
			if (at->kind == STATEMENT_BLOCK && name_of(at))
				continue;
			*end = arena_new(&unit->arena, struct statement);
			**end = *at;
			(*end)->next = NULL;
			end = &(*end)->next;
		}
		policy_read(unit, kept, ORIGIN_TEMPLATE,
			resolver->library ? library_loader(resolver->library) : NULL, policy);
		resolver->scope = scope_new(unit, &policy->preamble, profile);
	}
	return scope_for_profile(&unit->arena, resolver->scope, profile);
}

/* false when a variable is not known. */
static bool resolve(struct resolver *resolver, struct slice profile, struct slice *text)
{
	struct slice whole, name;
	if (!slice_find(*text, SLICE("@{")))
		return true;
	if (!scope_expand(&resolver->unit->arena, resolver->unit->limits,
		    scope_of(resolver, profile), *text, &whole, &name))
		return false;
	*text = whole;
	return true;
}

static bool is_attachment(const struct item *item)
{
	return item && item->kind == ITEM_WORD &&
	       (slice_starts(item->text, SLICE("/")) || slice_starts(item->text, SLICE("@{")) ||
		       slice_starts(item->text, SLICE("{")));
}

static void add_attached(struct resolver *resolver, const struct item *name)
{
	struct arena *arena = resolver->arena;
	struct scanned item = {.name = name->text, .file = resolver->file};
	if (is_attachment(name->next))
		item.attachment = name->next->text;
	item.is_unresolved = !resolve(resolver, name->text, &item.name) ||
			     !resolve(resolver, item.name, &item.attachment);
	label_split_namespace(&item.name, &item.namespace);
	item.name = arena_copy(arena, item.name);
	item.namespace = arena_copy(arena, item.namespace);
	item.attachment = arena_copy(arena, item.attachment);
	add(resolver->scan, arena, item);
}

/* "<x>" is x. */
static struct slice path_of(const struct statement *include)
{
	struct slice path = include->items->text;
	if (include->magic && slice_starts(path, SLICE("<")) && slice_ends(path, SLICE(">")))
		return slice_of(path.at + 1, path.len - 2);
	return path;
}

static bool is_plain(const struct resolver *resolver, const struct statement *include)
{
	const struct plain_include *at = *resolver->plain;
	while (at && (at->magic != include->magic || !slice_eq(at->path, path_of(include))))
		at = at->next;
	return at != NULL;
}

static void note_plain(const struct resolver *resolver, const struct statement *include)
{
	struct plain_include *plain = arena_new(resolver->arena, struct plain_include);
	*plain = (struct plain_include){
		*resolver->plain, arena_copy(resolver->arena, path_of(include)), include->magic};
	*resolver->plain = plain;
}

static bool add_all(struct resolver *resolver, const struct statement *first, unsigned depth);

/* false when it brings no profile, which then is known for all files that include it. */
static bool add_included(struct resolver *resolver, const struct statement *include, unsigned depth)
{
	struct unit *unit = resolver->unit;
	const struct include_loader *loader;
	bool is_missing, is_whole = true, has_profile = false;
	if (!resolver->library || !include->items || include->items->kind != ITEM_WORD ||
		is_plain(resolver, include))
		return false;
	if (depth > INCLUDES_DEEP)
		return true;
	loader = library_loader(resolver->library);
	const struct include_file *file =
		loader->find(loader->context, path_of(include), include->magic, &is_missing);
	for (; file; file = file->next) {
		struct statement *first = NULL;
		if (!include_set_add(&resolver->seen, file)) {
			is_whole = false;
			continue;
		}
		const struct source *source =
			sources_add(&unit->sources, file->name, file->text, 1);
		if (source)
			parse_policy(unit, source, &first);
		has_profile |= add_all(resolver, first, depth + 1);
	}
	if (is_whole && !has_profile)
		note_plain(resolver, include);
	return has_profile || !is_whole;
}

/* Whether there may be a profile among the statements, or in what they include. */
static bool add_all(struct resolver *resolver, const struct statement *first, unsigned depth)
{
	bool has_profile = false;
	for (const struct statement *at = first; at; at = at->next) {
		const struct item *name = name_of(at);
		if (name)
			add_attached(resolver, name);
		has_profile |= name ||
			       (at->kind == STATEMENT_INCLUDE && add_included(resolver, at, depth));
	}
	return has_profile;
}

/* Also what the library said of the tunables is nobody's business here. */
static void scan_attached(struct library *library, struct slice text, struct slice file,
	struct plain_include **plain, struct arena *arena, struct scan *scan)
{
	struct unit unit;
	struct statement *first = NULL;
	unit_init(&unit, library ? &library_unit(library)->sources : NULL, arena->out_of_memory);
	const struct source *source = sources_add(&unit.sources, file, text, 1);
	struct resolver resolver = {
		.unit = &unit,
		.library = library,
		.file = file,
		.arena = arena,
		.scan = scan,
		.plain = plain,
		.seen = include_set_new(&unit.arena),
	};
	if (source)
		parse_policy(&unit, source, &first);
	resolver.first = first;
	add_all(&resolver, first, 0);
	unit_free(&unit);
}

static int by_name(const void *a, const void *b)
{
	const struct scanned *left = a, *right = b;
	int order = slice_cmp(left->name, right->name);
	return order ? order : slice_cmp(left->file, right->file);
}

/* What a walk over the files does with each of them. */
struct walk {
	const struct places *places;
	struct arena *arena;
	struct scan *scan;
	bool wants_attachments;
	bool (*skips)(const void *context, struct slice file);
	const void *context;
	struct library *library; /* or NULL */
	struct plain_include *plain;
	struct bytes path, text; /* of the file at hand */
};

/* apparmor_parser follows links: one that leads nowhere does not count. Below another root an
 * absolute link leads elsewhere for us: there any link does. */
static bool has_switch(const struct walk *walk, const char *directory, struct slice file)
{
	const char *path = arena_printf(
		walk->arena, "%s/%s/%.*s", walk->places->profiles, directory, SLICE_FMT(file))
				   .at;
	struct stat at;
	return (*walk->places->root ? path_lstat(path, &at) : path_stat(path, &at)) == 0;
}

static void take(struct walk *walk, struct slice file)
{
	size_t before = walk->scan->count;
	struct slice text = bytes_slice(&walk->text);
	file = arena_copy(walk->arena, file);
	if (!walk->wants_attachments) {
		scan_text(text, file, walk->arena, walk->scan);
		return;
	}
	scan_attached(walk->library, text, file, &walk->plain, walk->arena, walk->scan);
	bool is_forced = walk->scan->count > before && has_switch(walk, "force-complain", file);
	for (size_t i = before; i < walk->scan->count; i++)
		walk->scan->items[i].is_forced_complain = is_forced;
}

/* false when it is not there. */
static bool read_one(struct walk *walk, const char *path, struct slice file)
{
	int number = regular_read(path, SCAN_BYTES, &walk->text);
	if (number == 0)
		take(walk, file);
	else if (number == EACCES || number == EPERM)
		walk->scan->is_partial = true;
	return number == 0 || (number != ENOENT && number != EINVAL);
}

static void read_all(struct walk *walk, const struct file_list *files)
{
	for (size_t i = 0; i < files->count && i < SCAN_FILES; i++) {
		struct slice file = slice_str(files->text + files->names[i]);
		if ((walk->skips && walk->skips(walk->context, file)) ||
			(walk->wants_attachments && has_switch(walk, "disable", file)))
			continue;
		if (file_list_path(files, i, &walk->path))
			read_one(walk, walk->path.at, file);
	}
}

static void walk_all(struct walk *walk)
{
	struct scan *scan = walk->scan;
	struct file_list files = {0};
	struct error *error = NULL;
	if (!file_list_read_if(walk->places->profiles, library_takes_name, &files, &error)) {
		int number = error_number(error);
		scan->is_missing = number == ENOENT || number == ENOTDIR;
		scan->is_partial = !scan->is_missing;
		error_free(error);
		return;
	}
	read_all(walk, &files);
	file_list_free(&files);
	if (scan->count > 0)
		qsort(scan->items, scan->count, sizeof(*scan->items), by_name);
}

static void walk_end(struct walk *walk)
{
	bytes_free(&walk->path);
	bytes_free(&walk->text);
	library_free(walk->library);
}

void scan_read(const struct places *places, struct arena *arena, struct scan *ret_scan)
{
	struct scan scan = {0};
	struct walk walk = {.places = places, .arena = arena, .scan = &scan};
	walk_all(&walk);
	walk_end(&walk);
	*ret_scan = scan;
}

void scan_attachments(const struct places *places,
	bool (*skips)(const void *context, struct slice file), const void *context,
	struct arena *arena, struct scan *ret_scan)
{
	struct scan scan = {0};
	struct walk walk = {.places = places,
		.arena = arena,
		.scan = &scan,
		.wants_attachments = true,
		.skips = skips,
		.context = context};
	library_open(places->profiles, NULL, 0, arena->out_of_memory, &walk.library, NULL);
	walk_all(&walk);
	walk_end(&walk);
	*ret_scan = scan;
}

void scan_member(
	const struct places *places, struct slice text, struct arena *arena, struct scan *ret_scan)
{
	struct scan scan = {0};
	struct library *library = NULL;
	struct plain_include *plain = NULL;
	library_open(places->profiles, NULL, 0, arena->out_of_memory, &library, NULL);
	scan_attached(library, text, SLICE(""), &plain, arena, &scan);
	library_free(library);
	*ret_scan = scan;
}

bool scan_file(
	const struct places *places, struct slice file, struct arena *arena, struct scan *ret_scan)
{
	struct scan scan = {0};
	struct walk walk = {.places = places, .arena = arena, .scan = &scan};
	if (file.len == 0 || file.at[0] == '.' || slice_has(file, '/') || slice_has(file, '\0'))
		return false;
	const char *path = arena_printf(arena, "%s/%.*s", places->profiles, SLICE_FMT(file)).at;
	bool is_there = read_one(&walk, path, file);
	walk_end(&walk);
	*ret_scan = scan;
	return is_there;
}
