/*
 * Sockets that the profile allows and the seccomp filter does not: families that the default
 * filters refuse, and filters without the call itself.
 */
#include "compiler/check/check.h"
#include "compiler/service/service.h"
#include "compiler/service/syscalls.h"

static const struct text *find(const struct text *list, const char *name)
{
	while (list && !slice_is(list->text, name))
		list = list->next;
	return list;
}

static const struct refused_family *refused(const char *family)
{
	for (size_t i = 0; family && i < refused_family_count; i++)
		if (strcmp(refused_families[i].family, family) == 0)
			return &refused_families[i];
	return NULL;
}

static void report_call(const struct check_input *input, const struct rule *rule)
{
	struct diags *diags = &input->unit->diags;
	const struct seccomp *seccomp = &input->container->seccomp;
	const struct text *deny = find(seccomp->deny, "socket");
	struct diag *diag = diag_add(diags, DIAG_REFUSED_SOCKET, check_place(rule),
		"'%.*s' is of no use: the seccomp filter does not allow the call 'socket'",
		SLICE_FMT(check_rule_text(input->unit, rule)));
	diag_second(diags, diag, deny ? deny->span : seccomp->span, "%s",
		deny ? "denied here" : "not in this list");
	diag_help(diags, diag, "allow 'socket', or take the family out of 'network'");
}

static void report_family(const struct check_input *input, const struct rule *rule,
	const struct refused_family *family)
{
	struct diags *diags = &input->unit->diags;
	struct span seccomp = input->container->seccomp.span;
	struct diag *diag = diag_add(diags, DIAG_REFUSED_SOCKET, check_place(rule),
		"the default seccomp filters refuse sockets of the family %s (%s)", family->family,
		family->since);
	if (!span_none(seccomp))
		diag_second(diags, diag, seccomp, "the filter");
	diag_help(diags, diag,
		"take it out, or allow the call for all families: seccomp: {allow: [socket]}");
}

/* Whether no socket can be made at all: once is enough then. */
static bool check_rule(const struct check_input *input, const struct rule *rule)
{
	const struct seccomp *seccomp = &input->container->seccomp;
	const struct refused_family *family = refused(((const struct network_rule *)rule)->family);
	bool is_list = seccomp->kind == SECCOMP_LIST;
	bool changes = seccomp->kind == SECCOMP_CHANGED;
	bool allows = find(seccomp->allow, "socket");
	if ((is_list && !allows) || (changes && find(seccomp->deny, "socket"))) {
		report_call(input, rule);
		return true;
	}
	if (family && !allows && (changes || seccomp->kind == SECCOMP_RUNTIME))
		report_family(input, rule, family);
	return false;
}

void check_container_sockets(const struct check_input *input)
{
	if (!input->container)
		return;
	for (const struct check_input *each = input; each; each = each->next)
		for (const struct rule *rule = each->profile->body.rules; rule; rule = rule->next)
			if (rule->ops == &rule_network && rule->origin == ORIGIN_DESCRIPTION &&
				!rule->qualifiers.deny && check_rule(input, rule))
				return;
}
