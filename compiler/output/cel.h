#ifndef COMPILER_OUTPUT_CEL_H
#define COMPILER_OUTPUT_CEL_H

/*
 * The controls as expressions of CEL, the language in which Kubernetes' own admission policies and
 * those of Gatekeeper are written: one table for both, in cel.def. The expressions use what both
 * have and nothing of Kubernetes' extension libraries: `object`, `oldObject` (null when there is
 * none) and `variables`.
 *
 * The variables `profile`, `capabilities` and `seccomp` are not in the table: each output says
 * where they come from.
 */

#include "compiler/output/kube.h"

enum cel_when {
	CEL_ALWAYS,
	CEL_READ_ONLY_ROOT,
	CEL_NON_ROOT,
	CEL_NO_ESCALATION,
	CEL_SECCOMP,
	CEL_FIELD,	/* clusters from 1.30 */
	CEL_ANNOTATION, /* older ones */
};

/* A named value that later ones and the controls refer to as variables.NAME. */
struct cel_variable {
	const char *name, *expression;
	enum cel_when when;
};

struct cel_control {
	const char *expression; /* true: met */
	const char *message;	/* an expression too: a text in quotes, perhaps with a variable */
	enum cel_when when;
};

extern const struct cel_variable cel_variables[];
extern const size_t cel_variable_count;
extern const struct cel_control cel_controls[];
extern const size_t cel_control_count;

/* Whether an entry is for a description with these controls. */
bool cel_applies(enum cel_when when, const struct kube_controls *controls);

/* Appends {name: NAME, expression: EXPRESSION} to a list of variables. */
void cel_add_variable(
	const struct launch *launch, json_t *list, const char *name, struct slice expression);

/* Appends the variables of the table. */
void cel_add_variables(
	const struct launch *launch, json_t *list, const struct kube_controls *controls);

/* Appends {expression, message} or {expression, messageExpression} of a control, where `unless`
 * (an expression, or NULL) makes it pass. */
void cel_add_control(const struct launch *launch, json_t *list, const struct cel_control *control,
	const char *unless);

#endif
