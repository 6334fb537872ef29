#include "manager/system/bytes.h"

#include <stdlib.h>

bool bytes_reserve(struct bytes *bytes, size_t more)
{
	if (more < bytes->cap - bytes->len)
		return true;
	if (more >= SIZE_MAX / 4 || bytes->len >= SIZE_MAX / 4)
		return false;
	size_t cap = bytes->cap ? bytes->cap : 4096;
	while (cap - bytes->len <= more)
		cap *= 2;
	char *at = realloc(bytes->at, cap);
	if (!at)
		return false;
	bytes->at = at;
	bytes->cap = cap;
	bytes->at[bytes->len] = '\0';
	return true;
}

bool bytes_add(struct bytes *bytes, struct slice s)
{
	if (!bytes_reserve(bytes, s.len))
		return false;
	if (s.len > 0)
		memcpy(bytes->at + bytes->len, s.at, s.len);
	bytes->len += s.len;
	bytes->at[bytes->len] = '\0';
	return true;
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->at);
	*bytes = (struct bytes){0};
}
