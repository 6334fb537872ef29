#ifndef BASE_BUF_H
#define BASE_BUF_H

/*
 * A buffer is text that grows in an arena. Its bytes move when it grows: take a slice only when
 * it is complete.
 */

#include "base/arena.h"

struct buf {
	struct arena *arena;
	char *at;
	size_t len, cap;
};

static inline struct buf buf_new(struct arena *arena)
{
	return (struct buf){.arena = arena};
}

void buf_add(struct buf *buf, struct slice s);
void buf_add_str(struct buf *buf, const char *nul_terminated);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `more` bytes. */
void buf_reserve(struct buf *buf, size_t more);

static inline void buf_add_char(struct buf *buf, char c)
{
	if (buf->len == buf->cap)
		buf_reserve(buf, 1);
	buf->at[buf->len++] = c;
}

static inline struct slice buf_slice(const struct buf *buf)
{
	return slice_of(buf->at, buf->len);
}

#endif
