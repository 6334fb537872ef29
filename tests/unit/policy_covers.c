#include "tests/unit/policy_support.h"

#include "tests/unit/unit.h"

#include <stdio.h>

/* How much of an allow a deny takes away. */

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
	{"mqueue /a", "mqueue (read)", COVER_PARTLY, "mqueue (read) /a"},
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
	{"change_profile -> a", "change_profile -> b", COVER_NONE, NULL},
	{"change_profile -> a", "change_profile", COVER_PARTLY, "change_profile -> a"},
};

UNIT_TEST(a_deny_covers_an_allow_by_fields)
{
	struct unit unit;
	unit_init(&unit, NULL, test_out_of_memory);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unit_reset(&unit);
		struct rule *deny = test_rule(&unit, rows[i].deny, ABI_4_0, true);
		struct rule *allow = test_rule(&unit, rows[i].allow, ABI_4_0, false);
		struct slice witness = SLICE("");
		test_no_diagnostics(&unit, rows[i].deny);
		CU_ASSERT_PTR_NOT_NULL_FATAL(deny);
		CU_ASSERT_PTR_NOT_NULL_FATAL(allow);
		enum cover cover = deny->ops->covers(&unit, deny, allow, &witness);
		bool ok = cover == rows[i].cover &&
			  slice_is(witness, rows[i].witness ? rows[i].witness : "");
		CU_ASSERT_TRUE(ok);
		if (!ok)
			printf("\ndeny %s, %s: %d '%.*s'\n", rows[i].deny, rows[i].allow, cover,
				SLICE_FMT(witness));
	}
	unit_free(&unit);
}
