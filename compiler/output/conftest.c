/*
 * A policy for `conftest test`, which checks manifests before they reach a cluster: the controls in
 * Rego, the language of OPA, version 1 of its syntax.
 */

#include "compiler/output/kube.h"

static const char head[] = "package main\n"
			   "\n"
			   "import rego.v1\n"
			   "\n";

static const char pods[] =
	"\n"
	"# The document itself, or what a List holds.\n"
	"documents contains document if {\n"
	"\tdocument := input\n"
	"\tdocument.kind != \"List\"\n"
	"}\n"
	"\n"
	"documents contains document if {\n"
	"\tinput.kind == \"List\"\n"
	"\tsome document in input.items\n"
	"}\n"
	"\n"
	"# Pods, and the templates of what makes pods.\n"
	"pods contains document if {\n"
	"\tsome document in documents\n"
	"\tdocument.kind == \"Pod\"\n"
	"}\n"
	"\n"
	"pods contains pod if {\n"
	"\tsome document in documents\n"
	"\tpod := document.spec.template\n"
	"}\n"
	"\n"
	"pods contains pod if {\n"
	"\tsome document in documents\n"
	"\tpod := document.spec.jobTemplate.spec.template\n"
	"}\n"
	"\n"
	"# A part of an object, empty where there is none.\n"
	"section(value, name) := value[name] if {\n"
	"\tis_object(value[name])\n"
	"} else := {}\n"
	"\n"
	"# Every container: its name, its pod's metadata, its own securityContext and the pod's.\n"
	"containers contains found if {\n"
	"\tsome pod in pods\n"
	"\tsome kind in [\"containers\", \"initContainers\", \"ephemeralContainers\"]\n"
	"\tsome container in pod.spec[kind]\n"
	"\tfound := {\n"
	"\t\t\"name\": object.get(container, \"name\", \"?\"),\n"
	"\t\t\"metadata\": section(pod, \"metadata\"),\n"
	"\t\t\"own\": section(container, \"securityContext\"),\n"
	"\t\t\"shared\": section(pod.spec, \"securityContext\"),\n"
	"\t}\n"
	"}\n"
	"\n"
	"own(container, name) := object.get(container.own, name, null)\n"
	"\n"
	"effective(container, name) := object.get(container.own, name, object.get(container.shared, name, null))\n";

static const char read_only_root[] =
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\town(container, \"readOnlyRootFilesystem\") != true\n"
	"\tmsg := sprintf(\"%s: needs readOnlyRootFilesystem: true\", [container.name])\n"
	"}\n";

static const char non_root[] =
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\teffective(container, \"runAsNonRoot\") != true\n"
	"\tmsg := sprintf(\"%s: needs runAsNonRoot: true\", [container.name])\n"
	"}\n"
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\teffective(container, \"runAsUser\") == 0\n"
	"\tmsg := sprintf(\"%s: runs as user 0\", [container.name])\n"
	"}\n";

static const char no_escalation[] =
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\town(container, \"allowPrivilegeEscalation\") != false\n"
	"\tmsg := sprintf(\"%s: needs allowPrivilegeEscalation: false\", [container.name])\n"
	"}\n";

static const char capabilities[] =
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\tobject.get(container.own, \"privileged\", false) != false\n"
	"\tmsg := sprintf(\"%s: is privileged\", [container.name])\n"
	"}\n"
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\tnot \"ALL\" in object.get(section(container.own, \"capabilities\"), \"drop\", [])\n"
	"\tmsg := sprintf(\"%s: needs capabilities.drop: [ALL]\", [container.name])\n"
	"}\n"
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\tsome name in object.get(section(container.own, \"capabilities\"), \"add\", [])\n"
	"\tnot name in capabilities\n"
	"\tmsg := sprintf(\"%s: adds the capability %s\", [container.name, name])\n"
	"}\n";

static const char seccomp[] =
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\teffective(container, \"seccompProfile\") != seccomp\n"
	"\tmsg := sprintf(\"%s: needs the service's seccompProfile\", [container.name])\n"
	"}\n";

static const char apparmor_field[] =
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\teffective(container, \"appArmorProfile\") != {\"type\": \"Localhost\", \"localhostProfile\": profile}\n"
	"\tmsg := sprintf(\"%s: needs the AppArmor profile %s\", [container.name, profile])\n"
	"}\n";

static const char apparmor_annotation[] =
	"\n"
	"deny contains msg if {\n"
	"\tsome container in containers\n"
	"\tkey := concat(\"\", [\"" KUBE_APPARMOR_ANNOTATION "\", container.name])\n"
	"\twanted := concat(\"/\", [\"localhost\", profile])\n"
	"\tobject.get(section(container.metadata, \"annotations\"), key, \"\") != wanted\n"
	"\tmsg := sprintf(\"%s: needs the AppArmor profile %s\", [container.name, profile])\n"
	"}\n";

static void add_constant(
	const struct launch *launch, struct rendered *out, const char *name, json_t *value)
{
	struct slice text = kube_literal(launch, value);
	buf_printf(&out->text, "%s := %.*s\n", name, SLICE_FMT(text));
}

bool output_conftest(const struct launch *launch, struct rendered *out)
{
	struct kube_controls controls = kube_controls(launch);
	struct buf *text = &out->text;
	buf_add_str(&out->comment,
		"For CI: only pods with the controls of the description pass. It wants OPA 0.59 "
		"or newer (conftest 0.47):\n"
		"    conftest test --policy FOLDER manifest.yaml\n"
		"Give it only the manifests of this service.\n");
	buf_add_str(text, head);
	add_constant(launch, out, "profile", tree_text(launch->unit, launch_name(launch)));
	add_constant(launch, out, "capabilities", kube_capabilities(launch));
	if (controls.seccomp)
		add_constant(launch, out, "seccomp", kube_seccomp(launch));
	buf_add_str(text, pods);
	buf_add_str(text, controls.read_only_root ? read_only_root : "");
	buf_add_str(text, controls.non_root ? non_root : "");
	buf_add_str(text, controls.no_escalation ? no_escalation : "");
	buf_add_str(text, capabilities);
	buf_add_str(text, controls.seccomp ? seccomp : "");
	buf_add_str(text, controls.annotation ? apparmor_annotation : apparmor_field);
	return true;
}
