/*
 * Makes system calls as its arguments say, each with harmless arguments, and prints a line for
 * each: the action and 'ok', the name of the errno, or a number. Linked statically, without the
 * threads and files that a library would open, so that a filter needs little to let it run.
 *
 *     inmate call:add_key call:unshare:0x10000000 socket:38 bind:80
 *         call:add_key EPERM
 *         …
 *
 *     call:NAME[:NUMBER …]   with these arguments, the others 0: what gets through fails otherwise
 *     socket:FAMILY          a socket of the family's number
 *     bind:PORT              a TCP socket on that port
 *     create:PATH read:PATH  a file
 *     map:PATH               into memory, as code
 *     chown:PATH             to root
 *     euid:NUMBER            whether it is the effective user
 *     sleep:SECONDS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct call {
	const char *name;
	long number;
} calls[] = {
	{"add_key", SYS_add_key},
	{"bpf", SYS_bpf},
	{"clone", SYS_clone},
	{"clone3", SYS_clone3},
	{"getpid", SYS_getpid},
	{"io_uring_setup", SYS_io_uring_setup},
	{"kexec_load", SYS_kexec_load},
	{"mkdir", SYS_mkdir},
	{"mount", SYS_mount},
	{"personality", SYS_personality},
	{"ptrace", SYS_ptrace},
	{"setns", SYS_setns},
	{"sethostname", SYS_sethostname},
	{"unshare", SYS_unshare},
	{"uname", SYS_uname},
	{"userfaultfd", SYS_userfaultfd},
};

static long call(char *words)
{
	long values[6] = {0};
	const char *name = strtok(words, ":"), *word;
	for (size_t i = 0; i < 6 && (word = strtok(NULL, ":")); i++)
		values[i] = (long)strtoul(word, NULL, 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return syscall(calls[i].number, values[0], values[1], values[2], values[3],
				values[4], values[5]);
	fprintf(stderr, "inmate: no '%s'\n", name);
	exit(2);
}

static long bind_to(char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof(address));
}

static long open_file(char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0700);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static long create(char *path)
{
	return open_file(path, O_RDWR | O_CREAT);
}

static long read_from(char *path)
{
	return open_file(path, O_RDONLY);
}

static long map(char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at =
		fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return at == MAP_FAILED ? -1 : 0;
}

static long chown_to_root(char *path)
{
	return chown(path, 0, 0);
}

static long make_socket(char *family)
{
	return socket(atoi(family), SOCK_DGRAM, 0) < 0 ? -1 : 0;
}

static long is_user(char *number)
{
	return geteuid() == (uid_t)atoi(number) ? 0 : -1;
}

static long wait_for(char *seconds)
{
	return (long)sleep((unsigned)atoi(seconds));
}

static const struct action {
	const char *name;
	long (*act)(char *words);
} actions[] = {
	{"bind", bind_to},
	{"call", call},
	{"chown", chown_to_root},
	{"create", create},
	{"euid", is_user},
	{"map", map},
	{"read", read_from},
	{"sleep", wait_for},
	{"socket", make_socket},
};

static long act(const char *action)
{
	char words[128];
	const char *colon = strchr(action, ':');
	size_t len = colon ? (size_t)(colon - action) : 0;
	if (len == 0 || strlen(colon) > sizeof(words)) {
		fprintf(stderr, "inmate: '%s'?\n", action);
		exit(2);
	}
	strcpy(words, colon + 1);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strlen(actions[i].name) == len && strncmp(action, actions[i].name, len) == 0)
			return actions[i].act(words);
	fprintf(stderr, "inmate: '%s'?\n", action);
	exit(2);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char line[256];
		errno = 0;
		long result = act(argv[i]);
		const char *name = result < 0 ? strerrorname_np(errno) : "ok";
		int len = snprintf(line, sizeof(line), "%s %s\n", argv[i], name ? name : "?");
		if (write(1, line, (size_t)len) != len)
			return 1;
	}
	return 0;
}
