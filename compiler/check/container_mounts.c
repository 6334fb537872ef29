/*
 * Volumes and file systems in memory against the profile: one that it lets nobody touch, one that
 * hides a program of the image, and what may be executed there.
 */
#include "compiler/check/check.h"

#define TOUCHES	 (PERM_READ | PERM_WRITE | PERM_APPEND | PERM_MMAP | PERM_EXEC)
#define EXECUTES (PERM_EXEC | PERM_MMAP)

enum { DENIES_MAX = 256, LOOK_COST = 4 };

/* Whether denies take all of the permissions from all that lies inside. */
static bool is_denied(const struct check_input *input, const struct glob *inside, unsigned perms)
{
	const struct glob *by[DENIES_MAX];
	size_t count = 0;
	for (size_t i = 0; i < input->own.count && count < DENIES_MAX; i++) {
		const struct file_rule *deny = input->own.at[i].rule;
		if (deny->head.qualifiers.deny && deny->head.qualifiers.owner == OWNER_ANY &&
			(deny->perms & perms) == perms)
			by[count++] = input->own.at[i].glob;
	}
	struct unit *unit = input->unit;
	return count > 0 &&
	       glob_covered(&unit->arena, unit->limits, inside, by, count, NULL) == GLOB_YES;
}

static bool list_allows(const struct check_input *input, const struct pattern_list *list,
	const struct glob *tree, unsigned perms)
{
	struct unit *unit = input->unit;
	for (size_t i = 0; i < list->count; i++) {
		const struct file_rule *rule = list->at[i].rule;
		if (!limits_spend(unit->limits, LOOK_COST))
			return true;
		if (!rule->head.qualifiers.deny && (rule->perms & perms) &&
			glob_overlap(&unit->arena, unit->limits, list->at[i].glob, tree, NULL) !=
				GLOB_NO)
			return true;
	}
	return false;
}

/* Whether the profile or one of its children lets something be done at a path or below it. */
static bool is_allowed(const struct check_input *input, struct slice path, unsigned perms)
{
	const struct glob *tree = check_tree(input->unit, path, false);
	const struct glob *inside = check_tree(input->unit, path, true);
	if (!tree || !inside)
		return true; /* too long to tell */
	for (; input; input = input->next)
		if ((list_allows(input, &input->own, tree, perms) ||
			    list_allows(input, &input->included->files, tree, perms)) &&
			!is_denied(input, inside, PERM_READ | PERM_WRITE))
			return true;
	return false;
}

static void check_touched(const struct check_input *input, struct slice path, struct span span)
{
	struct diags *diags = &input->unit->diags;
	if (is_allowed(input, path, TOUCHES))
		return;
	struct diag *diag = diag_add(diags, DIAG_MOUNT_FORBIDDEN, span,
		"the profile allows neither reading nor writing below '%.*s'", SLICE_FMT(path));
	diag_help(diags, diag, "add '%.*s/' to 'readable' or 'writable', or do not mount it",
		SLICE_FMT(path));
}

/* A tmpfs and a profile should both say that nothing is executed there, or both that it is. */
static void check_exec(const struct check_input *input, const struct tmpfs *tmpfs)
{
	struct diags *diags = &input->unit->diags;
	if (!tmpfs->exec || tmpfs->is_default || is_allowed(input, tmpfs->path, EXECUTES))
		return;
	struct diag *diag = diag_add(diags, DIAG_TMPFS_EXEC, tmpfs->span,
		"programs may be executed in the tmpfs '%.*s', but the profile lets none be",
		SLICE_FMT(tmpfs->path));
	diag_help(diags, diag, "leave out 'exec: true': what can be written is not to be executed");
}

static const struct tmpfs *tmpfs_over(const struct check_input *input, struct slice path)
{
	while (path.len > 0 && path.at[path.len - 1] == '/')
		path.len--;
	const struct mount *mount = container_mount(input->container, path);
	return mount ? mount->tmpfs : NULL;
}

static void report_hidden(
	const struct check_input *input, const struct pattern *pattern, const struct tmpfs *tmpfs)
{
	struct diags *diags = &input->unit->diags;
	struct diag *diag = diag_add(diags, DIAG_HIDDEN_PROGRAM, check_place(&pattern->rule->head),
		"'%.*s' is hidden by the tmpfs '%.*s', which is empty",
		SLICE_FMT(pattern->rule->path), SLICE_FMT(tmpfs->path));
	diag_second(diags, diag, tmpfs->span, "%s",
		tmpfs->is_default ? "a writable directory becomes a tmpfs" : "the tmpfs");
	diag_help(diags, diag, "name a narrower directory, or mount a volume there");
}

static void report_noexec(
	const struct check_input *input, const struct pattern *pattern, const struct tmpfs *tmpfs)
{
	struct diags *diags = &input->unit->diags;
	struct diag *diag = diag_add(diags, DIAG_TMPFS_EXEC, check_place(&pattern->rule->head),
		"the profile lets '%.*s' be executed, but the tmpfs '%.*s' does not",
		SLICE_FMT(pattern->rule->path), SLICE_FMT(tmpfs->path));
	diag_second(diags, diag, tmpfs->span, "mounted without exec");
	diag_help(diags, diag, "leave out the entry's 'exec: true', or give it to the tmpfs, too");
}

/* Podman puts the init process of --init there itself. */
static bool is_of_runtime(struct slice path)
{
	return slice_is(path, "/run/podman-init");
}

static void check_program(const struct check_input *input, const struct pattern *pattern)
{
	const struct file_rule *rule = pattern->rule;
	struct slice path = glob_prefix(pattern->glob);
	const struct tmpfs *tmpfs = tmpfs_over(input, path);
	if (!tmpfs || is_of_runtime(path))
		return;
	if (rule->head.section == SECTION_BINARY || rule->head.section == SECTION_LIBRARIES ||
		rule->head.section == SECTION_EXEC)
		report_hidden(input, pattern, tmpfs);
	else if (rule->head.may_write_exec && !tmpfs->exec)
		report_noexec(input, pattern, tmpfs);
}

static void check_programs(const struct check_input *input, const struct pattern_list *own)
{
	struct span reported = {0, 0};
	for (size_t i = 0; i < own->count; i++) {
		const struct file_rule *rule = own->at[i].rule;
		struct span place = check_place(&rule->head);
		if (rule->head.origin != ORIGIN_DESCRIPTION || rule->head.qualifiers.deny ||
			!(rule->perms & EXECUTES) ||
			(place.begin == reported.begin && place.end == reported.end))
			continue;
		reported = place;
		check_program(input, &own->at[i]);
	}
}

static void check_all_mounts(const struct check_input *input)
{
	const struct volume *volume = input->container->volumes;
	const struct tmpfs *tmpfs = input->container->tmpfs;
	for (; volume && !check_is_over(input); volume = volume->next)
		check_touched(input, volume->target, volume->span);
	for (; tmpfs && !check_is_over(input); tmpfs = tmpfs->next) {
		if (!tmpfs->is_default)
			check_touched(input, tmpfs->path, tmpfs->span);
		check_exec(input, tmpfs);
	}
	if (check_is_over(input))
		check_too_complex(input, input->container->span,
			"whether the profile allows anything where something is mounted",
			input->own.count);
}

void check_container_mounts(const struct check_input *input)
{
	if (!input->container)
		return;
	check_all_mounts(input);
	for (const struct check_input *each = input; each; each = each->next)
		check_programs(input, &each->own);
}
