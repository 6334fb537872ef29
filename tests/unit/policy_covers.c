#include "tests/unit/policy_support.h"

#include "policy/rule/region.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/* How much of an allow denies take away; several are separated by '; '. */

static const struct {
	const char *deny, *allow;
	enum cover cover;
	const char *witness; /* of COVER_PARTLY */
} rows[] = {
	{"network inet", "network inet tcp", COVER_WHOLLY, NULL},
	{"network inet tcp", "network inet", COVER_PARTLY, "network inet stream"},
	{"network inet stream", "network inet tcp", COVER_WHOLLY, NULL},
	{"network", "network alg", COVER_WHOLLY, NULL},
	{"network alg", "network", COVER_PARTLY, "network alg"},
	{"network inet", "network inet6", COVER_NONE, NULL},
	{"network inet udp", "network inet tcp", COVER_NONE, NULL},
	{"network tcp", "network inet tcp", COVER_WHOLLY, NULL},
	{"network inet tcp", "network tcp", COVER_PARTLY, "network inet stream"},
	{"network stream", "network tcp", COVER_WHOLLY, NULL},
	{"network tcp", "network stream", COVER_PARTLY, "network inet stream"},
	{"network (bind) inet", "network (send, bind) inet", COVER_PARTLY, "network (bind) inet"},
	{"network (bind)", "network (send) inet", COVER_NONE, NULL},
	{"capability", "capability chown", COVER_WHOLLY, NULL},
	{"capability chown", "capability", COVER_PARTLY, "capability chown"},
	{"capability chown kill", "capability chown", COVER_WHOLLY, NULL},
	{"capability chown", "capability chown kill", COVER_PARTLY, "capability chown"},
	{"capability chown", "capability kill", COVER_NONE, NULL},
	{"signal", "signal (send) peer=a", COVER_WHOLLY, NULL},
	{"signal (send)", "signal", COVER_PARTLY, "signal (send)"},
	{"signal (send)", "signal (receive)", COVER_NONE, NULL},
	{"signal set=(hup)", "signal set=(hup, int)", COVER_PARTLY, "signal set=(hup)"},
	{"signal set=(hup, int)", "signal set=(hup)", COVER_WHOLLY, NULL},
	{"signal set=(kill)", "signal (send)", COVER_PARTLY, "signal (send) set=(kill)"},
	{"signal peer=a", "signal peer=a", COVER_WHOLLY, NULL},
	{"signal peer=a", "signal", COVER_PARTLY, "signal peer=a"},
	{"signal peer=a", "signal peer=b", COVER_NONE, NULL},
	{"signal peer=a*", "signal peer=ab", COVER_WHOLLY, NULL},
	{"signal peer=ab", "signal peer=a*", COVER_PARTLY, "signal peer=ab"},
	{"signal peer=@{x}", "signal peer=@{x}", COVER_WHOLLY, NULL},
	{"signal peer=@{x}", "signal peer=@{y}", COVER_NONE, NULL},
	{"ptrace (trace)", "ptrace", COVER_PARTLY, "ptrace (trace)"},
	{"ptrace (trace)", "ptrace (read)", COVER_NONE, NULL},
	{"ptrace", "ptrace (read) peer=a", COVER_WHOLLY, NULL},
	{"unix type=stream", "unix", COVER_PARTLY, "unix type=stream"},
	{"unix type=stream", "unix type=dgram", COVER_NONE, NULL},
	{"unix", "unix (bind) addr=@a", COVER_WHOLLY, NULL},
	{"unix peer=(label=a)", "unix (bind)", COVER_NONE, NULL},
	{"unix peer=(label=a)", "unix (send)", COVER_PARTLY, "unix (send) peer=(label=a)"},
	{"unix (send) peer=(label=a)", "unix (send) peer=(label=a addr=@b)", COVER_WHOLLY, NULL},
	{"dbus bus=system", "dbus (send) bus=system path=/a", COVER_WHOLLY, NULL},
	{"dbus bus=system", "dbus (send)", COVER_PARTLY, "dbus (send) bus=system"},
	{"dbus bus=system", "dbus bus=session", COVER_NONE, NULL},
	{"dbus (bind)", "dbus path=/a", COVER_NONE, NULL},
	{"mqueue /a", "mqueue (read) /a", COVER_WHOLLY, NULL},
	{"mqueue /a", "mqueue (read)", COVER_PARTLY, "mqueue (read) type=posix /a"},
	{"io_uring (sqpoll)", "io_uring", COVER_PARTLY, "io_uring (sqpoll)"},
	{"userns", "userns", COVER_WHOLLY, NULL},
	{"mount", "mount /a -> /b", COVER_WHOLLY, NULL},
	{"mount -> /b", "mount /a", COVER_PARTLY, "mount /a -> /b"},
	{"mount -> /b/**", "mount -> /c/**", COVER_NONE, NULL},
	{"mount fstype=ext4", "mount", COVER_PARTLY, "mount fstype=ext4"},
	{"mount", "umount", COVER_NONE, NULL},
	{"pivot_root", "pivot_root /a/", COVER_WHOLLY, NULL},
	{"pivot_root /a/", "pivot_root", COVER_PARTLY, "pivot_root /a/"},
	{"change_profile", "change_profile -> a", COVER_WHOLLY, NULL},
	{"change_profile -> a", "change_profile -> b", COVER_PARTLY,
		"change_profile at the exec of /**"},
	{"change_profile -> a", "change_profile", COVER_PARTLY, "change_profile -> a"},
	{"change_profile -> a*", "change_profile -> ab", COVER_WHOLLY, NULL},
	{"change_profile -> ab", "change_profile -> a*", COVER_PARTLY, "change_profile -> ab"},
	{"change_profile /a -> x", "change_profile /a -> y", COVER_PARTLY,
		"change_profile at the exec of /a"},
	{"mount", "remount options=(ro) /a", COVER_WHOLLY, NULL},
	{"mount options=(ro)", "mount options in (ro)", COVER_PARTLY, "mount options=(ro)"},
	{"mount options in (ro, nodev)", "mount options=(ro)", COVER_WHOLLY, NULL},
	{"mount options=(ro); mount options=(rw)", "mount options in (ro)", COVER_WHOLLY, NULL},
	{"mount fstype=(ext3, ext4)", "mount fstype=ext4", COVER_WHOLLY, NULL},
	{"mount fstype=ext3; mount fstype=ext4", "mount fstype=(ext4, ext3)", COVER_WHOLLY, NULL},
	{"mount fstype=ext*", "mount fstype=(ext4, vfat)", COVER_PARTLY, "mount fstype=ext4"},
	{"mount options=bind", "mount options=(bind, ro)", COVER_PARTLY, "mount options=(bind)"},
	{"network inet stream; network inet dgram", "network inet", COVER_PARTLY,
		"network inet stream"},
	{"network inet stream; network inet dgram; network inet raw; network inet rdm; "
	 "network inet seqpacket; network inet packet",
		"network inet", COVER_WHOLLY, NULL},
	{"capability chown; capability kill", "capability chown kill", COVER_WHOLLY, NULL},
	{"signal send; signal receive", "signal peer=a", COVER_WHOLLY, NULL},
	{"signal send; signal receive set=(hup)", "signal set=(hup)", COVER_WHOLLY, NULL},
	{"signal send; signal receive set=(hup)", "signal set=(int)", COVER_PARTLY,
		"signal (send) set=(int)"},
	{"signal peer=a*; signal peer=b*", "signal peer={ax,by}", COVER_WHOLLY, NULL},
	{"dbus send; dbus receive; dbus bind; dbus eavesdrop", "dbus", COVER_WHOLLY, NULL},
	{"dbus send path=/a interface=x; dbus send path=/b", "dbus send path=/{a,b} interface=x",
		COVER_WHOLLY, NULL},
	{"dbus send path=/a interface=x; dbus send path=/b", "dbus send path=/{a,b}", COVER_PARTLY,
		"dbus (send) path=/a interface=x"},
	{"dbus send path=/a interface=x; dbus send path=/a interface=y; dbus send path=/b",
		"dbus send path=/{a,b} interface={x,y}", COVER_WHOLLY, NULL},
	{"dbus send path=/a interface=x; dbus send path=/b interface=y; dbus send path=/b",
		"dbus send path=/{a,b} interface={x,y}", COVER_PARTLY,
		"dbus (send) path=/a interface=x"},
	{"ptrace trace; ptrace read; ptrace (tracedby, readby)", "ptrace", COVER_WHOLLY, NULL},
	{"network unix", "unix (send) type=stream peer=(label=a)", COVER_WHOLLY, NULL},
	{"network unix stream", "unix type=dgram", COVER_NONE, NULL},
	{"unix", "network unix", COVER_PARTLY, "unix"},
	{"link /a -> /b", "link /a -> /b", COVER_WHOLLY, NULL},
	{"/a l", "link /a -> /b", COVER_WHOLLY, NULL},
	{"link /a -> /b", "/a l", COVER_PARTLY, "link /a -> /b"},
	{"link /a -> /**", "/a rwl", COVER_WHOLLY, NULL},
	{"owner /a l", "link /a -> /b", COVER_PARTLY, "owner link /a -> /b"},
	{"link /a -> /b", "link /a -> /c", COVER_NONE, NULL},
};

static void deny_add(struct unit *unit, struct region_list *denies, const char *texts)
{
	for (char *at = arena_string(&unit->arena, slice_str(texts)), *end; at; at = end) {
		end = strstr(at, "; ");
		if (end) {
			*end = '\0';
			end += 2;
		}
		struct rule *deny = test_rule(unit, at, ABI_4_0, true);
		test_no_diagnostics(unit, at);
		CU_ASSERT_PTR_NOT_NULL_FATAL(deny);
		regions_of_rule(denies, deny);
	}
}

static struct region_answer answer_of(struct unit *unit, const char *deny, const char *allow)
{
	struct region_list denies = {.unit = unit}, allows = {.unit = unit};
	const struct region *at[256];
	size_t work = 10000;
	deny_add(unit, &denies, deny);
	struct rule *rule = test_rule(unit, allow, ABI_4_0, false);
	test_no_diagnostics(unit, allow);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
	regions_of_rule(&allows, rule);
	for (size_t i = 0; i < denies.count; i++)
		at[i] = &denies.at[i];
	return region_question(unit, &allows, at, denies.count, &work);
}

UNIT_TEST(denies_cover_an_allow)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unit_reset(&unit);
		struct region_answer answer = answer_of(&unit, rows[i].deny, rows[i].allow);
		bool ok =
			answer.cover == rows[i].cover &&
			(answer.cover != COVER_PARTLY || slice_is(answer.witness, rows[i].witness));
		CU_ASSERT_TRUE(ok);
		if (!ok)
			printf("\ndeny %s, %s: %d '%.*s'\n", rows[i].deny, rows[i].allow,
				answer.cover, SLICE_FMT(answer.witness));
	}
	unit_free(&unit);
}
