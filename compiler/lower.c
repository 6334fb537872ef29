#include "compiler/lower.h"

#include "compiler/lower_paths.h"
#include "compiler/lower_template.h"
#include "parser/parser.h"
#include "policy/escape.h"
#include "policy/names/names.h"

static struct binding_value *add_value(
	struct lowering *l, enum template_variable variable, size_t room)
{
	struct binding *binding = &l->bindings[variable];
	if (!binding->values)
		binding->values = arena_array(&l->unit->arena, room, sizeof(*binding->values));
	return (struct binding_value *)&binding->values[binding->count++];
}

static void bind_text(
	struct lowering *l, enum template_variable variable, struct slice aare, struct span cause)
{
	*add_value(l, variable, 1) = (struct binding_value){aare, cause};
}

static size_t count_entries(const struct path_entry *entry)
{
	size_t count = 0;
	for (; entry; entry = entry->next)
		count++;
	return count;
}

/*
 * What a template's variable can stand for: directories with nothing special about them. The rest
 * of the list is always added by the compiler.
 */
static bool is_plain_tree(const struct path_entry *entry)
{
	return entry->kind == PATH_TREE && !entry->owner && !entry->link && !entry->exec &&
	       !entry->audit;
}

static void bind_paths(struct lowering *l, enum template_variable variable,
	const struct path_entry *first, bool trees)
{
	size_t room = count_entries(first);
	for (const struct path_entry *entry = first; entry; entry = entry->next)
		if (trees ? is_plain_tree(entry) : !entry->audit)
			*add_value(l, variable, room) = (struct binding_value){
				lower_path(l->unit, l->template->scope, entry), entry->span};
}

static void bind_resolver(struct lowering *l)
{
	for (const struct network_entry *entry = l->service->network; entry; entry = entry->next) {
		if (strcmp(entry->family, "inet") != 0 && strcmp(entry->family, "inet6") != 0)
			continue;
		bind_text(l, VARIABLE_resolver, SLICE("/etc"), entry->span);
		return;
	}
}

static void bind(struct lowering *l)
{
	const struct service *s = l->service;
	l->bindings = arena_array(&l->unit->arena, VARIABLE_COUNT, sizeof(*l->bindings));
#define BIND_NAME(symbol, about) l->bindings[VARIABLE_##symbol].name = SLICE(#symbol);
	TEMPLATE_VARIABLES(BIND_NAME)
#undef BIND_NAME
	bind_text(l, VARIABLE_name, l->root->name, l->root->name_span);
	if (s->binary)
		bind_text(l, VARIABLE_attachment,
			lower_path(l->unit, l->template->scope, s->binary), s->binary->span);
	bind_paths(l, VARIABLE_binary, s->binary, false);
	bind_paths(l, VARIABLE_libraries, s->libraries, true);
	bind_paths(l, VARIABLE_readable, s->readable, true);
	bind_paths(l, VARIABLE_writable, s->writable, true);
	bind_resolver(l);
}

static void add_rule(struct lowering *l, enum section section, struct rule *rule,
	const struct rule_ops *ops, struct span cause)
{
	rule->ops = ops;
	rule->origin = ORIGIN_DESCRIPTION;
	rule->section = section;
	rule->span = cause;
	rule->cause = cause;
	body_add_rule(&l->profile->body, rule);
}

static struct file_rule *add_file(struct lowering *l, enum section section,
	const struct path_entry *entry, struct slice path, unsigned perms)
{
	struct file_rule *rule = arena_new(&l->unit->arena, struct file_rule);
	rule->path = path;
	rule->perms = perms;
	rule->head.may_write_exec = entry->exec;
	rule->head.qualifiers.audit = entry->audit;
	if (perms & PERM_EXEC)
		rule->exec = EXEC_INHERIT;
	add_rule(l, section, &rule->head, &rule_file, entry->span);
	return rule;
}

static struct slice append(struct lowering *l, struct slice path, const char *tail)
{
	struct buf joined = buf_new(&l->unit->arena);
	buf_reserve(&joined, path.len + strlen(tail));
	buf_add(&joined, path);
	buf_add_str(&joined, tail);
	return buf_slice(&joined);
}

/* /dir/ becomes readable itself, and all below it gets the permissions. */
static struct file_rule *add_tree(
	struct lowering *l, enum section section, const struct path_entry *entry, unsigned perms)
{
	struct slice path = lower_path(l->unit, l->template->scope, entry);
	if (entry->kind == PATH_EITHER) {
		struct file_rule *rule =
			add_file(l, section, entry, append(l, path, "{,/,/**}"), perms);
		rule->name = path;
		return rule;
	}
	if (entry->kind != PATH_TREE)
		return add_file(l, section, entry, path, perms);
	add_file(l, section, entry, append(l, path, "/"), PERM_READ);
	return add_file(l, section, entry, append(l, path, "/**"), perms);
}

static void add_binaries(struct lowering *l)
{
	for (const struct path_entry *entry = l->service->binary; entry; entry = entry->next)
		if (entry->audit || !l->bindings[VARIABLE_binary].used)
			add_file(l, SECTION_BINARY, entry,
				lower_path(l->unit, l->template->scope, entry),
				PERM_READ | PERM_MMAP | PERM_EXEC);
}

/* Whether the template placed this entry with its own rules. */
static bool is_placed(
	const struct lowering *l, enum template_variable variable, const struct path_entry *entry)
{
	return l->bindings[variable].used && is_plain_tree(entry);
}

static void add_libraries(struct lowering *l)
{
	for (const struct path_entry *entry = l->service->libraries; entry; entry = entry->next) {
		unsigned perms = PERM_READ | PERM_MMAP;
		if (entry->exec)
			perms |= PERM_EXEC;
		if (!is_placed(l, VARIABLE_libraries, entry))
			add_tree(l, SECTION_LIBRARIES, entry, perms);
	}
}

static void add_readable(struct lowering *l)
{
	for (const struct path_entry *entry = l->service->readable; entry; entry = entry->next) {
		if (is_placed(l, VARIABLE_readable, entry))
			continue;
		struct file_rule *rule = add_tree(l, SECTION_READABLE, entry, PERM_READ);
		if (entry->owner)
			rule->head.qualifiers.owner = OWNER_OWNER;
	}
}

static void add_writable(struct lowering *l)
{
	for (const struct path_entry *entry = l->service->writable; entry; entry = entry->next) {
		if (is_placed(l, VARIABLE_writable, entry))
			continue;
		unsigned perms = PERM_READ | PERM_WRITE | PERM_LOCK;
		if (entry->link)
			perms |= PERM_LINK;
		if (entry->exec)
			perms |= PERM_MMAP | PERM_EXEC;
		struct file_rule *rule = add_tree(l, SECTION_WRITABLE, entry, perms);
		if (entry->owner)
			rule->head.qualifiers.owner = OWNER_OWNER;
	}
}

static void warn_unconfined(struct unit *unit, const struct path_entry *entry)
{
	struct diag *diag = diag_add(&unit->diags, DIAG_UNCONFINED_EXEC, entry->as_span,
		"'%.*s' is started without any confinement", SLICE_FMT(entry->path));
	diag_help(&unit->diags, diag,
		"describe it under `children` and start it with `as: child NAME`, or use `as: inherit`");
}

static void add_exec(struct lowering *l)
{
	for (const struct path_entry *entry = l->service->exec; entry; entry = entry->next) {
		bool inherits = entry->as == EXEC_AS_INHERIT;
		unsigned perms = inherits ? PERM_READ | PERM_MMAP | PERM_EXEC : PERM_EXEC;
		struct file_rule *rule = add_tree(l, SECTION_EXEC, entry, perms);
		switch (entry->as) {
		case EXEC_AS_INHERIT:
			continue;
		case EXEC_AS_CHILD:
			rule->exec = EXEC_CHILD;
			rule->target = entry->as_name;
			break;
		case EXEC_AS_PROFILE:
			rule->exec = EXEC_PROFILE;
			rule->target = entry->as_name;
			break;
		case EXEC_AS_UNCONFINED:
			rule->exec = EXEC_UNCONFINED;
			warn_unconfined(l->unit, entry);
			break;
		}
		rule->scrub = true;
	}
}

static void add_network(struct lowering *l)
{
	for (const struct network_entry *entry = l->service->network; entry; entry = entry->next) {
		struct network_rule *rule = arena_new(&l->unit->arena, struct network_rule);
		rule->family = entry->family;
		rule->type = entry->type;
		rule->protocol = entry->protocol;
		add_rule(l, SECTION_NETWORK, &rule->head, &rule_network, entry->span);
	}
}

static void add_capabilities(struct lowering *l)
{
	const struct capability_entry *entry = l->service->capabilities;
	for (; entry; entry = entry->next) {
		struct capability_rule *rule = arena_new(&l->unit->arena, struct capability_rule);
		rule->mask = UINT64_C(1) << entry->capability;
		add_rule(l, SECTION_CAPABILITIES, &rule->head, &rule_capability, entry->span);
	}
}

static void report_missing(struct lowering *l, const struct text *text)
{
	struct diag *diag = diag_add(&l->unit->diags, DIAG_MISSING_INCLUDE, text->span,
		"there is no abstraction '%.*s' where the profile is built", SLICE_FMT(text->text));
	diag_help(&l->unit->diags, diag,
		"abstractions are files below abstractions/ of /etc/apparmor.d; --base and -I name other places");
}

static void add_abstractions(struct lowering *l)
{
	const struct include_loader *loader = l->template->loader;
	for (const struct text *text = l->service->abstractions; text; text = text->next) {
		struct include *include = arena_new(&l->unit->arena, struct include);
		include->path =
			arena_printf(&l->unit->arena, "abstractions/%.*s", SLICE_FMT(text->text));
		include->magic = true;
		include->origin = ORIGIN_DESCRIPTION;
		include->span = include->cause = text->span;
		bool missing = false;
		if (loader)
			include->files =
				loader->find(loader->context, include->path, true, &missing);
		if (missing)
			report_missing(l, text);
		else
			body_add_include(&l->profile->body, include);
	}
}

static enum abi abi_of_rules(const struct compile_options *options)
{
	/* Without an abi line the features decide, which apparmor_parser knows. */
	return options->abi == ABI_NONE ? ABI_4_0 : options->abi;
}

/* One string of `rules` or `deny`; NULL after a diagnostic. */
static struct rule *read_written(struct unit *unit, const struct text *text,
	const struct compile_options *options, bool deny)
{
	struct statement *statement;
	if (!parse_rule(unit, text->text, text->span, text->verbatim, &statement))
		return NULL;
	return policy_read_rule(unit, statement, ORIGIN_DESCRIPTION, abi_of_rules(options), deny);
}

void lower_check_rules(
	struct unit *unit, const struct service *service, const struct compile_options *options)
{
	for (const struct text *text = service->rules; text; text = text->next)
		read_written(unit, text, options, false);
	for (const struct text *text = service->deny; text; text = text->next)
		read_written(unit, text, options, true);
	for (const struct service *child = service->children; child; child = child->next)
		lower_check_rules(unit, child, options);
}

static void add_written(
	struct lowering *l, const struct text *text, enum section section, bool deny)
{
	for (; text; text = text->next) {
		struct rule *rule = read_written(l->unit, text, l->options, deny);
		if (!rule)
			continue;
		rule->section = section;
		rule->span = rule->cause = text->span;
		body_add_rule(&l->profile->body, rule);
	}
}

static struct slice *add_flag(
	struct unit *unit, struct slice *flags, size_t *count, const char *flag)
{
	struct slice *more = arena_array(&unit->arena, *count + 1, sizeof(*more));
	if (*count > 0)
		memcpy(more, flags, *count * sizeof(*more));
	more[(*count)++] = slice_str(flag);
	return more;
}

static void set_mode(struct lowering *l)
{
	static const char *const flags[] = {
		[MODE_ENFORCE] = NULL,
		[MODE_COMPLAIN] = "complain",
		[MODE_KILL] = "kill",
		[MODE_UNCONFINED] = "unconfined",
	};
	/* The kernel does not hand a profile's mode to its children: each says it itself. */
	bool own = !span_none(l->service->mode_span);
	const char *flag = flags[own ? l->service->mode : l->root->mode];
	if (flag)
		l->profile->flags =
			add_flag(l->unit, l->profile->flags, &l->profile->flag_count, flag);
}

static void add_sections(struct lowering *l)
{
	add_abstractions(l);
	add_network(l);
	add_capabilities(l);
	add_binaries(l);
	add_libraries(l);
	add_readable(l);
	add_writable(l);
	add_exec(l);
	add_written(l, l->service->rules, SECTION_RULES, false);
	add_written(l, l->service->deny, SECTION_DENY, true);
}

static struct profile *lower_profile(struct unit *unit, const struct service *service,
	const struct service *root, const struct policy_template *template,
	const struct compile_options *options)
{
	struct lowering l = {
		.unit = unit,
		.template = template,
		.options = options,
		.service = service,
		.root = root,
	};
	bind(&l);
	l.profile = lower_template(&l);
	if (!l.profile)
		return NULL;
	if (!slice_eq(l.profile->name, root->name)) {
		struct diag *diag = diag_add(&unit->diags, DIAG_BAD_TEMPLATE, l.profile->span,
			"the template's profile is named '%.*s', not after the description",
			SLICE_FMT(l.profile->name));
		diag_help(&unit->diags, diag, "name it: profile @{name} …");
		return NULL;
	}
	if (service != root) {
		l.profile->name = service->name;
		l.profile->attachment = slice_of(NULL, 0);
		l.profile->span = l.profile->cause = service->name_span;
		l.profile->body.children = NULL;
		l.profile->body.children_end = &l.profile->body.children;
	}
	set_mode(&l);
	add_sections(&l);
	return l.profile;
}

static struct slice abi_path(enum abi abi)
{
	switch (abi) {
	case ABI_NONE:
		return slice_of(NULL, 0);
	case ABI_3_0:
		return SLICE("abi/3.0");
	case ABI_4_0:
		return SLICE("abi/4.0");
	}
	return slice_of(NULL, 0);
}

struct policy *lower_service(struct unit *unit, const struct service *service,
	const struct service_templates *templates, const struct compile_options *options)
{
	struct policy *policy = arena_new(&unit->arena, struct policy);
	const struct policy_template *template = templates->own;
	policy->preamble = template->preamble;
	policy->preamble.abi_path = abi_path(options->abi);
	policy->preamble.has_abi = policy->preamble.abi_path.len > 0;
	policy->preamble.abi_magic = true;
	policy->profiles = lower_profile(unit, service, service, template, options);
	if (!policy->profiles)
		return NULL;
	size_t index = 0;
	for (const struct service *child = service->children; child; child = child->next) {
		const struct policy_template *own = templates->children[index++];
		struct profile *profile = lower_profile(unit, child, service, own, options);
		if (profile &&
			(own == template || lower_preamble(unit, &policy->preamble, child, own)))
			body_add_child(&policy->profiles->body, profile);
	}
	return policy;
}
