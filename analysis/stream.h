#ifndef ANALYSIS_STREAM_H
#define ANALYSIS_STREAM_H

/*
 * The typed stream in which apparmor_parser hands policy to the kernel: a sequence of elements,
 * each an optional name (04, u16 length, text, NUL), a type code and the value, numbers
 * little-endian.
 *
 *     04 08 00 "version\0" 02 07 20 20 00      u32 named 'version'
 *     07 … 08                                  struct … end of struct
 *     0b 03 00 … 0c                            array of 3 elements … end of array
 *
 * Every function either takes one whole element, or leaves the stream where it was and returns
 * false: optional elements are simply tried. Nothing is copied; slices point into the bytes given.
 * The stream never reads past its end, whatever the bytes are. Source: the kernel's reader,
 * security/apparmor/policy_unpack.c and include/policy_unpack.h.
 */

#include "base/arena.h"

enum stream_code {
	STREAM_U8 = 0,
	STREAM_U16 = 1,
	STREAM_U32 = 2,
	STREAM_U64 = 3,
	STREAM_NAME = 4,
	STREAM_STRING = 5,
	STREAM_BLOB = 6,
	STREAM_STRUCT = 7,
	STREAM_STRUCT_END = 8,
	STREAM_LIST = 9,
	STREAM_LIST_END = 10,
	STREAM_ARRAY = 11,
	STREAM_ARRAY_END = 12,
};

struct stream {
	struct arena *arena; /* for error texts */
	const unsigned char *start, *at, *end;
	const char *error; /* the first mistake, with its place; NULL while there is none */
};

/* A stream over bytes that outlive it. */
struct stream stream_of(struct arena *arena, struct slice bytes);

/* How far it has been read, in bytes from the start. */
static inline size_t stream_offset(const struct stream *stream)
{
	return (size_t)(stream->at - stream->start);
}

/* Nothing is left. */
static inline bool stream_done(const struct stream *stream)
{
	return stream->at >= stream->end;
}

/*
 * Takes name and type code of the next element. name NULL takes an element of any name or of none;
 * otherwise the element must have exactly that name.
 */
bool stream_take(struct stream *stream, enum stream_code code, const char *name);

/* One number of that width. name as in stream_take. */
bool stream_u8(struct stream *stream, const char *name, uint8_t *ret);
bool stream_u16(struct stream *stream, const char *name, uint16_t *ret);
bool stream_u32(struct stream *stream, const char *name, uint32_t *ret);
bool stream_u64(struct stream *stream, const char *name, uint64_t *ret);

/* Text that ends with a NUL, which is not part of *ret_text; other NULs may be in it. */
bool stream_string(struct stream *stream, const char *name, struct slice *ret_text);

/* Bytes with a 32-bit length. */
bool stream_blob(struct stream *stream, const char *name, struct slice *ret_bytes);

/*
 * The start of an array and how many elements it says to have: 0 to 65535, and not more than can be
 * in the bytes that are left.
 */
bool stream_array(struct stream *stream, const char *name, uint16_t *ret_count);

/*
 * Notes a mistake at the present offset, unless one was noted before: "… at byte 123". Always
 * returns false, so that a caller can return it.
 */
bool stream_fail(struct stream *stream, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
