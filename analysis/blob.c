#include "analysis/blob.h"
#include "analysis/database.h"

#define VERSION_MASK	 0x3ffu /* the rest is for apparmor_parser itself */
#define VERSION_COMPLAIN 0x800u /* compiled with --Complain */
#define VERSION_MIN	 5
#define VERSION_MAX	 9

#define FLAG_HAT 1u

static bool read_u32s(struct stream *stream, uint32_t *numbers, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!stream_u32(stream, NULL, &numbers[i]))
			return false;
	return true;
}

static bool read_mode(struct stream *stream, uint32_t number, enum compiled_mode *ret)
{
	static const enum compiled_mode modes[] = {COMPILED_ENFORCE, COMPILED_COMPLAIN,
		COMPILED_KILL, COMPILED_UNCONFINED, COMPILED_PROMPT};
	if (number >= sizeof(modes) / sizeof(modes[0]))
		return stream_fail(stream, "the profile has an unknown mode, %u", number);
	*ret = modes[number];
	return true;
}

static bool read_flags(struct stream *stream, bool complain, struct compiled_profile *profile)
{
	uint32_t flags[3];
	if (!stream_take(stream, STREAM_STRUCT, "flags") || !read_u32s(stream, flags, 3) ||
		!stream_take(stream, STREAM_STRUCT_END, NULL))
		return stream_fail(stream, "the profile's flags are missing or not understood");
	if (!read_mode(stream, flags[1], &profile->mode))
		return false;
	if (complain)
		profile->mode = COMPILED_COMPLAIN;
	profile->is_hat = flags[0] & FLAG_HAT;
	profile->audits_all = flags[2] != 0;
	stream_u32(stream, "path_flags", &profile->path_flags);
	return true;
}

static void add_capabilities(
	struct compiled_capabilities *to, const uint32_t *masks, unsigned shift)
{
	to->allow |= (uint64_t)masks[0] << shift;
	to->audit |= (uint64_t)masks[1] << shift;
	to->quiet |= (uint64_t)masks[2] << shift;
	to->deny |= (uint64_t)masks[3] << shift;
}

static bool read_capabilities(struct stream *stream, struct compiled_profile *profile)
{
	uint32_t masks[4];
	if (!read_u32s(stream, masks, 4))
		return stream_fail(stream, "the profile's capabilities are missing");
	add_capabilities(&profile->capabilities, masks, 0);
	if (stream_take(stream, STREAM_STRUCT, "caps64")) {
		if (!read_u32s(stream, masks, 4) || !stream_take(stream, STREAM_STRUCT_END, NULL))
			return stream_fail(stream, "the upper capabilities are not understood");
		add_capabilities(&profile->capabilities, masks, 32);
	}
	if (stream_take(stream, STREAM_STRUCT, "capsx")) {
		if (!read_u32s(stream, masks, 2) || !stream_take(stream, STREAM_STRUCT_END, NULL))
			return stream_fail(stream, "the extended capabilities are not understood");
		profile->extended_capabilities = masks[0] | (uint64_t)masks[1] << 32;
	}
	return true;
}

static bool read_xattrs(struct stream *stream, struct compiled_profile *profile)
{
	if (!stream_take(stream, STREAM_STRUCT, "xattrs"))
		return true;
	if (!database_read_strings(stream, &profile->xattrs, &profile->xattr_count))
		return stream_fail(stream, "the extended attributes are not understood");
	return true;
}

static bool read_limits(struct stream *stream, struct compiled_rlimits *limits)
{
	uint16_t count;
	if (!stream_u32(stream, NULL, &limits->mask) || !stream_array(stream, NULL, &count) ||
		count > COMPILED_RLIMITS)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!stream_u64(stream, NULL, &limits->limits[i]))
			return false;
	return stream_take(stream, STREAM_ARRAY_END, NULL) &&
	       stream_take(stream, STREAM_STRUCT_END, NULL);
}

static bool read_rlimits(struct stream *stream, struct compiled_profile *profile)
{
	if (!stream_take(stream, STREAM_STRUCT, "rlimits"))
		return true;
	if (!read_limits(stream, &profile->rlimits))
		return stream_fail(stream, "the resource limits are not understood");
	return true;
}

/* Kernels before the network class of the policy automaton: three masks of types per family. */
static bool read_families(struct stream *stream, struct compiled_profile *profile)
{
	uint16_t count;
	if (!stream_array(stream, "net_allowed_af", &count))
		return true;
	struct compiled_family *families = arena_array(stream->arena, count, sizeof(*families));
	for (unsigned i = 0; i < count; i++)
		if (!stream_u16(stream, NULL, &families[i].allow) ||
			!stream_u16(stream, NULL, &families[i].audit) ||
			!stream_u16(stream, NULL, &families[i].quiet))
			return stream_fail(stream, "the address families are not understood");
	if (!stream_take(stream, STREAM_ARRAY_END, NULL))
		return stream_fail(stream, "the address families do not end");
	profile->has_families = true;
	profile->families = families;
	profile->family_count = count;
	return true;
}

static bool read_secmark(struct stream *stream, struct compiled_secmark *secmark)
{
	uint8_t audit, deny;
	if (!stream_u8(stream, NULL, &audit) || !stream_u8(stream, NULL, &deny) ||
		!stream_string(stream, NULL, &secmark->label))
		return false;
	secmark->audit = audit;
	secmark->deny = deny;
	return true;
}

static bool read_secmarks(struct stream *stream, struct compiled_profile *profile)
{
	uint16_t count;
	if (!stream_take(stream, STREAM_STRUCT, "secmark"))
		return true;
	if (!stream_array(stream, NULL, &count))
		return stream_fail(stream, "the packet labels are not understood");
	struct compiled_secmark *secmarks = arena_array(stream->arena, count, sizeof(*secmarks));
	for (unsigned i = 0; i < count; i++)
		if (!read_secmark(stream, &secmarks[i]))
			return stream_fail(stream, "a packet label is not understood");
	if (!stream_take(stream, STREAM_ARRAY_END, NULL) ||
		!stream_take(stream, STREAM_STRUCT_END, NULL))
		return stream_fail(stream, "the packet labels do not end");
	profile->secmarks = secmarks;
	profile->secmark_count = count;
	return true;
}

static bool read_xmatch(struct stream *stream, struct compiled_profile *profile)
{
	static const struct database_kind kind = {.what = "attachments"};
	stream_string(stream, "rename", &profile->rename);
	stream_string(stream, "attach", &profile->attachment);
	if (!database_read(stream, &kind, &profile->xmatch))
		return false;
	if (profile->xmatch.dfa && !stream_u32(stream, NULL, &profile->xmatch_len))
		return stream_fail(stream, "the length of the attachment is missing");
	stream_string(stream, "disconnected", &profile->disconnected);
	return true;
}

static bool read_policy(struct stream *stream, struct compiled_profile *profile)
{
	static const struct database_kind kind = {.what = "policy", .required = true};
	if (!stream_take(stream, STREAM_STRUCT, "policydb"))
		return true;
	if (!database_read(stream, &kind, &profile->policy))
		return false;
	if (!stream_take(stream, STREAM_STRUCT_END, NULL))
		return stream_fail(stream, "the policy automaton is followed by something unknown");
	return true;
}

/* Without an automaton of their own, file rules are the file class of the policy automaton. */
static bool read_file(struct stream *stream, struct compiled_profile *profile)
{
	static const struct database_kind kind = {
		.what = "file rules", .has_owner = true, .has_exec = true};
	static const struct database_kind shared = {.what = "policy", .has_exec = true};
	if (!database_read(stream, &kind, &profile->file))
		return false;
	const struct dfa *policy = profile->policy.dfa;
	if (profile->file.dfa || !policy)
		return true;
	uint32_t start = dfa_step(policy, profile->policy.start, CLASS_FILE);
	if (start == DFA_NOWHERE)
		return true;
	profile->file = profile->policy;
	profile->file.file_start = start;
	return database_check(stream, &shared, &profile->file);
}

static bool read_data(struct stream *stream, struct compiled_profile *profile)
{
	struct compiled_data **end = &profile->data;
	struct slice key;
	if (!stream_take(stream, STREAM_STRUCT, "data"))
		return true;
	while (stream_string(stream, NULL, &key)) {
		struct compiled_data *data = arena_new(stream->arena, struct compiled_data);
		data->key = key;
		stream_blob(stream, NULL, &data->value);
		*end = data;
		end = &data->next;
	}
	if (!stream_take(stream, STREAM_STRUCT_END, NULL))
		return stream_fail(stream, "the profile's data are not understood");
	return true;
}

static bool read_name(struct stream *stream, struct compiled_profile *profile)
{
	if (!stream_take(stream, STREAM_STRUCT, "profile"))
		return stream_fail(stream, "expected a profile");
	if (!stream_string(stream, NULL, &profile->name) || profile->name.len == 0 ||
		slice_has(profile->name, '\0'))
		return stream_fail(stream, "the profile has no name");
	return true;
}

static bool read_profile(struct stream *stream, bool complain, struct compiled_profile *profile)
{
	if (!read_name(stream, profile) || !read_xmatch(stream, profile) ||
		!read_flags(stream, complain, profile) || !read_capabilities(stream, profile) ||
		!read_xattrs(stream, profile) || !read_rlimits(stream, profile) ||
		!read_families(stream, profile) || !read_secmarks(stream, profile) ||
		!read_policy(stream, profile) || !read_file(stream, profile) ||
		!read_data(stream, profile))
		return false;
	if (!stream_take(stream, STREAM_STRUCT_END, NULL))
		return stream_fail(stream, "the profile has a part that is not known");
	return true;
}

/* The head of a profile; one without a version has that of the profile before it. */
static bool read_head(struct stream *stream, uint32_t *version, struct slice *ret_namespace)
{
	bool found = stream_u32(stream, "version", version);
	uint32_t number = *version & VERSION_MASK;
	if (!found && stream_offset(stream) == 0)
		return stream_fail(stream, "not a compiled policy: it has no version");
	if (number < VERSION_MIN || number > VERSION_MAX)
		return stream_fail(stream, "interface version %u is not known, expected %d to %d",
			number, VERSION_MIN, VERSION_MAX);
	if (stream_string(stream, "namespace", ret_namespace) && ret_namespace->len == 0)
		return stream_fail(stream, "the namespace has no name");
	return true;
}

/* The frame that zstd writes begins with this magic number; the header before it is short. */
static bool is_compressed(struct slice blob)
{
	static const char magic[] = "\x28\xb5\x2f\xfd";
	struct slice head = slice_first(blob, 256);
	for (size_t i = 0; i + 4 <= head.len; i++)
		if (memcmp(head.at + i, magic, 4) == 0)
			return true;
	return false;
}

static const char *refuse(struct slice blob)
{
	static const char name[] = "\x04\x08\x00version";
	if (blob.len == 0)
		return "the compiled policy is empty";
	if (blob.len > COMPILED_BYTES_MAX)
		return "the compiled policy is larger than 64 MiB";
	if (slice_starts(blob, slice_of(name, sizeof(name))))
		return NULL;
	if (is_compressed(blob))
		return "the policy has a zstd compressed-cache header: compile it with "
		       "--zstd-compress-level=none";
	return "not a compiled policy: it does not begin with its version";
}

bool compiled_read(struct arena *arena, struct slice blob, struct compiled_profile **ret_first,
	const char **ret_error)
{
	struct stream stream = stream_of(arena, blob);
	struct compiled_profile *first = NULL, **end = &first;
	uint32_t version = 0;
	stream.error = refuse(blob);
	while (!stream.error && !stream_done(&stream)) {
		struct compiled_profile *profile = arena_new(arena, struct compiled_profile);
		if (!read_head(&stream, &version, &profile->namespace))
			break;
		profile->header_version = version;
		profile->version = version & VERSION_MASK;
		size_t begin = stream_offset(&stream);
		if (!read_profile(&stream, version & VERSION_COMPLAIN, profile))
			break;
		profile->body =
			slice_first(slice_from(blob, begin), stream_offset(&stream) - begin);
		*end = profile;
		end = &profile->next;
	}
	if (stream.error) {
		*ret_error = stream.error;
		return false;
	}
	*ret_first = first;
	return true;
}

const struct compiled_profile *compiled_find(
	const struct compiled_profile *first, struct slice name)
{
	for (const struct compiled_profile *profile = first; profile; profile = profile->next)
		if (slice_eq(profile->name, name))
			return profile;
	return NULL;
}
