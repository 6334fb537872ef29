/*
 * Gatekeeper: a template, the same for all services, and the constraint of this one, which holds
 * what the template's parameters are for it.
 */

#include "compiler/output/cel.h"

/* Gatekeeper wants the template's name to be the kind in lower case. */
#define TEMPLATE_KIND "AppArmorHardenedPod"
#define TEMPLATE_NAME "apparmorhardenedpod"

/* What makes a control pass without a look: an expression over the parameters, or NULL. */
static const char *unless(enum cel_when when)
{
	switch (when) {
	case CEL_READ_ONLY_ROOT:
		return "!variables.params.readOnlyRootFilesystem";
	case CEL_NON_ROOT:
		return "!variables.params.runAsNonRoot";
	case CEL_NO_ESCALATION:
		return "variables.params.allowPrivilegeEscalation";
	case CEL_SECCOMP:
		return "variables.seccomp == null";
	case CEL_ALWAYS:
	case CEL_FIELD:
	case CEL_ANNOTATION:
		break;
	}
	return NULL;
}

struct parameter {
	const char *name, *type, *about;
};

static const struct parameter parameters[] = {
	{"appArmorProfile", "string", "name of the AppArmor profile"},
	{"readOnlyRootFilesystem", "boolean", "true: the root file system must be read-only"},
	{"runAsNonRoot", "boolean", "true: the user must not be root"},
	{"allowPrivilegeEscalation", "boolean", "false: it must be off"},
	{"capabilities", "array", "what may be added; all others must be dropped"},
	{"seccompProfile", "object", "the pod's must be this one; not given: any"},
};

static void put_strings(const struct launch *launch, json_t *properties, const char *name)
{
	tree_put(launch->unit, kube_put_object(launch, properties, name), "type",
		tree_string(launch->unit, "string"));
}

/* A constraint without one of them is refused, as its expressions would fail on each pod. */
static json_t *required_parameters(const struct launch *launch)
{
	json_t *names = tree_list(launch->unit);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (strcmp(parameters[i].type, "object") != 0)
			tree_add(
				launch->unit, names, tree_string(launch->unit, parameters[i].name));
	return names;
}

static void put_schema(const struct launch *launch, json_t *validation)
{
	struct unit *unit = launch->unit;
	json_t *schema = kube_put_object(launch, validation, "openAPIV3Schema");
	tree_put(unit, schema, "type", tree_string(unit, "object"));
	tree_put(unit, schema, "required", required_parameters(launch));
	json_t *properties = kube_put_object(launch, schema, "properties");
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		const struct parameter *parameter = &parameters[i];
		json_t *property = kube_put_object(launch, properties, parameter->name);
		tree_put(unit, property, "type", tree_string(unit, parameter->type));
		tree_put(unit, property, "description", tree_string(unit, parameter->about));
		if (strcmp(parameter->type, "array") == 0)
			put_strings(launch, property, "items");
		if (strcmp(parameter->type, "object") != 0)
			continue;
		json_t *fields = kube_put_object(launch, property, "properties");
		put_strings(launch, fields, "type");
		put_strings(launch, fields, "localhostProfile");
	}
}

static void put_source(
	const struct launch *launch, json_t *code, const struct kube_controls *controls)
{
	json_t *source = kube_put_object(launch, code, "source");
	tree_put(launch->unit, source, "failurePolicy", tree_string(launch->unit, "Fail"));
	json_t *variables = kube_put_list(launch, source, "variables");
	cel_add_variable(launch, variables, "profile", SLICE("variables.params.appArmorProfile"));
	cel_add_variable(launch, variables, "capabilities", SLICE("variables.params.capabilities"));
	cel_add_variable(launch, variables, "seccomp",
		SLICE("has(variables.params.seccompProfile) ? "
		      "dyn(variables.params.seccompProfile) : dyn(null)"));
	cel_add_variables(launch, variables, controls);
	json_t *validations = kube_put_list(launch, source, "validations");
	for (size_t i = 0; i < cel_control_count; i++) {
		const struct cel_control *control = &cel_controls[i];
		if (unless(control->when) || cel_applies(control->when, controls))
			cel_add_control(launch, validations, control, unless(control->when));
	}
}

static json_t *make_template(const struct launch *launch, const struct kube_controls *controls)
{
	struct unit *unit = launch->unit;
	json_t *template = kube_object(
		launch, "templates.gatekeeper.sh/v1", "ConstraintTemplate", SLICE(TEMPLATE_NAME));
	json_t *spec = kube_put_object(launch, template, "spec");
	json_t *crd = kube_put_object(launch, kube_put_object(launch, spec, "crd"), "spec");
	tree_put(unit, kube_put_object(launch, crd, "names"), "kind",
		tree_string(unit, TEMPLATE_KIND));
	put_schema(launch, kube_put_object(launch, crd, "validation"));
	json_t *target = tree_object(unit);
	tree_add(unit, kube_put_list(launch, spec, "targets"), target);
	tree_put(unit, target, "target", tree_string(unit, "admission.k8s.gatekeeper.sh"));
	json_t *code = tree_object(unit);
	tree_add(unit, kube_put_list(launch, target, "code"), code);
	tree_put(unit, code, "engine", tree_string(unit, "K8sNativeValidation"));
	put_source(launch, code, controls);
	return template;
}

static void put_kinds(const struct launch *launch, json_t *match)
{
	struct unit *unit = launch->unit;
	json_t *kinds = kube_put_list(launch, match, "kinds");
	for (size_t i = 0; i < kube_kind_count; i++) {
		const struct kube_kind *kind = &kube_kinds[i];
		if (i > 0 && strcmp(kind[-1].group, kind->group) == 0)
			continue;
		json_t *group = tree_object(unit);
		tree_add(unit, kube_put_list(launch, group, "apiGroups"),
			tree_string(unit, kind->group));
		tree_put(unit, group, "kinds", kube_kinds_of(launch, kind->group, false));
		tree_add(unit, kinds, group);
	}
}

static json_t *make_constraint(const struct launch *launch, const struct kube_controls *controls)
{
	struct unit *unit = launch->unit;
	struct slice name =
		arena_printf(&unit->arena, "apparmor-%.*s", SLICE_FMT(kube_name(launch)));
	json_t *constraint =
		kube_object(launch, "constraints.gatekeeper.sh/v1beta1", TEMPLATE_KIND, name);
	json_t *spec = kube_put_object(launch, constraint, "spec");
	tree_put(unit, spec, "enforcementAction", tree_string(unit, "deny"));
	json_t *match = kube_put_object(launch, spec, "match");
	put_kinds(launch, match);
	tree_put(unit, match, "namespaceSelector", kube_namespace_selector(launch));
	json_t *values = kube_put_object(launch, spec, "parameters");
	tree_put(unit, values, "appArmorProfile", tree_text(unit, launch_name(launch)));
	tree_put(unit, values, "readOnlyRootFilesystem", tree_bool(controls->read_only_root));
	tree_put(unit, values, "runAsNonRoot", tree_bool(controls->non_root));
	tree_put(unit, values, "allowPrivilegeEscalation", tree_bool(!controls->no_escalation));
	tree_put(unit, values, "capabilities", kube_capabilities(launch));
	if (controls->seccomp)
		tree_put(unit, values, "seccompProfile", kube_seccomp(launch));
	return constraint;
}

bool output_gatekeeper(const struct launch *launch, struct rendered *out)
{
	struct kube_controls controls = kube_controls(launch);
	buf_add_str(&out->comment,
		"Gatekeeper: a template, the same for all services, and the constraint of this "
		"one: it admits only pods with the controls of the description.\n"
		"It needs Gatekeeper 3.17 or newer. "
		"Apply the template first; the constraint's kind is there a moment later:\n"
		"    kubectl apply -f FILE; sleep 5; kubectl apply -f FILE\n");
	kube_say_namespaces(launch, out);
	kube_say_name(launch, out);
	out->tree = tree_list(launch->unit);
	tree_add(launch->unit, out->tree, make_template(launch, &controls));
	tree_add(launch->unit, out->tree, make_constraint(launch, &controls));
	return true;
}
