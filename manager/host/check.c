#include "manager/host/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/apparmor.h>

/* The last word KEY=VALUE of the kernel's command line, or empty: the last one counts. */
static struct slice last_word(struct slice line, struct slice key)
{
	struct slice last = slice_of(NULL, 0);
	for (size_t begin = 0; begin < line.len;) {
		size_t end = begin;
		while (end < line.len && line.at[end] != ' ' && line.at[end] != '\n')
			end++;
		struct slice word = slice_of(line.at + begin, end - begin);
		if (slice_starts(word, key))
			last = word;
		begin = end + 1;
	}
	return last;
}

/* Whether a list such as "lockdown,apparmor,bpf" has the word. */
static bool list_has(struct slice list, struct slice word)
{
	while (list.len > 0) {
		const char *comma = memchr(list.at, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.at) : list.len;
		if (slice_eq(slice_first(list, len), word))
			return true;
		list = slice_from(list, len + 1);
	}
	return false;
}

/*
 * Which word of the command line keeps AppArmor off: "apparmor=0", "security=selinux",
 * "lsm=lockdown,yama". With lsm=, security= does not count (security/security.c of the kernel).
 */
static struct slice guilty_word(struct slice line)
{
	struct slice apparmor = last_word(line, SLICE("apparmor="));
	struct slice security = last_word(line, SLICE("security="));
	struct slice lsm = last_word(line, SLICE("lsm="));
	if (slice_is(apparmor, "apparmor=0"))
		return apparmor;
	if (lsm.len > 0)
		return list_has(slice_from(lsm, 4), SLICE("apparmor")) ? slice_of(NULL, 0) : lsm;
	if (security.len > 0 && !slice_is(security, "security=apparmor"))
		return security;
	return slice_of(NULL, 0);
}

static void check_off(const struct host *host, struct findings *findings)
{
	struct slice word = guilty_word(host->command_line.text);
	if (word.len == 0) {
		finding_add(findings, FINDING_KERNEL_OFF, "parameters/enabled says %.*s",
			SLICE_FMT(host->enabled.text));
		return;
	}
	finding_add(findings, FINDING_KERNEL_OFF, "its command line says '%.*s'", SLICE_FMT(word));
	if (slice_starts(word, SLICE("lsm=")))
		finding_mend(findings,
			"put 'apparmor' into the list lsm= on the kernel's command line "
			"(GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub), and boot");
}

static void check_enabled(const struct host *host, struct findings *findings)
{
	if (host->enabled.state == FACT_HIDDEN)
		finding_add(findings, FINDING_KERNEL_HIDDEN,
			"/sys/module/apparmor/parameters/enabled cannot be read");
	else if (host->enabled.state == FACT_ABSENT)
		finding_add(
			findings, FINDING_KERNEL_WITHOUT, "%.*s", SLICE_FMT(host->release.text));
	else if (!fact_is(&host->enabled, "Y"))
		check_off(host, findings);
	else if (!host->has_apparmorfs)
		finding_add(findings, FINDING_NO_SECURITYFS, "no /sys/kernel/security/apparmor");
}

/* The mode of the kernel as a whole: only root can read it, but see what the command line set. */
enum host_enforcement host_enforcement(const struct host *host)
{
	struct slice key = SLICE("apparmor.mode=");
	struct slice word = last_word(host->command_line.text, key);
	struct slice mode =
		host->mode.state == FACT_KNOWN ? host->mode.text : slice_from(word, key.len);
	if (slice_is(mode, "enforce") || slice_is(mode, "kill"))
		return host->mode.state == FACT_KNOWN ? HOST_ENFORCES : HOST_ENFORCES_UNSEEN;
	return host->mode.state == FACT_KNOWN || word.len > 0 ? HOST_ENFORCES_NOT
							      : HOST_ENFORCES_UNSEEN;
}

static void check_mode(const struct host *host, struct findings *findings)
{
	switch (host_enforcement(host)) {
	case HOST_ENFORCES:
		return;
	case HOST_ENFORCES_UNSEEN:
		if (host->mode.state == FACT_HIDDEN)
			finding_add(findings, FINDING_MODE_HIDDEN, "%s", "");
		return;
	case HOST_ENFORCES_NOT:
		break;
	}
	if (host->mode.state == FACT_KNOWN)
		finding_add(findings, FINDING_MODE_NOT_ENFORCE, "parameters/mode says %.*s",
			SLICE_FMT(host->mode.text));
	else
		finding_add(findings, FINDING_MODE_NOT_ENFORCE, "its command line says '%.*s'",
			SLICE_FMT(last_word(host->command_line.text, SLICE("apparmor.mode="))));
}

void host_check_kernel(const struct host *host, struct findings *findings)
{
	size_t before = findings->errors;
	check_enabled(host, findings);
	if (findings->errors == before)
		check_mode(host, findings);
}

static void check_parameters(const struct host *host, struct findings *findings)
{
	if (fact_is(&host->lock_policy, "Y"))
		finding_add(findings, FINDING_POLICY_LOCKED, "%s", "");
	if (fact_is(&host->hash_policy, "N"))
		finding_add(findings, FINDING_NO_HASH, "%s", "");
	if (fact_is(&host->export_binary, "N"))
		finding_add(findings, FINDING_NO_EXPORT, "%s", "");
	if (host->lock_policy.state == FACT_HIDDEN)
		finding_add(findings, FINDING_PARAMETERS_HIDDEN, "%s", "");
	if (host->userns_restrict.state == FACT_KNOWN && !fact_is(&host->userns_restrict, "0"))
		finding_add(findings, FINDING_USERNS_RESTRICTED, "%s", "");
	if (host->container_mark.len > 0)
		finding_add(
			findings, FINDING_IN_CONTAINER, "%.*s", SLICE_FMT(host->container_mark));
}

static unsigned major_of(struct slice version)
{
	unsigned major = 0;
	for (size_t i = 0; i < version.len && i < 4; i++) {
		if (version.at[i] < '0' || version.at[i] > '9')
			break;
		major = 10 * major + (unsigned)(version.at[i] - '0');
	}
	return major;
}

/* libapparmor.so.1.8.4 is that of 3.0.8. Source: AA_LIB_CURRENT and AA_LIB_AGE in
 * libraries/libapparmor/src/Makefile.am of each release. */
static unsigned library_minor(struct slice library)
{
	unsigned minor = 0;
	char name[64];
	snprintf(name, sizeof(name), "%.*s", SLICE_FMT(library));
	return sscanf(name, "libapparmor.so.1.%u", &minor) == 1 ? minor : 0;
}

/* From 5.0 on a policy file may begin with a header that only a library of the same age takes off;
 * those are 1.24 or newer. */
#define COMPRESSING_PARSER  5
#define COMPRESSING_LIBRARY 24

static void check_versions(const struct host *host, struct findings *findings)
{
	struct slice version = host->parser_version;
	unsigned major = major_of(version), minor = library_minor(host->library);
	if (major > 0 && major < 3)
		finding_add(findings, FINDING_PARSER_OLD, "%.*s is %.*s", SLICE_FMT(host->parser),
			SLICE_FMT(version));
	if (major >= COMPRESSING_PARSER && minor > 0 && minor < COMPRESSING_LIBRARY)
		finding_add(findings, FINDING_PARSER_NEWER, "parser %.*s, library %.*s",
			SLICE_FMT(version), SLICE_FMT(host->library));
}

static void check_parser(const struct host *host, struct findings *findings)
{
	if (host->parser.len == 0) {
		finding_add(findings, FINDING_PARSER_MISSING, "%s", "");
		return;
	}
	struct slice version = host->parser_version;
	finding_add(findings, FINDING_PARSER, "%.*s%s%.*s%s%.*s", SLICE_FMT(host->parser),
		version.len ? ", version " : "", SLICE_FMT(version), host->library.len ? ", " : "",
		SLICE_FMT(host->library));
	if (!host->has_parser_in_sbin)
		finding_add(findings, FINDING_PARSER_NOT_IN_SBIN, "the only one is %.*s",
			SLICE_FMT(host->parser));
	check_versions(host, findings);
}

static void check_service(const struct host *host, struct findings *findings)
{
	if (host->service_masked)
		finding_add(findings, FINDING_SERVICE_MASKED, "%s", "");
	else if (host->service_known && !host->service_enabled)
		finding_add(findings, FINDING_SERVICE_MISSING, "%s", "");
}

void host_check_rest(const struct host *host, struct findings *findings)
{
	if (fact_is(&host->enabled, "Y") && host->has_apparmorfs)
		finding_add(
			findings, FINDING_KERNEL_ON, "kernel %.*s", SLICE_FMT(host->release.text));
	check_parameters(host, findings);
	check_parser(host, findings);
	check_service(host, findings);
}

/* One of several names that a feature had over the years; `usual`: most kernels have it. */
struct feature {
	const char *rules;
	const char *names[4];
	bool usual;
};

static const struct feature features[] = {
	{"file", {"file"}, true},
	{"capability", {"caps"}, true},
	{"network", {"network_v9", "network_v8", "network"}, true},
	{"mount, umount, pivot_root", {"mount"}, true},
	{"ptrace", {"ptrace"}, true},
	{"signal", {"signal"}, true},
	{"rlimit", {"rlimit"}, true},
	{"change_profile, exec transitions", {"domain"}, true},
	{"unix", {"network_v9/af_unix", "network_v8/af_unix", "network/af_unix"}, false},
	{"dbus", {"dbus"}, false},
	{"userns", {"namespaces/userns_create", "namespaces/mask/userns_create"}, false},
	{"io_uring", {"io_uring"}, false},
	{"mqueue", {"ipc/posix_mqueue"}, false},
};

static bool has_feature(const aa_features *kernel, const struct feature *feature)
{
	for (size_t i = 0; i < 4 && feature->names[i]; i++)
		if (aa_features_supports((aa_features *)kernel, feature->names[i]))
			return true;
	return false;
}

static void add_missing(
	const aa_features *kernel, bool usual, enum finding_id id, struct findings *findings)
{
	struct buf rules = buf_new(findings->arena);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (features[i].usual != usual || has_feature(kernel, &features[i]))
			continue;
		buf_add_str(&rules, rules.len ? ", " : "");
		buf_add_str(&rules, features[i].rules);
	}
	if (rules.len > 0)
		finding_add(findings, id, "%.*s", SLICE_FMT(buf_slice(&rules)));
}

static void add_versions(const aa_features *kernel, struct findings *findings)
{
	struct buf versions = buf_new(findings->arena);
	for (int version = 5; version <= 9; version++) {
		char name[32];
		snprintf(name, sizeof(name), "policy/versions/v%d", version);
		if (aa_features_supports((aa_features *)kernel, name))
			buf_printf(&versions, "%sv%d", versions.len ? " " : "", version);
	}
	if (versions.len > 0)
		finding_add(findings, FINDING_POLICY_ABI, "%.*s", SLICE_FMT(buf_slice(&versions)));
}

void host_check_features(const struct host *host, struct findings *findings)
{
	aa_features *kernel = NULL;
	if (host->features.len == 0 || aa_features_new(&kernel, AT_FDCWD, host->features.at) != 0) {
		if (host->has_apparmorfs)
			finding_add(findings, FINDING_FEATURES_HIDDEN, "%s", "");
		return;
	}
	add_versions(kernel, findings);
	add_missing(kernel, true, FINDING_FEATURE_MISSING, findings);
	add_missing(kernel, false, FINDING_FEATURE_ABSENT, findings);
	aa_features_unref(kernel);
}
