#include "compiler/service/container_reader.h"

/* `volumes`: SOURCE:TARGET[:ro|rw], NAME:TARGET, TARGET. */

bool read_mount_point(struct reader *reader, const struct text *text, struct slice *ret_target)
{
	struct slice target = text->text;
	if (!path_check(reader, text, false))
		return false;
	const char *colon = memchr(target.at, ':', target.len);
	if (colon) {
		report(reader, DIAG_BAD_PATH, text_part(text, (size_t)(colon - target.at), 1),
			"a mount point cannot hold a ':'");
		return false;
	}
	while (slice_ends(target, SLICE("/")))
		target.len--;
	bool is_proc = slice_is(target, "/proc") || slice_starts(target, SLICE("/proc/"));
	if (target.len > 0 && !is_proc) {
		*ret_target = target;
		return true;
	}
	struct diag *diag = report(reader, DIAG_BAD_PATH, text->span, "nothing can be mounted %s",
		is_proc ? "below /proc" : "on the root of the container");
	help(reader, diag, is_proc ? "container runtimes refuse it" : "mount it below a directory");
	return false;
}

/* Docker's names of volumes; Podman's and those of Compose are the same. */
static bool is_volume_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool is_alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_alnum && (i == 0 || !strchr("._-", c)))
			return false;
	}
	return name.len >= 2;
}

static bool read_source(struct reader *reader, const struct text *source, struct volume *volume)
{
	struct slice s = source->text;
	volume->source = s;
	if (slice_starts(s, SLICE("/"))) {
		volume->kind = VOLUME_BIND;
		while (s.len > 1 && slice_ends(s, SLICE("/")))
			s.len--;
		volume->source = s;
		return path_check(reader, source, false);
	}
	volume->kind = VOLUME_NAMED;
	if (is_volume_name(s))
		return true;
	bool is_path =
		slice_has(s, '/') || slice_starts(s, SLICE(".")) || slice_starts(s, SLICE("~"));
	struct slice given = shown(reader, s);
	struct diag *diag = report(reader, DIAG_BAD_VOLUME, source->span,
		is_path ? "the source '%.*s' is relative" : "'%.*s' is not the name of a volume",
		SLICE_FMT(given));
	help(reader, diag,
		is_path ? "write it from the root on: who runs it may stand anywhere"
			: "two characters or more of A-Z a-z 0-9 '.' '_' '-', or an absolute path");
	return false;
}

enum { PARTS_MAX = 3 };

/* The parts between colons; more than PARTS_MAX are counted but not stored. */
static size_t split(const struct text *text, struct text parts[static PARTS_MAX])
{
	struct slice s = text->text;
	size_t count = 0;
	for (size_t at = 0; at <= s.len; count++) {
		const char *colon = at < s.len ? memchr(s.at + at, ':', s.len - at) : NULL;
		size_t len = colon ? (size_t)(colon - s.at) - at : s.len - at;
		if (count < PARTS_MAX)
			parts[count] = (struct text){
				.text = slice_of(s.at + at, len),
				.span = len > 0 ? text_part(text, at, len) : text->span,
				.verbatim = text->verbatim,
			};
		at += len + 1;
	}
	return count;
}

static bool read_options(struct reader *reader, const struct text *options, struct volume *volume)
{
	volume->read_only = slice_is(options->text, "ro");
	if (volume->read_only || slice_is(options->text, "rw"))
		return true;
	struct diag *diag = report(reader, DIAG_BAD_VOLUME, options->span,
		"unknown option '%.*s' of a volume", SLICE_FMT(shown(reader, options->text)));
	help(reader, diag, "expected ro or rw");
	return false;
}

static bool read_volume(struct reader *reader, const struct text *text, struct volume *volume)
{
	struct text parts[PARTS_MAX];
	size_t count = split(text, parts);
	volume->span = text->span;
	if (count > PARTS_MAX) {
		struct diag *diag = report(reader, DIAG_BAD_VOLUME, text->span,
			"'%.*s' has too many parts", SLICE_FMT(shown(reader, text->text)));
		help(reader, diag, "expected 'SOURCE:TARGET' or 'SOURCE:TARGET:ro'");
		return false;
	}
	if (count == 1) {
		volume->kind = VOLUME_ANONYMOUS;
		return read_mount_point(reader, &parts[0], &volume->target);
	}
	bool ok = read_source(reader, &parts[0], volume);
	ok &= read_mount_point(reader, &parts[1], &volume->target);
	return (count < 3 || read_options(reader, &parts[2], volume)) && ok;
}

void read_volumes(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	const struct volume **end = &container->volumes;
	unsigned count = 0;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text;
		if (!want_entry(reader, key, entry->value, &text))
			continue;
		if (++count > MOUNTS_MAX) {
			report(reader, DIAG_TOO_LARGE, text.span, "more than %d volumes",
				MOUNTS_MAX);
			return;
		}
		struct volume *volume = arena_new(reader_arena(reader), struct volume);
		if (!read_volume(reader, &text, volume))
			continue;
		*end = volume;
		end = (const struct volume **)&volume->next;
	}
}
