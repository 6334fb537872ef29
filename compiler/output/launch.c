/* What the launch outputs share. */
#include "compiler/output/launch.h"

#include "policy/names/names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

bool launch_refuse(const struct launch *launch, struct span at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = arena_bytes(&launch->unit->arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	diag_add(&launch->unit->diags,
		launch->is_one_of_all ? DIAG_OUTPUT_LEFT_OUT : DIAG_NOT_EXPRESSIBLE, at, "%s",
		text);
	return false;
}

struct slice launch_user(const struct launch *launch)
{
	const struct container_user *user = &launch->container->user;
	return arena_printf(&launch->unit->arena, "%" PRIu32 ":%" PRIu32, user->uid, user->gid);
}

struct slice launch_capability(const struct launch *launch, unsigned capability)
{
	const struct name *name = name_of(&names_capabilities, (int)capability);
	if (!name)
		return arena_printf(&launch->unit->arena, "%u", capability);
	char *text = arena_string(&launch->unit->arena, slice_str(name->name));
	for (char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return slice_str(text);
}

struct slice launch_bytes(const struct launch *launch, uint64_t bytes)
{
	static const char units[] = "kmg";
	unsigned unit = 0;
	while (unit < 3 && bytes > 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return arena_printf(&launch->unit->arena, "%" PRIu64 "%.*s", bytes, unit ? 1 : 0,
		unit ? &units[unit - 1] : "");
}

struct slice launch_cpus(const struct launch *launch, uint32_t thousandths)
{
	struct slice text = arena_printf(&launch->unit->arena, "%" PRIu32 ".%03" PRIu32,
		thousandths / 1000, thousandths % 1000);
	while (text.at[text.len - 1] == '0')
		text.len--;
	if (text.at[text.len - 1] == '.')
		text.len--;
	return text;
}

struct slice launch_restart(const struct launch *launch)
{
	const struct container *container = launch->container;
	switch (container->restart) {
	case RESTART_NO:
		return SLICE("no");
	case RESTART_ALWAYS:
		return SLICE("always");
	case RESTART_UNLESS_STOPPED:
		return SLICE("unless-stopped");
	case RESTART_ON_FAILURE:
		break;
	}
	if (container->restart_most == 0)
		return SLICE("on-failure");
	return arena_printf(&launch->unit->arena, "on-failure:%u", container->restart_most);
}

struct slice launch_port(const struct launch *launch, const struct port *port)
{
	struct buf out = buf_new(&launch->unit->arena);
	bool is_ipv6 = slice_has(port->address, ':');
	if (port->address.len > 0)
		buf_printf(&out, "%s%.*s%s:", is_ipv6 ? "[" : "", SLICE_FMT(port->address),
			is_ipv6 ? "]" : "");
	if (port->host != 0)
		buf_printf(&out, "%u", port->host);
	if (port_is_published(port))
		buf_add_char(&out, ':');
	buf_printf(&out, "%u/%s", port->container, port->protocol);
	return buf_slice(&out);
}

struct slice launch_tmpfs_options(const struct launch *launch, const struct tmpfs *tmpfs)
{
	struct buf out = buf_new(&launch->unit->arena);
	struct slice size = launch_bytes(launch, tmpfs->size);
	buf_printf(
		&out, "rw,%sexec,nosuid,nodev,size=%.*s", tmpfs->exec ? "" : "no", SLICE_FMT(size));
	if (tmpfs->has_owner)
		buf_printf(&out, ",uid=%" PRIu32 ",gid=%" PRIu32, tmpfs->uid, tmpfs->gid);
	buf_printf(&out, ",mode=%04o", tmpfs->mode);
	return buf_slice(&out);
}

/* a,b -> "a,b" and a"b -> "a""b", around the whole field. */
static void add_field(const char *key, struct slice value, struct buf *out)
{
	bool quoted = slice_has(value, ',') || slice_has(value, '"') || slice_has(value, '\n') ||
		      slice_has(value, '\r');
	buf_add_str(out, quoted ? ",\"" : ",");
	buf_add_str(out, key);
	buf_add_char(out, '=');
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, value.at[i]);
	}
	if (quoted)
		buf_add_char(out, '"');
}

struct slice launch_mount(const struct launch *launch, const struct volume *volume)
{
	struct buf out = buf_new(&launch->unit->arena);
	buf_add_str(&out, volume->kind == VOLUME_BIND ? "type=bind" : "type=volume");
	if (volume->source.len > 0)
		add_field("source", volume->source, &out);
	add_field("target", volume->target, &out);
	if (volume->read_only)
		buf_add_str(&out, ",ro");
	return buf_slice(&out);
}

void launch_say_load(const struct launch *launch, struct rendered *out)
{
	struct slice name = launch_name(launch);
	buf_printf(&out->comment,
		"The profile must be in the kernel: 'aaforge load' loads the description, 'aaforge "
		"lookup %.*s' tells whether it is.\n",
		SLICE_FMT(name));
}

void launch_say_filter(const struct launch *launch, struct rendered *out)
{
	if (launch->seccomp_file.len == 0)
		return;
	buf_add_str(&out->comment, "The seccomp filter is ");
	buf_add(&out->comment, launch->seccomp_file);
	buf_add_str(&out->comment, launch_makes_filter(launch)
					   ? ", made by 'aaforge compile --to seccomp'.\n"
					   : ", the one that the description names.\n");
}
