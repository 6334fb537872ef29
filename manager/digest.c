#include "manager/digest.h"

struct digest digest_of(struct slice text)
{
	SHA2_CTX state;
	struct digest digest;
	SHA256Init(&state);
	SHA256Update(&state, (const uint8_t *)text.at, text.len);
	SHA256Final(digest.bytes, &state);
	return digest;
}

void digest_hex(const struct digest *digest, char ret_hex[DIGEST_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		ret_hex[2 * i] = digits[digest->bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	ret_hex[DIGEST_HEX] = '\0';
}

void digest_begin(struct digest_list *list)
{
	SHA256Init(&list->state);
}

void digest_add_number(struct digest_list *list, uint64_t number)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	SHA256Update(&list->state, bytes, sizeof(bytes));
}

void digest_add(struct digest_list *list, struct slice field)
{
	digest_add_number(list, field.len);
	SHA256Update(&list->state, (const uint8_t *)field.at, field.len);
}

void digest_add_digest(struct digest_list *list, const struct digest *digest)
{
	SHA256Update(&list->state, digest->bytes, sizeof(digest->bytes));
}

struct digest digest_end(struct digest_list *list)
{
	struct digest digest;
	SHA256Final(digest.bytes, &list->state);
	return digest;
}
