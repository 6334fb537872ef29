#include "analysis/perms.h"

/* A half of an accept entry of the older format, which holds two of them: the owner's, the others'.
 */
#define HALF_SHIFT  14
#define HALF_PERMS  0x7fu /* of accept: allow; of accept2: audit, and quiet 7 bits above */
#define QUIET_SHIFT 7

#define OLD_WRITE 0x02u
#define OLD_READ  0x04u
#define OLD_LINK  0x10u
#define OLD_LOCK  0x20u
#define OLD_MMAP  0x40u

/* The accept flag that tells that the permissions differ for the owner (tables with accept2). */
#define ACCEPT2_OWNER 1u

static uint32_t old_file_bits(uint32_t old)
{
	uint32_t bits = old & 0xf;
	if (old & OLD_WRITE)
		bits |= KERNEL_CREATE;
	if (old & OLD_LINK)
		bits |= KERNEL_LINK;
	if (old & OLD_LOCK)
		bits |= KERNEL_LOCK;
	if (old & OLD_MMAP)
		bits |= KERNEL_MMAP;
	return bits;
}

uint32_t perms_old_xindex(uint32_t accept)
{
	uint32_t index = accept >> 10 & 0xf, xindex = 0;
	if (accept & 0x80)
		xindex |= XINDEX_UNCONFINED;
	if (accept & 0x100)
		xindex |= XINDEX_UNSAFE;
	if (accept & 0x200)
		xindex |= XINDEX_INHERIT;
	switch (index) {
	case 0:
		return xindex;
	case 1:
		return xindex | XINDEX_UNCONFINED;
	case 2:
		return xindex | XINDEX_NAME;
	case 3:
		return xindex | XINDEX_NAME | XINDEX_CHILD;
	}
	return xindex | XINDEX_TABLE | (index - 4);
}

static struct perms old_file(const struct dfa *dfa, uint32_t state, bool owner)
{
	unsigned shift = owner ? 0 : HALF_SHIFT;
	uint32_t accept = dfa->accept[state] >> shift, accept2 = dfa->accept2[state] >> shift;
	return (struct perms){
		.allow = old_file_bits(accept & HALF_PERMS),
		.audit = old_file_bits(accept2 & HALF_PERMS),
		.quiet = old_file_bits(accept2 >> QUIET_SHIFT & HALF_PERMS),
		.xindex = perms_old_xindex(accept),
	};
}

static struct perms of_entry(const struct permission_entry *entry)
{
	return (struct perms){
		.allow = entry->allow & ~entry->deny,
		.audit = entry->audit,
		.quiet = entry->quiet,
		.xindex = entry->xindex,
	};
}

static struct perms of_file_entry(const struct compiled_db *db, uint32_t state, bool owner)
{
	uint32_t index = db->dfa->accept[state];
	bool same =
		!db->has_owner || (db->dfa->accept2 && !(db->dfa->accept2[state] & ACCEPT2_OWNER));
	return of_entry(&db->perms[index + (owner || same ? 0 : 1)]);
}

struct perms perms_of_file(const struct compiled_profile *profile, uint32_t state, bool owner)
{
	const struct compiled_db *db = &profile->file;
	if (!db->dfa)
		return (struct perms){0};
	struct perms perms =
		db->perms ? of_file_entry(db, state, owner) : old_file(db->dfa, state, owner);
	if (profile->audits_all) {
		perms.audit = UINT32_MAX;
		perms.quiet = 0;
	}
	return perms;
}

/* The bits of the others' half extend the owner's half where there is no owner. */
static uint32_t map_others(uint32_t bits)
{
	return (bits & 0x03) << 8 | (bits & 0x1c) << 18 | (bits & 0x60) << 19;
}

/* What interface version 9 keeps where exec transitions are for files. */
static uint32_t map_exec(uint32_t bits)
{
	return (bits & 0x01) << 7 | (bits & 0x7e) << 9;
}

static struct perms old_policy(const struct dfa *dfa, uint32_t state, uint32_t version)
{
	uint32_t accept = dfa->accept[state], accept2 = dfa->accept2[state];
	struct perms perms = {
		.allow = (accept & HALF_PERMS) | map_others(accept >> HALF_SHIFT & HALF_PERMS),
		.audit = (accept2 & HALF_PERMS) | map_others(accept2 >> HALF_SHIFT & HALF_PERMS),
		.quiet = (accept2 >> QUIET_SHIFT & HALF_PERMS) |
			 map_others(accept2 >> (HALF_SHIFT + QUIET_SHIFT) & HALF_PERMS),
	};
	if (version >= 9)
		perms.allow |= map_exec(accept >> QUIET_SHIFT & HALF_PERMS);
	else
		perms.allow |= KERNEL_LOCK;
	return perms;
}

struct perms perms_of_policy(const struct compiled_profile *profile, uint32_t state)
{
	const struct compiled_db *db = &profile->policy;
	if (!db->dfa || state == DFA_NOWHERE)
		return (struct perms){0};
	struct perms perms = db->perms ? of_entry(&db->perms[db->dfa->accept[state]])
				       : old_policy(db->dfa, state, profile->version);
	if (profile->audits_all) {
		perms.audit = UINT32_MAX;
		perms.quiet = 0;
	}
	return perms;
}
