#ifndef MANAGER_SYSTEM_DIGEST_H
#define MANAGER_SYSTEM_DIGEST_H

/* SHA-256 and, where the kernel has nothing better, SHA-1 (nettle, which uses what the
 * processor has for them). Cannot fail. */

#include "base/slice.h"

#include <nettle/sha2.h>

#define DIGEST_BYTES 32
#define DIGEST_HEX   64

struct digest {
	unsigned char bytes[DIGEST_BYTES];
};

/* The digest of one text. */
struct digest digest_of(struct slice text);

/* As 64 lower case hex digits and a NUL. */
void digest_hex(const struct digest *digest, char ret_hex[DIGEST_HEX + 1]);

/* Hex digits of what sha1sum and sha256sum say of the bytes of head and body in a row. */
#define DIGEST_SHA1_HEX 40
void digest_sha1_hex(struct slice head, struct slice body, char ret_hex[DIGEST_SHA1_HEX + 1]);
void digest_sha256_hex(struct slice head, struct slice body, char ret_hex[DIGEST_HEX + 1]);

/* Digest of a list of fields: each goes in with its length, so that no two lists are alike. */
struct digest_list {
	struct sha256_ctx state;
};

void digest_begin(struct digest_list *list);
void digest_add(struct digest_list *list, struct slice field);
void digest_add_digest(struct digest_list *list, const struct digest *digest);
void digest_add_number(struct digest_list *list, uint64_t number);
struct digest digest_end(struct digest_list *list);

#endif
