/* Namespaces that are the host's, devices, published ports. */
#include "audit/check.h"

struct share_control {
	enum control_id control;
	const char *what;
};

static const struct share_control share_controls[SHARE_COUNT] = {
	[SHARE_PID] = {CONTROL_HOST_PID, "process ids"},
	[SHARE_NETWORK] = {CONTROL_HOST_NETWORK, "network"},
	[SHARE_IPC] = {CONTROL_HOST_IPC, "shared memory"},
	[SHARE_USERNS] = {CONTROL_HOST_USERNS, "user namespace"},
	[SHARE_UTS] = {CONTROL_HOST_UTS, "host name"},
	[SHARE_CGROUP] = {CONTROL_HOST_CGROUP, "control groups"},
};

static bool is_other_container(struct slice value)
{
	return slice_starts(value, SLICE("container:")) || slice_starts(value, SLICE("service:"));
}

static void check_share(struct check *check, enum share share)
{
	const struct share_control *known = &share_controls[share];
	const struct text *value = check->subject->share[share];
	struct span at = value ? value->span : span_of(0, 0);
	if (value && slice_is(value->text, "host")) {
		struct finding *finding = not_met(check, known->control, OUTCOME_MISSING,
			controls[known->control].severity, at, "uses the host's %s", known->what);
		finding_help(check, finding, "leave it out: it then has its own");
	} else if (value && is_other_container(value->text) && share == SHARE_PID) {
		not_met(check, known->control, OUTCOME_WEAK, SEVERITY_NOTE, at,
			"shares the %s of '%.*s'", known->what,
			SLICE_FMT(brief(check, value->text)));
	} else if (value && slice_has(value->text, '$')) {
		not_met(check, known->control, OUTCOME_WEAK, SEVERITY_NOTE, at,
			"it depends on a variable whose %s it uses", known->what);
	}
	met_unless_found(check, known->control, at);
}

static bool is_whole_host(struct slice device)
{
	static const char *const names[] = {"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg",
		"/dev/sd", "/dev/hd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/mmcblk", "/dev/dm-",
		"/dev/mapper", "/dev/md", "/dev/loop", "/dev/disk", "/dev/root"};
	if (slice_is(device, "/dev") || slice_is(device, "/dev/"))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_starts(device, slice_str(names[i])))
			return true;
	return false;
}

static void check_devices(struct check *check)
{
	const struct subject *subject = check->subject;
	if (subject->privileged.truth == SAID_TRUE)
		not_met(check, CONTROL_DEVICES, OUTCOME_MISSING, SEVERITY_ERROR,
			subject->privileged.at, "a privileged container gets every device");
	for (const struct text *device = subject->devices.first; device; device = device->next) {
		bool is_worst = is_whole_host(device->text);
		struct finding *finding =
			not_met(check, CONTROL_DEVICES, is_worst ? OUTCOME_MISSING : OUTCOME_WEAK,
				is_worst ? SEVERITY_ERROR : SEVERITY_WARNING, device->span,
				"gets the device '%.*s'%s", SLICE_FMT(brief(check, device->text)),
				is_worst ? ", which holds the whole host" : "");
		finding_help(check, finding, "leave it out, or name the one device that is needed");
	}
	for (const struct text *rule = subject->device_rules.first; rule; rule = rule->next)
		not_met(check, CONTROL_DEVICES, OUTCOME_WEAK, SEVERITY_WARNING, rule->span,
			"may use devices by number: '%.*s'", SLICE_FMT(brief(check, rule->text)));
	met_unless_found(check, CONTROL_DEVICES, span_of(0, 0));
}

static void check_ports(struct check *check)
{
	for (const struct subject_port *port = check->subject->ports; port; port = port->next) {
		if (!port->all_addresses)
			continue;
		struct finding *finding = not_met(check, CONTROL_PORTS, OUTCOME_WEAK, SEVERITY_NOTE,
			port->at, "'%.*s' is published on all addresses of the host",
			SLICE_FMT(brief(check, port->text)));
		finding_help(check, finding,
			is_input(check, INPUT_KUBERNETES)
				? "use a Service, or name the address with hostIP"
				: "name the address: '127.0.0.1:8080:80'");
	}
	met_unless_found(check, CONTROL_PORTS, span_of(0, 0));
}

void control_shares(struct check *check)
{
	for (unsigned share = 0; share < SHARE_COUNT; share++)
		check_share(check, (enum share)share);
	check_devices(check);
	check_ports(check);
}
