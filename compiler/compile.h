#ifndef COMPILER_COMPILE_H
#define COMPILER_COMPILE_H

/*
 * Description to policy to text. The pipeline of one document:
 *
 *     service_read -> service -> lower (with its template) -> policy -> carve -> check -> print
 */

#include "compiler/service_templates.h"
#include "policy/print.h"

struct compile_options {
	enum abi abi;	     /* which rule kinds exist, and the `abi` line */
	bool annotate;	     /* each rule names the description line it comes from */
	bool self_contained; /* abstractions and tunables inlined, no abi line */
	bool run;	     /* it is about to be run: check that, too, where no `container` is
				given */
};

/* A compiled profile with what later stages need: its text, and where each line of it comes from.
 */
struct compiled {
	struct slice name;
	const struct service *service;
	const struct policy_template *template;
	struct policy *policy; /* one profile with its children */
	struct scope *scope;   /* variables of it */
};

/*
 * Lowers a service to a policy, carves its exceptions out of the template's denies and checks what
 * it means. All mistakes go to unit's diagnostics. false when there was an error; *ret_compiled is
 * then untouched.
 */
bool compile_service(struct unit *unit, const struct service *service,
	const struct service_templates *templates, const struct compile_options *options,
	struct compiled *ret_compiled);

#endif
