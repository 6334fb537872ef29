/* Permissions of file rules: "mrwklPx" to bits and back. apparmor.d(5), "Access Modes". */

#include "policy/rule/rules.h"

struct mode {
	const char *lower; /* before the x */
	enum exec_mode exec;
};

/* Longest first. */
static const struct mode modes[] = {
	{"pi", EXEC_PROFILE_INHERIT},
	{"ci", EXEC_CHILD_INHERIT},
	{"pu", EXEC_PROFILE_UNCONFINED},
	{"cu", EXEC_CHILD_UNCONFINED},
	{"i", EXEC_INHERIT},
	{"u", EXEC_UNCONFINED},
	{"p", EXEC_PROFILE},
	{"c", EXEC_CHILD},
	{"", EXEC_DENY},
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The exec mode at the start of text, with its length; NULL when there is none. */
static const struct mode *mode_at(struct slice text, size_t *ret_len)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		size_t len = strlen(modes[i].lower), at = 0;
		while (at < len && at < text.len && lower(text.at[at]) == modes[i].lower[at])
			at++;
		if (at < len || at >= text.len || lower(text.at[at]) != 'x')
			continue;
		*ret_len = len + 1;
		return &modes[i];
	}
	return NULL;
}

static unsigned perm_of(char c)
{
	switch (lower(c)) {
	case 'r':
		return PERM_READ;
	case 'w':
		return PERM_WRITE;
	case 'a':
		return PERM_APPEND;
	case 'l':
		return PERM_LINK;
	case 'k':
		return PERM_LOCK;
	case 'm':
		return PERM_MMAP;
	}
	return 0;
}

bool file_perms_read(struct slice text, unsigned *ret_perms, enum exec_mode *ret_exec,
	bool *ret_scrub, const char **ret_error)
{
	unsigned perms = 0;
	enum exec_mode exec = EXEC_NONE;
	bool scrub = false;
	for (size_t len = 1; text.len; text = slice_from(text, len), len = 1) {
		unsigned perm = perm_of(text.at[0]);
		const struct mode *mode = perm ? NULL : mode_at(text, &len);
		if (!perm && !mode) {
			*ret_error = "expected letters of r w a k l m and one of ix px cx ux";
			return false;
		}
		perms |= perm ? perm : PERM_EXEC;
		if (!mode)
			continue;
		bool upper =
			mode->exec != EXEC_INHERIT && mode->exec != EXEC_DENY && text.at[0] < 'a';
		if (exec != EXEC_NONE && (exec != mode->exec || scrub != upper)) {
			*ret_error = "a rule has one exec mode";
			return false;
		}
		exec = mode->exec;
		scrub = upper;
	}
	if ((perms & PERM_WRITE) && (perms & PERM_APPEND)) {
		*ret_error = "a and w exclude each other: w permits to append";
		return false;
	}
	if (perms == 0) {
		*ret_error = "expected permissions";
		return false;
	}
	*ret_perms = perms;
	*ret_exec = exec;
	*ret_scrub = scrub;
	return true;
}

void file_perms_print(unsigned perms, enum exec_mode exec, bool scrub, struct buf *out)
{
	static const struct {
		unsigned perm;
		char letter;
	} letters[] = {
		{PERM_MMAP, 'm'},
		{PERM_READ, 'r'},
		{PERM_WRITE, 'w'},
		{PERM_APPEND, 'a'},
		{PERM_LOCK, 'k'},
		{PERM_LINK, 'l'},
	};
	static const char *const texts[][2] = {
		[EXEC_NONE] = {"x", "x"},
		[EXEC_DENY] = {"x", "x"},
		[EXEC_INHERIT] = {"ix", "ix"},
		[EXEC_UNCONFINED] = {"ux", "Ux"},
		[EXEC_PROFILE] = {"px", "Px"},
		[EXEC_CHILD] = {"cx", "Cx"},
		[EXEC_PROFILE_INHERIT] = {"pix", "Pix"},
		[EXEC_CHILD_INHERIT] = {"cix", "Cix"},
		[EXEC_PROFILE_UNCONFINED] = {"pux", "PUx"},
		[EXEC_CHILD_UNCONFINED] = {"cux", "CUx"},
	};
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (perms & letters[i].perm)
			buf_add_char(out, letters[i].letter);
	if (perms & PERM_EXEC)
		buf_add_str(out, texts[exec][scrub]);
}
