#include "tests/unit/policy_support.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct slice test_file(struct arena *arena, const char *path)
{
	struct buf buf = buf_new(arena);
	char block[8192];
	size_t len;
	FILE *file = fopen(path, "r");
	if (!file)
		return slice_of(NULL, 0);
	while ((len = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(&buf, slice_of(block, len));
	fclose(file);
	return buf.len ? buf_slice(&buf) : slice_of("", 0);
}

static struct include_file *file_load(struct test_loader *loader, struct slice path)
{
	struct unit *unit = loader->unit;
	for (struct loaded *l = loader->loaded; l; l = l->next)
		if (slice_eq(l->path, path))
			return l->file;
	struct slice text = test_file(&unit->arena, path.at);
	if (!text.at || loader->depth > 20)
		return NULL;
	struct include_file *file = arena_new(&unit->arena, struct include_file);
	struct loaded *loaded = arena_new(&unit->arena, struct loaded);
	*loaded = (struct loaded){loader->loaded, path, file};
	loader->loaded = loaded;
	file->name = path;
	file->text = text;
	file->preamble = arena_new(&unit->arena, struct preamble);
	file->body = arena_new(&unit->arena, struct body);
	loader->depth++;
	struct statement *first = NULL;
	parse_policy(unit, sources_add(&unit->sources, path, text, 1), &first);
	policy_read_include(unit, first, &loader->loader, file->preamble, file->body);
	loader->depth--;
	return file;
}

static int is_included(const struct dirent *entry)
{
	static const char *const endings[] = {".dpkg-new", ".dpkg-old", ".dpkg-dist", ".dpkg-bak"};
	struct slice name = slice_str(entry->d_name);
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (slice_ends(name, slice_str(endings[i])))
			return 0;
	return entry->d_name[0] != '.' && !slice_is(name, "README");
}

static struct include_file *directory_load(struct test_loader *loader, struct slice path)
{
	struct include_file *first = NULL, **end = &first;
	struct dirent **entries;
	int count = scandir(path.at, &entries, is_included, alphasort);
	for (int i = 0; i < count; i++) {
		struct slice name = arena_printf(
			&loader->unit->arena, "%.*s/%s", SLICE_FMT(path), entries[i]->d_name);
		struct include_file *file = file_load(loader, name);
		free(entries[i]);
		if (!file)
			continue;
		struct include_file *copy = arena_new(&loader->unit->arena, struct include_file);
		*copy = *file;
		copy->next = NULL;
		*end = copy;
		end = &copy->next;
	}
	if (count >= 0)
		free(entries);
	return first;
}

static struct include_file *find(void *context, struct slice path, bool magic, bool *ret_missing)
{
	struct test_loader *loader = context;
	struct stat status;
	struct slice full = path;
	if (magic || !slice_starts(path, SLICE("/")))
		full = arena_printf(&loader->unit->arena, "%s/%.*s", loader->base, SLICE_FMT(path));
	else
		full = arena_copy(&loader->unit->arena, path);
	*ret_missing = stat(full.at, &status) != 0;
	if (*ret_missing)
		return NULL;
	return S_ISDIR(status.st_mode) ? directory_load(loader, full) : file_load(loader, full);
}

void test_loader_init(struct test_loader *loader, struct unit *unit, const char *base)
{
	*loader = (struct test_loader){.loader = {find, loader}, .unit = unit, .base = base};
}

bool test_read(struct unit *unit, const char *name, struct slice text, enum origin origin,
	const struct include_loader *loader, struct policy *ret_policy)
{
	struct statement *first = NULL;
	const struct source *source = sources_add(&unit->sources, slice_str(name), text, 1);
	bool ok = parse_policy(unit, source, &first);
	return policy_read(unit, first, origin, loader, ret_policy) && ok;
}

struct rule *test_rule(struct unit *unit, const char *text, enum abi abi, bool deny)
{
	struct statement *statement = NULL;
	const struct source *source =
		sources_add(&unit->sources, SLICE("rule"), slice_str(text), 1);
	struct span at = {source->begin, source->begin + (uint32_t)source->text.len};
	if (!parse_rule(unit, source->text, at, true, &statement))
		return NULL;
	return policy_read_rule(unit, statement, ORIGIN_DESCRIPTION, abi, deny);
}

struct slice test_print(
	struct unit *unit, const struct policy *policy, const struct print_options *options)
{
	struct buf out = buf_new(&unit->arena);
	preamble_print(&policy->preamble, options, &out);
	for (const struct profile *profile = policy->profiles; profile; profile = profile->next) {
		if (out.len)
			buf_add_char(&out, '\n');
		profile_print(profile, options, &out);
	}
	return buf_slice(&out);
}

bool test_has_abi_4(void)
{
	return access(SYSTEM_POLICY "/abi/4.0", R_OK) == 0;
}

static void run_parser(FILE *in, FILE *out, FILE *errors)
{
	char *features = test_has_abi_4() ? SYSTEM_POLICY "/abi/4.0" : SYSTEM_POLICY "/abi/3.0";
	char *arguments[] = {
		"apparmor_parser", "--config-file=/dev/null", "-M", features, "-QK", "-S", NULL};
	char *environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin", NULL};
	dup2(fileno(in), 0);
	dup2(fileno(out), 1);
	dup2(fileno(errors), 2);
	execve("/sbin/apparmor_parser", arguments, environment);
	_exit(127);
}

static struct slice read_back(struct arena *arena, FILE *file)
{
	struct buf buf = buf_new(arena);
	char block[8192];
	size_t len;
	rewind(file);
	while ((len = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(&buf, slice_of(block, len));
	return buf.len ? buf_slice(&buf) : slice_of("", 0);
}

struct slice test_binary(struct arena *arena, struct slice text, struct slice *ret_error)
{
	FILE *in = tmpfile(), *out = tmpfile(), *errors = tmpfile();
	int status = 0;
	if (!in || !out || !errors)
		abort();
	fwrite(text.at, 1, text.len, in);
	fflush(in);
	rewind(in);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		run_parser(in, out, errors);
	waitpid(pid, &status, 0);
	struct slice binary = read_back(arena, out);
	*ret_error = read_back(arena, errors);
	fclose(in);
	fclose(out);
	fclose(errors);
	return status == 0 ? binary : slice_of(NULL, 0);
}

void test_no_diagnostics(const struct unit *unit, const char *what)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf out = buf_new(&arena);
	for (const struct diag *diag = unit->diags.first; diag; diag = diag->next)
		diag_render(diag, &unit->sources, &out);
	if (out.len)
		printf("\n%s:\n%.*s", what, SLICE_FMT(buf_slice(&out)));
	CU_ASSERT_EQUAL(out.len, 0);
	arena_free(&arena);
}
