/* trial.c: one plan tried on data that is hard to normalize, against the reference and the promises of the interface.
 * SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include "array.h"
#include "extent.h"
#include "job.h"
#include "pattern.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Elements around every operand: odd, so that no operand is aligned to a vector. */
#define MARGIN 7

/* What one trial owns. Host values are kept twice: as the device stores them, and those in double. */
struct bench {
	struct tool_job job;
	struct tool_extent extent;
	clnorm_dtype dtype, statistics;
	struct tool_array x, residual, gamma, beta; /* stored */
	double *x_exact, *residual_exact, *gamma_exact, *beta_exact;
	struct tool_array y, again, mean, rstd; /* stored */
};

/* ---- Data ----------------------------------------------------------------------------------------------------------
 */

/* Rounds the doubles to the dtype, and the doubles with it. */
static bool store(double *values, struct tool_array *stored)
{
	return tool_report_status(clnorm_convert(CLNORM_F64, values, stored->dtype, stored->data, stored->count)) &&
	       tool_report_status(clnorm_convert(stored->dtype, stored->data, CLNORM_F64, values, stored->count));
}

static bool make_array(clnorm_dtype dtype, size_t count, struct tool_array *stored, double **exact)
{
	if (!tool_array_create(dtype, 1, &count, stored)) {
		return false;
	}
	if (exact == NULL) {
		return true;
	}
	*exact = malloc((count + 1) * sizeof **exact);
	return *exact != NULL || tool_report_fail("no memory for %zu doubles", count);
}

static bool fill_noise(unsigned long long seed, double mean, double *exact, struct tool_array *stored)
{
	for (size_t i = 0; i < stored->count; ++i) {
		exact[i] = mean + tool_pattern_noise(seed, i);
	}
	return store(exact, stored);
}

static bool make_data(struct bench *bench, unsigned long long seed)
{
	size_t parameters = tool_extent_affine(&bench->job.desc), count = bench->extent.count;
	size_t instances = bench->extent.instances;
	return make_array(bench->dtype, count, &bench->x, &bench->x_exact) &&
	       make_array(bench->dtype, count, &bench->residual, &bench->residual_exact) &&
	       make_array(bench->statistics, parameters, &bench->gamma, &bench->gamma_exact) &&
	       make_array(bench->statistics, parameters, &bench->beta, &bench->beta_exact) &&
	       make_array(bench->dtype, count, &bench->y, NULL) &&
	       make_array(bench->dtype, count, &bench->again, NULL) &&
	       make_array(bench->statistics, instances, &bench->mean, NULL) &&
	       make_array(bench->statistics, instances, &bench->rstd, NULL) &&
	       fill_noise(seed + 1, 0, bench->residual_exact, &bench->residual) &&
	       fill_noise(seed + 2, 1, bench->gamma_exact, &bench->gamma) &&
	       fill_noise(seed + 3, 0, bench->beta_exact, &bench->beta);
}

static void clear(struct bench *bench)
{
	tool_job_clear(&bench->job);
	tool_array_clear(&bench->x);
	tool_array_clear(&bench->residual);
	tool_array_clear(&bench->gamma);
	tool_array_clear(&bench->beta);
	tool_array_clear(&bench->y);
	tool_array_clear(&bench->again);
	tool_array_clear(&bench->mean);
	tool_array_clear(&bench->rstd);
	free(bench->x_exact);
	free(bench->residual_exact);
	free(bench->gamma_exact);
	free(bench->beta_exact);
}

/* ---- Runs ----------------------------------------------------------------------------------------------------------
 */

static bool put_x(struct bench *bench)
{
	return tool_job_put(&bench->job, &bench->job.x, bench->dtype, bench->x.count, bench->x.data);
}

/* Runs with every output spoiled before, and brings y. */
static bool run(struct bench *bench, struct tool_array *y)
{
	struct tool_job *job = &bench->job;
	cl_command_queue queue = clnorm_context_queue(job->ctx);
	bool is_in_place = job->y.tensor == job->x.tensor;
	return (is_in_place || tool_slab_spoil(&job->y, queue)) && tool_slab_spoil(&job->mean, queue) &&
	       tool_slab_spoil(&job->rstd, queue) && tool_job_run(job, NULL) &&
	       tool_slab_download(&job->y, queue, y->data);
}

/* The outputs against the reference's. */
static bool compare(struct bench *bench, bool has_affine, bool has_residual, struct tool_trial *trial)
{
	cl_command_queue queue = clnorm_context_queue(bench->job.ctx);
	struct tool_check_inputs inputs = {bench->x_exact, has_affine ? bench->gamma_exact : NULL,
	                                   has_affine ? bench->beta_exact : NULL,
	                                   has_residual ? bench->residual_exact : NULL};
	struct tool_check check = {0};
	double *y = NULL, *mean = NULL, *rstd = NULL;
	bool is_done = false;
	TOOL_TRY(tool_slab_download(&bench->job.mean, queue, bench->mean.data));
	TOOL_TRY(tool_slab_download(&bench->job.rstd, queue, bench->rstd.data));
	TOOL_TRY((y = tool_check_widen(bench->dtype, bench->y.data, bench->y.count)) != NULL);
	TOOL_TRY((mean = tool_check_widen(bench->statistics, bench->mean.data, bench->mean.count)) != NULL);
	TOOL_TRY((rstd = tool_check_widen(bench->statistics, bench->rstd.data, bench->rstd.count)) != NULL);
	struct tool_check_outputs outputs = {y, mean, rstd};
	TOOL_TRY(tool_check_forward(&bench->job.desc, &inputs, &outputs, &check));
	if (bench->job.desc.activation == CLNORM_ACT_NONE) {
		trial->error = fmax(trial->error, bench->dtype == bench->statistics ? check.error : check.excess);
	}
	is_done = check.is_passed || tool_report_fail("%s", check.fault);
done:
	free(y);
	free(mean);
	free(rstd);
	return is_done;
}

/* ---- What is tried --------------------------------------------------------------------------------------------------
 */

/* Every kind of data, without gamma and beta and, except for constants, where the formula is nothing but xhat. */
static bool try_patterns(struct bench *bench, unsigned long long seed, struct tool_trial *trial)
{
	for (int i = 0; i < TOOL_PATTERN_COUNT; ++i) {
		tool_pattern_fill((enum tool_pattern)i, seed, &bench->job.desc, bench->x_exact);
		if (!store(bench->x_exact, &bench->x) || !put_x(bench) || !run(bench, &bench->y) ||
		    !compare(bench, false, false, trial)) {
			return tool_report_about(tool_pattern_name((enum tool_pattern)i));
		}
	}
	return true;
}

/* Constant instances are in x now: y is beta to the last bit. */
static bool try_constant(struct bench *bench)
{
	if (!tool_job_put(&bench->job, &bench->job.gamma, bench->statistics, bench->gamma.count, bench->gamma.data) ||
	    !tool_job_put(&bench->job, &bench->job.beta, bench->statistics, bench->beta.count, bench->beta.data) ||
	    !run(bench, &bench->y)) {
		return false;
	}
	bool is_exact = false;
	double *y = tool_check_widen(bench->dtype, bench->y.data, bench->y.count);
	TOOL_TRY(y != NULL);
	for (size_t i = 0; i < bench->extent.count && bench->job.desc.activation == CLNORM_ACT_NONE; ++i) {
		size_t instance, place;
		tool_extent_locate(&bench->extent, i, &instance, &place);
		bool is_by_instance = bench->job.desc.affine == CLNORM_AFFINE_INSTANCE;
		double beta = bench->beta_exact[is_by_instance ? instance : instance % bench->extent.c], rounded = 0;
		unsigned char stored[sizeof(double)] = {0};
		TOOL_TRY(tool_report_status(clnorm_convert(CLNORM_F64, &beta, bench->dtype, stored, 1)));
		TOOL_TRY(tool_report_status(clnorm_convert(bench->dtype, stored, CLNORM_F64, &rounded, 1)));
		TOOL_TRY(y[i] == rounded ||
		         tool_report_fail("constant instance: y[%zu] is %.9g, beta is %.9g", i, y[i], rounded));
	}
	is_exact = true;
done:
	free(y);
	return is_exact;
}

/* All operands at once; the result stays in y for what follows. */
static bool try_full(struct bench *bench, unsigned long long seed, struct tool_trial *trial)
{
	if (!fill_noise(seed, 0, bench->x_exact, &bench->x) || !put_x(bench) ||
	    !tool_job_put(&bench->job, &bench->job.residual, bench->dtype, bench->residual.count,
	                  bench->residual.data)) {
		return false;
	}
	return (run(bench, &bench->y) && compare(bench, true, true, trial)) ||
	       tool_report_about("gamma, beta, residual");
}

static bool is_same(const struct tool_array *a, const struct tool_array *b)
{
	return memcmp(a->data, b->data, a->count * clnorm_dtype_bytes(a->dtype)) == 0;
}

static bool try_again(struct bench *bench)
{
	return run(bench, &bench->again) &&
	       (is_same(&bench->y, &bench->again) || tool_report_fail("a second run gave other bits"));
}

/* A NaN in the last element of the middle instance: that instance becomes NaN, the others keep their bits. */
static bool try_nan(struct bench *bench)
{
	size_t spoiled = bench->extent.instances / 2, bytes = clnorm_dtype_bytes(bench->dtype);
	for (size_t i = 0; i < bench->extent.count; ++i) {
		size_t instance, place;
		tool_extent_locate(&bench->extent, i, &instance, &place);
		if (instance == spoiled && place == bench->extent.s - 1) {
			bench->x_exact[i] = NAN;
		}
	}
	if (!store(bench->x_exact, &bench->x) || !put_x(bench) || !run(bench, &bench->again)) {
		return false;
	}
	for (size_t i = 0; i < bench->extent.count; ++i) {
		size_t instance, place;
		double value = 0;
		const char *before = (const char *)bench->y.data + i * bytes,
			   *now = (const char *)bench->again.data + i * bytes;
		tool_extent_locate(&bench->extent, i, &instance, &place);
		if (!tool_report_status(clnorm_convert(bench->dtype, now, CLNORM_F64, &value, 1))) {
			return false;
		}
		if (instance == spoiled ? !isnan(value) : memcmp(before, now, bytes) != 0) {
			return tool_report_fail("a NaN in instance %zu: y[%zu] of instance %zu is %.9g", spoiled, i,
			                        instance, value);
		}
	}
	return true;
}

/* y over x gives the same bits as y elsewhere. */
static bool try_in_place(struct bench *bench, unsigned long long seed)
{
	struct tool_slab apart = bench->job.y;
	if (!fill_noise(seed, 0, bench->x_exact, &bench->x) || !put_x(bench)) {
		return false;
	}
	bench->job.y = bench->job.x;
	bool is_done = run(bench, &bench->again);
	bench->job.y = apart;
	return is_done && (is_same(&bench->y, &bench->again) || tool_report_fail("in place gave other bits"));
}

static bool try_all(struct bench *bench, unsigned long long seed, struct tool_trial *trial)
{
	return tool_job_allocate(&bench->job, TOOL_JOB_Y | TOOL_JOB_MEAN | TOOL_JOB_RSTD, MARGIN) &&
	       make_data(bench, seed) && try_patterns(bench, seed, trial) && try_constant(bench) &&
	       try_full(bench, seed, trial) && try_again(bench) && try_nan(bench) && try_in_place(bench, seed) &&
	       tool_job_check_margins(&bench->job);
}

void tool_trial_run(clnorm_context *ctx, const clnorm_desc *desc, unsigned long long seed, struct tool_trial *trial)
{
	struct bench bench = {.extent = tool_extent_of(desc),
	                      .dtype = desc->dtype,
	                      .statistics = clnorm_dtype_statistics(desc->dtype)};
	*trial = (struct tool_trial){.result = TOOL_TRIAL_PASSED};
	clnorm_status status = tool_job_plan(ctx, desc, &bench.job);
	if (status == CLNORM_UNSUPPORTED) {
		trial->result = TOOL_TRIAL_SKIPPED;
	} else if (status != CLNORM_OK || !try_all(&bench, seed, trial)) {
		trial->result = TOOL_TRIAL_FAILED;
	}
	if (trial->result != TOOL_TRIAL_PASSED) {
		snprintf(trial->reason, sizeof trial->reason, "%s", tool_report_text());
	}
	clear(&bench);
}
