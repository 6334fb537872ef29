#include "compiler/lower_paths.h"

#include "compiler/links.h"
#include "policy/escape.h"

/* A process id as AppArmor's tunables spell it, up to the kernel's limit of 4194304. */
#define PID_VALUES                                                                                 \
	"{[1-9],[1-9][0-9],[1-9][0-9][0-9],[1-9][0-9][0-9][0-9],[1-9][0-9][0-9][0-9][0-9],"        \
	"[1-9][0-9][0-9][0-9][0-9][0-9],[1-4][0-9][0-9][0-9][0-9][0-9][0-9]}"

struct self_link {
	struct slice path;
	bool thread;
};

static const struct self_link self_links[] = {
	{{"/proc/self", 10}, false},
	{{"/proc/thread-self", 17}, true},
	{{"@{PROC}/self", 12}, false},
	{{"@{PROC}/thread-self", 19}, true},
	{{"@{PROC}self", 11}, false},
	{{"@{PROC}thread-self", 18}, true},
};

static const struct self_link *self_link_of(struct slice aare)
{
	for (size_t i = 0; i < sizeof(self_links) / sizeof(self_links[0]); i++) {
		struct slice path = self_links[i].path;
		bool whole =
			aare.len == path.len || (aare.len > path.len && aare.at[path.len] == '/');
		if (whole && slice_starts(aare, path))
			return &self_links[i];
	}
	return NULL;
}

bool lower_is_proc_self(struct slice aare)
{
	return self_link_of(aare) != NULL;
}

static const char *declared(struct unit *unit, const struct scope *scope, const char *variable)
{
	struct slice expanded, name;
	bool known = scope_expand(
		&unit->arena, unit->limits, scope, slice_str(variable), &expanded, &name);
	return known ? variable : PID_VALUES;
}

static struct slice follow_self(struct unit *unit, const struct scope *scope, struct slice aare)
{
	const struct self_link *link = self_link_of(aare);
	if (!link)
		return aare;
	struct slice rest = slice_from(aare, link->path.len);
	const char *pid = declared(unit, scope, "@{pid}");
	if (!link->thread)
		return arena_printf(&unit->arena, "/proc/%s%.*s", pid, SLICE_FMT(rest));
	const char *tid = declared(unit, scope, "@{tid}");
	return arena_printf(&unit->arena, "/proc/%s/task/%s%.*s", pid, tid, SLICE_FMT(rest));
}

/* "/bin/x" and the like are "/usr/bin/x" for the kernel wherever /bin is a link into /usr. */
static struct slice follow_merged(
	struct unit *unit, const struct path_entry *entry, struct slice aare)
{
	for (size_t i = 0; i < system_link_count; i++) {
		const struct system_link *link = &system_links[i];
		bool is_below = link_starts(link, aare);
		if (!link->is_merged || !is_below ||
			(aare.len == link->path.len && entry->kind == PATH_FILE))
			continue;
		return arena_printf(&unit->arena, "/{,usr/}%.*s", SLICE_FMT(slice_from(aare, 1)));
	}
	return aare;
}

struct slice lower_path(
	struct unit *unit, const struct scope *scope, const struct path_entry *entry)
{
	struct slice aare = entry->path;
	if (entry->kind != PATH_PATTERN) {
		struct buf escaped = buf_new(&unit->arena);
		escape_literal(entry->path, &escaped);
		aare = buf_slice(&escaped);
	}
	return follow_merged(unit, entry, follow_self(unit, scope, aare));
}
