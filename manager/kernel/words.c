#include "manager/kernel/words.h"

#include "manager/system/file.h"
#include "manager/kernel/kernel.h"
#include "manager/system/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CAPABILITY_MAC_ADMIN 33
#define SMALL_FILE	     65536

/* The content of "DIRECTORY/NAME" without blanks around it; false when it cannot be read. Linux
 * gives such files no more than a page or two. */
static bool read_small(const char *directory, const char *name, struct bytes *ret_text)
{
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/%s", directory, name);
	return len > 0 && (size_t)len < sizeof(path) && file_read(path, SMALL_FILE, ret_text, NULL);
}

/* The text after "KEY:" on a line of /proc/self/status. */
static const char *status_field(const struct bytes *status, const char *key)
{
	const char *at = strstr(status->at, key);
	return at ? at + strlen(key) : NULL;
}

/* "Uid:\t1000\t0\t0\t0": real, effective, saved, file system. */
static bool is_root(const struct bytes *status)
{
	const char *ids = status_field(status, "\nUid:");
	unsigned effective = 0;
	return !ids || sscanf(ids, "%*u %u", &effective) != 1 || effective == 0;
}

static bool has_mac_admin(const struct bytes *status)
{
	const char *field = status_field(status, "\nCapEff:");
	return !field || (strtoull(field, NULL, 16) >> CAPABILITY_MAC_ADMIN & 1);
}

/* The first user namespace maps all ids onto themselves: "0 0 4294967295". */
static bool is_user_namespace(const struct places *places, struct bytes *text)
{
	unsigned first, onto, count;
	return read_small(places->proc, "self/uid_map", text) &&
	       sscanf(text->at, "%u %u %u", &first, &onto, &count) == 3 &&
	       !(first == 0 && onto == 0 && count == UINT32_MAX);
}

static bool policy_is_locked(const struct places *places, struct bytes *text)
{
	return read_small(places->parameters, "lock_policy", text) && text->at[0] == 'Y';
}

/* Our own label, unless we are unconfined: "web (enforce)". */
static struct slice own_label(const struct places *places, struct bytes *text)
{
	if (!read_small(places->proc, "self/attr/apparmor/current", text) &&
		!read_small(places->proc, "self/attr/current", text))
		return slice_of(NULL, 0);
	struct slice label = slice_trim(slice_of(text->at, strnlen(text->at, text->len)));
	return slice_is(label, "unconfined") ? slice_of(NULL, 0) : label;
}

/* One number, many reasons: the first that holds. */
static void explain_refusal(
	const struct places *places, struct bytes *text, char words[KERNEL_WORDS])
{
	bool has_status = read_small(places->proc, "self/status", text);
	if (has_status && !is_root(text)) {
		snprintf(words, KERNEL_WORDS, "only root may change policy: run it as root");
		return;
	}
	if (has_status && !has_mac_admin(text)) {
		snprintf(words, KERNEL_WORDS,
			"this process lacks the capability CAP_MAC_ADMIN: in a container it has to "
			"be added, or run it on the host");
		return;
	}
	if (policy_is_locked(places, text)) {
		snprintf(words, KERNEL_WORDS,
			"the kernel's policy is locked until the next boot ('%s/lock_policy' is Y)",
			places->parameters);
		return;
	}
	if (is_user_namespace(places, text)) {
		snprintf(words, KERNEL_WORDS,
			"this process is root of a user namespace only: run it as root of the "
			"host");
		return;
	}
	struct slice label = own_label(places, text);
	if (label.len > 0)
		snprintf(words, KERNEL_WORDS,
			"this process is confined itself, by '%.*s', which does not let it change "
			"policy",
			(int)(label.len < 200 ? label.len : 200), label.at);
	else
		snprintf(words, KERNEL_WORDS,
			"the kernel does not permit it to this process; its log may tell why "
			"(dmesg)");
}

/* What only needs the number. */
static const struct {
	int number;
	const char *words;
} plain_words[] = {
	{EPROTONOSUPPORT, "the kernel does not know this version of compiled policy: compile for "
			  "the features of the running kernel, or with an older apparmor_parser"},
	{EPROTO, "the kernel takes the compiled policy for damaged, and keeps what it has; its log "
		 "tells where (dmesg)"},
	{EBADMSG, "the compiled policy does not match its signature"},
	{EEXIST, "the kernel has a profile of that name already"},
	{ENOMEM, "the kernel has no memory left for the policy"},
	{ENOSPC, "the kernel has no room left for the policy"},
	{EFBIG, "it is too large for the kernel: load fewer profiles at a time"},
	{ESPIPE, "the kernel wants a policy in one write"},
	{EROFS, "securityfs is mounted read-only, as in a container: run it on the host"},
	{EBUSY, "the kernel is changing its policy: try again"},
};

static bool explain_plainly(int number, char words[KERNEL_WORDS])
{
	for (size_t i = 0; i < sizeof(plain_words) / sizeof(plain_words[0]); i++)
		if (plain_words[i].number == number) {
			snprintf(words, KERNEL_WORDS, "%s", plain_words[i].words);
			return true;
		}
	return false;
}

static void explain_absence(const struct places *places, char words[KERNEL_WORDS])
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/.replace", places->apparmorfs ? places->apparmorfs : "");
	if (places->apparmorfs && path_access(path, F_OK) == 0)
		snprintf(words, KERNEL_WORDS, "the kernel has no such profile or namespace");
	else
		snprintf(words, KERNEL_WORDS,
			"the kernel's policy interface is gone: is securityfs still mounted?");
}

void kernel_words(const struct places *places, int number, char ret_words[KERNEL_WORDS])
{
	if (explain_plainly(number, ret_words))
		return;
	struct bytes text = {0};
	if (number == EACCES || number == EPERM)
		explain_refusal(places, &text, ret_words);
	else if (number == ENOENT || number == ENOTDIR || number == ENODEV)
		explain_absence(places, ret_words);
	else
		snprintf(ret_words, KERNEL_WORDS, "%s", strerror(number));
	bytes_free(&text);
}

struct slice kernel_explain(const struct places *places, struct arena *arena, int number)
{
	char words[KERNEL_WORDS];
	kernel_words(places, number, words);
	return arena_copy(arena, slice_str(words));
}

/* Whether a list of words such as "lockdown,apparmor" or a command line holds a word. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = text; (at = strstr(at, word)); at += len) {
		bool begins = at == text || strchr(" ,\n", at[-1]);
		if (begins && (at[len] == '\0' || strchr(" ,\n", at[len])))
			return true;
	}
	return false;
}

/*
 * What on the kernel's command line keeps AppArmor off: "apparmor=0", "security=selinux",
 * "lsm=lockdown,yama". The last of a kind counts. Empty when nothing does.
 */
static struct slice command_line_reason(const char *text)
{
	static const char *const keys[] = {"apparmor=", "security=", "lsm="};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct slice last = {0};
		size_t len = strlen(keys[i]);
		for (const char *at = text; (at = strstr(at, keys[i])); at += len)
			if (at == text || at[-1] == ' ')
				last = slice_of(at, strcspn(at, " \n"));
		char value[1024];
		snprintf(value, sizeof(value), "%.*s", SLICE_FMT(slice_from(last, len)));
		bool is_on = i == 0 ? strcmp(value, "0") != 0 : has_word(value, "apparmor");
		if (last.len > 0 && !is_on)
			return last;
	}
	return slice_of(NULL, 0);
}

static bool say_off(const struct places *places, struct bytes *text, struct error **ret_error)
{
	struct slice reason = {0};
	if (read_small(places->proc, "cmdline", text))
		reason = command_line_reason(text->at);
	if (reason.len > 0)
		return error_say(ret_error, ENOSYS,
			"AppArmor is off by the kernel's command line ('%.*s'): boot with "
			"'apparmor=1 security=apparmor'",
			(int)(reason.len < 200 ? reason.len : 200), reason.at);
	return error_say(ret_error, ENOSYS,
		"AppArmor is off: boot with 'apparmor=1 security=apparmor' on the kernel's command "
		"line");
}

/* Files that container engines and systemd put into a container. */
static bool is_container(const struct places *places)
{
	static const char *const marks[] = {
		"/.dockerenv", "/run/.containerenv", "/run/systemd/container"};
	bool is_one = getenv("container") && !places->root[0];
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && !is_one; i++) {
		char *path = places_path(places, marks[i]);
		is_one = path && path_access(path, F_OK) == 0;
		free(path);
	}
	return is_one;
}

static bool say_hidden(const struct places *places, struct error **ret_error)
{
	if (is_container(places))
		return error_say(ret_error, ENOENT,
			"the kernel's policy interface is not visible in this container: run it on "
			"the host");
	return error_say(ret_error, ENOENT,
		"AppArmor is on, but securityfs is not mounted: mount -t securityfs securityfs "
		"/sys/kernel/security");
}

static bool say_missing(const struct places *places, struct error **ret_error)
{
	if (is_container(places))
		return error_say(ret_error, ENOSYS,
			"no AppArmor is visible in this container: run it on the host");
	return error_say(ret_error, ENOSYS,
		"the running kernel has no AppArmor: boot one that is built with it (Debian's and "
		"Ubuntu's are)");
}

bool kernel_is_ready(const struct places *places, struct error **ret_error)
{
	struct bytes text = {0};
	bool has_parameter = read_small(places->parameters, "enabled", &text);
	bool is_ready;
	if (has_parameter && text.at[0] != 'Y')
		is_ready = say_off(places, &text, ret_error);
	else if (places->apparmorfs && file_is_directory(places->apparmorfs))
		is_ready = true;
	else if (has_parameter)
		is_ready = say_hidden(places, ret_error);
	else
		is_ready = say_missing(places, ret_error);
	bytes_free(&text);
	return is_ready;
}
