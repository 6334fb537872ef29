#include "audit/import.h"

#include "audit/intake.h"
#include "compiler/service/keys.h"
#include "compiler/service/read.h"

enum { PATHS_MAX = 200 };

/* What may hold a value that a description does not take; such a part is left out. */
enum part {
	PART_PATHS = 1 << 0,
	PART_IMAGE = 1 << 1,
	PART_USER = 1 << 2,
	PART_TMPFS = 1 << 3,
	PART_VOLUMES = 1 << 4,
	PART_PORTS = 1 << 5,
	PART_LIMITS = 1 << 6,
	PART_ALL = (1 << 7) - 1,
};

struct importer {
	unsigned parts; /* a sum of enum part */
	struct unit *unit;
	const struct workload *workload;
	const struct subject *subject;
	struct buf out;
};

/* A double-quoted YAML text, or the bare one where it can stand for nothing else. */
static void add_text(struct importer *importer, struct slice text)
{
	struct buf *out = &importer->out;
	bool bare = text.len > 0 && (text.at[0] == '/' || (text.at[0] >= 'a' && text.at[0] <= 'z'));
	for (size_t i = 0; i < text.len && bare; i++) {
		char c = text.at[i];
		bare = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		       (c != '\0' && strchr("/._-", c));
	}
	bare = bare && !slice_is(text, "true") && !slice_is(text, "false") &&
	       !slice_is(text, "null") && !slice_is(text, "no") && !slice_is(text, "yes") &&
	       !slice_is(text, "on") && !slice_is(text, "off") && text.len > 1;
	if (bare) {
		buf_add(out, text);
		return;
	}
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c == '"' || c == '\\')
			buf_add_char(out, '\\');
		if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, '"');
}

static void line(struct importer *importer, const char *text)
{
	buf_add_str(&importer->out, text);
	buf_add_char(&importer->out, '\n');
}

static void field(struct importer *importer, const char *key, struct slice text)
{
	buf_add_str(&importer->out, key);
	add_text(importer, text);
	buf_add_char(&importer->out, '\n');
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* "/my app" becomes "my-app". */
static struct slice name_of(struct importer *importer)
{
	struct buf name = buf_new(&importer->unit->arena);
	struct slice given = importer->workload->name;
	for (size_t i = 0; i < given.len && name.len < 190; i++) {
		char c = is_name_byte(given.at[i]) ? given.at[i] : '-';
		if (name.len > 0 || (c != '-' && c != '.' && c != '_'))
			buf_add_char(&name, c);
	}
	if (name.len == 0)
		buf_add_str(&name, "container");
	if (name_is_reserved(buf_slice(&name)))
		buf_add_str(&name, "-service");
	return buf_slice(&name);
}

/* A path that means only itself in a description. */
static bool is_simple_path(struct slice path)
{
	if (path.len < 2 || path.at[0] != '/' || path.len > 1000 || slice_ends(path, SLICE(" ")) ||
		slice_find(path, SLICE(" /")))
		return false;
	struct slice rest = slice_from(path, 1);
	while (rest.at) {
		struct slice part = cut(rest, '/', &rest);
		if ((part.len == 0 && rest.at) || slice_is(part, ".") || slice_is(part, ".."))
			return false;
	}
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.at[i];
		if (c < 0x20 || c >= 0x7f || strchr("*?[]{}^@\"\\,$:", c))
			return false;
	}
	return true;
}

static struct slice without_slash(struct slice path)
{
	while (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	return path;
}

/* What has an ending is a file more often than not. */
static bool is_likely_file(struct slice path)
{
	for (size_t i = path.len; i > 0 && path.at[i - 1] != '/'; i--)
		if (path.at[i - 1] == '.' && i > 1 && path.at[i - 2] != '/')
			return true;
	return false;
}

/* The kernel's file systems have rules of their own. */
static bool is_kernel_path(struct slice path)
{
	return slice_is(path, "/proc") || slice_is(path, "/sys") || slice_is(path, "/dev") ||
	       slice_starts(path, SLICE("/proc/")) || slice_starts(path, SLICE("/sys/")) ||
	       slice_starts(path, SLICE("/dev/"));
}

static bool is_program_name(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!is_name_byte(word.at[i]) && word.at[i] != '+')
			return false;
	return word.len > 0;
}

static void add_binary(struct importer *importer)
{
	struct slice path = slice_at(importer->workload->config, "Path");
	if (path.len == 0) {
		const struct node *entry = node_at(importer->workload->config, "Config/Entrypoint");
		path = entry && entry->kind == NODE_SEQUENCE && entry->first &&
				       entry->first->value->kind == NODE_SCALAR
			       ? entry->first->value->text
			       : slice_at(importer->workload->config, "Config/Entrypoint");
	}
	if (is_simple_path(path) && path.at[path.len - 1] != '/') {
		bool blank = slice_has(path, ' ');
		field(importer, blank ? "binary:\n  - file: " : "binary: ", path);
		return;
	}
	line(importer, "# Which file of the image this is, its PATH decides: name that one.");
	if (is_program_name(path))
		buf_printf(&importer->out, "binary: \"/{,usr/,usr/local/}{bin,sbin}/%.*s\"\n",
			SLICE_FMT(path));
	else
		line(importer, "binary: /bin/sh");
}

static void add_paths(struct importer *importer, const char *key, bool read_only)
{
	struct slice seen[PATHS_MAX];
	size_t count = 0;
	for (const struct subject_mount *mount = importer->subject->mounts; mount;
		mount = mount->next) {
		struct slice path = without_slash(mount->target);
		bool again = false;
		if (mount->read_only != read_only || !is_simple_path(path) ||
			is_kernel_path(path) || count == PATHS_MAX)
			continue;
		for (size_t i = 0; i < count; i++)
			again |= slice_eq(seen[i], path);
		if (again)
			continue;
		if (count == 0)
			line(importer, key);
		seen[count++] = path;
		bool file = mount->kind != MOUNT_TMPFS && is_likely_file(path);
		buf_add_str(&importer->out, file ? "  - {file: " : "  - ");
		/* With a slash at its end what stands behind a blank is a part of the name. */
		if (!file && (read_only || slice_has(path, ' ')))
			path = arena_printf(&importer->unit->arena, "%.*s/", SLICE_FMT(path));
		add_text(importer, path);
		buf_add_str(&importer->out, file ? "}\n" : "\n");
	}
}

static void add_network(struct importer *importer)
{
	const struct text *network = importer->subject->share[SHARE_NETWORK];
	if (network && slice_is(network->text, "none"))
		return;
	line(importer, "network: [inet tcp, inet udp, inet6 tcp, inet6 udp]");
}

static void add_capabilities(struct importer *importer)
{
	const struct subject *subject = importer->subject;
	bool all = capability_bits(subject->cap_add.first) == UINT64_MAX;
	bool any = false;
	for (const struct text *name = all ? NULL : subject->cap_add.first; name;
		name = name->next) {
		if (capability_number(name->text) < 0)
			continue;
		buf_add_str(&importer->out, any ? ", " : "capabilities: [");
		struct slice text = name->text;
		if (slice_starts(text, SLICE("CAP_")))
			text = slice_from(text, 4);
		for (size_t i = 0; i < text.len; i++)
			buf_add_char(&importer->out,
				(char)(text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] + 32
									      : text.at[i]));
		any = true;
	}
	if (any)
		line(importer, "]");
	if (all)
		line(importer, "# It ran with every capability: name the few that it needs.");
	else if (capability_bits(subject->cap_drop.first) != UINT64_MAX)
		line(importer,
			"# It ran with the runtime's default capabilities as well: name those it needs.");
}

/* 536870912 becomes 512m. */
static void add_memory(struct importer *importer)
{
	const struct text *memory = importer->subject->memory;
	uint64_t bytes = 0;
	for (size_t i = 0; memory && i < memory->text.len && i < 18; i++) {
		if (memory->text.at[i] < '0' || memory->text.at[i] > '9')
			return;
		bytes = bytes * 10 + (uint64_t)(memory->text.at[i] - '0');
	}
	if (bytes >= UINT64_C(1) << 20)
		buf_printf(&importer->out, "  memory: %llum\n", (unsigned long long)(bytes >> 20));
}

static void add_cpus(struct importer *importer)
{
	struct slice text = slice_at(importer->workload->config, "HostConfig/NanoCpus");
	uint64_t nano = 0;
	for (size_t i = 0; i < text.len && i < 15; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return;
		nano = nano * 10 + (uint64_t)(text.at[i] - '0');
	}
	if (nano >= 10000000)
		buf_printf(&importer->out, "  cpus: %llu.%02llu\n",
			(unsigned long long)(nano / 1000000000),
			(unsigned long long)(nano / 10000000 % 100));
}

static bool is_number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0 && text.len < 10 && text.at[0] != '0';
}

static void add_user(struct importer *importer)
{
	const struct subject *subject = importer->subject;
	bool numeric = subject->user && is_number(subject->user->text) &&
		       !slice_is(subject->user->text, "0") &&
		       !slice_is(subject->user->text, "65534");
	if (!numeric) {
		line(importer,
			"  # It ran as root, or as a name of the image: a number of its own is better.");
		line(importer, "  user: \"10001:10001\"");
		return;
	}
	struct slice group = subject->group && is_number(subject->group->text)
				     ? subject->group->text
				     : subject->user->text;
	buf_printf(&importer->out, "  user: \"%.*s:%.*s\"\n", SLICE_FMT(subject->user->text),
		SLICE_FMT(group));
}

static void add_tmpfs(struct importer *importer)
{
	size_t count = 0;
	for (const struct subject_mount *mount = importer->subject->mounts; mount;
		mount = mount->next) {
		struct slice path = without_slash(mount->target);
		if (mount->kind != MOUNT_TMPFS || !is_simple_path(path) || is_kernel_path(path) ||
			mount->read_only)
			continue;
		if (count++ == 0)
			line(importer, "  tmpfs:");
		buf_add_str(&importer->out, "    ");
		add_text(importer, path);
		line(importer, ": {size: 64m}");
	}
}

static bool is_volume_source(struct slice source)
{
	for (size_t i = 0; i < source.len; i++)
		if (!is_name_byte(source.at[i]) && source.at[i] != '/')
			return false;
	return source.len > 0;
}

/* The name of a volume, or the host's path. */
static struct slice source_of(const struct node *mount)
{
	struct slice name = slice_at(mount, "Name");
	return slice_is(slice_at(mount, "Type"), "volume") && name.len > 0
		       ? name
		       : slice_at(mount, "Source");
}

static void add_volumes(struct importer *importer)
{
	const struct node *mounts = node_get(importer->workload->config, "Mounts");
	size_t count = 0;
	if (!mounts || mounts->kind != NODE_SEQUENCE)
		return;
	for (const struct entry *entry = mounts->first; entry && count < PATHS_MAX;
		entry = entry->next) {
		struct slice source = source_of(entry->value);
		struct slice target = without_slash(slice_at(entry->value, "Destination"));
		bool is_ro = flag_at(entry->value, "RW").truth == SAID_FALSE;
		if (slice_is(slice_at(entry->value, "Type"), "tmpfs") ||
			!is_volume_source(source) || !is_simple_path(target) ||
			is_kernel_path(target))
			continue;
		if (count++ == 0)
			line(importer, "  volumes:");
		buf_add_str(&importer->out, "    - ");
		add_text(importer,
			arena_printf(&importer->unit->arena, "%.*s:%.*s%s", SLICE_FMT(source),
				SLICE_FMT(target), is_ro ? ":ro" : ""));
		buf_add_char(&importer->out, '\n');
	}
}

static bool is_port(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!(text.at[i] >= '0' && text.at[i] <= '9') && !strchr(".:/tcpudps", text.at[i]))
			return false;
	return text.len > 1 && text.at[0] != ':';
}

static void add_ports(struct importer *importer)
{
	size_t count = 0;
	for (const struct subject_port *port = importer->subject->ports; port; port = port->next) {
		if (!is_port(port->text) || count == PATHS_MAX)
			continue;
		if (count++ == 0)
			line(importer, "  ports:");
		buf_add_str(&importer->out, "    - \"");
		if (!port->all_addresses)
			buf_add_str(&importer->out, "127.0.0.1:");
		buf_add(&importer->out, port->text);
		line(importer, "\"");
	}
}

static void add_restart(struct importer *importer)
{
	const struct text *restart = importer->subject->restart;
	static const char *const known[] = {"always", "unless-stopped", "on-failure"};
	for (size_t i = 0; restart && i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_is(restart->text, known[i]))
			field(importer, "  restart: ", restart->text);
}

static void add_limits(struct importer *importer)
{
	const struct text *pids = importer->subject->pids;
	add_restart(importer);
	add_memory(importer);
	add_cpus(importer);
	if (pids && is_number(pids->text))
		buf_printf(&importer->out, "  pids: %.*s\n", SLICE_FMT(pids->text));
}

static void add_container(struct importer *importer)
{
	const struct subject *subject = importer->subject;
	line(importer, "container:");
	if (importer->parts & PART_IMAGE && subject->image &&
		slice_trim(subject->image->text).len > 0)
		field(importer, "  image: ", subject->image->text);
	if (importer->parts & PART_USER)
		add_user(importer);
	if (subject->read_only.truth != SAID_TRUE)
		line(importer,
			"  # Its root file system was writable: see what it writes, and add that to\n"
			"  # 'writable'.");
	line(importer, "  read_only: true");
	if (importer->parts & PART_TMPFS)
		add_tmpfs(importer);
	if (importer->parts & PART_VOLUMES)
		add_volumes(importer);
	if (importer->parts & PART_PORTS)
		add_ports(importer);
	if (importer->parts & PART_LIMITS)
		add_limits(importer);
	line(importer, "  no_new_privileges: true");
	line(importer, "  seccomp: default");
}

static struct slice describe(struct unit *unit, const struct workload *workload, unsigned parts)
{
	struct importer importer = {
		.parts = parts,
		.unit = unit,
		.workload = workload,
		.subject = workload->first,
		.out = buf_new(&unit->arena),
	};
	line(&importer, "---");
	field(&importer, "name: ", name_of(&importer));
	line(&importer, "description: made from the inspection of a running container");
	if (parts != PART_ALL)
		line(&importer,
			"# Some of what it ran with cannot be said here: compare with the inspection.");
	add_binary(&importer);
	line(&importer, "libraries: [/lib, /lib64, /usr/lib, /usr/local/lib]");
	if (parts & PART_PATHS) {
		add_paths(&importer, "readable:", true);
		add_paths(&importer, "writable:", false);
	}
	add_network(&importer);
	add_capabilities(&importer);
	add_container(&importer);
	return buf_slice(&importer.out);
}

static bool is_valid(struct unit *unit, const struct workload *workload, unsigned parts)
{
	struct unit scratch;
	struct service *service;
	unit_init(&scratch, NULL, unit->arena.out_of_memory);
	const struct source *source = sources_add(
		&scratch.sources, SLICE("import"), describe(&scratch, workload, parts), 1);
	bool valid = source && service_read(&scratch, source, &service);
	unit_free(&scratch);
	return valid;
}

bool import_description(struct unit *unit, const struct workload *workload, struct slice *ret_text)
{
	unsigned parts = PART_ALL;
	if (!workload->config || !workload->first)
		return false;
	if (!is_valid(unit, workload, parts)) {
		parts = 0;
		for (unsigned part = 1; part < PART_ALL; part <<= 1)
			if (is_valid(unit, workload, parts | part))
				parts |= part;
	}
	*ret_text = describe(unit, workload, parts);
	return true;
}
