/*
 * floor IN OUT BYTES: the least that any compiler of descriptions must do. Parses every file of the
 * directory IN with libyaml, and writes a file of BYTES bytes of the same name to the directory
 * OUT.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static size_t read_file(int dir, const char *name, char **text, size_t *room)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		die(name);
	if ((size_t)st.st_size + 1 > *room) {
		*room = (size_t)st.st_size * 2 + 1;
		*text = realloc(*text, *room);
		if (!*text)
			die("memory");
	}
	ssize_t got = read(fd, *text, *room);
	if (got < 0)
		die(name);
	close(fd);
	return (size_t)got;
}

static void parse(const char *text, size_t len)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		die("libyaml");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	for (int done = 0; !done;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&parser, &event))
			die("yaml");
		done = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
}

static void write_file(int dir, const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) < 0)
		die(name);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: floor IN OUT BYTES\n", stderr);
		return 2;
	}
	int in = open(argv[1], O_RDONLY | O_DIRECTORY), out = open(argv[2], O_RDONLY | O_DIRECTORY);
	size_t bytes = strtoul(argv[3], NULL, 10), room = 0;
	char *output = calloc(1, bytes + 1), *text = NULL;
	DIR *dir = in < 0 ? NULL : fdopendir(in);
	if (!dir || out < 0 || !output)
		die(argv[1]);
	memset(output, '#', bytes);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		size_t len = read_file(in, entry->d_name, &text, &room);
		parse(text, len);
		write_file(out, entry->d_name, output, bytes);
	}
	closedir(dir);
	free(text);
	free(output);
	return 0;
}
