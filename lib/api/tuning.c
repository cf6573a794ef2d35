/* tuning.c: knobs and tuning records as programs see them: listed, loaded, entered, saved, described.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "device/records.h"

size_t clnorm_knob_count(void)
{
	return CLN_KNOBS;
}

const clnorm_knob_info *clnorm_knob_get(size_t i)
{
	return i < CLN_KNOBS ? &cln_knob_table[i] : NULL;
}

clnorm_status clnorm_tuning_load(clnorm_context *ctx, const char *path)
{
	clnorm_status st = CLNORM_OK;
	struct cln_tuning read = {0};
	struct cln_text why_not = {0};
	bool found;

	if (!ctx || !path) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tuning_load: %s is NULL",
		                ctx ? "the path" : "the context");
	}
	struct cln_identity identity = cln_records_identity(&ctx->info);
	if (!cln_records_read(path, CLN_FILE_OF_ANYONE, &identity, &read, &found, &why_not)) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE, "%s: %s", path, cln_text_chars(&why_not)));
	}
	pthread_mutex_lock(&ctx->lock);
	if (!cln_tuning_merge(&ctx->tuning, &read)) {
		st = cln_fail(CLNORM_BAD_FILE, "%s: there are too many entries, or there is no memory for them", path);
	}
	pthread_mutex_unlock(&ctx->lock);
done:
	cln_tuning_clear(&read);
	cln_text_clear(&why_not);
	return st;
}

/* The op must be one that the choice's variant can do, in the description's layout. */
static clnorm_status check_choice(const struct cln_tuned *entry, const char *choice)
{
	bool is_one = entry->op == CLNORM_OP_FORWARD || entry->op == CLNORM_OP_APPLY || entry->op == CLNORM_OP_BACKWARD;
	if (!is_one) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tuning_put: op %d is not one operation", (int)entry->op);
	}
	if (!(entry->variant->info.ops & entry->op) || !(entry->variant->info.layouts & (1u << entry->layout))) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "%s: the variant cannot do this operation in layout %s", choice,
		                clnorm_layout_name(entry->layout));
	}
	if (!isfinite(entry->usual_us) || !isfinite(entry->tuned_us) || entry->usual_us < 0 || entry->tuned_us < 0) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tuning_put: %g and %g are not microseconds",
		                entry->usual_us, entry->tuned_us);
	}
	return CLNORM_OK;
}

static clnorm_status entry_init(struct cln_tuned *entry, const clnorm_desc *desc, const char *choice)
{
	clnorm_status st = CLNORM_OK;
	struct cln_problem problem;
	struct cln_text why_not = {0};

	CLN_TRY(cln_problem_init(&problem, desc));
	if (problem.elements == 0) {
		CLN_TRY(cln_fail(CLNORM_BAD_SHAPE, "an empty tensor is not tuned"));
	}
	entry->dtype = problem.dtype;
	entry->layout = problem.layout;
	entry->n = problem.n;
	entry->c = problem.c;
	entry->s = problem.s;
	entry->groups = problem.groups;
	entry->knobs = cln_knobs_usual();
	if (!cln_tuning_choice_parse(choice, &entry->variant, &entry->knobs, &why_not)) {
		CLN_TRY(cln_fail(CLNORM_BAD_ARGUMENT, "%s", cln_text_chars(&why_not)));
	}
	CLN_TRY(check_choice(entry, choice));
done:
	cln_text_clear(&why_not);
	return st;
}

clnorm_status clnorm_tuning_put(clnorm_context *ctx, const clnorm_desc *desc, clnorm_op op, const char *choice,
                                double usual_us, double us)
{
	clnorm_status st = CLNORM_OK;
	struct cln_tuned entry = {.op = op, .usual_us = usual_us, .tuned_us = us};

	if (!ctx || !desc || !choice) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tuning_put: %s is NULL",
		                !ctx    ? "the context"
		                : !desc ? "the description"
		                        : "the choice");
	}
	CLN_TRY(entry_init(&entry, desc, choice));
	pthread_mutex_lock(&ctx->lock);
	if (!cln_tuning_put(&ctx->tuning, &entry)) {
		st = cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu tuning entries, or more than %d",
		              ctx->tuning.count + 1, CLN_TUNING_ENTRIES);
	}
	pthread_mutex_unlock(&ctx->lock);
done:
	return st;
}

void clnorm_tuning_clear(clnorm_context *ctx)
{
	if (ctx) {
		pthread_mutex_lock(&ctx->lock);
		cln_tuning_clear(&ctx->tuning);
		pthread_mutex_unlock(&ctx->lock);
	}
}

/* The user's own record, in a folder that is there. */
static clnorm_status own_path(const clnorm_context *ctx, struct cln_text *path)
{
	clnorm_status st = CLNORM_OK;
	const char *why_not = "";
	if (!cln_records_path(&ctx->info, path, &why_not)) {
		return cln_fail(CLNORM_BAD_FILE, "there is no place for a tuning record: %s", why_not);
	}
	char *slash = strrchr(path->chars, '/');
	*slash = '\0';
	if (!cln_file_make_folder(path->chars)) {
		st = cln_fail(CLNORM_BAD_FILE, "%s: the folder cannot be made", path->chars);
	}
	*slash = '/';
	return st;
}

clnorm_status clnorm_tuning_save(const clnorm_context *ctx, const char *path)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text own = {0}, text = {0};

	if (!ctx) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tuning_save: the context is NULL");
	}
	if (!path) {
		CLN_TRY(own_path(ctx, &own));
	}
	struct cln_identity identity = cln_records_identity(&ctx->info);
	pthread_mutex_lock((pthread_mutex_t *)&ctx->lock); /* the context is as it was afterwards */
	cln_tuning_print(&ctx->tuning, &identity, &text);
	pthread_mutex_unlock((pthread_mutex_t *)&ctx->lock);
	CLN_TRY(cln_text_check(&text));
	CLN_TRY(cln_file_replace(path ? path : own.chars, text.chars, text.length));
done:
	cln_text_clear(&own);
	cln_text_clear(&text);
	return st;
}

clnorm_status clnorm_tuning_describe(const clnorm_context *ctx, clnorm_tuning_info *info)
{
	if (!ctx || !info) {
		return cln_fail(CLNORM_BAD_ARGUMENT, "clnorm_tuning_describe: %s is NULL",
		                ctx ? "info" : "the context");
	}
	pthread_mutex_lock((pthread_mutex_t *)&ctx->lock);
	*info = ctx->record;
	info->entries = ctx->tuning.count;
	pthread_mutex_unlock((pthread_mutex_t *)&ctx->lock);
	return CLNORM_OK;
}
