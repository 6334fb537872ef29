#ifndef AUDIT_CHECK_H
#define AUDIT_CHECK_H

/* What the controls share. One file control_*.c for each family of them. */

#include "audit/audit.h"

struct check {
	struct unit *unit;
	struct findings *findings;
	const struct profile_resolver *resolver;
	const struct subject *subject;
};

/* A finding that is not met. `at` may be no place: then the container's own is taken. */
struct finding *not_met(struct check *check, enum control_id control, enum outcome outcome,
	enum severity severity, struct span at, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Nothing has been found against it: notes the control as met, at a place that says so. */
void met_unless_found(struct check *check, enum control_id control, struct span at);

/* Whether anything has been found against a control of this container. */
bool is_found(const struct check *check, enum control_id control);

void finding_help(struct check *check, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * mend.c: gives a finding the mend of mends.def for the input's format. `detail` takes the place of
 * %s in it; `old` is the entry of a list that says otherwise, or no place.
 */
void mend(struct check *check, struct finding *finding, struct slice detail, struct span old);

/* At most 80 bytes of user text. */
struct slice brief(struct check *check, struct slice text);

static inline bool is_input(const struct check *check, enum input input)
{
	return check->subject->workload->input == input;
}

/* Docker and podman: their defaults go for what is not said. */
static inline bool has_runtime_defaults(const struct check *check)
{
	return !is_input(check, INPUT_OCI) && !is_input(check, INPUT_KUBERNETES);
}

void control_apparmor(struct check *check);
void control_grants(struct check *check, const struct profile_facts *facts);
void control_kernel(struct check *check); /* seccomp, no-new-privileges, privileged, masked paths */
void control_user(struct check *check);
void control_files(struct check *check); /* read-only root, writable places, host mounts */
void control_capabilities(struct check *check);
void control_shares(struct check *check);    /* namespaces, devices, ports */
void control_resources(struct check *check); /* limits, restart, image */

/* The capabilities that a container can ever have; UINT64_MAX when it cannot be told. */
uint64_t bounding_set(const struct check *check);

#endif
