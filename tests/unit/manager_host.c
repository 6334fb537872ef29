#include "manager/host/host.h"
#include "tests/unit/manager_place.h"
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#define PARAMETERS "sys/module/apparmor/parameters/"

/* A machine below a temporary directory, and what is found on it. */
struct machine {
	struct place place;
	struct arena arena;
	struct places places;
	struct host host;
	struct findings findings;
};

static void machine_begin(struct machine *machine)
{
	machine->place = place_begin();
	arena_init(&machine->arena, test_out_of_memory);
	place_put(&machine->place, PARAMETERS "enabled", "Y\n");
	place_put(&machine->place, PARAMETERS "mode", "enforce\n");
	place_put(&machine->place, "proc/cmdline", "root=/dev/sda apparmor=1 security=apparmor\n");
	place_put(&machine->place, "proc/sys/kernel/osrelease", "6.1.0-test\n");
	place_put(&machine->place, "sys/kernel/security/apparmor/features/file/mask", "read\n");
	place_put(&machine->place, "sbin/apparmor_parser", "");
}

static void machine_look(struct machine *machine)
{
	CU_ASSERT_TRUE_FATAL(places_find(machine->place.path, &machine->places, NULL));
	findings_init(&machine->arena, &machine->findings);
	host_read(&machine->places, &machine->arena, &machine->host);
	host_check_kernel(&machine->host, &machine->findings);
	host_check_rest(&machine->host, &machine->findings);
	host_check_features(&machine->host, &machine->findings);
	places_free(&machine->places);
}

static void machine_end(struct machine *machine)
{
	arena_free(&machine->arena);
	place_end(&machine->place);
}

static const struct finding *find(const struct machine *machine, enum finding_id id)
{
	for (size_t i = 0; i < machine->findings.count; i++)
		if (machine->findings.items[i].id == id)
			return &machine->findings.items[i];
	return NULL;
}

static bool says(const struct machine *machine, enum finding_id id, const char *part)
{
	const struct finding *finding = find(machine, id);
	return finding && slice_find(finding->detail, slice_str(part));
}

UNIT_TEST(host_is_well)
{
	struct machine machine;
	machine_begin(&machine);
	machine_look(&machine);
	CU_ASSERT_EQUAL(machine.findings.errors, 0);
	CU_ASSERT_TRUE(says(&machine, FINDING_KERNEL_ON, "6.1.0-test"));
	CU_ASSERT_TRUE(says(&machine, FINDING_PARSER, "/sbin/apparmor_parser"));
	machine_end(&machine);
}

/* What keeps AppArmor off, told by the word that does; the last word of a kind counts. */
UNIT_TEST(host_off_by_its_command_line)
{
	static const struct {
		const char *line, *word;
	} cases[] = {
		{"quiet apparmor=0", "'apparmor=0'"},
		{"apparmor=1 apparmor=0 x", "'apparmor=0'"},
		{"security=selinux", "'security=selinux'"},
		{"security=apparmor security=tomoyo", "'security=tomoyo'"},
		{"lsm=lockdown,yama security=apparmor", "'lsm=lockdown,yama'"},
		{"lsm=lockdown,apparmor security=selinux", "parameters/enabled says N"},
		{"lsm=notapparmor", "'lsm=notapparmor'"},
		{"noapparmor=0", "parameters/enabled says N"},
	};
	struct machine machine;
	machine_begin(&machine);
	place_put(&machine.place, PARAMETERS "enabled", "N\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		place_put(&machine.place, "proc/cmdline", cases[i].line);
		machine_look(&machine);
		CU_ASSERT_EQUAL(machine.findings.errors, 1);
		CU_ASSERT_TRUE(says(&machine, FINDING_KERNEL_OFF, cases[i].word));
		CU_ASSERT_PTR_NULL(find(&machine, FINDING_KERNEL_ON));
	}
	machine_end(&machine);
}

UNIT_TEST(host_without_apparmor)
{
	struct machine machine;
	machine_begin(&machine);
	unlink(place_at(&machine.place, PARAMETERS "enabled"));
	machine_look(&machine);
	CU_ASSERT_TRUE(says(&machine, FINDING_KERNEL_WITHOUT, "6.1.0-test"));
	machine_end(&machine);
}

UNIT_TEST(host_without_securityfs)
{
	struct machine machine;
	machine_begin(&machine);
	CU_ASSERT_EQUAL(rename(place_at(&machine.place, "sys/kernel/security"),
				place_at(&machine.place, "elsewhere")),
		0);
	machine_look(&machine);
	CU_ASSERT_EQUAL(machine.findings.errors, 1);
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_NO_SECURITYFS));
	machine_end(&machine);
}

/* The kernel's own mode: as it is, or where that is hidden, as its command line set it. */
UNIT_TEST(host_in_complain)
{
	struct machine machine;
	machine_begin(&machine);
	place_put(&machine.place, PARAMETERS "mode", "complain\n");
	machine_look(&machine);
	CU_ASSERT_TRUE(says(&machine, FINDING_MODE_NOT_ENFORCE, "complain"));
	place_put(&machine.place, PARAMETERS "mode", "kill\n");
	machine_look(&machine);
	CU_ASSERT_EQUAL(machine.findings.errors, 0);
	/* A file that is too large counts as hidden, also for root. */
	char *large = arena_bytes(&machine.arena, 1100000);
	memset(large, 'x', 1099999);
	large[1099999] = '\0';
	place_put(&machine.place, PARAMETERS "mode", large);
	machine_look(&machine);
	CU_ASSERT_EQUAL(machine.findings.errors, 0);
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_MODE_HIDDEN));
	place_put(&machine.place, "proc/cmdline", "apparmor.mode=enforce apparmor.mode=complain");
	machine_look(&machine);
	CU_ASSERT_TRUE(says(&machine, FINDING_MODE_NOT_ENFORCE, "apparmor.mode=complain"));
	machine_end(&machine);
}

UNIT_TEST(host_parameters)
{
	struct machine machine;
	machine_begin(&machine);
	place_put(&machine.place, PARAMETERS "lock_policy", "Y\n");
	place_put(&machine.place, PARAMETERS "hash_policy", "N\n");
	place_put(&machine.place, PARAMETERS "export_binary", "N\n");
	place_put(&machine.place, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
	place_put(&machine.place, ".dockerenv", "");
	machine_look(&machine);
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_POLICY_LOCKED));
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_NO_HASH));
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_NO_EXPORT));
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_USERNS_RESTRICTED));
	CU_ASSERT_TRUE(says(&machine, FINDING_IN_CONTAINER, "/.dockerenv"));
	CU_ASSERT_EQUAL(machine.findings.errors, 0);
	machine_end(&machine);
}

UNIT_TEST(host_parser)
{
	struct machine machine;
	machine_begin(&machine);
	unlink(place_at(&machine.place, "sbin/apparmor_parser"));
	machine_look(&machine);
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_PARSER_MISSING));
	CU_ASSERT_PTR_NULL(find(&machine, FINDING_PARSER));
	place_put(&machine.place, "usr/local/sbin/apparmor_parser", "");
	machine_look(&machine);
	CU_ASSERT_PTR_NULL(find(&machine, FINDING_PARSER_MISSING));
	CU_ASSERT_TRUE(
		says(&machine, FINDING_PARSER_NOT_IN_SBIN, "/usr/local/sbin/apparmor_parser"));
	machine_end(&machine);
}

/* A parser that compresses, and a library that does not know of it. */
UNIT_TEST(host_parser_and_library)
{
	static const struct {
		const char *parser, *library;
		bool is_bad;
	} cases[] = {
		{"5.0.1", "libapparmor.so.1.8.4", true},
		{"5.0.1", "libapparmor.so.1.25.0", false},
		{"4.1.0", "libapparmor.so.1.8.4", false},
		{"5.0.1", "", false},
		{"", "libapparmor.so.1.8.4", false},
	};
	struct machine machine;
	machine_begin(&machine);
	machine_look(&machine);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		findings_init(&machine.arena, &machine.findings);
		machine.host.parser_version = slice_str(cases[i].parser);
		machine.host.library = slice_str(cases[i].library);
		host_check_rest(&machine.host, &machine.findings);
		CU_ASSERT_EQUAL(find(&machine, FINDING_PARSER_NEWER) != NULL, cases[i].is_bad);
	}
	machine.host.parser_version = SLICE("2.13.6");
	host_check_rest(&machine.host, &machine.findings);
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_PARSER_OLD));
	machine_end(&machine);
}

UNIT_TEST(host_library_and_service)
{
	struct machine machine;
	machine_begin(&machine);
	const char *library = place_put(&machine.place, "usr/lib/x/libapparmor.so.1.8.4", "");
	CU_ASSERT_EQUAL(
		symlink(library, place_at(&machine.place, "usr/lib/x/libapparmor.so.1")), 0);
	place_put(&machine.place, "etc/systemd/system/sysinit.target.wants/other.service", "");
	machine_look(&machine);
	CU_ASSERT_TRUE(slice_is(machine.host.library, "libapparmor.so.1.8.4"));
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_SERVICE_MISSING));
	place_put(&machine.place, "etc/systemd/system/sysinit.target.wants/apparmor.service", "");
	machine_look(&machine);
	CU_ASSERT_PTR_NULL(find(&machine, FINDING_SERVICE_MISSING));
	CU_ASSERT_EQUAL(symlink("/dev/null",
				place_at(&machine.place, "etc/systemd/system/apparmor.service")),
		0);
	machine_look(&machine);
	CU_ASSERT_PTR_NOT_NULL(find(&machine, FINDING_SERVICE_MASKED));
	machine_end(&machine);
}

/* A root whose own path means something to glob(3). */
UNIT_TEST(host_in_an_odd_root)
{
	struct place place = place_begin();
	struct places places;
	struct host host;
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	const char *library = place_put(&place, "a[b]*\\/usr/lib/libapparmor.so.1.9.0", "");
	CU_ASSERT_EQUAL(symlink(library, place_at(&place, "a[b]*\\/usr/lib/libapparmor.so.1")), 0);
	CU_ASSERT_TRUE_FATAL(places_find(place_at(&place, "a[b]*\\"), &places, NULL));
	host_read(&places, &arena, &host);
	CU_ASSERT_TRUE(slice_is(host.library, "libapparmor.so.1.9.0"));
	places_free(&places);
	arena_free(&arena);
	place_end(&place);
}

UNIT_TEST(host_features)
{
	struct machine machine;
	machine_begin(&machine);
	machine_look(&machine);
	CU_ASSERT_TRUE(says(&machine, FINDING_FEATURE_MISSING, "signal"));
	CU_ASSERT_TRUE(says(&machine, FINDING_FEATURE_ABSENT, "unix, dbus, userns"));
	CU_ASSERT_FALSE(
		slice_starts(find(&machine, FINDING_FEATURE_MISSING)->detail, SLICE("file")));
	place_put(&machine.place, "sys/kernel/security/apparmor/features/signal/mask", "hup\n");
	place_put(&machine.place, "sys/kernel/security/apparmor/features/network_v9/af_unix",
		"yes\n");
	place_put(&machine.place, "sys/kernel/security/apparmor/features/policy/versions/v8",
		"yes\n");
	machine_look(&machine);
	CU_ASSERT_FALSE(says(&machine, FINDING_FEATURE_MISSING, "signal"));
	CU_ASSERT_FALSE(says(&machine, FINDING_FEATURE_MISSING, "network"));
	CU_ASSERT_FALSE(says(&machine, FINDING_FEATURE_ABSENT, "unix"));
	CU_ASSERT_TRUE(says(&machine, FINDING_POLICY_ABI, "v8"));
	machine_end(&machine);
}

UNIT_TEST(findings_are_sorted_and_visible)
{
	struct arena arena;
	struct findings findings;
	arena_init(&arena, test_out_of_memory);
	findings_init(&arena, &findings);
	finding_add(&findings, FINDING_PARSER, "one");
	finding_add(&findings, FINDING_MODE_HIDDEN, "%s", "");
	for (int i = 0; i < 40; i++)
		finding_add(&findings, FINDING_KERNEL_OFF, "%d\x1b[2J", i);
	finding_mend(&findings, "other");
	findings_sort(&findings);
	CU_ASSERT_EQUAL(findings.items[0].id, FINDING_KERNEL_OFF);
	CU_ASSERT_TRUE(slice_starts(findings.items[1].detail, SLICE("1")));
	CU_ASSERT_TRUE(slice_is(findings.items[39].mend, "other"));
	CU_ASSERT_EQUAL(findings.items[40].id, FINDING_MODE_HIDDEN);
	CU_ASSERT_EQUAL(findings.items[41].id, FINDING_PARSER);
	CU_ASSERT_TRUE(
		slice_ends(finding_text(&findings, &findings.items[0]), SLICE(": 0\\x1b[2J")));
	finding_add(&findings, FINDING_PARSER, "%s", "");
	findings_drop(&findings, FINDING_KERNEL_OFF);
	CU_ASSERT_EQUAL(findings.count, 3);
	CU_ASSERT_EQUAL(findings.errors, 0);
	arena_free(&arena);
}
