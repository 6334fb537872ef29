/*
 * Does nothing for ten minutes, as a program or as the interpreter of a script (#!/usr/bin/idler
 * WORD), in ways that hide from others what it is. Its first argument is a list of words:
 *
 *     idler headless,away
 *
 *     wipe      writes a title in the place of its command line
 *     away      goes to the root directory
 *     jail      makes /srv/jail its root directory
 *     headless  its first thread ends, another goes on
 *     plain     nothing
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void *idle(void *unused)
{
	sleep(600);
	return unused;
}

static void wipe(int count, char **words)
{
	char *end = words[count - 1] + strlen(words[count - 1]);
	memset(words[0], 0, (size_t)(end - words[0]));
	snprintf(words[0], (size_t)(end - words[0]), "at work");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char ways[100] = "";
	if (argc > 1)
		snprintf(ways, sizeof(ways), "%s", argv[1]);
	if (strstr(ways, "away") && chdir("/") != 0)
		return 1;
	if (strstr(ways, "jail") && chroot("/srv/jail") != 0)
		return 1;
	if (strstr(ways, "wipe"))
		wipe(argc, argv);
	if (!strstr(ways, "headless")) {
		idle(NULL);
		return 0;
	}
	if (pthread_create(&thread, NULL, idle, NULL) != 0)
		return 1;
	pthread_exit(NULL);
}
