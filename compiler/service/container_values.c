#include "compiler/service/container_reader.h"

/* Numbers, sizes, the user and other values of `container` that are one text. */

bool digits_read(struct slice digits, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (digits.len == 0 || (digits.len > 1 && digits.at[0] == '0'))
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(digits.at[i] - '0');
		if (number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

bool read_number(struct reader *reader, const struct key *key, const struct node *node,
	uint64_t min, uint64_t max, uint32_t *ret_number)
{
	struct text text;
	uint64_t number;
	if (!want_text(reader, key, node, false, &text))
		return false;
	if (!digits_read(text.text, max, &number) || number < min) {
		report(reader, DIAG_BAD_VALUE, text.span,
			"'%s' takes a whole number from %llu to %llu, not '%.*s'", key->name.at,
			(unsigned long long)min, (unsigned long long)max,
			SLICE_FMT(shown(reader, text.text)));
		return false;
	}
	*ret_number = (uint32_t)number;
	return true;
}

/* "1", "1.5", "0.25" as thousandths; at most three digits after the point. */
static bool decimal_read(struct slice text, uint64_t max, uint64_t *ret_thousandths)
{
	const char *point = text.len > 0 ? memchr(text.at, '.', text.len) : NULL;
	size_t whole_len = point ? (size_t)(point - text.at) : text.len;
	uint64_t whole, part = 0;
	if (!digits_read(slice_first(text, whole_len), max, &whole))
		return false;
	struct slice rest = slice_from(text, whole_len + 1);
	if (point && (rest.len == 0 || rest.len > 3))
		return false;
	for (size_t i = 0; i < 3; i++) {
		char c = i < rest.len ? rest.at[i] : '0';
		if (c < '0' || c > '9')
			return false;
		part = part * 10 + (uint64_t)(c - '0');
	}
	*ret_thousandths = whole * 1000 + part;
	return true;
}

enum { CPUS_MAX = 8192 }; /* CONFIG_NR_CPUS of distributions */

bool read_thousandths(struct reader *reader, const struct key *key, const struct node *node,
	uint32_t *ret_thousandths)
{
	struct text text;
	uint64_t number;
	if (!want_text(reader, key, node, false, &text))
		return false;
	/* The kernel takes no quota below a hundredth: 1 ms of 100 ms. */
	if (!decimal_read(text.text, CPUS_MAX, &number) || number < 10) {
		struct diag *diag = report(reader, DIAG_BAD_VALUE, text.span,
			"'%s' takes a number from 0.01 to %d, not '%.*s'", key->name.at, CPUS_MAX,
			SLICE_FMT(shown(reader, text.text)));
		help(reader, diag, "with at most three digits after the point, such as 1.5");
		return false;
	}
	*ret_thousandths = (uint32_t)number;
	return true;
}

/* The bits of a unit that a size ends in ("m", "MB", "MiB" are all 20), which are cut off; -1: none
 * is known. */
static int cut_unit(struct slice *text)
{
	static const char letters[] = "bkmgt";
	struct slice s = *text;
	size_t digits = 0;
	while (digits < s.len &&
		((s.at[digits] >= '0' && s.at[digits] <= '9') || s.at[digits] == '.'))
		digits++;
	struct slice unit = slice_from(s, digits);
	*text = slice_first(s, digits);
	if (unit.len == 0)
		return 0;
	const char *letter = strchr(letters, unit.at[0] | 0x20);
	struct slice rest = slice_from(unit, 1);
	if (!letter)
		return -1;
	bool is_byte = letter == letters && rest.len == 0;
	bool is_larger = letter > letters && (rest.len == 0 || slice_eq_nocase(rest, SLICE("b")) ||
						     slice_eq_nocase(rest, SLICE("ib")));
	return is_byte || is_larger ? (int)(letter - letters) * 10 : -1;
}

enum { SIZE_BITS_MAX = 50 }; /* 1024t */

bool read_size(struct reader *reader, const struct key *key, const struct node *node, uint64_t min,
	uint64_t *ret_bytes)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return false;
	struct slice number = text.text;
	int bits = cut_unit(&number);
	uint64_t thousandths;
	if (bits < 0 ||
		!decimal_read(number, (uint64_t)1 << (SIZE_BITS_MAX - bits), &thousandths)) {
		struct diag *diag = report(reader, DIAG_BAD_VALUE, text.span,
			"'%s' takes a size such as 64m, at most 1024t, not '%.*s'", key->name.at,
			SLICE_FMT(shown(reader, text.text)));
		help(reader, diag, "a number of bytes, or one with k, m, g or t: powers of 1024");
		return false;
	}
	/* In two steps, as thousandths of terabytes do not fit. */
	uint64_t bytes = ((thousandths / 1000) << bits) + (((thousandths % 1000) << bits) / 1000);
	if (bytes < min || bytes > (uint64_t)1 << SIZE_BITS_MAX) {
		struct diag *diag = report(reader, DIAG_BAD_VALUE, text.span,
			"'%s' takes at least %llu bytes and at most 1024t, not '%.*s'",
			key->name.at, (unsigned long long)min, SLICE_FMT(shown(reader, text.text)));
		help(reader, diag, "a number alone is of bytes: write 64m for 64 MiB");
		return false;
	}
	*ret_bytes = bytes;
	return true;
}

bool read_octal(
	struct reader *reader, const struct key *key, const struct node *node, unsigned *ret_mode)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return false;
	unsigned mode = 0;
	bool ok = text.text.len <= 5;
	for (size_t i = 0; ok && i < text.text.len; i++) {
		ok = text.text.at[i] >= '0' && text.text.at[i] <= '7';
		mode = mode * 8 + (unsigned)(text.text.at[i] - '0');
	}
	if (!ok || mode > 07777) {
		report(reader, DIAG_BAD_VALUE, text.span,
			"'%s' takes permissions in octal such as 1777, not '%.*s'", key->name.at,
			SLICE_FMT(shown(reader, text.text)));
		return false;
	}
	*ret_mode = mode;
	return true;
}

static bool read_id(struct reader *reader, const struct text *text, size_t offset, size_t len,
	uint32_t *ret_id, struct span *ret_span)
{
	struct slice part = slice_of(text->text.at + offset, len);
	uint64_t number;
	if (digits_read(part, CONTAINER_ID_MAX, &number)) {
		*ret_id = (uint32_t)number;
		*ret_span = text_part(text, offset, len);
		return true;
	}
	struct diag *diag =
		report(reader, DIAG_BAD_USER, len > 0 ? text_part(text, offset, len) : text->span,
			"'user' takes numbers from 0 to %d, UID or UID:GID, not '%.*s'",
			CONTAINER_ID_MAX, SLICE_FMT(shown(reader, part)));
	help(reader, diag, "names are known in the image only; there `id NAME` shows the numbers");
	return false;
}

void read_user(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	struct container_user user = {.is_given = true, .span = text.span};
	const char *colon = memchr(text.text.at, ':', text.text.len);
	size_t len = colon ? (size_t)(colon - text.text.at) : text.text.len;
	if (!read_id(reader, &text, 0, len, &user.uid, &user.uid_span))
		return;
	user.gid = user.uid;
	if (colon && !read_id(reader, &text, len + 1, text.text.len - len - 1, &user.gid,
			     &user.gid_span))
		return;
	container->user = user;
}

/* On most hosts and images: 0 root, 65534 nobody. */
static const char *unsafe_name(uint32_t id)
{
	return id == 0 ? "root" : id == 65534 ? "nobody, whom many programs share" : NULL;
}

enum { SAFE_ID_MIN = 10000 };

/* Whether there is something to say about it; one of the two is enough. */
static bool check_id(struct reader *reader, const struct container *container, const char *what,
	uint32_t id, struct span at)
{
	const char *name = unsafe_name(id);
	if (name && !container->allow_unsafe_user) {
		struct diag *diag =
			report(reader, DIAG_UNSAFE_USER, at, "the %s %u is %s", what, id, name);
		help(reader, diag, "take a number from %d on, or write 'allow_unsafe_user: true'",
			SAFE_ID_MIN);
		return true;
	}
	if (id >= SAFE_ID_MIN)
		return false;
	struct diag *diag = report(reader, DIAG_LOW_USER, at,
		id == 0 ? "the %s %u is root, on the host, too"
			: "the %s %u may be somebody on the host, too",
		what, id);
	help(reader, diag, "take a number from %d on", SAFE_ID_MIN);
	return true;
}

void check_user(struct reader *reader, const struct container *container)
{
	const struct container_user *user = &container->user;
	if (!user->is_given)
		return;
	bool said = check_id(reader, container, "user", user->uid, user->uid_span);
	bool is_unsafe = unsafe_name(user->gid) && !container->allow_unsafe_user;
	if (!span_none(user->gid_span) && (!said || (is_unsafe && user->gid != user->uid)))
		check_id(reader, container, "group", user->gid, user->gid_span);
}

void read_restart(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	static const char *const names[] = {"no", "always", "on-failure", "unless-stopped"};
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	const char *colon = memchr(text.text.at, ':', text.text.len);
	struct slice name =
		colon ? slice_first(text.text, (size_t)(colon - text.text.at)) : text.text;
	size_t i = 0;
	while (i < 4 && !slice_is(name, names[i]))
		i++;
	if (i == 4) {
		unknown_value(reader, DIAG_UNKNOWN_VALUE, "restart policy", &text,
			slice_nearest(name, names, 4), shape_words[key->shape].takes);
		return;
	}
	uint64_t most = 0;
	if (colon && (i != RESTART_ON_FAILURE ||
			     !digits_read(slice_from(text.text, name.len + 1), INT32_MAX, &most) ||
			     most == 0)) {
		report(reader, DIAG_BAD_VALUE, text.span, "'restart' takes %s, not '%.*s'",
			shape_words[key->shape].takes, SLICE_FMT(shown(reader, text.text)));
		return;
	}
	container->restart = (enum restart_policy)i;
	container->restart_most = (unsigned)most;
	container->restart_span = text.span;
}

/* Letters and digits, and what a reference holds: host:port/name:tag@sha256:digest. */
static bool is_image_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       strchr("._-/:@+", c);
}

void read_image(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	for (size_t i = 0; i < text.text.len; i++) {
		char c = text.text.at[i];
		if (is_image_character(c) && (i > 0 || !strchr("._-/:@+", c)))
			continue;
		struct diag *diag = report(reader, DIAG_BAD_VALUE, text_part(&text, i, 1),
			"the name of an image cannot %s this character",
			i > 0 ? "hold" : "begin with");
		help(reader, diag, "write [HOST[:PORT]/]NAME[:TAG][@DIGEST]");
		return;
	}
	container->image = text.text;
	container->image_span = text.span;
}

/* A word may be empty: `command: [/app, --prefix, ""]`. */
void read_command(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	const struct text **end = &container->command;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		if (entry->value->kind != NODE_SCALAR || node_is_null(entry->value)) {
			wrong_entry(reader, key, entry->value);
			continue;
		}
		struct text *word = arena_new(reader_arena(reader), struct text);
		*word = node_text(entry->value);
		*end = word;
		end = (const struct text **)&word->next;
	}
	const struct text *first = container->command;
	if (first && first->text.len == 0)
		report(reader, DIAG_BAD_VALUE, first->span, "the first word of 'command' is empty");
}
