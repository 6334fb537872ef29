/* The read-only root, writable places, and what is mounted from the host. */
#include "audit/check.h"

struct host_path {
	const char *path;
	bool below;
	enum severity read_only;
	const char *why;
};

static const struct host_path host_paths[] = {
#define HOST_PATH(path, below, read_only, why) {path, below, SEVERITY_##read_only, why},
#include "audit/host_paths.def"
#undef HOST_PATH
};

static void check_read_only(struct check *check)
{
	const struct flag *flag = &check->subject->read_only;
	if (flag->truth != SAID_TRUE) {
		bool unknown = flag->truth == SAID_UNKNOWN;
		struct finding *finding = not_met(check, CONTROL_READ_ONLY,
			unknown ? OUTCOME_WEAK : OUTCOME_MISSING,
			unknown ? SEVERITY_NOTE : SEVERITY_WARNING, flag->at, "%s",
			unknown ? "it depends on a variable whether the root file system is read-only"
				: "the root file system is writable");
		mend(check, finding, slice_of(NULL, 0), span_of(0, 0));
		if (!unknown && has_runtime_defaults(check))
			finding_help(
				check, finding, "and a tmpfs or a volume for what it has to write");
	}
	met_unless_found(check, CONTROL_READ_ONLY, flag->at);
}

static void add_word(struct buf *words, const char *word)
{
	if (words->len > 0)
		buf_add_str(words, ", ");
	buf_add_str(words, word);
}

static void check_tmpfs(struct check *check, const struct subject_mount *mount)
{
	struct buf lacks = buf_new(&check->unit->arena);
	struct slice target = brief(check, mount->target);
	if (mount->exec)
		add_word(&lacks, "noexec");
	if (mount->suid)
		add_word(&lacks, "nosuid");
	if (mount->dev)
		add_word(&lacks, "nodev");
	if (lacks.len > 0) {
		struct finding *finding = not_met(check, CONTROL_WRITABLE, OUTCOME_WEAK,
			SEVERITY_WARNING, mount->at, "the tmpfs '%.*s' is mounted without %.*s",
			SLICE_FMT(target), SLICE_FMT(buf_slice(&lacks)));
		finding_help(check, finding, "rw,noexec,nosuid,nodev,size=64m");
	}
	if (!mount->has_size && !mount->read_only) {
		struct finding *finding = not_met(check, CONTROL_WRITABLE, OUTCOME_WEAK,
			SEVERITY_NOTE, mount->at,
			mount->on_disk ? "the emptyDir '%.*s' has no size: all of the node's disk"
				       : "the tmpfs '%.*s' has no size: half of the host's memory",
			SLICE_FMT(target));
		finding_help(check, finding,
			is_input(check, INPUT_KUBERNETES) ? "sizeLimit: 64Mi" : "size=64m");
	}
}

static void check_writable(struct check *check)
{
	for (const struct subject_mount *mount = check->subject->mounts; mount; mount = mount->next)
		if (mount->kind == MOUNT_TMPFS)
			check_tmpfs(check, mount);
	met_unless_found(check, CONTROL_WRITABLE, span_of(0, 0));
}

/* "/etc/" and "/etc/." are "/etc"; "//" is "/". */
static struct slice plain_path(struct check *check, struct slice path)
{
	struct buf plain = buf_new(&check->unit->arena);
	while (path.len > 0) {
		const char *slash = memchr(path.at, '/', path.len);
		size_t len = slash ? (size_t)(slash - path.at) : path.len;
		struct slice part = slice_first(path, len);
		path = slice_from(path, len + 1);
		if (slice_is(part, "..")) {
			while (plain.len > 0 && plain.at[--plain.len] != '/')
				;
		} else if (part.len > 0 && !slice_is(part, ".")) {
			buf_add_char(&plain, '/');
			buf_add(&plain, part);
		}
	}
	return plain.len > 0 ? buf_slice(&plain) : SLICE("/");
}

static bool is_at(const struct host_path *place, struct slice path)
{
	struct slice known = slice_str(place->path);
	if (slice_eq(path, known))
		return true;
	return place->below && slice_starts(path, known) && path.len > known.len &&
	       path.at[known.len] == '/';
}

/* The one with the longest path says it best. */
static const struct host_path *find_place(struct slice path)
{
	const struct host_path *found = NULL;
	for (size_t i = 0; i < sizeof(host_paths) / sizeof(host_paths[0]); i++)
		if (is_at(&host_paths[i], path) &&
			(!found || strlen(host_paths[i].path) > strlen(found->path)))
			found = &host_paths[i];
	return found;
}

static bool is_socket_of_engine(struct slice path)
{
	return slice_ends(path, SLICE("/docker.sock")) || slice_ends(path, SLICE("/podman.sock")) ||
	       slice_ends(path, SLICE("/containerd.sock")) ||
	       slice_ends(path, SLICE("/crio.sock")) ||
	       slice_ends(path, SLICE("/cri-dockerd.sock"));
}

static void check_bind(struct check *check, const struct subject_mount *mount)
{
	struct slice shown = brief(check, mount->source);
	if (mount->source.len == 0 || mount->source.at[0] != '/') {
		if (is_socket_of_engine(mount->source))
			not_met(check, CONTROL_HOST_MOUNTS, OUTCOME_MISSING, SEVERITY_ERROR,
				mount->at, "mounts '%.*s', the engine's socket", SLICE_FMT(shown));
		return;
	}
	struct slice path = plain_path(check, mount->source);
	const struct host_path *place = find_place(path);
	if (!place && is_socket_of_engine(path))
		place = &host_paths[1];
	if (!place || place->read_only == SEVERITY_OFF)
		return;
	bool is_socket = is_socket_of_engine(path);
	/* A socket is used by connecting to it, which a read-only mount does not forbid. */
	enum severity severity = mount->read_only || is_socket ? place->read_only : SEVERITY_ERROR;
	struct finding *finding = not_met(check, CONTROL_HOST_MOUNTS,
		severity == SEVERITY_ERROR ? OUTCOME_MISSING : OUTCOME_WEAK, severity, mount->at,
		"mounts '%.*s' of the host%s: %s", SLICE_FMT(shown),
		mount->read_only ? ", read-only" : "", place->why);
	finding_help(check, finding,
		is_socket
			? "put a proxy before it that lets through the few requests that are needed"
			: "mount the one directory or file that is needed, read-only if it can be");
}

static void check_host_mounts(struct check *check)
{
	for (const struct subject_mount *mount = check->subject->mounts; mount;
		mount = mount->next) {
		if (mount->kind == MOUNT_BIND)
			check_bind(check, mount);
		if (mount->shared)
			not_met(check, CONTROL_HOST_MOUNTS, OUTCOME_WEAK, SEVERITY_WARNING,
				mount->at,
				"what is mounted below '%.*s' in the container appears on the host",
				SLICE_FMT(brief(check, mount->target)));
	}
	met_unless_found(check, CONTROL_HOST_MOUNTS, span_of(0, 0));
}

void control_files(struct check *check)
{
	check_read_only(check);
	check_writable(check);
	check_host_mounts(check);
}
