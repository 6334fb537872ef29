#include "manager/kernel/label.h"

void label_split_mode(struct slice text, struct slice *ret_label, struct slice *ret_mode)
{
	*ret_label = text;
	*ret_mode = slice_of(NULL, 0);
	if (!slice_ends(text, SLICE(")")))
		return;
	for (size_t at = text.len - 1; at >= 2; at--)
		if (text.at[at - 1] == '(' && text.at[at - 2] == ' ') {
			*ret_label = slice_first(text, at - 2);
			*ret_mode = slice_of(text.at + at, text.len - 1 - at);
			return;
		}
}

bool label_split_namespace(struct slice *member, struct slice *ret_namespace)
{
	const char *end = member->len > 1 && *member->at == ':'
				  ? memchr(member->at + 1, ':', member->len - 1)
				  : NULL;
	if (!end)
		return false;
	*ret_namespace = slice_of(member->at + 1, (size_t)(end - member->at - 1));
	*member = slice_from(*member, ret_namespace->len + 2);
	if (slice_starts(*member, SLICE("//")))
		*member = slice_from(*member, 2);
	return true;
}

bool label_next_member(struct slice *label, struct slice *namespace, struct slice *ret_member)
{
	const char *end = slice_find(*label, SLICE("//&"));
	struct slice member = end ? slice_of(label->at, (size_t)(end - label->at)) : *label;
	if (label->len == 0)
		return false;
	*label = slice_from(*label, member.len + 3);
	label_split_namespace(&member, namespace);
	*ret_member = member;
	return true;
}

bool mode_confines(struct slice mode)
{
	return slice_is(mode, "enforce") || slice_is(mode, "kill");
}
