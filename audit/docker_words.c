/* The small languages of docker's options. */
#include "audit/intake.h"

struct slice cut(struct slice text, char separator, struct slice *ret_rest)
{
	const char *at = text.len > 0 ? memchr(text.at, separator, text.len) : NULL;
	size_t len = at ? (size_t)(at - text.at) : text.len;
	*ret_rest = at ? slice_of(at + 1, text.len - len - 1) : slice_of(NULL, 0);
	return slice_first(text, len);
}

/* "apparmor=web" and the older "apparmor:web" */
static struct slice cut_option(struct slice text, struct slice *ret_rest)
{
	size_t len = 0;
	while (len < text.len && text.at[len] != '=' && text.at[len] != ':')
		len++;
	*ret_rest = len < text.len ? slice_of(text.at + len + 1, text.len - len - 1)
				   : slice_of(NULL, 0);
	return slice_first(text, len);
}

static enum truth truth_of(struct slice text)
{
	if (text.len == 0 || slice_eq_nocase(text, SLICE("true")) || slice_is(text, "1"))
		return SAID_TRUE;
	return slice_has(text, '$') ? SAID_UNKNOWN : SAID_FALSE;
}

/* The value as a text whose place is the whole option. */
static const struct text *value_text(
	struct intake *intake, const struct text *text, struct slice value)
{
	return text_new(intake, value, text->span);
}

void take_security_opt(struct intake *intake, struct subject *subject, const struct text *text)
{
	struct slice value;
	struct slice name = cut_option(text->text, &value);
	if (slice_is(name, "apparmor") && value.len > 0)
		subject->apparmor = value_text(intake, text, value);
	else if (slice_is(name, "seccomp") && value.len > 0)
		subject->seccomp = value_text(intake, text,
			slice_is(value, "builtin") ? SLICE("runtime/default") : value);
	else if (slice_is(name, "no-new-privileges"))
		subject->no_new_privileges = (struct flag){truth_of(value), text->span};
	else if (slice_is(name, "systempaths") && slice_is(value, "unconfined"))
		subject->unmasked = (struct flag){SAID_TRUE, text->span};
	else if (slice_is(name, "unmask"))
		subject->unmasked = (struct flag){SAID_TRUE, text->span};
}

struct subject_mount *mount_append(struct intake *intake, struct subject *subject,
	enum subject_mount_kind kind, struct slice source, struct slice target, struct span at)
{
	struct subject_mount *mount = arena_new(&intake->unit->arena, struct subject_mount);
	*mount = (struct subject_mount){.kind = kind, .source = source, .target = target, .at = at};
	if (!counts_word(intake, at))
		return mount;
	/* The newest first: what is found is sorted by its place. */
	mount->next = (struct subject_mount *)subject->mounts;
	subject->mounts = mount;
	return mount;
}

void port_append(struct intake *intake, struct subject *subject, struct slice text,
	struct slice address, struct span at)
{
	struct subject_port *port = arena_new(&intake->unit->arena, struct subject_port);
	port->text = text;
	port->at = at;
	port->all_addresses = address.len == 0 || slice_is(address, "0.0.0.0") ||
			      slice_is(address, "::") || slice_is(address, "[::]");
	if (!counts_word(intake, at))
		return;
	port->next = (struct subject_port *)subject->ports;
	subject->ports = port;
}

static void take_option(struct subject_mount *mount, struct slice option)
{
	if (slice_is(option, "ro") || slice_is(option, "readonly"))
		mount->read_only = true;
	else if (slice_is(option, "shared") || slice_is(option, "rshared"))
		mount->shared = true;
}

static bool is_host_path(struct slice source)
{
	return source.len > 0 && strchr("/.~$`", source.at[0]);
}

void take_volume(struct intake *intake, struct subject *subject, const struct text *text)
{
	struct slice rest, options = slice_of(NULL, 0);
	struct slice source = cut(text->text, ':', &rest);
	/* "${DATA:-/srv}:/data" */
	if (slice_starts(source, SLICE("${")) && !slice_has(source, '}')) {
		const char *brace = memchr(text->text.at, '}', text->text.len);
		if (brace) {
			size_t len = (size_t)(brace - text->text.at) + 1;
			source = slice_first(text->text, len);
			rest = slice_from(text->text, len + 1);
		}
	}
	if (!rest.at) {
		mount_append(intake, subject, MOUNT_VOLUME, slice_of(NULL, 0), source, text->span);
		return;
	}
	struct slice target = cut(rest, ':', &options);
	struct subject_mount *mount = mount_append(intake, subject,
		is_host_path(source) ? MOUNT_BIND : MOUNT_VOLUME, source, target, text->span);
	while (options.at)
		take_option(mount, cut(options, ',', &options));
}

void take_tmpfs_options(struct subject_mount *mount, struct slice options)
{
	while (options.at) {
		struct slice option = cut(options, ',', &options);
		struct slice value;
		struct slice name = cut(option, '=', &value);
		if (slice_is(name, "exec") || slice_is(name, "noexec"))
			mount->exec = name.len == 4;
		else if (slice_is(name, "suid") || slice_is(name, "nosuid"))
			mount->suid = name.len == 4;
		else if (slice_is(name, "dev") || slice_is(name, "nodev"))
			mount->dev = name.len == 3;
		else if (slice_is(name, "ro"))
			mount->read_only = true;
		else if (slice_is(name, "size") || slice_is(name, "tmpfs-size"))
			mount->has_size = value.len > 0 && !slice_is(value, "0");
	}
}

/* Docker and podman mount a tmpfs noexec,nosuid,nodev unless it says otherwise. */
void take_tmpfs(struct intake *intake, struct subject *subject, const struct text *text)
{
	struct slice options;
	struct slice target = cut(text->text, ':', &options);
	struct subject_mount *mount =
		mount_append(intake, subject, MOUNT_TMPFS, slice_of(NULL, 0), target, text->span);
	take_tmpfs_options(mount, options);
}

static bool is_one_of(struct slice name, const char *a, const char *b, const char *c)
{
	return slice_is(name, a) || slice_is(name, b) || slice_is(name, c);
}

void take_mount(struct intake *intake, struct subject *subject, const struct text *text)
{
	struct subject_mount *mount = mount_append(
		intake, subject, MOUNT_VOLUME, slice_of(NULL, 0), slice_of(NULL, 0), text->span);
	for (struct slice rest = text->text; rest.at;) {
		struct slice value, option = cut(rest, ',', &rest);
		struct slice name = cut(option, '=', &value);
		if (slice_is(name, "type"))
			mount->kind = slice_is(value, "bind")	 ? MOUNT_BIND
				      : slice_is(value, "tmpfs") ? MOUNT_TMPFS
								 : MOUNT_VOLUME;
		else if (slice_is(name, "source") || slice_is(name, "src"))
			mount->source = value;
		else if (is_one_of(name, "target", "destination", "dst"))
			mount->target = value;
		else if (is_one_of(name, "readonly", "ro", "read-only"))
			mount->read_only = truth_of(value) == SAID_TRUE;
		else if (slice_is(name, "bind-propagation"))
			take_option(mount, value);
		else
			take_tmpfs_options(mount, option.at ? option : slice_of("", 0));
	}
}

void take_port(struct intake *intake, struct subject *subject, const struct text *text)
{
	struct slice s = text->text, address = slice_of(NULL, 0);
	size_t colons = 0, second = 0;
	for (size_t i = s.len; i > 0; i--) {
		if (s.at[i - 1] != ':' || colons == 2)
			continue;
		if (++colons == 2)
			second = i - 1;
	}
	if (colons == 2)
		address = slice_first(s, second);
	port_append(intake, subject, s, address, text->span);
}

void take_user(struct intake *intake, struct subject *subject, const struct text *text)
{
	struct slice group;
	struct slice user = cut(text->text, ':', &group);
	/* "${UID:-1000}" is one word. */
	if (slice_has(text->text, '$')) {
		subject->user = text;
		return;
	}
	if (user.len > 0)
		subject->user = text_new(intake, user, text->span);
	if (group.len > 0)
		subject->group = text_new(intake, group, text->span);
}
