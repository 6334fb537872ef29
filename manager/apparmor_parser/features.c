#include "manager/apparmor_parser/features.h"

#include "manager/system/file.h"
#include "manager/system/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/apparmor.h>
#include <sys/mman.h>
#include <unistd.h>

#define FEATURES_BYTES (1UL << 20)

/* Name at the start of a block: "file {". */
static bool has_block(struct slice text, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = text.at, *end = text.at + text.len;
		(at = slice_find(slice_of(at, (size_t)(end - at)), slice_of(name, len)));
		at += len) {
		bool is_start = at == text.at || at[-1] == '\n' || at[-1] == ' ';
		struct slice rest = slice_trim(slice_of(at + len, (size_t)(end - at) - len));
		if (is_start && rest.len > 0 && rest.at[0] == '{')
			return true;
	}
	return false;
}

/*
 *     file {mask {create read write exec append mmap_exec link lock
 *     }
 *     }
 */
static bool is_features(struct slice text)
{
	long depth = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if ((c < ' ' && c != '\n' && c != '\t') || c >= 0x7f)
			return false;
		depth += c == '{' ? 1 : c == '}' ? -1 : 0;
		if (depth < 0)
			return false;
	}
	return depth == 0 && has_block(text, "file") && has_block(text, "policy");
}

/* The text that a directory of the kernel stands for, as libapparmor writes it. */
static bool read_tree(const char *path, struct bytes *ret_text)
{
	aa_features *tree = NULL;
	int fd = memfd_create("features", MFD_CLOEXEC);
	char self[64], *real = path_real(path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	bool is_plain = real && path_tree_is_plain(real); /* libapparmor knows of no root */
	if (real && !is_plain)
		errno = EXDEV;
	bool is_read = fd >= 0 && is_plain && aa_features_new(&tree, AT_FDCWD, real) == 0 &&
		       aa_features_write_to_file(tree, AT_FDCWD, self) == 0 &&
		       lseek(fd, 0, SEEK_SET) == 0 &&
		       file_read_fd(fd, path, FEATURES_BYTES, ret_text, NULL);
	int number = errno;
	aa_features_unref(tree);
	free(real);
	if (fd >= 0)
		close(fd);
	errno = number;
	return is_read;
}

static bool read_features(const char *path, struct bytes *ret_text, struct error **ret_error)
{
	if (!file_is_directory(path))
		return file_read(path, FEATURES_BYTES, ret_text, ret_error);
	return read_tree(path, ret_text) || error_make(ret_error, errno, "cannot read '%s'", path);
}

static bool explain(struct error **error, const char *given, const char *base, enum abi abi)
{
	if (given)
		return error_wrap(error, "the features file cannot be used");
	if (abi == ABI_4_0 && error && error_number(*error) == ENOENT)
		return error_wrap(error,
			"no features of ABI 4.0 below '%s', which comes with AppArmor 4: compile for "
			"--abi 3.0, or name a file with --features",
			base);
	return error_wrap(error,
		"no features to compile for below '%s': install the Debian package 'apparmor', or "
		"name a file with --features",
		base);
}

bool features_choose(const char *given, const char *base, enum abi abi,
	struct features *ret_features, struct error **ret_error)
{
	struct features features = {0};
	struct bytes text = {0};
	const char *version = abi_name(abi == ABI_NONE ? ABI_3_0 : abi);
	int len = given ? asprintf(&features.path, "%s", given)
			: asprintf(&features.path, "%s/abi/%s", base, version);
	if (len < 0)
		return error_make(ret_error, ENOMEM, "cannot choose the features");
	bool is_fine = read_features(features.path, &text, ret_error);
	if (is_fine && !is_features(bytes_slice(&text)))
		is_fine = error_say(ret_error, EINVAL,
			"'%s' does not describe features of an AppArmor kernel", features.path);
	if (is_fine) {
		features.digest = digest_of(bytes_slice(&text));
		*ret_features = features;
	} else {
		explain(ret_error, given, base, abi);
		free(features.path);
	}
	bytes_free(&text);
	return is_fine;
}

void features_free(struct features *features)
{
	free(features->path);
	*features = (struct features){0};
}
