#ifndef COMPILER_SERVICE_READ_H
#define COMPILER_SERVICE_READ_H

#include "compiler/service/service.h"

/*
 * Reads one YAML document (YAML 1.1 as libyaml reads it, UTF-8) that has been added to the unit's
 * sources. All mistakes are reported, each at its line and column. Limits: document_bytes, depth,
 * nodes. A document that is empty (comments only) is a diagnostic EMPTY_DOCUMENT. false after any
 * error; *ret_service is then what could be understood, for more checks (lower_check_rules in
 * compiler/lower.h), or NULL.
 */
bool service_read(struct unit *unit, const struct source *source, struct service **ret_service);

/*
 * The end of the first document of a stream: a chunk boundary for callers that stream a file of
 * many documents. `text` is what has been read so far, `complete` that nothing follows. Returns the
 * number of bytes of the first document (with what precedes it), or 0 when more text is needed.
 * Boundaries are lines that start with `---` (followed by blank or end) after content, and after
 * lines `...`. Comments, blank lines and directives before the first `---` belong to the document
 * that follows, after the last `...` to the one before. Lines end with a newline here. An empty
 * text gives 0.
 */
size_t service_next_document(struct slice text, bool complete);

#endif
