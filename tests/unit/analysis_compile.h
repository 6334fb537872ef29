#ifndef TESTS_UNIT_ANALYSIS_COMPILE_H
#define TESTS_UNIT_ANALYSIS_COMPILE_H

/* Compiled policies for the tests of analysis/: made by apparmor_parser, or written by hand. */

#include "analysis/decide.h"
#include "base/buf.h"

/*
 * What apparmor_parser makes of a policy text under `abi <abi/3.0>,`, read back; the test fails and
 * NULL is returned when anything goes wrong. The text is at most 60 KiB, with no abi line of its
 * own.
 */
struct compiled_profile *test_compile(struct arena *arena, const char *text);

/* The same, as bytes; empty on failure. */
struct slice test_blob(struct arena *arena, const char *text);

/* Writers of the typed stream. name may be NULL. */
void put_name(struct buf *buf, const char *name);
void put_u32(struct buf *buf, const char *name, uint32_t value);
void put_u16(struct buf *buf, const char *name, uint16_t value);
void put_string(struct buf *buf, const char *name, const char *text);
void put_struct(struct buf *buf, const char *name);
void put_struct_end(struct buf *buf);
void put_array(struct buf *buf, const char *name, uint16_t count);
void put_array_end(struct buf *buf);
void put_bytes(struct buf *buf, const char *name, struct slice bytes);

/* An automaton to be written: every state has 256 entries of its own in next and check. */
#define SMALL_STATES 8
struct small_dfa {
	unsigned states;
	unsigned flags;			   /* of the header: 1 for differences */
	uint32_t base_flags[SMALL_STATES]; /* or'ed into the base */
	uint32_t fallback[SMALL_STATES];
	uint32_t next[SMALL_STATES][256]; /* 0: not the state's own, check says another */
	uint32_t accept[SMALL_STATES];
	uint32_t accept2[SMALL_STATES];
	bool no_accept2;
	bool wide;		/* 32 bits for next, check and default */
	const uint8_t *classes; /* or NULL */
};

/* The bytes of it, from the magic number on. */
struct slice small_dfa_bytes(struct arena *arena, const struct small_dfa *dfa);

#endif
