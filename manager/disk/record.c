#include "manager/disk/record.h"

#include "manager/system/file.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A record is five lines, and one for each child that was left:
 *
 *     aaforge record 1
 *     profile %3Atenant%3Aweb
 *     identity sha256 5403…
 *     text 91ab…
 *     source %2Fetc%2Faaforge%2Fweb.yaml
 *     left 40f1… web%2F%2Fhelper
 */
#define FIRST_LINE   "aaforge record 1"
#define RECORD_BYTES 32768

static const char *const kind_words[] = {
	[HASH_NONE] = "none", [HASH_SHA1] = "sha1", [HASH_SHA256] = "sha256"};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define AUTO_FD __attribute__((cleanup(close_fd))) int

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

static void put_encoded(FILE *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool is_leading_dot = s.at[i] == '.' && i == 0;
		if (is_plain(s.at[i]) && !is_leading_dot)
			putc(s.at[i], out);
		else
			fprintf(out, "%%%02X", (unsigned char)s.at[i]);
	}
}

/* "web", ":tenant:web". No name starts with a colon, so that no two look alike. */
static void put_name(FILE *out, struct slice namespace, struct slice name)
{
	if (namespace.len > 0) {
		put_encoded(out, SLICE(":"));
		put_encoded(out, namespace);
		put_encoded(out, SLICE(":"));
	}
	put_encoded(out, name);
}

/* The encoded name as a file name: a longer one than file systems take is told by its digest, which
 * no encoded name looks like. To be freed; NULL without memory. */
static char *file_name(struct slice namespace, struct slice name)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	put_name(out, namespace, name);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	if (len + strlen(RECORD_PREPARED) <= NAME_MAX)
		return text;
	struct digest digest = digest_of(slice_of(text, len));
	char hex[DIGEST_HEX + 1];
	digest_hex(&digest, hex);
	free(text);
	return asprintf(&text, "%%sha256-%s", hex) < 0 ? NULL : text;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two hex digits, or -1. */
static int hex_byte(struct slice s)
{
	if (s.len < 2 || hex_value(s.at[0]) < 0 || hex_value(s.at[1]) < 0)
		return -1;
	return hex_value(s.at[0]) << 4 | hex_value(s.at[1]);
}

static bool decode(struct slice s, struct arena *arena, struct slice *ret_text)
{
	char *at = arena_bytes(arena, s.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < s.len; i++) {
		int byte = (unsigned char)s.at[i];
		if (byte == '%') {
			byte = hex_byte(slice_from(s, i + 1));
			i += 2;
		}
		if (byte < 0)
			return false;
		at[len++] = (char)byte;
	}
	at[len] = '\0';
	*ret_text = slice_of(at, len);
	return true;
}

/* Whether nobody but root and us can have made or changed it. */
static bool is_trusted(int fd, mode_t type)
{
	struct stat at;
	return fd >= 0 && fstat(fd, &at) == 0 && (at.st_mode & S_IFMT) == type &&
	       (at.st_uid == 0 || at.st_uid == geteuid()) && !(at.st_mode & (S_IWGRP | S_IWOTH));
}

/* STATE/loaded, or -1 with errno: EPERM when others could write there. */
static int directory_open(const struct places *places)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	AUTO_FD state = path_open(places->state, flags, 0);
	if (state < 0)
		return -1;
	int fd = openat(state, "loaded", flags);
	if (fd < 0)
		return -1;
	if (is_trusted(state, S_IFDIR) && is_trusted(fd, S_IFDIR))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* The rest of the next line, which must begin with `key` and a blank. */
static bool next_line(struct slice *text, const char *key, struct slice *ret_value)
{
	const char *end = text->len > 0 ? memchr(text->at, '\n', text->len) : NULL;
	if (!end)
		return false;
	struct slice line = slice_of(text->at, (size_t)(end - text->at));
	*text = slice_from(*text, line.len + 1);
	size_t len = strlen(key);
	if (!slice_starts(line, slice_of(key, len)) || line.len == len || line.at[len] != ' ')
		return false;
	*ret_value = slice_from(line, len + 1);
	return true;
}

static bool read_digest(struct slice hex, struct digest *ret_digest)
{
	if (hex.len != DIGEST_HEX)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int byte = hex_byte(slice_from(hex, 2 * i));
		if (byte < 0)
			return false;
		ret_digest->bytes[i] = (unsigned char)byte;
	}
	return true;
}

/* "sha256 5403…" */
static bool read_identity(struct slice value, struct record *ret_record)
{
	for (size_t i = 0; i < sizeof(kind_words) / sizeof(kind_words[0]); i++) {
		struct slice word = slice_str(kind_words[i]);
		if (!slice_starts(value, word) || value.len <= word.len ||
			value.at[word.len] != ' ')
			continue;
		ret_record->kind = (enum hash_kind)i;
		return read_digest(slice_from(value, word.len + 1), &ret_record->identity);
	}
	return false;
}

/* "40f1… web%2F%2Fhelper", as often as there are some. */
static bool parse_left(struct slice text, struct arena *arena, struct left_list *ret_left)
{
	struct left_list left = {0};
	size_t room = 0;
	for (size_t i = 0; i < text.len; i++)
		room += text.at[i] == '\n';
	left.items = arena_array(arena, room, sizeof(*left.items));
	for (struct slice value; text.len > 0;) {
		struct left_child *child = &left.items[left.count++];
		if (!next_line(&text, "left", &value) || value.len <= DIGEST_HEX ||
			value.at[DIGEST_HEX] != ' ' ||
			!read_digest(slice_first(value, DIGEST_HEX), &child->identity) ||
			!decode(slice_from(value, DIGEST_HEX + 1), arena, &child->name))
			return false;
	}
	*ret_left = left;
	return true;
}

/* A damaged record tells nothing; one of another profile (the same digest of a long name, a copied
 * file) neither. */
static bool parse(struct slice text, struct slice namespace, struct slice name, struct arena *arena,
	struct record *ret_record)
{
	struct record record = {0};
	struct slice value, held;
	if (!next_line(&text, "aaforge", &value) || !slice_is(value, "record 1"))
		return false;
	if (!next_line(&text, "profile", &value) || !decode(value, arena, &held))
		return false;
	struct slice full = namespace.len > 0 ? arena_printf(arena, ":%.*s:%.*s",
							SLICE_FMT(namespace), SLICE_FMT(name))
					      : name;
	if (!slice_eq(held, full))
		return false;
	if (!next_line(&text, "identity", &value) || !read_identity(value, &record))
		return false;
	if (!next_line(&text, "text", &value) || !read_digest(value, &record.text))
		return false;
	if (!next_line(&text, "source", &value) || !decode(value, arena, &record.source))
		return false;
	if (!parse_left(text, arena, &record.left))
		return false;
	*ret_record = record;
	return true;
}

static bool read_at(int directory, const char *file, struct bytes *ret_text)
{
	AUTO_FD fd =
		openat(directory, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return is_trusted(fd, S_IFREG) && file_read_fd(fd, file, RECORD_BYTES, ret_text, NULL);
}

static bool read_file(const struct places *places, const char *file, struct slice namespace,
	struct slice name, struct arena *arena, struct record *ret_record)
{
	struct bytes text = {0};
	AUTO_FD directory = directory_open(places);
	bool is_read = file && directory >= 0 && read_at(directory, file, &text) &&
		       parse(bytes_slice(&text), namespace, name, arena, ret_record);
	bytes_free(&text);
	return is_read;
}

/* The file's name of a prepared record. */
static char *prepared_name(struct slice namespace, struct slice name)
{
	char *file = file_name(namespace, name), *prepared = NULL;
	if (file && asprintf(&prepared, "%s%s", file, RECORD_PREPARED) < 0)
		prepared = NULL;
	free(file);
	return prepared;
}

bool record_read_prepared(const struct places *places, struct slice namespace, struct slice name,
	struct arena *arena, struct record *ret_record)
{
	char *file = prepared_name(namespace, name);
	bool is_read = read_file(places, file, namespace, name, arena, ret_record);
	free(file);
	return is_read;
}

bool record_read(const struct places *places, struct slice namespace, struct slice name,
	struct arena *arena, struct record *ret_record)
{
	char *file = file_name(namespace, name);
	bool is_read = read_file(places, file, namespace, name, arena, ret_record);
	free(file);
	return is_read || record_read_prepared(places, namespace, name, arena, ret_record);
}

static void put_left(FILE *out, const struct left_list *left)
{
	for (size_t i = 0; i < left->count; i++) {
		char identity[DIGEST_HEX + 1];
		digest_hex(&left->items[i].identity, identity);
		fprintf(out, "left %s ", identity);
		put_encoded(out, left->items[i].name);
		putc('\n', out);
	}
}

/* The text of a record; to be freed. NULL without memory. */
static char *compose(
	struct slice namespace, struct slice name, const struct record *record, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	if (!out)
		return NULL;
	char identity[DIGEST_HEX + 1], text_digest[DIGEST_HEX + 1];
	digest_hex(&record->identity, identity);
	digest_hex(&record->text, text_digest);
	fputs(FIRST_LINE "\nprofile ", out);
	put_name(out, namespace, name);
	fprintf(out, "\nidentity %s %s\ntext %s\nsource ", kind_words[record->kind], identity,
		text_digest);
	put_encoded(out, record->source);
	putc('\n', out);
	put_left(out, &record->left);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* Lets everyone look into a directory of ours, whatever the umask was; where that fails, `status`
 * knows less. */
static void show_directory(const char *path)
{
	struct stat at;
	if (path_stat(path, &at) == 0 && at.st_uid == geteuid() && (at.st_mode & 05) != 05)
		(void)(path_chmod(path, 0755) < 0);
}

/* Makes STATE/loaded where it is missing. */
static bool directory_prepare(const struct places *places, struct error **ret_error)
{
	char *path = NULL;
	if (asprintf(&path, "%s/loaded", places->state) < 0)
		return error_make(ret_error, ENOMEM, "cannot write a record");
	bool is_made = directory_make(path, 0755, ret_error);
	if (is_made) {
		show_directory(places->state);
		show_directory(path);
	}
	free(path);
	if (!is_made)
		return false;
	AUTO_FD fd = directory_open(places);
	if (fd >= 0)
		return true;
	if (errno == EPERM)
		return error_say(ret_error, EPERM,
			"'%s/loaded' belongs to somebody else or can be written by others: make it "
			"root's alone",
			places->state);
	return error_make(ret_error, errno, "cannot open '%s/loaded'", places->state);
}

static bool write_as(const struct places *places, char *file, struct slice namespace,
	struct slice name, const struct record *record, struct error **ret_error)
{
	if (!directory_prepare(places, ret_error))
		return error_wrap(
			ret_error, "cannot remember that '%.*s' was loaded", SLICE_FMT(name));
	char *path = NULL;
	size_t len = 0;
	char *text = compose(namespace, name, record, &len);
	if (text && len > RECORD_BYTES) {
		free(text);
		return error_say(ret_error, ENAMETOOLONG,
			"cannot remember that '%.*s' was loaded: its name or path is too long",
			SLICE_FMT(name));
	}
	if (!file || !text || asprintf(&path, "%s/loaded/%s", places->state, file) < 0)
		path = NULL;
	bool is_written = path ? file_write(path, slice_of(text, len), ret_error)
			       : error_make(ret_error, ENOMEM, "cannot write a record");
	/* Readable by everyone, whatever the umask; a failure only makes `status` less talkative.
	 */
	if (is_written)
		(void)(path_chmod(path, 0644) < 0);
	free(path);
	free(text);
	return is_written ||
	       error_wrap(ret_error, "cannot remember that '%.*s' was loaded", SLICE_FMT(name));
}

bool record_write(const struct places *places, struct slice namespace, struct slice name,
	const struct record *record, struct error **ret_error)
{
	char *file = file_name(namespace, name);
	bool is_written = write_as(places, file, namespace, name, record, ret_error);
	free(file);
	return is_written;
}

bool record_prepare(const struct places *places, struct slice namespace, struct slice name,
	const struct record *record, struct error **ret_error)
{
	char *file = prepared_name(namespace, name);
	bool is_written = write_as(places, file, namespace, name, record, ret_error);
	free(file);
	return is_written;
}

static bool left_is_equal(const struct left_list *a, const struct left_list *b)
{
	for (size_t i = 0; a->count == b->count && i < a->count; i++)
		if (!slice_eq(a->items[i].name, b->items[i].name) ||
			memcmp(&a->items[i].identity, &b->items[i].identity,
				sizeof(struct digest)) != 0)
			return false;
	return a->count == b->count;
}

bool record_is_equal(const struct record *a, const struct record *b)
{
	return a->kind == b->kind && left_is_equal(&a->left, &b->left) &&
	       slice_eq(a->source, b->source) &&
	       memcmp(&a->identity, &b->identity, sizeof(a->identity)) == 0 &&
	       memcmp(&a->text, &b->text, sizeof(a->text)) == 0;
}

bool record_settle(const struct places *places, struct slice namespace, struct slice name,
	const struct record *record, struct arena *arena)
{
	struct record prepared;
	if (!record_read_prepared(places, namespace, name, arena, &prepared) ||
		!record_is_equal(&prepared, record))
		return false;
	char *from = prepared_name(namespace, name), *to = file_name(namespace, name);
	AUTO_FD directory = directory_open(places);
	bool is_settled =
		from && to && directory >= 0 && renameat(directory, from, directory, to) == 0;
	free(from);
	free(to);
	return is_settled;
}

void record_drop(const struct places *places, struct slice namespace, struct slice name)
{
	char *file = prepared_name(namespace, name);
	AUTO_FD directory = directory_open(places);
	if (file && directory >= 0)
		unlinkat(directory, file, 0);
	free(file);
}

bool record_remove(const struct places *places, struct slice namespace, struct slice name,
	struct error **ret_error)
{
	char *file = file_name(namespace, name);
	if (!file)
		return error_make(ret_error, ENOMEM, "cannot remove a record");
	record_drop(places, namespace, name);
	AUTO_FD directory = directory_open(places);
	bool is_gone = directory >= 0 && unlinkat(directory, file, 0) == 0;
	int number = errno;
	free(file);
	return is_gone || number == ENOENT ||
	       error_make(
		       ret_error, number, "cannot forget that '%.*s' was loaded", SLICE_FMT(name));
}
