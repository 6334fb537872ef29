#ifndef TESTS_UNIT_POLICY_SUPPORT_H
#define TESTS_UNIT_POLICY_SUPPORT_H

/*
 * For the tests of policy/: texts read the way the program does, with includes from a real
 * directory, and compiled by the system's apparmor_parser. Byte-equal binaries mean equal policy.
 */

#include "parser/parser.h"
#include "policy/print.h"
#include "policy/read.h"

#define SYSTEM_POLICY "/etc/apparmor.d"

/* A loader of files below a directory; every file is read once. */
struct test_loader {
	struct include_loader loader;
	struct unit *unit;
	const char *base;
	struct loaded {
		struct loaded *next;
		struct slice path;
		struct include_file *file;
	} * loaded;
	unsigned depth;
};

void test_loader_init(struct test_loader *loader, struct unit *unit, const char *base);

/* A file's bytes in the arena; at is NULL when it cannot be read. */
struct slice test_file(struct arena *arena, const char *path);

/* Parses and reads a text; false after any diagnostic error. */
bool test_read(struct unit *unit, const char *name, struct slice text, enum origin origin,
	const struct include_loader *loader, struct policy *ret_policy);

/* One rule of a text, as in `rules:` of a description. */
struct rule *test_rule(struct unit *unit, const char *text, enum abi abi, bool deny);

/* All of a policy as text. */
struct slice test_print(
	struct unit *unit, const struct policy *policy, const struct print_options *options);

/* The features file that the system's parser can compile for: ABI 4.0 when it has it. */
bool test_has_abi_4(void);

/* What apparmor_parser makes of a text; at is NULL when it refuses it, and *ret_error says why. */
struct slice test_binary(struct arena *arena, struct slice text, struct slice *ret_error);

/* Fails with the diagnostics on standard output when there are any. */
void test_no_diagnostics(const struct unit *unit, const char *what);

#endif
