#include "manager/system/digest.h"

#include <nettle/sha1.h>

struct digest digest_of(struct slice text)
{
	struct sha256_ctx state;
	struct digest digest;
	sha256_init(&state);
	sha256_update(&state, text.len, (const uint8_t *)text.at);
	sha256_digest(&state, sizeof(digest.bytes), digest.bytes);
	return digest;
}

static void put_hex(const unsigned char *bytes, size_t count, char *ret_hex)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < count; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hex[2 * count] = '\0';
}

void digest_hex(const struct digest *digest, char ret_hex[DIGEST_HEX + 1])
{
	put_hex(digest->bytes, DIGEST_BYTES, ret_hex);
}

void digest_sha1_hex(struct slice head, struct slice body, char ret_hex[DIGEST_SHA1_HEX + 1])
{
	struct sha1_ctx state;
	uint8_t bytes[SHA1_DIGEST_SIZE];
	sha1_init(&state);
	sha1_update(&state, head.len, (const uint8_t *)head.at);
	sha1_update(&state, body.len, (const uint8_t *)body.at);
	sha1_digest(&state, sizeof(bytes), bytes);
	put_hex(bytes, sizeof(bytes), ret_hex);
}

void digest_sha256_hex(struct slice head, struct slice body, char ret_hex[DIGEST_HEX + 1])
{
	struct sha256_ctx state;
	struct digest digest;
	sha256_init(&state);
	sha256_update(&state, head.len, (const uint8_t *)head.at);
	sha256_update(&state, body.len, (const uint8_t *)body.at);
	sha256_digest(&state, sizeof(digest.bytes), digest.bytes);
	digest_hex(&digest, ret_hex);
}

void digest_begin(struct digest_list *list)
{
	sha256_init(&list->state);
}

void digest_add_number(struct digest_list *list, uint64_t number)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	sha256_update(&list->state, sizeof(bytes), bytes);
}

void digest_add(struct digest_list *list, struct slice field)
{
	digest_add_number(list, field.len);
	sha256_update(&list->state, field.len, (const uint8_t *)field.at);
}

void digest_add_digest(struct digest_list *list, const struct digest *digest)
{
	sha256_update(&list->state, sizeof(digest->bytes), digest->bytes);
}

struct digest digest_end(struct digest_list *list)
{
	struct digest digest;
	sha256_digest(&list->state, sizeof(digest.bytes), digest.bytes);
	return digest;
}
