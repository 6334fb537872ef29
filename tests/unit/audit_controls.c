/* Each control, in each format: what is said, and what is made of it. */
#include "tests/unit/audit_support.h"
#include "tests/unit/unit.h"

struct row {
	const char *text; /* what the container says */
	const char *control, *want;
};

static void check_row(const struct audited *audited, const struct row *row)
{
	const char *got = audited_control(audited, "c", row->control);
	CU_ASSERT_STRING_EQUAL(got, row->want);
	if (strcmp(got, row->want) != 0)
		fprintf(stderr, "%s: %s: '%s', expected '%s'\n", row->text, row->control, got,
			row->want);
}

/* before + the row's text + after */
static void check_rows(const struct row *rows, size_t count, const char *before, const char *after)
{
	for (size_t i = 0; i < count; i++) {
		char text[4096];
		snprintf(text, sizeof(text), "%s%s%s", before, rows[i].text, after);
		struct audited audited = audited_document(text, NULL);
		CU_ASSERT_EQUAL(audited.read, AUDIT_READ);
		check_row(&audited, &rows[i]);
		audited_free(&audited);
	}
}

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

UNIT_TEST(compose_controls)
{
	static const struct row rows[] = {
		{"", "apparmor", "weak warning"},
		{"security_opt: [apparmor=unconfined]", "apparmor", "missing error"},
		{"security_opt: ['apparmor:unconfined']", "apparmor", "missing error"},
		{"security_opt: [apparmor=docker-default]", "apparmor", "weak warning"},
		{"security_opt: [apparmor=web]", "apparmor", "met"},
		{"privileged: true", "apparmor", "missing error"},
		{"", "seccomp", "met"},
		{"security_opt: [seccomp=unconfined]", "seccomp", "missing error"},
		{"security_opt: [seccomp=./filter.json]", "seccomp", "met"},
		{"privileged: true", "seccomp", "missing error"},
		{"", "new-privileges", "missing warning"},
		{"security_opt: [no-new-privileges]", "new-privileges", "met"},
		{"security_opt: ['no-new-privileges:true']", "new-privileges", "met"},
		{"security_opt: ['no-new-privileges=true']", "new-privileges", "met"},
		{"security_opt: ['no-new-privileges:false']", "new-privileges", "missing warning"},
		{"", "user", "missing warning"},
		{"user: root", "user", "missing error"},
		{"user: 0", "user", "missing error"},
		{"user: '0:0'", "user", "missing error"},
		{"user: www-data", "user", "weak note"},
		{"user: '1000:1000'", "user", "weak note"},
		{"user: '65534'", "user", "weak warning"},
		{"user: '10001:0'", "user", "weak warning"},
		{"user: '10001:10001'", "user", "met"},
		{"user: '${UID}'", "user", "weak note"},
		{"", "writable-root", "missing warning"},
		{"read_only: true", "writable-root", "met"},
		{"read_only: ${RO}", "writable-root", "weak note"},
		{"tmpfs: /tmp", "writable-places", "weak note"},
		{"tmpfs: ['/tmp:size=1m']", "writable-places", "met"},
		{"tmpfs: ['/tmp:size=1m,exec']", "writable-places", "weak warning"},
		{"volumes: [{type: tmpfs, target: /tmp, tmpfs: {size: 1000}}]", "writable-places",
			"met"},
		{"", "capabilities-dropped", "missing warning"},
		{"cap_drop: [NET_RAW]", "capabilities-dropped", "weak warning"},
		{"cap_drop: [all]", "capabilities-dropped", "met"},
		{"cap_add: [NET_BIND_SERVICE]", "capabilities-added", "met"},
		{"cap_add: [CAP_SYS_ADMIN]", "capabilities-added", "missing error"},
		{"cap_add: [ALL]", "capabilities-added", "missing error"},
		{"cap_add: [net_raw]", "capabilities-added", "weak warning"},
		{"cap_add: [FLY]", "capabilities-added", "weak note"},
		{"privileged: true", "privileged", "missing error"},
		{"privileged: false", "privileged", "met"},
		{"privileged: ${P:-false}", "privileged", "weak warning"},
		{"pid: host", "host-pid", "missing error"},
		{"pid: 'service:x'", "host-pid", "weak note"},
		{"network_mode: host", "host-network", "missing error"},
		{"ipc: host", "host-ipc", "missing error"},
		{"userns_mode: host", "host-userns", "missing warning"},
		{"uts: host", "host-uts", "missing warning"},
		{"cgroup: host", "host-cgroup", "missing warning"},
		{"devices: ['/dev/sda:/dev/sda']", "devices", "missing error"},
		{"devices: [/dev/ttyUSB0]", "devices", "weak warning"},
		{"device_cgroup_rules: ['c 1:3 mr']", "devices", "weak warning"},
		{"volumes: ['/var/run/docker.sock:/x:ro']", "host-mounts", "missing error"},
		{"volumes: ['/var/run//./docker.sock:/x']", "host-mounts", "missing error"},
		{"volumes: ['/srv/../etc:/x']", "host-mounts", "missing error"},
		{"volumes: ['/:/x:ro']", "host-mounts", "missing error"},
		{"volumes: ['/etc:/x:ro']", "host-mounts", "weak warning"},
		{"volumes: ['/etc/localtime:/etc/localtime:ro']", "host-mounts", "met"},
		{"volumes: ['/srv/data:/x:rshared']", "host-mounts", "weak warning"},
		{"volumes: [{type: bind, source: /proc, target: /x}]", "host-mounts",
			"missing error"},
		{"volumes: ['./etc:/x', 'etc:/y', /z]", "host-mounts", "met"},
		{"security_opt: [systempaths=unconfined]", "masked-paths", "missing error"},
		{"", "memory", "missing warning"},
		{"mem_limit: 0", "memory", "missing warning"},
		{"mem_limit: 1g", "memory", "met"},
		{"deploy: {resources: {limits: {memory: 1g}}}", "memory", "met"},
		{"pids_limit: -1", "pids", "missing warning"},
		{"pids_limit: 10", "pids", "met"},
		{"cpus: 0.5", "cpus", "met"},
		{"restart: 'no'", "restart", "missing note"},
		{"restart: always", "restart", "met"},
		{"deploy: {restart_policy: {}}", "restart", "met"},
		{"ports: ['80:80']", "ports", "weak note"},
		{"ports: ['127.0.0.1:80:80', '[::1]:81:81']", "ports", "met"},
		{"ports: ['0.0.0.0:80:80']", "ports", "weak note"},
		{"ports: [{target: 80, published: 80, host_ip: 127.0.0.1}]", "ports", "met"},
	};
	check_rows(rows, COUNT(rows), "services:\n  c:\n    image: i:1\n    ", "\n");
}

UNIT_TEST(image_names)
{
	static const struct row rows[] = {
		{"web", "image", "missing warning"},
		{"web:latest", "image", "missing warning"},
		{"registry:5000/web", "image", "missing warning"},
		{"registry:5000/web:1.2", "image", "weak note"},
		{"web@sha256:00", "image", "met"},
		{"web:latest@sha256:00", "image", "met"},
		{"web:${TAG}", "image", "weak note"},
	};
	check_rows(rows, COUNT(rows), "services:\n  c:\n    image: ", "\n");
}

UNIT_TEST(kubernetes_controls)
{
	static const struct row rows[] = {
		{"", "apparmor", "weak warning"},
		{"appArmorProfile: {type: Unconfined}", "apparmor", "missing error"},
		{"appArmorProfile: {type: RuntimeDefault}", "apparmor", "weak warning"},
		{"appArmorProfile: {type: Localhost, localhostProfile: web}", "apparmor", "met"},
		{"appArmorProfile: {type: Localhost}", "apparmor", "missing error"},
		{"", "seccomp", "missing warning"},
		{"seccompProfile: {type: RuntimeDefault}", "seccomp", "met"},
		{"seccompProfile: {type: Unconfined}", "seccomp", "missing error"},
		{"seccompProfile: {type: RuntimeDefault}, privileged: true", "seccomp",
			"missing error"},
		{"", "new-privileges", "missing warning"},
		{"allowPrivilegeEscalation: false", "new-privileges", "met"},
		{"allowPrivilegeEscalation: true", "new-privileges", "missing warning"},
		{"runAsNonRoot: true", "user", "met"},
		{"runAsUser: 0", "user", "missing error"},
		{"runAsUser: 20000", "user", "met"},
		{"readOnlyRootFilesystem: true", "writable-root", "met"},
		{"capabilities: {drop: [ALL]}", "capabilities-dropped", "met"},
		{"capabilities: {add: [SYS_PTRACE]}", "capabilities-added", "missing error"},
		{"privileged: true", "privileged", "missing error"},
		{"procMount: Unmasked", "masked-paths", "missing error"},
		{"", "pids", ""},
		{"", "restart", ""},
	};
	check_rows(rows, COUNT(rows),
		"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: i:1\n"
		"    securityContext: {",
		"}\n");
}

/* The pod's word goes where the container has none of its own; the annotation before the pod's. */
UNIT_TEST(kubernetes_pod_and_container)
{
	static const struct row rows[] = {
		{"securityContext: {runAsUser: 0}", "user", "met"},
		{"securityContext: {seccompProfile: {type: RuntimeDefault}}", "seccomp", "met"},
		{"securityContext: {appArmorProfile: {type: Localhost, localhostProfile: x}}",
			"apparmor", "missing error"},
		{"securityContext: {readOnlyRootFilesystem: true}", "writable-root",
			"missing warning"},
		{"hostPID: true", "host-pid", "missing error"},
		{"hostNetwork: true", "host-network", "missing error"},
		{"hostIPC: true", "host-ipc", "missing error"},
		{"volumes: [{name: v, hostPath: {path: /etc}}]", "host-mounts", "missing error"},
		{"volumes: [{name: v, emptyDir: {}}]", "writable-places", "weak note"},
		{"volumes: [{name: v, emptyDir: {sizeLimit: 1Mi}}]", "writable-places", "met"},
		{"volumes: [{name: v, configMap: {name: x}}]", "host-mounts", "met"},
	};
	check_rows(rows, COUNT(rows),
		"apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    metadata:\n      annotations:\n"
		"        container.apparmor.security.beta.kubernetes.io/c: unconfined\n    spec:\n      ",
		"\n      containers:\n      - name: c\n        securityContext: {runAsUser: 20000}\n"
		"        volumeMounts: [{name: v, mountPath: /v}]\n");
}

UNIT_TEST(command_controls)
{
	static const struct row rows[] = {
		{"docker run c", "user", "missing warning"},
		{"docker run -itu0 --name c c", "user", "missing error"},
		{"docker run --user=10001 c", "user", "met"},
		{"docker run --read-only c", "writable-root", "met"},
		{"docker run --read-only=false c", "writable-root", "missing warning"},
		{"docker run --privileged c", "privileged", "missing error"},
		{"docker run c --privileged", "privileged", "met"},
		{"docker run -e X=--privileged c", "privileged", "met"},
		{"docker run -e '--privileged' c", "privileged", "met"},
		{"docker --context x container run --privileged c", "privileged", "missing error"},
		{"sudo -n podman run --pid=host c", "host-pid", "missing error"},
		{"docker run -v/etc:/x c", "host-mounts", "missing error"},
		{"docker run --mount type=bind,src=/etc,dst=/x,readonly c", "host-mounts",
			"weak warning"},
		{"docker run --mount type=tmpfs,dst=/x,tmpfs-size=1m c", "writable-places", "met"},
		{"docker run -p 80:80 c", "ports", "weak note"},
		{"docker run -P c", "ports", "weak note"},
		{"docker run \\\n  --cap-drop \\\n ALL c", "capabilities-dropped", "met"},
		{"docker run --rm c", "restart", "met"},
		{"docker run --net host c", "host-network", "missing error"},
		{"docker run -m 1g c && docker ps", "memory", "met"},
		{"# a comment\n\ndocker run -m1g c", "memory", "met"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct audited audited = audited_command(rows[i].text);
		CU_ASSERT_EQUAL(audited.read, AUDIT_READ);
		check_row(&audited, &rows[i]);
		audited_free(&audited);
	}
}

UNIT_TEST(commands_that_are_refused)
{
	static const char *const texts[] = {"", "docker", "docker ps", "docker run",
		"docker run -p", "docker run --nonsense c", "docker run -X c", "docker run 'c",
		"docker run \"c", "ls", "docker run -it", "; docker run c",
		"docker run -m 1g c && docker run --privileged d"};
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct audited audited = audited_command(texts[i]);
		CU_ASSERT_EQUAL(audited.read, AUDIT_BROKEN);
		CU_ASSERT(audited.unit.diags.errors > 0);
		audited_free(&audited);
	}
}

UNIT_TEST(other_documents)
{
	static const char *const foreign[] = {
		"name: x\nbinary: /x\n", "a", "[1]", "[]", "{}", "image: x\n"};
	for (size_t i = 0; i < COUNT(foreign); i++) {
		struct audited audited = audited_document(foreign[i], NULL);
		CU_ASSERT_EQUAL(audited.read, AUDIT_FOREIGN);
		audited_free(&audited);
	}
	struct audited empty = audited_document("# nothing\n", NULL);
	CU_ASSERT_EQUAL(empty.read, AUDIT_READ);
	CU_ASSERT_PTR_NULL(empty.first);
	audited_free(&empty);
	struct audited broken = audited_document("services: [", NULL);
	CU_ASSERT_EQUAL(broken.read, AUDIT_BROKEN);
	audited_free(&broken);
}

/* Tags of Compose, a service by alias, one that is extended, one that extends itself. */
UNIT_TEST(compose_sharing)
{
	struct audited audited = audited_document(
		"services:\n"
		"  a: &a {image: i:1, privileged: true, ports: !override ['80:80']}\n"
		"  b: *a\n"
		"  c: {<<: *a, privileged: false}\n"
		"  d: {extends: a, cap_add: [SYS_ADMIN]}\n"
		"  e: {extends: {service: d}, privileged: !reset null}\n"
		"  f: {extends: {service: f}, image: i:1}\n"
		"  g: {extends: {file: o.yaml, service: x}, image: i:1}\n",
		NULL);
	CU_ASSERT_EQUAL(audited.read, AUDIT_READ);
	CU_ASSERT_STRING_EQUAL(audited_control(&audited, "a", "privileged"), "missing error");
	CU_ASSERT_STRING_EQUAL(audited_control(&audited, "b", "privileged"), "missing error");
	CU_ASSERT_STRING_EQUAL(audited_control(&audited, "c", "privileged"), "met");
	CU_ASSERT_STRING_EQUAL(audited_control(&audited, "d", "privileged"), "missing error");
	CU_ASSERT_STRING_EQUAL(
		audited_control(&audited, "e", "capabilities-added"), "missing error");
	CU_ASSERT_STRING_EQUAL(audited_control(&audited, "f", "privileged"), "met");
	const struct subject *last = audited.first->first;
	while (last->next)
		last = last->next;
	CU_ASSERT_PTR_NOT_NULL(last->unknown);
	audited_free(&audited);
}

static bool know(void *context, struct slice name, const struct profile_facts **ret_facts)
{
	static const struct slice writable[] = {
		{"/etc/app/**", 11}, {"/tmp/**", 7}, {"/x/{a,b}", 8}};
	static struct profile_facts facts;
	facts = (struct profile_facts){
		.name = name,
		.where = SLICE("here"),
		.mode = slice_is(name, "soft") ? SLICE("complain") : SLICE("enforce"),
		.has_rules = true,
		.capabilities = 1u << 10 | UINT64_C(1) << 21,
		.inet = true,
		.writable = writable,
		.writable_count = COUNT(writable),
	};
	(void)context;
	*ret_facts = &facts;
	return slice_is(name, "soft") || slice_is(name, "hard");
}

static size_t grants(const struct audited *audited)
{
	size_t count = 0;
	for (const struct finding *at = audited->findings.first; at; at = at->next)
		count += at->control == CONTROL_APPARMOR_GRANTS && at->outcome != OUTCOME_MET;
	return count;
}

UNIT_TEST(profiles_are_resolved)
{
	static const struct profile_resolver resolver = {.find = know, .asked = "in 'x'"};
	static const struct {
		const char *text, *want;
		size_t grants;
	} rows[] = {
		{"security_opt: [apparmor=none]", "missing error", 0},
		{"security_opt: [apparmor=soft]", "weak warning", 1},
		{"security_opt: [apparmor=hard]", "met", 1},
		{"security_opt: [apparmor=hard], cap_add: [SYS_ADMIN]", "met", 0},
		{"security_opt: [apparmor=hard], cap_drop: [ALL]", "met", 2},
		{"security_opt: [apparmor=hard], privileged: true", "met", 0},
		{"security_opt: [apparmor=hard], network_mode: none", "met", 2},
		{"security_opt: [apparmor=hard], read_only: true", "met", 4},
		{"security_opt: [apparmor=hard], read_only: true, tmpfs: [/tmp, /x]", "met", 2},
		{"security_opt: [apparmor=hard], read_only: true, volumes: ['v:/etc:ro', 'w:/tmp/']",
			"met", 3},
		{"security_opt: [apparmor=hard], read_only: true, volumes: ['v:/']", "met", 1},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[1024];
		snprintf(text, sizeof(text), "services: {c: {image: i:1, %s}}", rows[i].text);
		struct audited audited = audited_document(text, &resolver);
		CU_ASSERT_STRING_EQUAL(audited_control(&audited, "c", "apparmor"), rows[i].want);
		CU_ASSERT_EQUAL(grants(&audited), rows[i].grants);
		if (grants(&audited) != rows[i].grants)
			fprintf(stderr, "%s: %zu\n", rows[i].text, grants(&audited));
		audited_free(&audited);
	}
}
