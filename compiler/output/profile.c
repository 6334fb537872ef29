#include "compiler/output/profile.h"

#include "base/version.h"
#include "policy/comment.h"

/* A value is one line of printable text, whatever it holds. */
static void add_field(struct buf *out, const char *key, struct slice value)
{
	if (value.len == 0)
		return;
	buf_add_str(out, "# ");
	buf_add_str(out, key);
	buf_add_str(out, ": ");
	print_visible(value, out);
	buf_add_char(out, '\n');
}

/* manager/change/source_changes.h reads it. */
static void add_template(struct buf *out, const struct header_template *template)
{
	struct buf name = buf_new(out->arena);
	print_visible(template->as, &name);
	if (slice_eq(buf_slice(&name), template->as))
		buf_printf(out, "# SHA-256 of the template: %.*s %.*s\n",
			SLICE_FMT(template->sha256), SLICE_FMT(template->as));
}

static void add_header(const struct compiled *compiled, const struct profile_header *header,
	const struct compile_options *options, struct buf *out)
{
	buf_add_str(out, "# Made by aaforge " AAFORGE_VERSION
			 " from the description below: change that, not this file.\n");
	add_field(out, "Service", compiled->service->description);
	add_field(out, "Description", header->description);
	add_field(out, "SHA-256 of the description", header->sha256);
	for (const struct header_template *at = header->templates; at; at = at->next)
		add_template(out, at);
	add_field(out, "Baseline", compiled->template->baseline);
	if (options->self_contained)
		buf_add_str(out,
			"# Self-contained: no abi line. Name the target's features with apparmor_parser -M.\n");
}

static struct print_options print_options_of(
	const struct unit *unit, const struct compile_options *options)
{
	return (struct print_options){
		.annotate = options->annotate,
		.self_contained = options->self_contained,
		.sources = &unit->sources,
	};
}

void output_preamble(struct unit *unit, const struct compiled *compiled,
	const struct compile_options *options, struct buf *out)
{
	struct print_options print = print_options_of(unit, options);
	preamble_print(&compiled->policy->preamble, &print, out);
}

void output_body(struct unit *unit, const struct compiled *compiled,
	const struct profile_header *header, const struct compile_options *options, struct buf *out)
{
	struct print_options print = print_options_of(unit, options);
	add_header(compiled, header, options, out);
	profile_print(compiled->policy->profiles, &print, out);
}

void output_profile(struct unit *unit, const struct compiled *compiled,
	const struct profile_header *header, const struct compile_options *options, struct buf *out)
{
	struct print_options print = print_options_of(unit, options);
	add_header(compiled, header, options, out);
	buf_add_char(out, '\n');
	size_t before = out->len;
	preamble_print(&compiled->policy->preamble, &print, out);
	if (out->len > before)
		buf_add_char(out, '\n');
	profile_print(compiled->policy->profiles, &print, out);
}
