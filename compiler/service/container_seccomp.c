#include "compiler/service/container_reader.h"
#include "compiler/service/syscalls.h"

#include <stdlib.h>

/* `seccomp`: a name, a file, or lists of system calls. */

static int by_name(const void *a, const void *b)
{
	const struct text *const *x = a, *const *y = b;
	return slice_cmp((*x)->text, (*y)->text);
}

static const struct text *sort(struct arena *arena, const struct text *list, size_t count)
{
	if (count < 2)
		return list;
	struct text **all = arena_array(arena, count, sizeof(struct text *));
	size_t i = 0;
	for (; list; list = list->next)
		all[i++] = (struct text *)list;
	qsort(all, count, sizeof(struct text *), by_name);
	for (i = 0; i < count; i++)
		all[i]->next = i + 1 < count ? all[i + 1] : NULL;
	return all[0];
}

static bool check_call(struct reader *reader, const struct text *name)
{
	struct arena *arena = reader_arena(reader);
	if (syscall_is_known(arena, name->text))
		return true;
	/* Looking for the nearest one takes a while; nobody would see it. */
	bool is_seen = reader->unit->diags.errors - reader->errors < reader->unit->limits->errors;
	unknown_value(reader, DIAG_UNKNOWN_SYSCALL, "system call", name,
		is_seen ? syscall_nearest(arena, name->text) : NULL, NULL);
	return false;
}

static void read_calls(struct reader *reader, const struct key *key, const struct node *node,
	const struct text **ret_list)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	struct index seen = index_new(reader_arena(reader));
	size_t count = 0;
	const struct text **end = ret_list;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text;
		if (!want_entry(reader, key, entry->value, &text) || !check_call(reader, &text))
			continue;
		void **place = index_at(&seen, text.text);
		const struct text *earlier = *place;
		if (earlier) {
			duplicate_entry(reader, key, text.span, text.text, earlier->span);
			continue;
		}
		struct text *call = arena_new(reader_arena(reader), struct text);
		*call = text;
		*place = call;
		*end = call;
		end = (const struct text **)&call->next;
		count++;
	}
	*ret_list = sort(reader_arena(reader), *ret_list, count);
}

struct form {
	const struct node *file, *base, *allow, *deny;
	bool is_list; /* base: none */
};

/* filters/x.json, but not filters/ or filters/.. */
static bool names_file(struct slice path)
{
	size_t begin = path.len;
	while (begin > 0 && path.at[begin - 1] != '/')
		begin--;
	struct slice last = slice_from(path, begin);
	return last.len > 0 && !slice_is(last, ".") && !slice_is(last, "..");
}

static void read_file(struct reader *reader, const struct key *key, const struct node *node,
	struct seccomp *seccomp)
{
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	for (size_t i = 0; i < text.text.len; i++) {
		unsigned char c = (unsigned char)text.text.at[i];
		if (c >= 0x20 && c != 0x7f)
			continue;
		report(reader, DIAG_BAD_PATH, text_part(&text, i, 1),
			"a path cannot hold the control character 0x%02x", c);
		return;
	}
	if (!names_file(text.text)) {
		report(reader, DIAG_BAD_PATH, text.span, "'%.*s' is a directory, not a filter",
			SLICE_FMT(text.text));
		return;
	}
	seccomp->file = text.text;
}

static void read_base(
	struct reader *reader, const struct key *key, const struct node *node, struct form *form)
{
	static const char *const names[] = {"default", "none"};
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	form->is_list = slice_is(text.text, names[1]);
	if (!form->is_list && !slice_is(text.text, names[0]))
		unknown_value(reader, DIAG_UNKNOWN_VALUE, "base of a filter", &text,
			slice_nearest(text.text, names, 2), shape_words[key->shape].takes);
}

static void read_part(struct reader *reader, const struct entry *entry, struct form *form,
	struct seccomp *seccomp)
{
	const struct key *key = want_key(reader, PLACE_SECCOMP, entry);
	const struct node *node = entry->value;
	if (!key)
		return;
	switch ((enum seccomp_key)key->id) {
	case READS_SECCOMP_FILE:
		read_file(reader, key, form->file = node, seccomp);
		break;
	case READS_SECCOMP_BASE:
		read_base(reader, key, form->base = node, form);
		break;
	case READS_SECCOMP_ALLOW:
		read_calls(reader, key, form->allow = node, &seccomp->allow);
		break;
	case READS_SECCOMP_DENY:
		read_calls(reader, key, form->deny = node, &seccomp->deny);
		break;
	case READS_SECCOMP_LOG:
		want_bool(reader, key, node, &seccomp->log);
		break;
	}
}

/* A call that is allowed and refused; both lists are sorted. */
static void check_both(struct reader *reader, const struct seccomp *seccomp)
{
	const struct text *allow = seccomp->allow, *deny = seccomp->deny;
	while (allow && deny) {
		int order = slice_cmp(allow->text, deny->text);
		if (order == 0) {
			struct diag *diag = report(reader, DIAG_BAD_SECCOMP, deny->span,
				"'%.*s' is both allowed and denied", SLICE_FMT(deny->text));
			second(reader, diag, allow->span, "allowed here");
		}
		allow = order <= 0 ? allow->next : allow;
		deny = order >= 0 ? deny->next : deny;
	}
}

static bool check_form(struct reader *reader, const struct node *node, const struct form *form,
	const struct seccomp *seccomp)
{
	if (form->file && node->count > 1) {
		report(reader, DIAG_WRONG_TYPE, node_place(reader, form->file),
			"'file' is the whole filter, it cannot stand beside other keys");
		return false;
	}
	if (form->is_list && form->deny) {
		struct diag *diag = report(reader, DIAG_BAD_SECCOMP, node_place(reader, form->deny),
			"'deny' beside 'base: none'");
		second(reader, diag, node_place(reader, form->base),
			"only what 'allow' lists is allowed");
		help(reader, diag, "take the calls out of 'allow', and 'deny' out of the filter");
		return false;
	}
	bool is_empty =
		!form->allow || (form->allow->kind == NODE_SEQUENCE && form->allow->count == 0);
	if (form->is_list && is_empty) {
		report(reader, DIAG_BAD_SECCOMP, node_place(reader, form->base),
			"'base: none' without 'allow': no system call would be allowed");
		return false;
	}
	check_both(reader, seccomp);
	return true;
}

static void read_name(struct reader *reader, const struct key *key, const struct node *node,
	struct seccomp *seccomp)
{
	static const char *const names[] = {"default", "unconfined"};
	struct text text;
	if (!want_text(reader, key, node, false, &text))
		return;
	seccomp->span = text.span;
	if (slice_is(text.text, names[0]))
		return;
	if (!slice_is(text.text, names[1])) {
		unknown_value(reader, DIAG_UNKNOWN_VALUE, "seccomp filter", &text,
			slice_nearest(text.text, names, 2), shape_words[key->shape].takes);
		return;
	}
	seccomp->kind = SECCOMP_UNCONFINED;
	struct diag *diag = report(reader, DIAG_SECCOMP_UNCONFINED, text.span,
		"every system call is allowed, those of the kernel's darkest corners, too");
	help(reader, diag, "allow what is missing: {allow: [NAME]} changes the runtime's filter");
}

void read_seccomp(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	struct seccomp *seccomp = &container->seccomp;
	if (node->kind == NODE_SCALAR) {
		read_name(reader, key, node, seccomp);
		return;
	}
	if (!want_kind(reader, key, node, NODE_MAPPING))
		return;
	struct form form = {.is_list = false};
	seccomp->span = node_place(reader, node);
	for (const struct entry *entry = node->first; entry; entry = entry->next)
		read_part(reader, entry, &form, seccomp);
	if (!check_form(reader, node, &form, seccomp))
		return;
	if (form.file)
		seccomp->kind = SECCOMP_FILE;
	else if (form.is_list)
		seccomp->kind = SECCOMP_LIST;
	else if (seccomp->allow || seccomp->deny || seccomp->log)
		seccomp->kind = SECCOMP_CHANGED;
}
