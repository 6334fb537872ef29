#include "policy/names/names.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Two tables of each list: with numbers, and the texts alone. */
#define NAME(text, value) {text, value},
static const struct name capabilities[] = {
#include "policy/names/capabilities.def"
};
static const struct name families[] = {
#include "policy/names/families.def"
};
static const struct name types[] = {
#include "policy/names/types.def"
};
static const struct name protocols[] = {
#include "policy/names/protocols.def"
};
static const struct name signals[] = {
#include "policy/names/signals.def"
};
static const struct name rlimits[] = {
#include "policy/names/rlimits.def"
};
#undef NAME

#define NAME(text, value) text,
static const char *const capability_texts[] = {
#include "policy/names/capabilities.def"
};
static const char *const family_texts[] = {
#include "policy/names/families.def"
};
static const char *const type_texts[] = {
#include "policy/names/types.def"
};
static const char *const protocol_texts[] = {
#include "policy/names/protocols.def"
};
static const char *const signal_texts[] = {
#include "policy/names/signals.def"
};
static const char *const rlimit_texts[] = {
#include "policy/names/rlimits.def"
};
#undef NAME

_Static_assert(COUNT(capabilities) == 41, "CAP_LAST_CAP of linux 6 is 40");
_Static_assert(COUNT(families) == 45, "families that apparmor_parser knows");
_Static_assert(COUNT(types) == 6, "socket types that apparmor_parser knows");
_Static_assert(COUNT(protocols) == 3, "protocols that apparmor_parser knows");
_Static_assert(COUNT(signals) == 31 + 2 + 33, "signals, emt and exists, real-time signals");
_Static_assert(COUNT(rlimits) == 17, "16 limits, one with two names");

const struct name_list names_capabilities = {
	"capability", capabilities, capability_texts, COUNT(capabilities)};
const struct name_list names_families = {"address family", families, family_texts, COUNT(families)};
const struct name_list names_types = {"socket type", types, type_texts, COUNT(types)};
const struct name_list names_protocols = {"protocol", protocols, protocol_texts, COUNT(protocols)};
const struct name_list names_signals = {"signal", signals, signal_texts, COUNT(signals)};
const struct name_list names_rlimits = {"resource limit", rlimits, rlimit_texts, COUNT(rlimits)};

const struct name *name_find(const struct name_list *list, struct slice name)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->names[i].name;
		if (name.len && text[0] == name.at[0] && slice_is(name, text))
			return &list->names[i];
	}
	return NULL;
}

const struct name *name_of(const struct name_list *list, int number)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->names[i].number == number)
			return &list->names[i];
	return NULL;
}

const char *name_nearest(const struct name_list *list, struct slice given)
{
	return slice_nearest(given, list->texts, list->count);
}
