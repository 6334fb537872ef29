#include "analysis/stream.h"

#include <stdarg.h>
#include <stdio.h>

struct stream stream_of(struct arena *arena, struct slice bytes)
{
	/* NULL has no distance to itself in C, so that an empty slice gets an address too. */
	const unsigned char *at = (const unsigned char *)(bytes.len > 0 ? bytes.at : "");
	return (struct stream){.arena = arena, .start = at, .at = at, .end = at + bytes.len};
}

static bool has(const struct stream *stream, size_t size)
{
	return size <= (size_t)(stream->end - stream->at);
}

static uint64_t little_endian(const unsigned char *at, unsigned bytes)
{
	uint64_t value = 0;
	for (unsigned i = bytes; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static bool take_code(struct stream *stream, enum stream_code code)
{
	if (!has(stream, 1) || *stream->at != code)
		return false;
	stream->at++;
	return true;
}

static bool take_number(struct stream *stream, unsigned bytes, uint64_t *ret)
{
	if (!has(stream, bytes))
		return false;
	*ret = little_endian(stream->at, bytes);
	stream->at += bytes;
	return true;
}

/* Bytes after a length of `width` bytes. */
static bool take_counted(struct stream *stream, unsigned width, struct slice *ret)
{
	uint64_t len;
	if (!take_number(stream, width, &len) || !has(stream, len))
		return false;
	*ret = slice_of((const char *)stream->at, len);
	stream->at += len;
	return true;
}

static bool is_terminated(struct slice text)
{
	return text.len > 0 && text.at[text.len - 1] == '\0';
}

static bool take_name(struct stream *stream, const char *name)
{
	struct slice found;
	if (!take_code(stream, STREAM_NAME))
		return name == NULL;
	if (!take_counted(stream, 2, &found))
		return false;
	return !name || (is_terminated(found) && slice_is(slice_first(found, found.len - 1), name));
}

bool stream_take(struct stream *stream, enum stream_code code, const char *name)
{
	const unsigned char *before = stream->at;
	if (take_name(stream, name) && take_code(stream, code))
		return true;
	stream->at = before;
	return false;
}

static bool read_number(
	struct stream *stream, enum stream_code code, const char *name, uint64_t *ret)
{
	static const unsigned char widths[] = {
		[STREAM_U8] = 1,
		[STREAM_U16] = 2,
		[STREAM_U32] = 4,
		[STREAM_U64] = 8,
	};
	const unsigned char *before = stream->at;
	if (stream_take(stream, code, name) && take_number(stream, widths[code], ret))
		return true;
	stream->at = before;
	return false;
}

bool stream_u8(struct stream *stream, const char *name, uint8_t *ret)
{
	uint64_t value;
	if (!read_number(stream, STREAM_U8, name, &value))
		return false;
	*ret = (uint8_t)value;
	return true;
}

bool stream_u16(struct stream *stream, const char *name, uint16_t *ret)
{
	uint64_t value;
	if (!read_number(stream, STREAM_U16, name, &value))
		return false;
	*ret = (uint16_t)value;
	return true;
}

bool stream_u32(struct stream *stream, const char *name, uint32_t *ret)
{
	uint64_t value;
	if (!read_number(stream, STREAM_U32, name, &value))
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool stream_u64(struct stream *stream, const char *name, uint64_t *ret)
{
	return read_number(stream, STREAM_U64, name, ret);
}

bool stream_string(struct stream *stream, const char *name, struct slice *ret_text)
{
	const unsigned char *before = stream->at;
	struct slice found;
	if (stream_take(stream, STREAM_STRING, name) && take_counted(stream, 2, &found) &&
		is_terminated(found)) {
		*ret_text = slice_first(found, found.len - 1);
		return true;
	}
	stream->at = before;
	return false;
}

bool stream_blob(struct stream *stream, const char *name, struct slice *ret_bytes)
{
	const unsigned char *before = stream->at;
	if (stream_take(stream, STREAM_BLOB, name) && take_counted(stream, 4, ret_bytes))
		return true;
	stream->at = before;
	return false;
}

bool stream_array(struct stream *stream, const char *name, uint16_t *ret_count)
{
	const unsigned char *before = stream->at;
	uint64_t count;
	/* An element has two bytes at least: what cannot be there need not be made room for. */
	if (stream_take(stream, STREAM_ARRAY, name) && take_number(stream, 2, &count) &&
		has(stream, count * 2)) {
		*ret_count = (uint16_t)count;
		return true;
	}
	stream->at = before;
	return false;
}

bool stream_fail(struct stream *stream, const char *format, ...)
{
	if (stream->error)
		return false;
	char text[256];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	stream->error =
		arena_printf(stream->arena, "%s at byte %zu", text, stream_offset(stream)).at;
	return false;
}
