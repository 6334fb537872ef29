#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_reserve(struct buf *buf, size_t more)
{
	if (more <= buf->cap - buf->len)
		return;
	size_t cap = buf->cap ? buf->cap : 256;
	while (cap - buf->len < more) {
		if (cap > SIZE_MAX / 2) {
			cap = SIZE_MAX; /* the arena reports it as out of memory */
			break;
		}
		cap *= 2;
	}
	char *at = arena_bytes(buf->arena, cap);
	if (buf->len > 0)
		memcpy(at, buf->at, buf->len);
	buf->at = at;
	buf->cap = cap;
}

void buf_add(struct buf *buf, struct slice s)
{
	if (s.len == 0)
		return;
	buf_reserve(buf, s.len);
	memcpy(buf->at + buf->len, s.at, s.len);
	buf->len += s.len;
}

void buf_add_str(struct buf *buf, const char *nul_terminated)
{
	buf_add(buf, slice_str(nul_terminated));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0) {
		buf_reserve(buf, (size_t)len + 1); /* vsnprintf ends with NUL */
		vsnprintf(buf->at + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}
