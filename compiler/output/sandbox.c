#include "compiler/output/sandbox.h"

#include "compiler/check/check.h"
#include "policy/escape.h"
#include "policy/names/names.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WRITES	     (PERM_WRITE | PERM_APPEND | PERM_LINK)

enum {
	CHILDREN_DEPTH = 16,
	ALTERNATIVES_MAX = 64, /* of one pattern that are looked at apart */
	DIRECTORIES_MAX = 4096,
};

struct survey {
	struct unit *unit;
	const struct compiled *compiled;
	struct sandbox *needs;
	struct slice *writes;
	size_t count;
};

static bool lies_below(struct slice path, struct slice directory)
{
	return slice_starts(path, directory) &&
	       (path.len == directory.len || path.at[directory.len] == '/');
}

/* Rules of abstractions/base, and of what may be added to it there. */
static bool is_base(struct survey *survey, const struct rule *rule)
{
	const struct source *source = sources_find(&survey->unit->sources, rule->span.begin);
	if (rule->origin != ORIGIN_INCLUDE || !source)
		return false;
	return slice_find(source->name, SLICE("/abstractions/base")) != NULL;
}

/* The last place where a path can be cut so that all of what the pattern matches lies below. */
static struct slice place_of(const struct glob *glob, bool *ret_is_one)
{
	struct slice prefix = glob_prefix(glob);
	*ret_is_one = glob_is_exact(glob) && glob_match(glob, prefix);
	while (prefix.len > 0 && prefix.at[prefix.len - 1] != '/')
		prefix.len--;
	return slice_first(prefix, prefix.len > 0 ? prefix.len - 1 : 0);
}

static void add_write(struct survey *survey, struct slice directory)
{
	if (directory.len == 0 || survey->count == DIRECTORIES_MAX) {
		survey->needs->writes_anywhere = true;
		return;
	}
	survey->writes[survey->count++] = directory;
}

/* The end of the alternation that begins at `at` with '{', and its commas; 0 without one. */
static size_t alternation(struct slice text, size_t at, size_t *commas, size_t *ret_count)
{
	size_t depth = 0, count = 0;
	for (size_t i = at; i < text.len; i++) {
		char c = text.at[i];
		if (c == '\\') {
			i++;
		} else if (c == '{') {
			depth++;
		} else if (c == '}' && --depth == 0) {
			*ret_count = count;
			return i;
		} else if (c == ',' && depth == 1) {
			if (count == ALTERNATIVES_MAX)
				return 0;
			commas[count++] = i;
		}
	}
	return 0;
}

/* Where the first alternation is, unless another glob character comes before. */
static bool find_brace(struct slice text, size_t *ret_at)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '\\')
			i++;
		else if (c == '{')
			return *ret_at = i, true;
		else if (c == '*' || c == '?' || c == '[')
			return false;
	}
	return false;
}

struct visit {
	struct survey *survey;
	const struct pattern *pattern;
	void (*each)(const struct visit *visit, const struct glob *glob);
};

static void visit_whole(const struct visit *visit, struct slice text)
{
	const char *error;
	size_t offset;
	struct unit *unit = visit->survey->unit;
	const struct glob *glob = glob_read(&unit->arena, unit->limits, text, &error, &offset);
	if (glob)
		visit->each(visit, glob);
	else
		visit->survey->needs->writes_anywhere = true;
}

/* {/run,/var/run}/x is looked at as /run/x and /var/run/x, so that a place can be named. */
static void visit_alternatives(const struct visit *visit, struct slice text, size_t *left)
{
	size_t commas[ALTERNATIVES_MAX], count, at, end;
	if (!find_brace(text, &at) || !(end = alternation(text, at, commas, &count)) ||
		*left <= count) {
		visit_whole(visit, text);
		return;
	}
	*left -= count;
	for (size_t i = 0; i <= count; i++) {
		size_t from = i == 0 ? at + 1 : commas[i - 1] + 1;
		size_t to = i == count ? end : commas[i];
		struct slice one = arena_printf(&visit->survey->unit->arena, "%.*s%.*s%.*s",
			SLICE_FMT(slice_first(text, at)),
			SLICE_FMT(slice_of(text.at + from, to - from)),
			SLICE_FMT(slice_from(text, end + 1)));
		visit_alternatives(visit, one, left);
	}
}

static bool overlaps(struct survey *survey, const struct glob *glob, const char *directory)
{
	const struct glob *tree = check_tree(survey->unit, slice_str(directory), false);
	return !tree || glob_overlap(&survey->unit->arena, survey->unit->limits, glob, tree,
				NULL) != GLOB_NO;
}

static bool overlaps_any(struct survey *survey, const struct glob *glob,
	const char *const *directories, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (overlaps(survey, glob, directories[i]))
			return true;
	return false;
}

/* Is the pattern about what lies there, and not about a tree that holds it among others? */
static bool is_about(const struct glob *glob, const char *const *paths, size_t count)
{
	struct slice prefix = glob_prefix(glob);
	for (size_t i = 0; i < count; i++)
		if (lies_below(prefix, slice_str(paths[i])))
			return true;
	return false;
}

static const char *const homes[] = {"/home", "/root", "/run/user", "/var/run/user"};
static const char *const temporary[] = {"/tmp", "/var/tmp"};
static const char *const kernel[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus",
	"/proc/fs", "/proc/acpi", "/proc/latency_stats", "/proc/mtrr", "/proc/scsi",
	"/proc/timer_stats", "/sys"};
static const char *const secrets[] = {"/proc/kcore", "/proc/kallsyms"};
static const char *const cgroups[] = {"/sys/fs/cgroup"};
static const char *const modules[] = {"/lib/modules", "/usr/lib/modules"};
static const char *const logs[] = {"/dev/kmsg", "/proc/kmsg"};
static const char *const clocks[] = {"/dev/rtc", "/dev/rtc0"};
/* What PrivateDevices= leaves. */
static const char *const pseudo_devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
	"/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/shm", "/dev/mqueue",
	"/dev/hugepages", "/dev/log", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"};

/* Sockets of the system are named by templates and abstractions one by one: to connect to one
 * needs no file system that can be written. */
static void look_at_write(const struct visit *visit, const struct glob *glob)
{
	struct survey *survey = visit->survey;
	struct sandbox *needs = survey->needs;
	bool is_one, is_own = visit->pattern->rule->head.origin == ORIGIN_DESCRIPTION;
	struct slice place = place_of(glob, &is_one);
	needs->kernel_written |= overlaps_any(survey, glob, kernel, COUNT(kernel));
	needs->cgroups_written |= overlaps_any(survey, glob, cgroups, COUNT(cgroups));
	needs->home_written |= overlaps_any(survey, glob, homes, COUNT(homes));
	static const char *const always[] = {"/proc", "/sys", "/dev"};
	if (is_about(glob, always, COUNT(always)) || (is_one && !is_own))
		return;
	add_write(survey, place);
}

static void look_at(const struct visit *visit, const struct glob *glob)
{
	struct survey *survey = visit->survey;
	struct sandbox *needs = survey->needs;
	const struct file_rule *rule = visit->pattern->rule;
	bool reads_only = !(rule->perms & WRITES);
	bool is_other = rule->head.qualifiers.owner != OWNER_OWNER;
	needs->home_read |= overlaps_any(survey, glob, homes, COUNT(homes));
	/* A directory of `writable` gives a rule to read it, too. */
	needs->reads_temporary |= reads_only && rule->head.section != SECTION_WRITABLE &&
				  is_about(glob, temporary, COUNT(temporary));
	needs->other_processes |= is_other && overlaps(survey, glob, "/proc/1");
	needs->kernel_secrets |= is_about(glob, secrets, COUNT(secrets));
	needs->modules |= is_about(glob, modules, COUNT(modules));
	needs->kernel_log |= is_about(glob, logs, COUNT(logs));
	needs->clock |= is_about(glob, clocks, COUNT(clocks));
	needs->devices |= overlaps(survey, glob, "/dev") &&
			  !is_about(glob, pseudo_devices, COUNT(pseudo_devices));
	if (!reads_only)
		look_at_write(visit, glob);
}

static void look_at_exec(struct sandbox *needs, const struct file_rule *rule)
{
	switch (rule->exec) {
	case EXEC_NONE:
	case EXEC_DENY:
	case EXEC_INHERIT:
		return;
	case EXEC_CHILD:
	case EXEC_CHILD_INHERIT:
		needs->changes_profile = true;
		return;
	case EXEC_UNCONFINED:
	case EXEC_PROFILE:
	case EXEC_PROFILE_INHERIT:
	case EXEC_PROFILE_UNCONFINED:
	case EXEC_CHILD_UNCONFINED:
		needs->changes_profile = needs->leaves = true;
		return;
	}
}

static void look_at_files(struct survey *survey, const struct pattern_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct pattern *pattern = &list->at[i];
		const struct visit visit = {survey, pattern, look_at};
		size_t left = ALTERNATIVES_MAX;
		if (pattern->rule->head.qualifiers.deny || is_base(survey, &pattern->rule->head))
			continue;
		look_at_exec(survey->needs, pattern->rule);
		visit_alternatives(&visit, pattern->text, &left);
	}
}

static void add_family(struct survey *survey, const char *name)
{
	struct sandbox *needs = survey->needs;
	struct families **at = (struct families **)&needs->families;
	if (!name)
		needs->all_families = true;
	if (!name || strcmp(name, "unix") == 0)
		return;
	while (*at && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at && strcmp((*at)->name, name) == 0)
		return;
	struct families *family = arena_new(&survey->unit->arena, struct families);
	*family = (struct families){.next = *at, .name = name};
	*at = family;
}

static void add_capabilities(struct sandbox *needs, const struct capability_rule *rule)
{
	needs->capabilities |= rule->mask;
	needs->all_capabilities |= rule->mask == 0;
}

static void look_at_rule(struct survey *survey, const struct rule *rule)
{
	struct sandbox *needs = survey->needs;
	bool is_own = rule->origin == ORIGIN_DESCRIPTION;
	if (rule->qualifiers.deny || is_base(survey, rule))
		return;
	if (rule->ops == &rule_network)
		add_family(survey, ((const struct network_rule *)rule)->family);
	else if (rule->ops == &rule_capability)
		add_capabilities(needs, (const struct capability_rule *)rule);
	else if (rule->ops == &rule_mount || rule->ops == &rule_pivot_root)
		needs->mounts = true;
	else if (rule->ops == &rule_userns)
		needs->makes_namespaces = true;
	else if (rule->ops == &rule_change_profile)
		needs->changes_profile = needs->leaves = true;
	else if (rule->ops == &rule_ptrace)
		needs->traces |= is_own;
	else if (rule->ops == &rule_unix || rule->ops == &rule_dbus)
		needs->talks |= is_own;
	else if (rule->ops == &rule_all)
		needs->all_capabilities = needs->all_families = needs->mounts = needs->traces =
			needs->makes_namespaces = needs->talks = needs->changes_profile =
				needs->leaves = needs->writes_anywhere = true;
}

static void look_at_profile(struct survey *survey, const struct profile *profile, unsigned depth)
{
	struct unit *unit = survey->unit;
	const struct compiled *compiled = survey->compiled;
	struct pattern_list own = {0};
	patterns_of_rules(unit, compiled->scope, &profile->body, &own);
	const struct included *included =
		patterns_of_includes(unit, compiled->template, &profile->body);
	look_at_files(survey, &own);
	look_at_files(survey, &included->files);
	for (const struct rule *rule = profile->body.rules; rule; rule = rule->next)
		look_at_rule(survey, rule);
	for (size_t i = 0; i < included->other_count; i++)
		look_at_rule(survey, included->others[i].rule);
	for (const struct profile *child = profile->body.children; child && depth < CHILDREN_DEPTH;
		child = child->next)
		look_at_profile(survey, child, depth + 1);
}

static int by_path(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* Sorted bytewise, /a-b stands between /a and /a/b: each is compared with all that are kept. */
static size_t without_nested(struct slice *paths, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_nested = false;
		for (size_t k = 0; k < kept && !is_nested; k++)
			is_nested = lies_below(paths[i], paths[k]);
		if (!is_nested)
			paths[kept++] = paths[i];
	}
	return kept;
}

struct sandbox sandbox_of(struct unit *unit, const struct compiled *compiled)
{
	struct sandbox needs = {0};
	struct survey survey = {.unit = unit, .compiled = compiled, .needs = &needs};
	survey.writes = arena_array(&unit->arena, DIRECTORIES_MAX, sizeof(struct slice));
	for (const struct profile *profile = compiled->policy->profiles; profile;
		profile = profile->next)
		look_at_profile(&survey, profile, 0);
	qsort(survey.writes, survey.count, sizeof(struct slice), by_path);
	needs.writes = survey.writes;
	needs.write_count = without_nested(survey.writes, survey.count);
	return needs;
}
