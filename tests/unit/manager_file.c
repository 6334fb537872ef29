#include "manager/system/file.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

UNIT_TEST(file_read_whole)
{
	struct place place = place_begin();
	struct bytes text = {0};
	struct error *error = NULL;
	CU_ASSERT_TRUE(file_read(place_put(&place, "a", "hello"), 5, &text, &error));
	CU_ASSERT_TRUE(slice_is(bytes_slice(&text), "hello"));
	CU_ASSERT_EQUAL(text.at[5], '\0');
	CU_ASSERT_TRUE(file_read(place_put(&place, "b", ""), 5, &text, &error));
	CU_ASSERT_EQUAL(text.len, 0);
	bytes_free(&text);
	place_end(&place);
}

UNIT_TEST(file_read_refuses_too_large)
{
	struct place place = place_begin();
	struct bytes text = {0};
	struct error *error = NULL;
	CU_ASSERT_FALSE(file_read(place_put(&place, "a", "hello!"), 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EFBIG, "larger than 5 bytes"));
	CU_ASSERT_FALSE(file_read(place_put(&place, "b", "hello, all"), 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EFBIG, "larger than 5 bytes"));
	CU_ASSERT_EQUAL(truncate(place_at(&place, "b"), (off_t)1 << 40), 0); /* sparse */
	CU_ASSERT_FALSE(file_read(place_at(&place, "b"), 1 << 20, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EFBIG, "larger than 1048576 bytes"));
	CU_ASSERT_FALSE(file_read("/proc/self/maps", 10, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EFBIG, "larger"));
	bytes_free(&text);
	place_end(&place);
}

UNIT_TEST(file_read_names_what_is_wrong)
{
	struct place place = place_begin();
	struct bytes text = {0};
	struct error *error = NULL;
	CU_ASSERT_FALSE(file_read(place.path, 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EISDIR, "is a directory, expected a file"));
	CU_ASSERT_FALSE(file_read(place_at(&place, "gone"), 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "gone': No such file"));
	bytes_free(&text);
	place_end(&place);
}

/* Each at once: a test that hangs is ended by the alarm. */
UNIT_TEST(file_read_takes_regular_files_only)
{
	struct place place = place_begin();
	struct bytes text = {0};
	struct error *error = NULL;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, place_at(&place, "socket"));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CU_ASSERT_EQUAL(mkfifo(place_at(&place, "fifo"), 0600), 0);
	CU_ASSERT_EQUAL(symlink("fifo", place_at(&place, "link")), 0);
	alarm(20);
	CU_ASSERT_FALSE(file_read(place_at(&place, "fifo"), 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a named pipe, expected a regular file"));
	CU_ASSERT_FALSE(file_read_operand(place_at(&place, "link"), 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a named pipe"));
	CU_ASSERT_FALSE(file_read(place_at(&place, "socket"), 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a socket"));
	CU_ASSERT_FALSE(file_read("/dev/zero", 5, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "'/dev/zero' is a device"));
	CU_ASSERT_TRUE(file_read("/proc/self/status", 1 << 20, &text, &error));
	CU_ASSERT_TRUE(text.len > 100);
	alarm(0);
	close(fd);
	bytes_free(&text);
	place_end(&place);
}

/* What was looked at is read, whatever takes its place then. */
UNIT_TEST(file_open_looked_is_of_what_was_seen)
{
	struct place place = place_begin();
	struct bytes text = {0};
	struct error *error = NULL;
	int looked = file_look(place_put(&place, "a", "seen"), &error);
	CU_ASSERT_TRUE_FATAL(looked >= 0);
	CU_ASSERT_EQUAL(unlink(place_at(&place, "a")), 0);
	CU_ASSERT_EQUAL(mkfifo(place_at(&place, "a"), 0600), 0);
	alarm(20);
	int fd = file_open_looked(looked, place_at(&place, "a"), &error);
	alarm(0);
	CU_ASSERT_TRUE(fd >= 0 && file_read_fd(fd, "a", 10, &text, &error));
	CU_ASSERT_TRUE(slice_is(bytes_slice(&text), "seen"));
	close(fd);
	close(looked);
	bytes_free(&text);
	place_end(&place);
}

UNIT_TEST(file_resolved_has_no_links)
{
	struct place place = place_begin();
	struct bytes path = {0};
	char *here = realpath(place.path, NULL);
	place_put(&place, "d/a", "x");
	CU_ASSERT_EQUAL(symlink("d/../d/a", place_at(&place, "link")), 0);
	int looked = file_look(place_at(&place, "link"), NULL);
	CU_ASSERT_TRUE(file_resolved(looked, &path));
	CU_ASSERT_TRUE(slice_starts(bytes_slice(&path), slice_str(here)));
	CU_ASSERT_TRUE(slice_ends(bytes_slice(&path), SLICE("/d/a")));
	CU_ASSERT_TRUE(file_lies_below(SLICE("/a/b"), SLICE("/a")));
	CU_ASSERT_TRUE(file_lies_below(SLICE("/a/b"), SLICE("/")));
	CU_ASSERT_FALSE(file_lies_below(SLICE("/ab"), SLICE("/a")));
	close(looked);
	free(here);
	bytes_free(&path);
	place_end(&place);
}

/* As `aaforge compile <(command)`. */
UNIT_TEST(file_read_operand_takes_the_shells_pipes)
{
	int fds[2];
	char name[64];
	struct bytes text = {0};
	struct error *error = NULL;
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	CU_ASSERT_EQUAL(write(fds[1], "hello", 5), 5);
	close(fds[1]);
	snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
	CU_ASSERT_TRUE(file_is_descriptor(name));
	CU_ASSERT_FALSE(file_read(name, 10, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a named pipe"));
	CU_ASSERT_TRUE(file_read_operand(name, 10, &text, &error));
	CU_ASSERT_TRUE(slice_is(bytes_slice(&text), "hello"));
	CU_ASSERT_EQUAL(close(fds[0]), 0);
	CU_ASSERT_FALSE(file_read_operand("/dev/fd/999999", 10, &text, &error));
	CU_ASSERT_TRUE(error_takes(&error, EBADF, "/dev/fd/999999"));
	CU_ASSERT_FALSE(file_is_descriptor("/dev/fd/"));
	CU_ASSERT_FALSE(file_is_descriptor("/dev/fd/1x"));
	bytes_free(&text);
}

UNIT_TEST(file_read_takes_a_pipe)
{
	int fds[2];
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 3000; i++)
			if (write(fds[1], "0123456789", 10) != 10)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	struct bytes text = {0};
	struct error *error = NULL;
	CU_ASSERT_TRUE(file_read_fd(fds[0], "-", 1 << 20, &text, &error));
	CU_ASSERT_EQUAL(text.len, 30000);
	waitpid(pid, NULL, 0);
	close(fds[0]);
	bytes_free(&text);
}

UNIT_TEST(file_list_is_sorted_and_flat)
{
	struct place place = place_begin();
	struct error *error = NULL;
	struct file_list list;
	struct bytes path = {0};
	const char *names[] = {"d/b.yml", "d/a.yaml", "d/.hidden.yaml", "d/c.txt",
		"d/sub.yaml/x.yaml", "d/B.yaml", "d/yaml"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		place_put(&place, names[i], "x");
	CU_ASSERT_EQUAL(symlink("a.yaml", place_at(&place, "d/z.yaml")), 0);
	CU_ASSERT_EQUAL(symlink("nowhere", place_at(&place, "d/y.yaml")), 0);
	CU_ASSERT_EQUAL(mkfifo(place_at(&place, "d/fifo.yaml"), 0600), 0);
	CU_ASSERT_TRUE_FATAL(file_list_read(place_at(&place, "d"), &list, &error));
	/* Also what only looks like a description: whoever opens it says what is wrong. */
	const char *want[] = {"d/B.yaml", "d/a.yaml", "d/b.yml", "d/fifo.yaml", "d/sub.yaml",
		"d/y.yaml", "d/z.yaml"};
	CU_ASSERT_EQUAL_FATAL(list.count, 7);
	for (size_t i = 0; i < 7; i++) {
		CU_ASSERT_TRUE_FATAL(file_list_path(&list, i, &path));
		CU_ASSERT_STRING_EQUAL(path.at, place_at(&place, want[i]));
	}
	file_list_free(&list);
	CU_ASSERT_TRUE(file_list_read(place_at(&place, "d/sub.yaml/"), &list, &error));
	CU_ASSERT_EQUAL_FATAL(list.count, 1);
	CU_ASSERT_TRUE_FATAL(file_list_path(&list, 0, &path));
	CU_ASSERT_STRING_EQUAL(path.at, place_at(&place, "d/sub.yaml/x.yaml"));
	bytes_free(&path);
	file_list_free(&list);
	CU_ASSERT_FALSE(file_list_read(place_at(&place, "gone"), &list, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "cannot read the directory"));
	CU_ASSERT_FALSE(file_list_read("", &list, &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "''"));
	place_end(&place);
}

UNIT_TEST(file_write_makes_and_replaces)
{
	struct place place = place_begin();
	struct error *error = NULL;
	mode_t before = umask(027);
	CU_ASSERT_TRUE(file_write(place_at(&place, "a"), SLICE("one"), &error));
	umask(before);
	struct stat at;
	CU_ASSERT_EQUAL(stat(place_at(&place, "a"), &at), 0);
	CU_ASSERT_EQUAL(at.st_mode & 07777, 0640);
	CU_ASSERT_TRUE(file_write(place_at(&place, "a"), SLICE("two"), &error));
	CU_ASSERT_TRUE(place_holds(&place, "a", "two"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 1);
	place_end(&place);
}

UNIT_TEST(file_write_relative_name)
{
	struct place place = place_begin();
	struct error *error = NULL;
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(chdir(place.path), 0);
	CU_ASSERT_TRUE(file_write("rel", SLICE("x"), &error));
	CU_ASSERT_EQUAL(fchdir(before), 0);
	close(before);
	CU_ASSERT_TRUE(place_holds(&place, "rel", "x"));
	place_end(&place);
}

UNIT_TEST(file_write_replaces_a_link)
{
	struct place place = place_begin();
	struct error *error = NULL;
	place_put(&place, "target", "precious");
	CU_ASSERT_EQUAL(symlink("target", place_at(&place, "link")), 0);
	CU_ASSERT_TRUE(file_write(place_at(&place, "link"), SLICE("new"), &error));
	CU_ASSERT_TRUE(place_holds(&place, "target", "precious"));
	CU_ASSERT_TRUE(place_holds(&place, "link", "new"));
	place_end(&place);
}

UNIT_TEST(file_write_refuses_other_kinds)
{
	struct place place = place_begin();
	struct error *error = NULL;
	CU_ASSERT_FALSE(file_write(place.path, SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EISDIR, "is a directory"));
	CU_ASSERT_FALSE(file_write(place_at(&place, ""), SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EISDIR, "is a directory"));
	CU_ASSERT_EQUAL(mkfifo(place_at(&place, "fifo"), 0600), 0);
	CU_ASSERT_FALSE(file_write(place_at(&place, "fifo"), SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a named pipe"));
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, place_at(&place, "socket"));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CU_ASSERT_FALSE(file_write(place_at(&place, "socket"), SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a socket"));
	close(fd);
	CU_ASSERT_FALSE(file_write("/dev/stdout", SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, EINVAL, "is a link of the system"));
	CU_ASSERT_FALSE(file_write(place_at(&place, "no/where"), SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOENT, "no/where"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 2);
	place_end(&place);
}

UNIT_TEST(file_write_devices)
{
	struct error *error = NULL;
	CU_ASSERT_TRUE(file_write("/dev/null", SLICE("x"), &error));
	CU_ASSERT_FALSE(file_write("/dev/full", SLICE("x"), &error));
	CU_ASSERT_TRUE(error_takes(&error, ENOSPC, "'/dev/full'"));
	struct stat at;
	CU_ASSERT_EQUAL(stat("/dev/full", &at), 0);
	CU_ASSERT_TRUE(S_ISCHR(at.st_mode));
}

/* A size limit is the full disk that needs no file system of its own. */
UNIT_TEST(file_write_failure_keeps_the_old_text)
{
	struct place place = place_begin();
	place_put(&place, "a", "old");
	pid_t pid = fork();
	if (pid == 0) {
		struct error *error = NULL;
		static char text[100000];
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){5000, 5000});
		bool is_written =
			file_write(place_at(&place, "a"), slice_of(text, sizeof(text)), &error);
		_exit(!is_written && error_takes(&error, EFBIG, "cannot write") ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_TRUE(place_holds(&place, "a", "old"));
	CU_ASSERT_EQUAL(place_count(&place, ""), 1);
	place_end(&place);
}

UNIT_TEST(file_write_read_only_directory)
{
	struct place place = place_begin();
	place_put(&place, "d/a", "old");
	chmod(place.path, 0755);
	chmod(place_at(&place, "d"), 0555);
	pid_t pid = fork();
	if (pid == 0) {
		struct error *error = NULL;
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(2);
		bool is_written = file_write(place_at(&place, "d/a"), SLICE("new"), &error);
		_exit(!is_written && error_takes(&error, EACCES, "d/a") ? 0 : 1);
	}
	int status;
	waitpid(pid, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_TRUE(place_holds(&place, "d/a", "old"));
	chmod(place_at(&place, "d"), 0755);
	place_end(&place);
}

UNIT_TEST(directory_make_with_parents)
{
	struct place place = place_begin();
	struct error *error = NULL;
	CU_ASSERT_TRUE(directory_make(place_at(&place, "x/y/z"), 0700, &error));
	CU_ASSERT_TRUE(directory_make(place_at(&place, "x/y/z/"), 0700, &error));
	CU_ASSERT_TRUE(file_is_directory(place_at(&place, "x/y/z")));
	place_put(&place, "file", "");
	CU_ASSERT_FALSE(directory_make(place_at(&place, "file/y"), 0700, &error));
	CU_ASSERT_TRUE(error_takes(&error, EEXIST, "file'"));
	place_end(&place);
}
