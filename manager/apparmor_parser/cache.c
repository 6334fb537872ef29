#include "manager/apparmor_parser/cache.h"

#include "manager/system/file.h"
#include "manager/system/path.h"
#include "manager/system/stop.h"
#include "manager/system/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * An entry: 16 bytes of magic, the key, SHA-256 of the value, its length (8 bytes, little endian),
 * the value. The file's name is the key in hex.
 */
#define MAGIC	     "aaforge cache 1\n"
#define MAGIC_BYTES  16
#define HEADER_BYTES (MAGIC_BYTES + 2 * DIGEST_BYTES + 8)
#define VALUE_MOST   (64UL << 20)

struct cache {
	int directory; /* -1: not in use */
	bool has_added;
	size_t entries, bytes; /* limits */
	struct bytes scratch;
	struct error *trouble;
};

char *cache_default_directory(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int len = -1;
	if (geteuid() == 0)
		len = asprintf(&path, "/var/cache/aaforge");
	else if (xdg && *xdg == '/')
		len = asprintf(&path, "%s/aaforge", xdg);
	else if (home && *home == '/')
		len = asprintf(&path, "%s/.cache/aaforge", home);
	return len < 0 ? NULL : path;
}

/* Keeps the first error, for the curious. */
static void note(struct cache *cache, struct error *error)
{
	if (cache->trouble)
		error_free(error);
	else
		cache->trouble = error;
}

/* Ours or root's, and nobody else can have written it. */
static bool is_trusted(const struct stat *stat)
{
	return (stat->st_uid == geteuid() || stat->st_uid == 0) && (stat->st_mode & 022) == 0;
}

static void open_directory(struct cache *cache, const char *path)
{
	struct error *error = NULL;
	struct stat stat;
	if (!directory_make(path, 0700, &error)) {
		note(cache, error);
		return;
	}
	int fd = path_open(path, O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0 && fstat(fd, &stat) == 0 && is_trusted(&stat)) {
		cache->directory = fd;
		return;
	}
	if (fd < 0)
		error_make(&error, errno, "cannot open the cache '%s'", path);
	else
		error_say(&error, EPERM, "others can write to the cache '%s'", path);
	note(cache, error);
	if (fd >= 0)
		close(fd);
}

struct cache *cache_open_limited(const char *directory, size_t entries, size_t bytes)
{
	struct cache *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return NULL;
	*cache = (struct cache){.directory = -1, .entries = entries, .bytes = bytes};
	if (directory)
		open_directory(cache, directory);
	return cache;
}

struct cache *cache_open(const char *directory)
{
	return cache_open_limited(directory, CACHE_ENTRIES, CACHE_BYTES);
}

static bool is_ours(int fd)
{
	struct stat stat;
	return fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && is_trusted(&stat);
}

static uint64_t read_length(const char *at)
{
	uint64_t length = 0;
	for (size_t i = 0; i < 8; i++)
		length |= (uint64_t)(unsigned char)at[i] << (8 * i);
	return length;
}

/* Whether the bytes are an entry of the key, whole and undamaged. */
static bool is_entry(const struct bytes *entry, const struct digest *key)
{
	if (entry->len < HEADER_BYTES || memcmp(entry->at, MAGIC, MAGIC_BYTES) != 0 ||
		memcmp(entry->at + MAGIC_BYTES, key->bytes, DIGEST_BYTES) != 0)
		return false;
	struct slice value = slice_from(bytes_slice(entry), HEADER_BYTES);
	if (read_length(entry->at + HEADER_BYTES - 8) != value.len)
		return false;
	struct digest digest = digest_of(value);
	return memcmp(entry->at + MAGIC_BYTES + DIGEST_BYTES, digest.bytes, DIGEST_BYTES) == 0;
}

bool cache_get(struct cache *cache, const struct digest *key, struct bytes *ret_value)
{
	char name[DIGEST_HEX + 1];
	digest_hex(key, name);
	if (cache->directory < 0)
		return false;
	int fd = openat(cache->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool is_read = is_ours(fd) &&
		       file_read_fd(fd, name, HEADER_BYTES + VALUE_MOST, &cache->scratch, NULL);
	close(fd);
	if (!is_read || !is_entry(&cache->scratch, key))
		return false;
	ret_value->len = 0;
	return bytes_add(ret_value, slice_from(bytes_slice(&cache->scratch), HEADER_BYTES));
}

static bool write_entry(struct cache *cache, int fd, const struct digest *key, struct slice value)
{
	struct digest digest = digest_of(value);
	char header[HEADER_BYTES], *at = header;
	at = mempcpy(at, MAGIC, MAGIC_BYTES);
	at = mempcpy(at, key->bytes, DIGEST_BYTES);
	at = mempcpy(at, digest.bytes, DIGEST_BYTES);
	for (size_t i = 0; i < 8; i++)
		*at++ = (char)(value.len >> (8 * i));
	cache->scratch.len = 0;
	return bytes_add(&cache->scratch, slice_of(header, sizeof(header))) &&
	       bytes_add(&cache->scratch, value) && fd_write(fd, bytes_slice(&cache->scratch));
}

/* No fsync: after a power cut a damaged entry is a miss. */
static bool put(struct cache *cache, const struct digest *key, struct slice value)
{
	struct temporary temporary;
	char name[DIGEST_HEX + 1];
	digest_hex(key, name);
	if (!temporary_make(cache->directory, false, &temporary))
		return false;
	bool is_put = fchmod(temporary.fd, 0600) == 0 &&
		      write_entry(cache, temporary.fd, key, value) &&
		      renameat(cache->directory, temporary.name, cache->directory, name) == 0;
	int number = errno;
	if (!is_put)
		unlinkat(cache->directory, temporary.name, 0);
	close(temporary.fd);
	errno = number;
	return is_put;
}

void cache_put(struct cache *cache, const struct digest *key, struct slice value)
{
	if (cache->directory < 0 || value.len > VALUE_MOST)
		return;
	struct stop_hold hold;
	stop_hold(&hold);
	bool is_put = put(cache, key, value);
	stop_release(&hold);
	if (is_put) {
		cache->has_added = true;
		return;
	}
	struct error *error = NULL;
	error_make(&error, errno, "cannot write to the cache");
	note(cache, error);
}

/* What the sweep needs to know of an entry. */
struct entry {
	int64_t age_seconds, age_nanoseconds; /* time of modification */
	size_t bytes;
	char name[DIGEST_HEX + 1];
};

struct entries {
	struct entry *at;
	size_t count, cap;
	size_t bytes;
};

static void entries_add(struct entries *entries, const char *name, const struct stat *stat)
{
	if (entries->count == entries->cap) {
		size_t cap = entries->cap ? entries->cap * 2 : 1024;
		struct entry *at = reallocarray(entries->at, cap, sizeof(*at));
		if (!at)
			return;
		entries->at = at;
		entries->cap = cap;
	}
	struct entry *entry = &entries->at[entries->count++];
	*entry = (struct entry){
		.age_seconds = stat->st_mtim.tv_sec,
		.age_nanoseconds = stat->st_mtim.tv_nsec,
		.bytes = (size_t)stat->st_size,
	};
	strcpy(entry->name, name);
	entries->bytes += entry->bytes;
}

static int oldest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->age_seconds != y->age_seconds)
		return x->age_seconds < y->age_seconds ? -1 : 1;
	if (x->age_nanoseconds != y->age_nanoseconds)
		return x->age_nanoseconds < y->age_nanoseconds ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool is_entry_name(const char *name)
{
	return strlen(name) == DIGEST_HEX && strspn(name, "0123456789abcdef") == DIGEST_HEX;
}

static void list_entries(int directory, struct entries *entries)
{
	int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = again < 0 ? NULL : fdopendir(again);
	if (!files) {
		if (again >= 0)
			close(again);
		return;
	}
	struct stat stat;
	for (struct dirent *file; (file = readdir(files));)
		if (is_entry_name(file->d_name) &&
			fstatat(directory, file->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
			entries_add(entries, file->d_name, &stat);
	closedir(files);
}

/* A sixteenth more than needed goes, so that not every run has to do it again. */
static void drop_oldest(struct cache *cache)
{
	struct entries entries = {0};
	list_entries(cache->directory, &entries);
	if (entries.count > cache->entries || entries.bytes > cache->bytes) {
		qsort(entries.at, entries.count, sizeof(*entries.at), oldest_first);
		size_t most_entries = cache->entries - cache->entries / 16;
		size_t most_bytes = cache->bytes - cache->bytes / 16;
		for (size_t i = 0, count = entries.count;
			count > most_entries || entries.bytes > most_bytes; i++, count--) {
			unlinkat(cache->directory, entries.at[i].name, 0);
			entries.bytes -= entries.at[i].bytes;
		}
	}
	free(entries.at);
}

void cache_close(struct cache *cache)
{
	if (!cache)
		return;
	if (cache->has_added) {
		temporary_sweep(cache->directory);
		drop_oldest(cache);
	}
	if (cache->directory >= 0)
		close(cache->directory);
	bytes_free(&cache->scratch);
	error_free(cache->trouble);
	free(cache);
}

const struct error *cache_trouble(const struct cache *cache)
{
	return cache->trouble;
}
