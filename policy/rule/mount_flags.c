#include "policy/rule/mount_flags.h"

enum {
	REMOUNT = 1 << 5,
	BIND = 1 << 12,
	MOVE = 1 << 13,
	RECURSIVE = 1 << 14,
	PROPAGATION = 1 << 17 | 1 << 18 | 1 << 19 | 1 << 20,
	COMMANDS = REMOUNT | BIND | MOVE | RECURSIVE | PROPAGATION,
	/* What apparmor_parser keeps of the flags of a change of propagation. */
	NOT_WITH_PROPAGATION = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 10 | 1 << 11 | 1 << 21 | 1 << 24,
};

/* MS_* of linux/mount.h: what setting an option sets, and what its opposite is about. */
static const struct flag {
	const char *name;
	uint32_t set, cleared;
} flags[] = {
	{"ro", 1 << 0, 0},
	{"rw", 0, 1 << 0},
	{"nosuid", 1 << 1, 0},
	{"suid", 0, 1 << 1},
	{"nodev", 1 << 2, 0},
	{"dev", 0, 1 << 2},
	{"noexec", 1 << 3, 0},
	{"exec", 0, 1 << 3},
	{"sync", 1 << 4, 0},
	{"async", 0, 1 << 4},
	{"remount", REMOUNT, 0},
	{"mand", 1 << 6, 0},
	{"nomand", 0, 1 << 6},
	{"dirsync", 1 << 7, 0},
	{"nosymfollow", 1 << 8, 0},
	{"symfollow", 0, 1 << 8},
	{"noatime", 1 << 10, 0},
	{"atime", 0, 1 << 10},
	{"nodiratime", 1 << 11, 0},
	{"diratime", 0, 1 << 11},
	{"bind", BIND, 0},
	{"move", MOVE, 0},
	{"rbind", BIND | RECURSIVE, 0},
	{"silent", 1 << 15, 0},
	{"loud", 0, 1 << 15},
	{"acl", 1 << 16, 0},
	{"noacl", 0, 1 << 16},
	{"unbindable", 1 << 17, 0},
	{"runbindable", 1 << 17 | RECURSIVE, 0},
	{"private", 1 << 18, 0},
	{"rprivate", 1 << 18 | RECURSIVE, 0},
	{"slave", 1 << 19, 0},
	{"rslave", 1 << 19 | RECURSIVE, 0},
	{"shared", 1 << 20, 0},
	{"rshared", 1 << 20 | RECURSIVE, 0},
	{"relatime", 1 << 21, 0},
	{"norelatime", 0, 0},
	{"iversion", 1 << 23, 0},
	{"noiversion", 0, 1 << 23},
	{"strictatime", 1 << 24, 0},
	{"nostrictatime", 0, 1 << 24},
	{"lazytime", 1 << 25, 0},
	{"nolazytime", 0, 1 << 25},
	{"nouser", UINT32_C(1) << 31, 0},
	{"user", 0, UINT32_C(1) << 31},
};

enum { FLAG_BITS = 32 };

static char letter_of(unsigned bit)
{
	return bit < 26 ? (char)('A' + bit) : (char)('a' + bit - 26);
}

struct options {
	uint32_t set, cleared, optional;
};

static struct options options_of(const struct mount_rule *rule)
{
	struct options options = {0};
	for (const struct condition *c = rule->conditions; c; c = c->next)
		for (size_t i = 0; slice_is(c->key, "options") && i < c->count; i++)
			for (size_t j = 0; j < sizeof(flags) / sizeof(*flags); j++) {
				if (!slice_is(c->values[i], flags[j].name))
					continue;
				if (c->has_in) {
					options.optional |= flags[j].set | flags[j].cleared;
				} else {
					options.set |= flags[j].set;
					options.cleared |= flags[j].cleared;
				}
			}
	/* `in`, and what is cleared, are lost beside the keyword `remount`. */
	if (rule->operation == MOUNT_REMOUNT) {
		options.set |= options.optional | REMOUNT;
		options.optional = options.cleared = 0;
	}
	return options;
}

static void variant_add(struct arena *arena, const struct options *options, uint32_t mask,
	struct mount_variant variant, struct mount_variant *ret_variants, size_t *count)
{
	struct buf pattern = buf_new(arena);
	buf_add_char(&pattern, 'f');
	for (unsigned bit = 0; bit < FLAG_BITS; bit++) {
		uint32_t flag = UINT32_C(1) << bit;
		if (options->optional & mask & flag)
			buf_printf(&pattern, "{,%c}", letter_of(bit));
		else if (options->set & mask & flag)
			buf_add_char(&pattern, letter_of(bit));
	}
	variant.flags = buf_slice(&pattern);
	ret_variants[(*count)++] = variant;
}

size_t mount_variants(struct arena *arena, const struct mount_rule *rule,
	struct mount_variant ret_variants[static MOUNT_VARIANTS])
{
	const struct options options = options_of(rule);
	uint32_t given = options.set | options.optional;
	bool has_type = rule->conditions && slice_is(rule->conditions->key, "fstype");
	bool has_source = rule->source.at != NULL;
	size_t count = 0;
	if (rule->operation == MOUNT_UMOUNT)
		return 0;
	if ((given | options.cleared) == 0) {
		ret_variants[0] =
			(struct mount_variant){.any = true, .mounts_new = true, .has_source = true};
		return 1;
	}
	const struct mount_variant remount = {0}, with_source = {.has_source = true};
	const struct mount_variant fresh = {.has_source = true, .mounts_new = true};
	if (given & REMOUNT && !has_source && !has_type)
		variant_add(arena, &options, (uint32_t)~MOVE, remount, ret_variants, &count);
	if (given & BIND && !has_type)
		variant_add(arena, &options, BIND | RECURSIVE, with_source, ret_variants, &count);
	if (given & PROPAGATION && !has_source && !has_type)
		variant_add(arena, &options, (uint32_t)~NOT_WITH_PROPAGATION, remount, ret_variants,
			&count);
	if (given & MOVE && !has_type)
		variant_add(arena, &options, MOVE, with_source, ret_variants, &count);
	if ((given | options.cleared) & ~(uint32_t)COMMANDS)
		variant_add(arena, &options, ~(uint32_t)COMMANDS, fresh, ret_variants, &count);
	return count;
}

void mount_flags_print(struct slice pattern, struct buf *out)
{
	bool is_first = true, is_optional = slice_has(pattern, '{');
	buf_add_str(out, is_optional ? " options in (" : " options=(");
	for (unsigned bit = 0; bit < FLAG_BITS; bit++) {
		if (!slice_has(slice_from(pattern, pattern.len > 0), letter_of(bit)))
			continue;
		for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			if (flags[i].set == UINT32_C(1) << bit) {
				buf_printf(out, "%s%s", is_first ? "" : ", ", flags[i].name);
				is_first = false;
			}
	}
	buf_add_str(out, is_first ? "rw)" : ")");
}
