/* ValidatingAdmissionPolicy: the controls, demanded by the API server itself. */

#include "compiler/output/cel.h"

/* Versions of the cluster: v1 from 1.30, v1beta1 from 1.28 (there it must be switched on). */
enum { STABLE = 30, BETA = 28 };

static json_t *strings(const struct launch *launch, const char *first, const char *second)
{
	json_t *list = tree_list(launch->unit);
	tree_add(launch->unit, list, tree_string(launch->unit, first));
	if (second)
		tree_add(launch->unit, list, tree_string(launch->unit, second));
	return list;
}

/* Containers for debugging are added to a pod that runs, through a resource of their own. */
static json_t *resources_of(const struct launch *launch, const char *group)
{
	json_t *resources = kube_kinds_of(launch, group, true);
	if (group[0] == '\0')
		tree_add(launch->unit, resources,
			tree_string(launch->unit, "pods/ephemeralcontainers"));
	return resources;
}

static void put_rules(const struct launch *launch, json_t *spec)
{
	struct unit *unit = launch->unit;
	json_t *rules = kube_put_list(
		launch, kube_put_object(launch, spec, "matchConstraints"), "resourceRules");
	for (size_t i = 0; i < kube_kind_count; i++) {
		const struct kube_kind *kind = &kube_kinds[i];
		if (i > 0 && strcmp(kind[-1].group, kind->group) == 0)
			continue;
		json_t *rule = tree_object(unit);
		tree_put(unit, rule, "apiGroups", strings(launch, kind->group, NULL));
		tree_put(unit, rule, "apiVersions", strings(launch, kind->version, NULL));
		tree_put(unit, rule, "operations", strings(launch, "CREATE", "UPDATE"));
		tree_put(unit, rule, "resources", resources_of(launch, kind->group));
		tree_add(unit, rules, rule);
	}
}

static void put_variables(
	const struct launch *launch, json_t *spec, const struct kube_controls *controls)
{
	json_t *list = kube_put_list(launch, spec, "variables");
	cel_add_variable(launch, list, "profile",
		kube_literal(launch, tree_text(launch->unit, launch_name(launch))));
	cel_add_variable(
		launch, list, "capabilities", kube_literal(launch, kube_capabilities(launch)));
	if (controls->seccomp)
		cel_add_variable(
			launch, list, "seccomp", kube_literal(launch, kube_seccomp(launch)));
	cel_add_variables(launch, list, controls);
}

static json_t *make_policy(const struct launch *launch, const char *version, struct slice name)
{
	struct kube_controls controls = kube_controls(launch);
	json_t *policy = kube_object(launch, version, "ValidatingAdmissionPolicy", name);
	json_t *spec = kube_put_object(launch, policy, "spec");
	tree_put(launch->unit, spec, "failurePolicy", tree_string(launch->unit, "Fail"));
	put_rules(launch, spec);
	put_variables(launch, spec, &controls);
	json_t *validations = kube_put_list(launch, spec, "validations");
	for (size_t i = 0; i < cel_control_count; i++)
		if (cel_applies(cel_controls[i].when, &controls))
			cel_add_control(launch, validations, &cel_controls[i], NULL);
	return policy;
}

static json_t *make_binding(const struct launch *launch, const char *version, struct slice name)
{
	struct unit *unit = launch->unit;
	json_t *binding = kube_object(launch, version, "ValidatingAdmissionPolicyBinding", name);
	json_t *spec = kube_put_object(launch, binding, "spec");
	tree_put(unit, spec, "policyName", tree_text(unit, name));
	tree_put(unit, spec, "validationActions", strings(launch, "Deny", NULL));
	json_t *match = kube_put_object(launch, spec, "matchResources");
	tree_put(unit, match, "namespaceSelector", kube_namespace_selector(launch));
	return binding;
}

bool output_admission(const struct launch *launch, struct rendered *out)
{
	struct unit *unit = launch->unit;
	if (launch->kubernetes_minor < BETA)
		return launch_refuse(launch, launch->compiled->service->name_span,
			"Kubernetes has ValidatingAdmissionPolicy from 1.%d on: take another "
			"--kubernetes-version, or --to gatekeeper",
			BETA);
	bool is_stable = launch->kubernetes_minor >= STABLE;
	const char *version = is_stable ? "admissionregistration.k8s.io/v1"
					: "admissionregistration.k8s.io/v1beta1";
	struct slice name =
		arena_printf(&unit->arena, "apparmor-%.*s", SLICE_FMT(kube_name(launch)));
	buf_add_str(&out->comment,
		"An admission policy of Kubernetes: it admits only pods with the controls of the "
		"description. To use it: kubectl apply -f FILE\n");
	kube_say_namespaces(launch, out);
	if (!is_stable)
		buf_add_str(&out->comment,
			"Before 1.30 the API server needs --feature-gates="
			"ValidatingAdmissionPolicy=true "
			"--runtime-config=admissionregistration.k8s.io/v1beta1=true.\n");
	kube_say_name(launch, out);
	out->tree = tree_list(unit);
	tree_add(unit, out->tree, make_policy(launch, version, name));
	tree_add(unit, out->tree, make_binding(launch, version, name));
	return true;
}
