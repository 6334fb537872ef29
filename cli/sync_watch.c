#include "cli/said.h"
#include "cli/sync.h"
#include "manager/system/file.h"
#include "manager/system/stop.h"
#include "manager/system/path.h"
#include "manager/change/watch.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* Milliseconds. */
#define QUIET	   200	 /* without news, before they are acted on … */
#define QUIET_MOST 2000	 /* … which never takes longer */
#define RETRY	   30000 /* after a failure of the system */
#define REST	   5000	 /* between rounds, when somebody else keeps undoing ours */
#define RELOOK	   2000	 /* at the tasks of profiles that go when the last of them has ended */

/* So many rounds in which profiles were mended, each within so many seconds, are a fight. */
#define FIGHTS_MOST 5
#define FIGHT_OVER  60

struct following {
	struct sync *sync;
	struct watch *watch;
	struct said said;
	unsigned fights;
	time_t last_fight; /* seconds of the monotonic clock */
	bool is_first;
	bool has_used; /* the last round gathered something */
	size_t missed; /* files that it could not follow */
};

static time_t seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static const char *directory_of(const struct following *following)
{
	return following->sync->machine->options->arguments[0];
}

/* One file that cannot be followed is no reason to stop. The first is told. */
static void follow_file(struct following *following, const char *path)
{
	struct error *error = NULL;
	if (watch_add(following->watch, path, &error))
		return;
	if (following->missed++ == 0)
		print_error(error);
	else
		error_free(error);
}

/* A template may lie elsewhere. */
static void follow_templates(void *context, const struct gathering *gathering)
{
	struct following *following = context;
	struct slice last = {0};
	for (size_t i = 0; i < gathering->count; i++) {
		const struct gathered_template *template = gathering->items[i].templates;
		for (; template; template = template->next) {
			if (!slice_eq(template->path, last))
				follow_file(following, template->path.at);
			last = template->path;
		}
	}
	following->has_used = true;
}

static bool is_link(const char *path)
{
	struct stat at;
	return path_lstat(path, &at) == 0 && S_ISLNK(at.st_mode);
}

/* Descriptions that are symbolic links: what they lead to is edited elsewhere. */
static void follow_links(struct following *following)
{
	struct file_list files;
	struct bytes path = {0};
	if (!file_list_read(directory_of(following), &files, NULL))
		return;
	for (size_t i = 0; i < files.count; i++) {
		if (!file_list_path(&files, i, &path))
			out_of_memory();
		if (is_link(path.at))
			follow_file(following, path.at);
	}
	bytes_free(&path);
	file_list_free(&files);
}

/* The round itself. Where the directory's links lead to none, its profiles stay. */
static enum status look(struct following *following)
{
	const char *directory = directory_of(following);
	struct error *error = NULL;
	if (!watch_begin(following->watch, &error))
		print_error(error);
	if (!file_is_directory(directory)) {
		print_problem("'%s' leads to no directory now: its profiles stay as they are until "
			      "it does",
			directory);
		return STATUS_SYSTEM;
	}
	following->has_used = false;
	following->missed = 0;
	enum status status = sync_round(following->sync, follow_templates, following);
	follow_links(following);
	if (following->missed > 1)
		print_problem("note: nor are %zu more files followed", following->missed - 1);
	if (following->has_used)
		watch_settle(following->watch);
	return status;
}

static enum status round_of(struct following *following, const struct watch_news *news)
{
	said_begin(&following->said);
	enum status status = look(following);
	said_end(&following->said, bytes_slice(&news->names), news->all_files || news->asked);
	return finish_output(status);
}

static bool is_only_of_the_kernel(const struct watch_news *news)
{
	return news->kernel && !news->files && !news->asked;
}

/* Notes a round that the kernel's changes caused, and that changed something itself. */
static void note_fight(struct following *following, const struct watch_news *news)
{
	time_t now = seconds();
	if (!is_only_of_the_kernel(news) || !following->sync->has_changed)
		return;
	following->fights = now - following->last_fight > FIGHT_OVER ? 1 : following->fights + 1;
	following->last_fight = now;
	if (following->fights == FIGHTS_MOST)
		print_problem("somebody else keeps changing the profiles of '%s'; from now on they "
			      "are mended every %d seconds at most",
			directory_of(following), REST / 1000);
}

/* Who fights for the kernel's policy does it slowly. */
static void rest(struct following *following, const struct watch_news *news)
{
	if (is_only_of_the_kernel(news) && following->fights >= FIGHTS_MOST &&
		seconds() - following->last_fight <= FIGHT_OVER)
		watch_pause(following->watch, REST);
}

static bool confines_nobody(const struct tasks *tasks, struct slice name)
{
	for (size_t i = 0; i < tasks->count; i++)
		if (label_holds(tasks->tasks[i].label, SLICE(""), name))
			return false;
	return true;
}

/* Whether one of the profiles that are awaited has no task any more, or nobody can tell. */
static bool can_one_go(const struct sync *sync)
{
	const struct bytes *awaited = &sync->awaited;
	struct arena arena;
	struct tasks tasks;
	bool can = false;
	arena_init(&arena, out_of_memory);
	if (tasks_read(&sync->machine->places, &arena, &tasks, NULL) && !tasks.is_partial)
		for (size_t at = 0; at < awaited->len && !can;) {
			struct slice name = slice_str(awaited->at + at);
			can = confines_nobody(&tasks, name);
			at += name.len + 1;
		}
	arena_free(&arena);
	return can;
}

/* Sleeps until there is something to do: news, or the end of the last task of a profile. */
static bool wait_for_news(struct following *following, enum status status,
	struct watch_news *ret_news, struct error **ret_error)
{
	int left = status == STATUS_SYSTEM ? RETRY : -1;
	for (;;) {
		bool waits = following->sync->awaited.len > 0;
		int now = waits && (left < 0 || left > RELOOK) ? RELOOK : left;
		if (!watch_wait(following->watch, now, ret_news, ret_error))
			return false;
		if (!ret_news->is_timeout || !waits || can_one_go(following->sync))
			return true;
		if (left >= 0 && (left -= now) <= 0)
			return true;
	}
}

static enum status follow(struct following *following)
{
	struct watch_news news = {.all_files = true};
	for (;;) {
		struct error *error = NULL;
		enum status status = round_of(following, &news);
		if (following->is_first && status >= STATUS_USAGE)
			return status;
		if (following->is_first && !following->sync->machine->options->quiet)
			fprintf(stderr, "following '%s'\n", directory_of(following));
		following->is_first = false;
		note_fight(following, &news);
		if (!wait_for_news(following, status, &news, &error))
			return print_error(error);
		if (news.is_gone) {
			print_problem("the directory '%s' is gone; its profiles stay as they are",
				directory_of(following));
			return STATUS_SYSTEM;
		}
		rest(following, &news);
	}
}

enum status sync_watch(struct sync *sync)
{
	const struct places *places = &sync->machine->places;
	struct following following = {.sync = sync, .is_first = true};
	struct arena *own = &sync->machine->own;
	struct slice revision = sync->machine->has_kernel
					? arena_printf(own, "%s/revision", places->apparmorfs)
					: slice_of(NULL, 0);
	const struct watch_options options = {
		.directory = sync->machine->options->arguments[0],
		.revision = revision.at,
		.quiet = QUIET,
		.most = QUIET_MOST,
	};
	struct error *error = NULL;
	if (!watch_open(&options, &following.watch, &error))
		return print_error(error);
	stop_is_success();
	enum status status = follow(&following);
	watch_close(following.watch);
	said_free(&following.said);
	bytes_free(&sync->awaited);
	return status;
}
