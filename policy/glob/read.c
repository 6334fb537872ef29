/*
 * The first step of reading AARE, as apparmor_parser does it (private.h says why there are
 * two), and what is made of the program in the end: shape, prefix, suffix.
 */

#include "policy/glob/private.h"

struct reader {
	struct slice text;
	struct signs signs;
	unsigned depth, depth_limit;
	bool items[GLOB_DEPTH + 1]; /* the braces at this depth hold a comma */
	bool in_class;
	bool slash; /* the last sign was a '/' */
	size_t opened[GLOB_DEPTH + 1], class_at;
};

const struct byte_set glob_fixed_sets[SET_FIXED] = {
	[SET_NAME] = {{0xffff7ffffffffffe, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
	[SET_ANY] = {{0xfffffffffffffffe, UINT64_MAX, UINT64_MAX, UINT64_MAX}},
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Up to `digits` digits from `at` on, as long as the value fits a byte. False without any. */
static bool read_number(struct reader *r, size_t at, int base, int digits, uint8_t *ret_byte)
{
	int value = 0, count = 0;
	while (count < digits && at + (size_t)count < r->text.len) {
		int digit = digit_value(r->text.at[at + (size_t)count]);
		if (digit >= base || value * base + digit > 255)
			break;
		value = value * base + digit;
		count++;
	}
	if (count == 0)
		return false;
	r->signs.at = at + (size_t)count - 1;
	*ret_byte = (uint8_t)value;
	return true;
}

/* The byte after a backslash, apart from those that the first step knows. */
static void read_escape(struct reader *r, char c)
{
	static const char from[] = "aefnrt", to[] = "\a\033\f\n\r\t";
	uint8_t byte = (uint8_t)c;
	const char *letter = c ? strchr(from, c) : NULL;
	if (letter) {
		byte = (uint8_t)to[letter - from];
	} else if (!(c == 'x' && read_number(r, r->signs.at + 1, 16, 2, &byte)) &&
		   !(c == 'd' && read_number(r, r->signs.at + 1, 10, 3, &byte)) &&
		   !read_number(r, r->signs.at, 8, 3, &byte)) {
		byte = (uint8_t)c;
	}
	sign_byte(&r->signs, byte);
}

static void read_escaped(struct reader *r)
{
	size_t backslash = r->signs.at++;
	if (r->signs.at == r->text.len) {
		sign_fail(&r->signs, backslash, "a backslash at the end");
		return;
	}
	char c = r->text.at[r->signs.at];
	r->slash = c == '/';
	if (c == ',' && r->in_class)
		sign_byte(&r->signs, '\\'); /* `[\,]` holds both */
	if (c == '^' && r->in_class)
		sign_caret(&r->signs);
	else if (c == '-')
		sign_dash(&r->signs);
	else
		read_escape(r, c);
}

/* Stars right after a '/' and before a '/' or the end stand for a name: not empty. */
static void read_star(struct reader *r)
{
	if (r->slash) {
		size_t at = r->signs.at;
		while (at < r->text.len && r->text.at[at] == '*')
			at++;
		if (at == r->text.len || r->text.at[at] == '/')
			sign_wild(&r->signs, false, false);
	}
	bool twice = r->signs.at + 1 < r->text.len && r->text.at[r->signs.at + 1] == '*';
	sign_wild(&r->signs, twice, true);
	if (twice)
		r->signs.at++;
	r->slash = false;
}

static void read_brace(struct reader *r)
{
	if (r->in_class) {
		sign_byte(&r->signs, '{');
		return;
	}
	if (r->depth == r->depth_limit) {
		sign_fail(&r->signs, r->signs.at, "braces are nested too deeply");
		return;
	}
	r->depth++;
	r->items[r->depth] = false;
	r->opened[r->depth] = r->signs.at;
	sign_group(&r->signs);
}

static void read_brace_end(struct reader *r)
{
	if (r->in_class) {
		sign_byte(&r->signs, '}');
		return;
	}
	if (r->depth == 0)
		sign_fail(&r->signs, r->signs.at, "'}' without '{'");
	else if (!r->items[r->depth])
		sign_fail(&r->signs, r->opened[r->depth],
			"braces need at least two alternatives, with a ',' "
			"between them");
	else
		r->depth--, sign_group_end(&r->signs);
}

static void read_bracket_end(struct reader *r)
{
	if (!r->in_class)
		sign_fail(&r->signs, r->signs.at, "']' without '['");
	else
		sign_close(&r->signs);
	r->in_class = false;
}

static void read_comma(struct reader *r)
{
	if (r->depth == 0 || r->in_class) {
		sign_byte(&r->signs, ',');
		return;
	}
	r->items[r->depth] = true;
	sign_or(&r->signs);
}

static void read_plain(struct reader *r, char c)
{
	r->slash = c == '/';
	if (c == '\0')
		sign_fail(&r->signs, r->signs.at, "a NUL byte");
	else if (c == '-')
		sign_dash(&r->signs);
	else if (c == '^' && r->in_class)
		sign_caret(&r->signs);
	else
		sign_byte(&r->signs, (uint8_t)c);
}

static void read_one(struct reader *r)
{
	char c = r->text.at[r->signs.at];
	if (c == '*') {
		read_star(r);
		return;
	}
	if (c == '\\') {
		read_escaped(r);
		return;
	}
	r->slash = false;
	if (c == '?')
		sign_wild(&r->signs, false, false);
	else if (c == '[' && !r->in_class)
		r->in_class = true, r->class_at = r->signs.at, sign_open(&r->signs);
	else if (c == '[')
		sign_open(&r->signs);
	else if (c == ']')
		read_bracket_end(r);
	else if (c == '{')
		read_brace(r);
	else if (c == '}')
		read_brace_end(r);
	else if (c == ',')
		read_comma(r);
	else
		read_plain(r, c);
}

static void read_all(struct reader *r)
{
	struct signs *s = &r->signs;
	signs_start(s);
	for (s->at = 0; s->at < r->text.len && !s->error; s->at++)
		read_one(r);
	if (r->in_class)
		sign_fail(s, r->class_at, "missing ']'");
	if (s->state != CLASS_NONE)
		sign_fail(s, r->class_at, "an empty class");
	if (r->depth > 0)
		sign_fail(s, r->opened[r->depth], "missing '}'");
	signs_end(s);
}

/* Outcome. */

static struct slice bytes_of(struct arena *arena, const struct op *ops, size_t count)
{
	char *bytes = arena_alloc(arena, count + 1);
	for (size_t i = 0; i < count; i++)
		bytes[i] = (char)ops[i].byte;
	return slice_of(bytes, count);
}

/* The bytes that an op takes, folded as in glob->hints; 0 when it takes none. */
static uint64_t op_hint(const struct glob *glob, const struct op *op)
{
	const struct byte_set *set = &glob->sets[op->set];
	switch ((enum op_kind)op->kind) {
	case OP_BYTE:
		return (uint64_t)1 << (op->byte & 63);
	case OP_SET:
	case OP_LOOP:
		return set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3];
	case OP_REST:
		return UINT64_MAX;
	case OP_MATCH:
		return 1;
	case OP_ALT:
	case OP_JUMP:
		break;
	}
	return 0;
}

enum { HINT_WORDS = 16 };

/* One position further, whatever the byte: what can stand there. The only byte, if there is one. */
static uint64_t hint_step(const struct glob *glob, uint64_t *now, int *ret_only)
{
	uint64_t next[HINT_WORDS] = {0}, hint = 0;
	size_t words = (glob->op_count + 63) / 64, last = words - 1;
	int only = -1;
	bool several = false;
	for (size_t word = 0; word < words; word++) {
		for (uint64_t left = now[word]; left; left &= left - 1) {
			uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
			const struct op *op = &glob->ops[at];
			if (op->kind == OP_ALT || op->kind == OP_JUMP)
				continue;
			hint |= op_hint(glob, op);
			several |= op->kind != OP_BYTE || (only >= 0 && only != op->byte);
			only = op->byte;
			at += op->kind == OP_BYTE || op->kind == OP_SET;
			if (op->kind != OP_MATCH)
				next[at / 64] |= (uint64_t)1 << (at % 64);
		}
	}
	places_close(glob->ops, next, 0, &last);
	memcpy(now, next, words * sizeof(*next));
	*ret_only = several ? -1 : only;
	return hint;
}

/*
 * What can stand at each of the first positions. The prefix goes on as long as all alternatives
 * agree: /{usr,usr\/local}/x starts with "/usr/".
 */
static void find_hints(struct arena *arena, struct glob *glob)
{
	size_t at = 0, last = 0;
	for (; at < glob->head && at < GLOB_HINTS; at++)
		glob->hints[at] = (uint64_t)1 << (glob->prefix.at[at] & 63);
	uint64_t now[HINT_WORDS] = {1};
	bool small = glob->op_count <= HINT_WORDS * 64;
	struct buf prefix = buf_new(arena);
	uint64_t ended = 0; /* a path that has ended has ended at all later positions too */
	if (small)
		places_close(glob->ops, now, 0, &last);
	for (bool same = true; at < GLOB_HINTS || same; at++) {
		int only = -1;
		uint64_t hint = small ? hint_step(glob, now, &only) : UINT64_MAX;
		if (at < GLOB_HINTS && at >= glob->head)
			glob->hints[at] = hint | ended;
		ended |= hint & 1;
		same &= only >= 0;
		if (same && prefix.len == 0)
			buf_add(&prefix, glob->prefix);
		if (same)
			buf_add_char(&prefix, (char)only);
	}
	if (prefix.len > 0)
		glob->prefix = buf_slice(&prefix);
}

static void simple_hints(struct glob *glob, bool tree)
{
	size_t at = 0;
	for (; at < glob->head && at < GLOB_HINTS; at++)
		glob->hints[at] = (uint64_t)1 << (glob->prefix.at[at] & 63);
	for (; at < GLOB_HINTS; at++)
		glob->hints[at] = tree ? UINT64_MAX : 1;
}

static void find_shape(struct glob *glob)
{
	if (glob->ops[0].kind == OP_MATCH)
		glob->shape = GLOB_LITERAL;
	else if (glob->ops[0].kind == OP_SET && glob->ops[0].set == SET_NAME &&
		 glob->ops[1].kind == OP_REST)
		glob->shape = GLOB_TREE;
	else
		glob->shape = GLOB_GENERAL;
}

static struct glob *finish(const struct signs *s, struct slice text)
{
	uint32_t start = s->alternatives ? 0 : 1, head = start;
	while (!s->alternatives && s->ops[head].kind == OP_BYTE)
		head++;
	struct glob *glob = arena_new(s->arena, struct glob);
	glob->text = arena_copy(s->arena, text);
	glob->head = head - start;
	glob->prefix = bytes_of(s->arena, s->ops + start, glob->head);
	glob->suffix = bytes_of(s->arena, s->ops + s->tail, s->count - 2 - s->tail);
	glob->exact = !s->wild;
	glob->op_count = s->count - head;
	struct op *ops = arena_array(s->arena, glob->op_count, sizeof(*ops));
	for (uint32_t i = 0; i < glob->op_count; i++) {
		ops[i] = s->ops[head + i];
		ops[i].to = ops[i].to >= head ? ops[i].to - head : 0;
	}
	glob->ops = ops;
	glob->set_count = s->set_count;
	struct byte_set *sets = arena_array(s->arena, s->set_count, sizeof(*sets));
	memcpy(sets, s->sets, s->set_count * sizeof(*sets));
	glob->sets = sets;
	find_shape(glob);
	if (glob->shape == GLOB_GENERAL)
		find_hints(s->arena, glob);
	else
		simple_hints(glob, glob->shape == GLOB_TREE);
	return glob;
}

/* Most patterns are a literal or a literal and `/` `**`; those need none of the above. */
static struct glob *read_simple(struct arena *arena, struct slice aare)
{
	static const struct op literal[] = {{.kind = OP_MATCH}, {.kind = OP_REST}};
	static const struct op tree[] = {{.kind = OP_SET, .set = SET_NAME}, {.kind = OP_REST},
		{.kind = OP_MATCH}, {.kind = OP_REST}};
	static const bool special[256] = {['\0'] = true,
		['\\'] = true,
		['*'] = true,
		['?'] = true,
		['['] = true,
		[']'] = true,
		['{'] = true,
		['}'] = true};
	size_t len = 0;
	while (len < aare.len && !special[(uint8_t)aare.at[len]])
		len++;
	bool is_tree = len + 2 == aare.len && len > 0 && aare.at[len - 1] == '/' &&
		       aare.at[len] == '*' && aare.at[len + 1] == '*';
	if (len < aare.len && !is_tree)
		return NULL;
	struct glob *glob = arena_new(arena, struct glob);
	glob->text = arena_copy(arena, aare);
	glob->prefix = slice_first(glob->text, len);
	glob->suffix = is_tree ? slice_of(glob->text.at, 0) : glob->prefix;
	glob->head = len;
	glob->ops = is_tree ? tree : literal;
	glob->op_count = is_tree ? 4 : 2;
	glob->sets = glob_fixed_sets;
	glob->set_count = SET_FIXED;
	glob->shape = is_tree ? GLOB_TREE : GLOB_LITERAL;
	glob->exact = !is_tree;
	simple_hints(glob, is_tree);
	return glob;
}

static struct glob *read_general(struct arena *arena, const struct limits *limits,
	struct slice aare, const char **ret_error, size_t *ret_offset)
{
	enum { SMALL = 160, SETS = 8 };
	struct op small[SMALL];
	struct byte_set sets[SETS];
	size_t need = aare.len * 2 + 4; /* a comma makes two ops, and so does a star */
	struct arena scratch;
	arena_init(&scratch, arena->out_of_memory);
	struct reader r = {.text = aare,
		.depth_limit = limits->depth < GLOB_DEPTH ? limits->depth : GLOB_DEPTH};
	r.signs = (struct signs){.arena = arena,
		.ops = need <= SMALL ? small : arena_array(&scratch, need, sizeof(*small)),
		.sets = sets,
		.set_count = SET_FIXED,
		.set_cap = SETS};
	memcpy(sets, glob_fixed_sets, sizeof(glob_fixed_sets));
	read_all(&r);
	struct glob *glob = r.signs.error ? NULL : finish(&r.signs, aare);
	arena_free(&scratch);
	if (!glob) {
		*ret_error = r.signs.error;
		*ret_offset = r.signs.error_at;
	}
	return glob;
}

/* Where the collapsing of slashes starts: a leading exact "//" stays. */
static size_t slashes_kept(struct slice aare)
{
	bool two = aare.len >= 2 && aare.at[0] == '/' && aare.at[1] == '/' &&
		   (aare.len == 2 || aare.at[2] != '/');
	return two ? 2 : 0;
}

static bool has_slashes(struct slice aare)
{
	if (aare.len == 0)
		return false;
	const char *at = aare.at, *end = at + aare.len;
	while (at < end && (at = memchr(at, '/', (size_t)(end - at)))) {
		if (at + 1 < end && at[1] == '/')
			return true;
		at++;
	}
	return false;
}

static struct slice collapse(struct arena *arena, struct slice aare)
{
	char *to = arena_alloc(arena, aare.len + 1);
	size_t len = slashes_kept(aare);
	memset(to, '/', len);
	for (size_t i = len; i < aare.len; i++)
		if (aare.at[i] != '/' || i == slashes_kept(aare) || aare.at[i - 1] != '/')
			to[len++] = aare.at[i];
	return slice_of(to, len);
}

/* The offset in the given text of one in the collapsed text. */
static size_t given_offset(struct slice aare, size_t offset)
{
	size_t len = slashes_kept(aare), i = len;
	for (; i < aare.len && len < offset; i++)
		if (aare.at[i] != '/' || i == slashes_kept(aare) || aare.at[i - 1] != '/')
			len++;
	return offset < len ? offset : i;
}

struct glob *glob_read(struct arena *arena, const struct limits *limits, struct slice aare,
	const char **ret_error, size_t *ret_offset)
{
	if (aare.len > limits->glob_text) {
		*ret_error = "the pattern is too long";
		*ret_offset = 0;
		return NULL;
	}
	bool slashes = has_slashes(aare);
	struct slice text = slashes ? collapse(arena, aare) : aare;
	struct glob *glob = read_simple(arena, text);
	if (!glob)
		glob = read_general(arena, limits, text, ret_error, ret_offset);
	if (!glob && slashes)
		*ret_offset = given_offset(aare, *ret_offset);
	return glob;
}

bool glob_is_exact(const struct glob *glob)
{
	return glob->exact;
}

struct slice glob_prefix(const struct glob *glob)
{
	return glob->prefix;
}
