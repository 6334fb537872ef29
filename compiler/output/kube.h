#ifndef COMPILER_OUTPUT_KUBE_H
#define COMPILER_OUTPUT_KUBE_H

/*
 * What the outputs for Kubernetes have in common: names as its API takes them, and the controls
 * that kubernetes.c sets and that the three policies (gatekeeper, admission, conftest) demand.
 * Nothing here fails.
 */

#include "compiler/output/launch.h"

/* From 1.30 a container has the field appArmorProfile; before, its pod has an annotation. */
enum { KUBE_APPARMOR_FIELD = 30 };
#define KUBE_APPARMOR_ANNOTATION "container.apparmor.security.beta.kubernetes.io/"

/* The label of a namespace whose pods the policies judge; its value is kube_name(). */
#define KUBE_NAMESPACE_LABEL "apparmor-profile"

/* The controls of a description: what is false is not demanded. AppArmor and capabilities always.
 */
struct kube_controls {
	bool read_only_root;
	bool non_root;
	bool no_escalation;
	bool seccomp;	 /* kube_seccomp() is demanded; false when the description wants none */
	bool annotation; /* AppArmor as the annotation of clusters before 1.30 */
};

struct kube_controls kube_controls(const struct launch *launch);

/*
 * The service's name as a DNS label (RFC 1035: a letter, then letters, digits and '-'), with room
 * for a word before or behind it. At most 50 bytes.
 *
 *     docker-api    docker-api
 *     My_API.v2     my-api-v2
 *     7zip          app-7zip
 */
struct slice kube_name(const struct launch *launch);

/* Adds a comment line when kube_name() is not the service's name. */
void kube_say_name(const struct launch *launch, struct rendered *out);

/* {type: RuntimeDefault}, {type: Localhost, localhostProfile: FILE} or {type: Unconfined}. FILE is
 * without folders: it is looked for below the kubelet's own folder. */
json_t *kube_seccomp(const struct launch *launch);

/* {type: Localhost, localhostProfile: NAME}. */
json_t *kube_apparmor(const struct launch *launch);

/* The capabilities to add, as Kubernetes spells them: ["NET_BIND_SERVICE"]. */
json_t *kube_capabilities(const struct launch *launch);

/* Adds a comment line: where the seccomp filter must lie on the nodes, if there is one. */
void kube_say_seccomp(const struct launch *launch, struct rendered *out);

/* Adds comment lines: which namespaces a policy is for. */
void kube_say_namespaces(const struct launch *launch, struct rendered *out);

/* A value as a literal of CEL and of Rego, which here is JSON on one line. Takes over `value`. */
struct slice kube_literal(const struct launch *launch, json_t *value);

/* One kind of object that is a pod or makes pods. */
struct kube_kind {
	const char *group, *version; /* "" for the core */
	const char *kind, *resource;
};

/* By group; a group's kinds follow one another. */
extern const struct kube_kind kube_kinds[];
extern const size_t kube_kind_count;

/* The list of `kind` or `resource` of a group: ["Job", "CronJob"]. */
json_t *kube_kinds_of(const struct launch *launch, const char *group, bool resources);

/* {apiVersion: …, kind: …, metadata: {name: …}}. */
json_t *kube_object(
	const struct launch *launch, const char *api_version, const char *kind, struct slice name);

/* Puts a new object or list into an object, and returns it (a reference that is not the caller's).
 */
json_t *kube_put_object(const struct launch *launch, json_t *into, const char *key);
json_t *kube_put_list(const struct launch *launch, json_t *into, const char *key);

/* {matchLabels: {apparmor-profile: NAME}}. */
json_t *kube_namespace_selector(const struct launch *launch);

#endif
