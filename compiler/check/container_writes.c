/*
 * Whether what the profile lets be written can be written in the container: its root is read-only,
 * and so are some volumes and what runtimes protect below /proc and /sys. Directories of `writable`
 * get a tmpfs of their own; a single file and a pattern cannot.
 */
#include "compiler/check/check.h"

#define WRITES (PERM_WRITE | PERM_APPEND)

/* Mounted read-only by runtimes (readonlyPaths of the OCI runtime specification's defaults). */
static const char *const protected_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", "/sys"};

static bool lies_below(struct slice path, struct slice directory)
{
	return slice_starts(path, directory) &&
	       (path.len == directory.len || path.at[directory.len] == '/');
}

/* The innermost directory that holds all of what a pattern matches; the path itself of one. */
static struct slice place_of(const struct pattern *pattern, bool *ret_is_one)
{
	struct slice prefix = glob_prefix(pattern->glob);
	*ret_is_one = glob_is_exact(pattern->glob) && glob_match(pattern->glob, prefix);
	if (*ret_is_one)
		return prefix;
	while (prefix.len > 0 && prefix.at[prefix.len - 1] != '/')
		prefix.len--;
	return slice_first(prefix, prefix.len > 0 ? prefix.len - 1 : 0);
}

static void report_mount(
	const struct check_input *input, const struct pattern *pattern, const struct volume *volume)
{
	struct diags *diags = &input->unit->diags;
	struct diag *diag = diag_add(diags, DIAG_READ_ONLY_MOUNT, check_place(&pattern->rule->head),
		"'%.*s' is writable, but mounted read-only", SLICE_FMT(pattern->rule->path));
	diag_second(diags, diag, volume->span, "here");
	diag_help(diags, diag, "leave ':ro' out, or make it readable instead of writable");
}

static void report_protected(
	const struct check_input *input, const struct pattern *pattern, const char *path)
{
	struct diags *diags = &input->unit->diags;
	struct diag *diag = diag_add(diags, DIAG_READ_ONLY_ROOT, check_place(&pattern->rule->head),
		"'%.*s' is writable, but container runtimes mount %s read-only",
		SLICE_FMT(pattern->rule->path), path);
	diag_help(diags, diag, "set it from outside, as a sysctl of the container for example");
}

/* Why it got no tmpfs of its own. */
static const char *what_it_is(const struct pattern *pattern, struct slice place, bool is_one)
{
	if (is_one)
		return "a single file";
	if (slice_is(pattern->rule->path, "/**"))
		return "the root itself";
	return slice_has(place, ':') ? "a path with a colon" : "a pattern";
}

static void report_root(const struct check_input *input, const struct pattern *pattern,
	struct slice place, bool is_one)
{
	struct diags *diags = &input->unit->diags;
	struct span read_only = input->container->read_only_span;
	struct diag *diag = diag_add(diags, DIAG_READ_ONLY_ROOT, check_place(&pattern->rule->head),
		"'%.*s' is writable, but lies on the read-only root: %s cannot be a tmpfs",
		SLICE_FMT(pattern->rule->path), what_it_is(pattern, place, is_one));
	if (!span_none(read_only))
		diag_second(diags, diag, read_only, "the root is read-only");
	diag_help(diags, diag, "make its directory writable, or mount a volume or tmpfs there");
}

/* Adds the directories that a path lies below, and itself. */
static void add_holders(struct index *holders, struct slice path)
{
	while (path.len > 0) {
		void **place = index_at(holders, path);
		if (*place)
			return; /* and those above it */
		*place = holders;
		while (path.len > 0 && path.at[path.len - 1] != '/')
			path.len--;
		if (path.len > 0)
			path.len--;
	}
}

/* The directories that hold something that can be written: a profile may be about that. */
static struct index find_holders(struct arena *arena, const struct container *container)
{
	struct index holders = index_new(arena);
	for (const struct volume *volume = container->volumes; volume; volume = volume->next)
		if (!volume->read_only)
			add_holders(&holders, volume->target);
	for (const struct tmpfs *tmpfs = container->tmpfs; tmpfs; tmpfs = tmpfs->next)
		add_holders(&holders, tmpfs->path);
	return holders;
}

static const char *protecting(struct slice path)
{
	for (size_t i = 0; i < sizeof(protected_paths) / sizeof(protected_paths[0]); i++)
		if (lies_below(path, slice_str(protected_paths[i])))
			return protected_paths[i];
	return NULL;
}

static void check_pattern(const struct check_input *input, const struct container *container,
	const struct index *holders, const struct pattern *pattern)
{
	bool is_one;
	struct slice place = place_of(pattern, &is_one);
	const struct mount *mount = container_mount(container, place);
	const char *protects = protecting(place);
	bool is_kernels = lies_below(place, SLICE("/proc")) || lies_below(place, SLICE("/dev"));
	if (mount) {
		if (mount->volume && mount->volume->read_only)
			report_mount(input, pattern, mount->volume);
	} else if (protects) {
		report_protected(input, pattern, protects);
	} else if (container->read_only && !is_kernels &&
		   (place.len == 0 || !index_find(holders, place))) {
		report_root(input, pattern, place, is_one);
	}
}

void check_container_writes(const struct check_input *input)
{
	if (!input->container)
		return;
	struct index holders = find_holders(&input->unit->arena, input->container);
	for (const struct check_input *each = input; each; each = each->next) {
		struct span reported = {0, 0};
		for (size_t i = 0; i < each->own.count; i++) {
			const struct file_rule *rule = each->own.at[i].rule;
			struct span place = check_place(&rule->head);
			if (rule->head.origin != ORIGIN_DESCRIPTION || rule->head.qualifiers.deny ||
				rule->all || !(rule->perms & WRITES) ||
				(place.begin == reported.begin && place.end == reported.end))
				continue;
			reported = place; /* an entry may give several rules */
			check_pattern(input, input->container, &holders, &each->own.at[i]);
		}
	}
}
