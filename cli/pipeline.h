#ifndef CLI_PIPELINE_H
#define CLI_PIPELINE_H

/*
 * What compile, check and test have in common: every document of every operand goes through
 *
 *     documents_next -> service_read -> template -> compile_service -> the command's own part
 *
 * with the abstractions and templates read once per run.
 */

#include "cli/cli.h"
#include "compiler/output/profile.h"
#include "manager/system/documents.h"
#include "manager/system/file.h"
#include "manager/host/root_check.h"
#include "manager/apparmor_parser/library.h"
#include "manager/system/bounds.h"

/* One document on its way. Everything in it lives in `unit`. */
struct work_item {
	struct unit unit;
	struct slice path;     /* of the description, "-" for standard input */
	bool ok;	       /* compiled; else unit.diags says why not */
	struct slice document; /* the description's own bytes */
	struct slice name;     /* of the profile, if it could be read; also when ok is false */
	const struct service *service; /* as far as it could be read, or NULL */
	struct compiled compiled;
	struct profile_header header;
	const struct header_template *templates; /* that are files, each once */
	struct slice text; /* of the profile, once cli/verify has printed it */
	/* What the root that was looked at does not hold as it should, or NULL; diagnostics, too,
	 * unless options->root_findings_only. */
	const struct root_finding *root_findings;
};

struct template_entry;
struct directory;
struct name_table;
struct attachment_table;
struct told;

struct pipeline {
	const struct options *options;
	struct compile_options compile;
	struct library *library;
	struct root_view *root; /* that paths are looked at in, or NULL */
	struct template_entry *templates;
	struct bounds bounds; /* of the files that descriptions name */
	struct name_table *names;
	struct attachment_table *attachments;
	enum status status; /* the worst so far */
	struct told *told;  /* notes that are the same for all profiles */

	/* Where it is: the operand, its files when it is a directory, the open file. */
	size_t argument;	       /* the next one */
	struct directory *directories; /* the operands that are directories, the latest first */
	bool in_directory;	       /* the latest is being walked */
	size_t file;		       /* the next one of it */
	uint32_t file_number;	       /* of the open file, over all operands */
	struct bytes path;	       /* of the open file */
	struct documents documents;
	bool is_open;
	bool is_link_away; /* the open file is a link that leads out of its directory */
};

/* false after a problem has been printed. */
bool pipeline_open(const struct options *options, struct pipeline *ret_pipeline);

/*
 * The directory that a description's relative paths start from, with a slash at its end; empty for
 * the working directory.
 */
struct slice pipeline_folder(struct slice description);

/* Makes an item ready for pipeline_next; it can be used again and again. */
void work_item_init(struct work_item *item, struct pipeline *pipeline);
void work_item_free(struct work_item *item);

/*
 * Compiles the next document, in order, into the item, whose former content is dropped. item->ok
 * tells whether it compiled. false when there is no more. Problems of the system are printed and
 * set pipeline->status.
 */
bool pipeline_next(struct pipeline *pipeline, struct work_item *item);

/*
 * Prints the item's diagnostics and notes its errors in pipeline->status. Notes on what the kernel
 * does not enforce of templates and abstractions are printed once a run.
 */
void pipeline_report(struct pipeline *pipeline, struct work_item *item);

/* Appends the path of a file of the operands, by its number. */
void pipeline_path(const struct pipeline *pipeline, uint32_t number, struct bytes *ret_path);

/*
 * Reads a line (from 1) of such a file again; *ret_line, without its newline, lies in *ret_text,
 * which the caller frees in any case. false where it cannot be read twice, as standard input.
 */
bool pipeline_line(const struct pipeline *pipeline, uint32_t file, uint32_t line,
	struct bytes *ret_text, struct slice *ret_line);

/* Prints a problem of the system and notes it in pipeline->status; frees the error. */
void pipeline_problem(struct pipeline *pipeline, struct error *error);

void pipeline_close(struct pipeline *pipeline);

#endif
