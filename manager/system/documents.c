#include "manager/system/documents.h"

#include "compiler/service/read.h"
#include "manager/system/file.h"

#include <errno.h>

enum { READ_BYTES = 64 * 1024 };

bool documents_open(
	const char *path, size_t limit, struct documents *ret_documents, struct error **ret_error)
{
	bool is_input = strcmp(path, "-") == 0;
	int fd = file_open_operand(path, ret_error);
	if (fd < 0)
		return false;
	*ret_documents = (struct documents){
		.name = is_input ? "standard input" : path,
		.fd = fd,
		.line = 1,
		.limit = limit,
	};
	return true;
}

/* Moves what is left to the front, and reads more behind it. */
static bool read_more(struct documents *d, struct error **ret_error)
{
	if (d->begin > 0) {
		memmove(d->text.at, d->text.at + d->begin, d->text.len - d->begin);
		d->text.len -= d->begin;
		d->begin = 0;
	}
	if (!bytes_reserve(&d->text, READ_BYTES))
		return error_make(ret_error, ENOMEM, "cannot read '%s'", d->name);
	ssize_t got = file_read_some(d->fd, d->text.at + d->text.len, READ_BYTES);
	if (got < 0)
		return error_make(ret_error, errno, "cannot read '%s'", d->name);
	d->text.len += (size_t)got;
	d->complete = got == 0;
	return true;
}

static void hand_out(struct documents *d, size_t len, struct document *ret_document)
{
	*ret_document = (struct document){
		.text = slice_of(d->text.at + d->begin, len),
		.first_line = d->line,
	};
	for (size_t i = 0; i < len; i++)
		d->line += ret_document->text.at[i] == '\n';
	d->begin += len;
	d->count++;
}

/* Blank lines, comments and document ends only: nothing that a document could begin with. */
static bool holds_nothing(struct slice text)
{
	while (text.len > 0) {
		const char *newline = memchr(text.at, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.at) : text.len;
		struct slice line = slice_trim(slice_first(text, len));
		if (line.len > 0 && line.at[0] != '#' && !slice_is(line, "..."))
			return false;
		text = slice_from(text, len + 1);
	}
	return true;
}

bool documents_next(struct documents *d, struct document *ret_document, struct error **ret_error)
{
	for (;;) {
		struct slice rest =
			slice_of(d->text.at ? d->text.at + d->begin : "", d->text.len - d->begin);
		if (d->complete && d->count > 0 && holds_nothing(rest))
			return false;
		size_t len = service_next_document(rest, d->complete);
		if (len == 0 && d->complete)
			len = rest.len; /* only an empty file gets here */
		if (rest.len > d->limit && (len == 0 || len > d->limit)) {
			d->complete = true;
			hand_out(d, d->limit + 1, ret_document);
			d->begin = d->text.len;
			return true;
		}
		if (len > 0 || d->complete) {
			hand_out(d, len, ret_document);
			return true;
		}
		if (!read_more(d, ret_error))
			return false;
	}
}

void documents_close(struct documents *d)
{
	file_close_operand(d->fd);
	bytes_free(&d->text);
}
