#ifndef CLI_AUDIT_PROFILES_H
#define CLI_AUDIT_PROFILES_H

/*
 * The profiles that an audit resolves names against: the descriptions and profile texts of
 * directories, and what the kernel holds.
 */

#include "audit/audit.h"
#include "cli/cli.h"

struct audit_profiles;

/*
 * Reads what --profiles and --live name; *ret_profiles is NULL without either. Descriptions with
 * errors are reported and count as not there. STATUS_OK, or what to exit with.
 */
enum status audit_profiles_read(
	const struct options *options, struct audit_profiles **ret_profiles);

/* NULL for NULL. */
const struct profile_resolver *audit_profiles_resolver(struct audit_profiles *profiles);

void audit_profiles_free(struct audit_profiles *profiles);

#endif
