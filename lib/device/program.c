/* program.c: a choice to its built program: from the context's table, the disk, or the compiler.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "device/cache.h"
#include "device/embedded.h"
#include "device/stages.h"

/* Ten common words; a family and what it stands on, with their backward halves; and the stages. */
#define MOST_FILES (10 + 2 * (1 + CLN_MOST_BELOW_FAMILY) + CLN_MAX_STAGES)

/* Files of a program, in the order they are handed over: the common words, the family, its stages. */
struct file_list {
	char names[MOST_FILES][32];
	size_t count; /* that were added; program_fetch() refuses more than there is room for */
};

static void file_add(struct file_list *files, const char *name, const char *suffix)
{
	if (files->count < MOST_FILES) {
		snprintf(files->names[files->count], sizeof(files->names[0]), "%s%s", name, suffix);
	}
	++files->count;
}

static const struct cln_source *source_find(const char *name)
{
	char path[64];
	snprintf(path, sizeof(path), "cl/%s.cl", name);
	for (size_t i = 0; i < cln_source_count; ++i) {
		if (strcmp(cln_sources[i].name, path) == 0) {
			return &cln_sources[i];
		}
	}
	return NULL;
}

/* The backward half of a file, where it has one. */
static void add_back(struct file_list *files, const char *name)
{
	char back[sizeof(files->names[0])];
	snprintf(back, sizeof(back), "%s_back", name);
	if (source_find(back)) {
		file_add(files, back, "");
	}
}

static struct file_list program_files(const struct cln_choice *choice)
{
	const struct cln_stage_list *stages = cln_variant_stages(choice->variant, choice->op, &choice->geometry);
	const struct cln_family *family = choice->variant->family;
	bool backward = choice->op == CLNORM_OP_BACKWARD;
	struct file_list files = {.count = 0};

	file_add(&files, "arguments", "");
	file_add(&files, "types", "");
	file_add(&files, "moments", "");
	file_add(&files, "affine", "");
	file_add(&files, "source", "");
	file_add(&files, family->lanes ? "lanes" : "planes", "");
	for (size_t i = 0; i < CLN_MOST_BELOW_FAMILY && family->stands_on[i]; ++i) {
		file_add(&files, family->stands_on[i], "");
	}
	file_add(&files, family->name, "");
	if (backward) {
		file_add(&files, "gradient", "");
		for (size_t i = 0; i < CLN_MOST_BELOW_FAMILY && family->stands_on[i]; ++i) {
			add_back(&files, family->stands_on[i]);
		}
		add_back(&files, family->name);
	}
	file_add(&files, "stage", "");
	file_add(&files, "merge", "");
	if (backward) {
		file_add(&files, "back", "");
	}
	for (unsigned i = 0; i < stages->count; ++i) {
		file_add(&files, cln_stage_facts(stages->kinds[i])->file, "");
	}
	return files;
}

/* All lines of all files, one array, as clCreateProgramWithSource() wants them. *lines is the caller's to free. */
static clnorm_status gather_lines(const struct file_list *files, const char ***lines, cl_uint *count)
{
	const struct cln_source *sources[MOST_FILES];
	const char **all;
	size_t total = 0, k = 0;

	for (size_t f = 0; f < files->count; ++f) {
		sources[f] = source_find(files->names[f]);
		if (!sources[f]) {
			return cln_fail(CLNORM_BUILD_FAILED, "the library holds no kernel source cl/%s.cl",
			                files->names[f]);
		}
		total += sources[f]->line_count;
	}
	all = malloc(total * sizeof(*all));
	if (!all) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu source lines", total);
	}
	for (size_t f = 0; f < files->count; ++f) {
		memcpy(all + k, sources[f]->lines, sources[f]->line_count * sizeof(*all));
		k += sources[f]->line_count;
	}
	*lines = all;
	*count = (cl_uint)total;
	return CLNORM_OK;
}

/* Keeps the compiler's words; a driver that will not give them is not a second failure. */
static void keep_log(cl_program program, cl_device_id device)
{
	size_t bytes = 0;
	char *log = NULL;
	if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) == CL_SUCCESS && bytes > 0) {
		log = calloc(bytes + 1, 1);
	}
	if (log && clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) != CL_SUCCESS) {
		log[0] = '\0';
	}
	cln_build_log_keep(log);
	free(log);
}

/* From source; kept under the key on disk where there is one. */
static clnorm_status program_build(clnorm_context *ctx, const struct file_list *files, const char *options,
                                   const char *what, const char *disk_key, cl_program *out)
{
	clnorm_status st = CLNORM_OK;
	const char **lines = NULL;
	cl_program program = NULL;
	cl_uint count = 0;
	cl_int err = CL_SUCCESS;

	CLN_TRY(gather_lines(files, &lines, &count));
	program = clCreateProgramWithSource(ctx->cl, count, lines, NULL, &err);
	CLN_TRY(cln_cl(err, "clCreateProgramWithSource"));
	err = disk_key ? cln_cache_build(ctx->cl, &ctx->info, disk_key, options, &program)
	               : clBuildProgram(program, 1, &ctx->device, options, NULL, NULL);
	if (err != CL_SUCCESS) {
		keep_log(program, ctx->device);
		st = cln_cl(err, "clBuildProgram");
		if (st == CLNORM_BUILD_FAILED) {
			st = cln_fail(st, "the %s kernels did not build on %s (options %s); see clnorm_build_log()",
			              what, ctx->info.name, options);
		}
		goto done;
	}
	*out = program;
	program = NULL;
done:
	if (program) {
		clReleaseProgram(program);
	}
	free(lines);
	return st;
}

/* The key of an entry on disk. Nothing is added where none is kept. */
static clnorm_status disk_key(const clnorm_context *ctx, const char *key, struct cln_text *out)
{
	const char *why_not;
	if (cln_cache_is_on(&ctx->info, &why_not)) {
		cln_text_add(out, "%s", key);
		cln_cache_key_add(out, &ctx->info);
	}
	return cln_text_check(out);
}

/* A verdict as the note of an entry; any other text says nothing. */
static const char note_right[] = "right", note_wrong[] = "wrong: ";

static void verdict_parse(struct cln_verdict *verdict, const char *note)
{
	size_t length = strlen(note_wrong);
	bool is_wrong = strncmp(note, note_wrong, length) == 0;
	*verdict = (struct cln_verdict){.is_right = strcmp(note, note_right) == 0};
	verdict->is_known = verdict->is_right || is_wrong;
	if (is_wrong) {
		snprintf(verdict->fault, sizeof(verdict->fault), "%.*s", (int)sizeof(verdict->fault) - 1,
		         note + length);
	}
}

/* From the disk, else from source. */
static clnorm_status program_make(clnorm_context *ctx, const struct file_list *files, const char *options,
                                  const char *what, struct cln_program *program, cl_program *out)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text key = {0};
	char note[CLN_CACHE_NOTE] = "";
	const char *kept = NULL;

	CLN_TRY(disk_key(ctx, program->key, &key));
	kept = key.length > 0 ? cln_text_chars(&key) : NULL;
	if (!kept || !cln_cache_load(ctx->cl, &ctx->info, kept, out, note)) {
		CLN_TRY(program_build(ctx, files, options, what, kept, out));
	}
	verdict_parse(&program->verdict, note);
done:
	cln_text_clear(&key);
	return st;
}

void cln_program_judge(clnorm_context *ctx, struct cln_program *program, const struct cln_verdict *verdict)
{
	struct cln_text key = {0};
	char note[CLN_CACHE_NOTE];

	cln_programs_judged(&ctx->programs, program, verdict);
	if (verdict->is_known && disk_key(ctx, program->key, &key) == CLNORM_OK && key.length > 0) {
		snprintf(note, sizeof(note), "%s%s", verdict->is_right ? note_right : note_wrong, verdict->fault);
		cln_cache_note(cln_text_chars(&key), note);
	}
	cln_text_clear(&key);
}

static clnorm_status program_fetch(clnorm_context *ctx, const struct file_list *files, const char *options,
                                   const char *what, struct cln_program **out)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text key = {0};
	struct cln_program *program = NULL;
	cl_program cl = NULL;
	bool is_mine = false;

	if (files->count > MOST_FILES) {
		return cln_fail(CLNORM_BUILD_FAILED, "a program of %zu source files; %d are the most", files->count,
		                MOST_FILES);
	}
	for (size_t i = 0; i < files->count; ++i) {
		cln_text_add(&key, "%s ", files->names[i]);
	}
	cln_text_add(&key, "%s", options);
	CLN_TRY(cln_text_check(&key));
	CLN_TRY(cln_programs_take(&ctx->programs, cln_text_chars(&key), &program, &is_mine));
	if (is_mine) {
		st = program_make(ctx, files, options, what, program, &cl);
		CLN_TRY(cln_programs_built(&ctx->programs, program, st, cl));
	}
	*out = program;
done:
	cln_text_clear(&key);
	return st;
}

clnorm_status cln_program_fetch(clnorm_context *ctx, const struct cln_choice *choice, const struct cln_problem *problem,
                                struct cln_program **out)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text options = {0};
	struct file_list files = program_files(choice);

	cln_choice_options(choice, problem, &options);
	CLN_TRY(cln_text_check(&options));
	CLN_TRY(program_fetch(ctx, &files, cln_text_chars(&options), choice->variant->info.name, out));
done:
	cln_text_clear(&options);
	return st;
}

clnorm_status cln_program_fetch_file(clnorm_context *ctx, const char *name, clnorm_dtype dtype,
                                     struct cln_program **out)
{
	struct file_list files = {.count = 0};
	char options[48];

	file_add(&files, "types", "");
	file_add(&files, name, "");
	snprintf(options, sizeof(options), "-cl-std=CL1.2 -D%s", cln_dtype_facts(dtype)->macro);
	return program_fetch(ctx, &files, options, name, out);
}
