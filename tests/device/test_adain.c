/* test_adain.c: AdaIN in one call against the oracle: dtypes, layouts, one style for all, own outputs, order, refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "tests/kit/cases.h"
#include "tests/kit/compare.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/oracle.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Content and style on the host and the device, and what comes out. */
struct pair {
	clnorm_desc content, style;
	size_t count, style_count, instances, style_instances;
	double *x, *s;
	struct place at_x, at_s, at_y, at_gamma, at_beta;
	clnorm_adain *adain;
};

static double *values_make(const clnorm_desc *desc, enum cases_data data, unsigned seed, size_t count)
{
	double *values = malloc((count + 1) * sizeof(*values));
	ck_assert_ptr_nonnull(values);
	cases_fill(desc, data, seed, values);
	place_round(desc->dtype, values, count);
	return values;
}

static void pair_init(struct pair *p, clnorm_desc content, clnorm_desc style, enum cases_data data)
{
	const clnorm_dtype statistic = clnorm_dtype_statistics(content.dtype);
	*p = (struct pair){.content = content, .style = style};
	p->instances = content.n * content.c;
	p->style_instances = style.n * style.c;
	p->count = p->instances * cases_spatial(&content);
	p->style_count = p->style_instances * cases_spatial(&style);
	p->x = values_make(&content, DATA_NORMAL, 1, p->count);
	p->s = values_make(&style, data, 2, p->style_count);
	place_init(&p->at_x, content.dtype, p->count, 3);
	place_init(&p->at_s, style.dtype, p->style_count, 1);
	place_init(&p->at_y, content.dtype, p->count, 0);
	place_init(&p->at_gamma, statistic, p->instances, 5);
	place_init(&p->at_beta, statistic, p->instances, 2);
	place_store(&p->at_x, p->x);
	place_store(&p->at_s, p->s);
	EXPECT_OK(clnorm_adain_create(device_get()->ctx, &content, &style, &p->adain));
}

static void pair_clear(struct pair *p)
{
	clnorm_adain_destroy(p->adain);
	place_clear(&p->at_x);
	place_clear(&p->at_s);
	place_clear(&p->at_y);
	place_clear(&p->at_gamma);
	place_clear(&p->at_beta);
	free(p->x);
	free(p->s);
}

static clnorm_adain_args pair_args(const struct pair *p)
{
	return (clnorm_adain_args){.x = p->at_x.view,
	                           .style = p->at_s.view,
	                           .y = p->at_y.view,
	                           .gamma = p->at_gamma.view,
	                           .beta = p->at_beta.view};
}

static void run(const struct pair *p, const clnorm_adain_args *args)
{
	EXPECT_OK(clnorm_adain_forward(p->adain, device_get()->queue, args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device_get()->queue));
}

/* Standard deviation and mean of the style of each instance of the content, in long double. */
static void style_statistics(const struct pair *p, double *gamma, double *beta)
{
	const size_t spatial = cases_spatial(&p->style);
	for (size_t i = 0; i < p->instances; i++) {
		const size_t instance = i % p->style_instances;
		long double mean = 0, m2 = 0;
		for (size_t k = 0; k < spatial; k++) {
			mean += p->s[cases_index(&p->style, instance, k)];
		}
		mean /= (long double)spatial;
		for (size_t k = 0; k < spatial; k++) {
			long double d = p->s[cases_index(&p->style, instance, k)] - mean;
			m2 += d * d;
		}
		gamma[i] = (double)sqrtl(m2 / (long double)spatial);
		beta[i] = (double)mean;
	}
}

/* gamma and beta of the style's statistics, y with them by the oracle. */
static void pair_check(const struct pair *p, const struct place *at_y)
{
	double *gamma = calloc(2 * p->instances, sizeof(*gamma)), *beta = gamma + p->instances;
	double *right = calloc(p->count, sizeof(*right));
	double *y = place_load(at_y, "y"), *got_gamma = place_load(&p->at_gamma, "gamma");
	double *got_beta = place_load(&p->at_beta, "beta");
	clnorm_desc desc = p->content;
	const double ulp = p->at_gamma.dtype == CLNORM_F64 ? 0x1p-52 : 0x1p-23;

	ck_assert(gamma && right);
	style_statistics(p, gamma, beta);
	desc.affine = CLNORM_AFFINE_INSTANCE;
	oracle_forward(&desc, p->x, gamma, beta, NULL, right, NULL, NULL);
	for (size_t i = 0; i < p->instances; i++) {
		ck_assert_msg(fabs(got_gamma[i] - gamma[i]) <= 8 * ulp * gamma[i], "gamma[%zu] = %.9g, exact %.9g", i,
		              got_gamma[i], gamma[i]);
		ck_assert_msg(fabs(got_beta[i] - beta[i]) <= ulp * fabs(beta[i]) + 4 * ulp * gamma[i],
		              "beta[%zu] = %.9g, exact %.9g", i, got_beta[i], beta[i]);
	}
	for (size_t i = 0; i < p->instances; i++) {
		for (size_t k = 0; k < cases_spatial(&desc); k++) {
			const size_t e = cases_index(&desc, i, k);
			/* The parameters' own rounding, then the contract's bound for a forward pass with them. */
			double allowed = 8 * ulp * (4 * gamma[i] + fabs(beta[i]));
			allowed += compare_bound(desc.dtype) * fmax(1, fabs(right[e] - beta[i]) + fabs(beta[i]));
			allowed += desc.dtype == CLNORM_F32 || desc.dtype == CLNORM_F64
			                   ? 0
			                   : compare_half_ulp(desc.dtype, right[e]);
			ck_assert_msg(fabs(y[e] - right[e]) <= allowed, "y[%zu] = %.9g, exact %.9g, allowed %.3g", e,
			              y[e], right[e], allowed);
		}
	}
	free(gamma);
	free(right);
	free(y);
	free(got_gamma);
	free(got_beta);
}

/* Shapes of content and style: other sizes, one style for all, one element. */
static const struct cases_shape shapes[][2] = {
	{{4, {2, 3, 7, 9}}, {4, {2, 3, 11, 5}}}, {{4, {3, 4, 5, 5}}, {4, {1, 4, 16, 16}}},
	{{3, {1, 3, 1}}, {3, {1, 3, 40}}},       {{3, {2, 2, 2053}}, {3, {1, 2, 70001}}},
	{{4, {5, 3, 4, 6}}, {3, {1, 3, 1}}},
};

static size_t shape_count(void)
{
	return device_is_small() ? 2 : COUNT(shapes);
}

static void dtypes_of(int i, clnorm_dtype *content, clnorm_dtype *style)
{
	static const clnorm_dtype dtypes[][2] = {{CLNORM_F32, CLNORM_F32},
	                                         {CLNORM_F16, CLNORM_F32},
	                                         {CLNORM_F32, CLNORM_BF16},
	                                         {CLNORM_F64, CLNORM_F64}};
	*content = dtypes[i][0];
	*style = dtypes[i][1];
}

START_TEST(against_the_oracle)
{
	static const enum cases_data kinds[] = {DATA_NORMAL, DATA_NARROW, DATA_RAMP, DATA_OFFSET, DATA_BORDER};
	clnorm_dtype content_dtype, style_dtype;
	dtypes_of(_i, &content_dtype, &style_dtype);
	if (content_dtype == CLNORM_F64 && !device_get()->info.fp64) {
		return;
	}
	/* Each shape in four ways, of which an interpreter has one, another for each pair of dtypes. */
	const size_t ways = device_is_small() ? 1 : 4;
	for (size_t i = 0; i < shape_count() * ways; i++) {
		const size_t shape = i / ways, k = device_is_small() ? (size_t)_i : i;
		clnorm_desc content = cases_desc(&shapes[shape][0]), style = cases_desc(&shapes[shape][1]);
		const enum cases_data data = content_dtype == CLNORM_F16 ? DATA_NARROW : kinds[k % COUNT(kinds)];
		struct pair p;
		content.dtype = content_dtype;
		style.dtype = style_dtype;
		content.layout = k & 1 ? CLNORM_NHWC : CLNORM_NCHW;
		style.layout = k & 2 ? CLNORM_NHWC : CLNORM_NCHW;
		pair_init(&p, content, style, data);
		clnorm_adain_args args = pair_args(&p);
		run(&p, &args);
		pair_check(&p, &p.at_y);
		pair_clear(&p);
	}
}
END_TEST

static struct pair pair_small(void)
{
	struct pair p;
	clnorm_desc content = clnorm_desc_2d(3, 4, 5, 5), style = clnorm_desc_2d(1, 4, 7, 3);
	pair_init(&p, content, style, DATA_NARROW);
	return p;
}

/* In place; without y; with memory of its own for gamma, beta or both. */
START_TEST(outputs_as_wished)
{
	struct pair p = pair_small();
	clnorm_adain_args args = pair_args(&p);
	EXPECT_OK(clnorm_adain_prepare(p.adain, device_get()->queue));
	args.y.mem = args.x.mem = NULL;
	run(&p, &args);
	ck_assert(place_is_poisoned(&p.at_y));
	args = pair_args(&p);
	args.gamma.mem = args.beta.mem = NULL;
	run(&p, &args);
	pair_check(&p, &p.at_y);
	place_poison(&p.at_y);
	args.beta = p.at_beta.view;
	run(&p, &args);
	pair_check(&p, &p.at_y);
	args = pair_args(&p);
	args.y = args.x;
	run(&p, &args);
	pair_check(&p, &p.at_x);
	pair_clear(&p);
}
END_TEST

static cl_int event_status(cl_event event)
{
	cl_int status = CL_QUEUED;
	EXPECT_CL(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL));
	return status;
}

/* The whole call waits, and its event is the last kernel's, on an out-of-order queue too; the same bits each time. */
START_TEST(order_and_bits)
{
	const cl_command_queue_properties kinds[] = {0, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE};
	struct pair p = pair_small();
	void *first = NULL;
	for (size_t kind = 0; kind < COUNT(kinds); kind++) {
		cl_command_queue queue = device_queue_create(kinds[kind]);
		clnorm_adain_args args = pair_args(&p);
		cl_event done = NULL;
		cl_int err;
		cl_event gate = clCreateUserEvent(device_get()->cl, &err);
		EXPECT_CL(err);
		place_poison(&p.at_y);
		EXPECT_OK(clnorm_adain_forward(p.adain, queue, &args, 1, &gate, &done));
		if (!device_is_small()) {
			EXPECT_CL(clFlush(queue)); /* oclgrind would wait for the gate here */
		}
		ck_assert_int_ne(event_status(done), CL_COMPLETE);
		EXPECT_CL(clSetUserEventStatus(gate, CL_COMPLETE));
		EXPECT_CL(clWaitForEvents(1, &done));
		void *bits = place_bytes(&p.at_y, "y");
		if (first) {
			ck_assert_mem_eq(bits, first, p.count * sizeof(float));
			free(bits);
		} else {
			first = bits;
		}
		EXPECT_CL(clReleaseEvent(gate));
		EXPECT_CL(clReleaseEvent(done));
		EXPECT_CL(clReleaseCommandQueue(queue));
	}
	free(first);
	pair_clear(&p);
}
END_TEST

START_TEST(pairs_refused)
{
	clnorm_context *ctx = device_get()->ctx;
	clnorm_desc content = clnorm_desc_2d(3, 4, 5, 5), style = clnorm_desc_2d(3, 4, 7, 3);
	clnorm_adain *adain = NULL;
	EXPECT_STATUS(clnorm_adain_create(NULL, &content, &style, &adain), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_create(ctx, NULL, &style, &adain), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_create(ctx, &content, NULL, &adain), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_create(ctx, &content, &style, NULL), CLNORM_BAD_ARGUMENT);
	style.c = 5;
	EXPECT_SAYS(clnorm_adain_create(ctx, &content, &style, &adain), CLNORM_BAD_SHAPE, "5 channels", "has 4");
	style = clnorm_desc_2d(2, 4, 7, 3);
	EXPECT_SAYS(clnorm_adain_create(ctx, &content, &style, &adain), CLNORM_BAD_SHAPE, "2 samples", "3");
	style = clnorm_desc_2d(1, 4, 0, 3);
	EXPECT_SAYS(clnorm_adain_create(ctx, &content, &style, &adain), CLNORM_BAD_SHAPE, "no elements", "12");
	style = clnorm_desc_2d(1, 4, 7, 3);
	style.dtype = CLNORM_F64;
	EXPECT_SAYS(clnorm_adain_create(ctx, &content, &style, &adain), CLNORM_BAD_ARGUMENT, "f64", "f32");
	style.dtype = CLNORM_F32;
	content.flags = CLNORM_CALLER_WORKSPACE;
	EXPECT_STATUS(clnorm_adain_create(ctx, &content, &style, &adain), CLNORM_BAD_ARGUMENT);
	content.flags = 0;
	content.epsilon = -1;
	EXPECT_STATUS(clnorm_adain_create(ctx, &content, &style, &adain), CLNORM_BAD_ARGUMENT);
	ck_assert_ptr_null(adain);
	clnorm_adain_destroy(NULL);
}
END_TEST

static clnorm_status forward(const struct pair *p, const clnorm_adain_args *args)
{
	return clnorm_adain_forward(p->adain, device_get()->queue, args, 0, NULL, NULL);
}

START_TEST(watched_calls_refused)
{
	struct pair p = pair_small();
	const clnorm_adain_args good = pair_args(&p);
	clnorm_adain_args args = good;
	cl_command_queue queue = device_get()->queue;
	EXPECT_STATUS(clnorm_adain_forward(NULL, queue, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_forward(p.adain, NULL, &args, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_forward(p.adain, queue, NULL, 0, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_forward(p.adain, queue, &args, 2, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_prepare(NULL, queue), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_adain_prepare(p.adain, NULL), CLNORM_BAD_ARGUMENT);
	args.y.mem = args.gamma.mem = args.beta.mem = NULL;
	EXPECT_SAYS(forward(&p, &args), CLNORM_BAD_ARGUMENT, "none of", "gamma");
	args = good;
	args.style.mem = NULL;
	EXPECT_SAYS(forward(&p, &args), CLNORM_BAD_BUFFER, "style", "missing");
	args = good;
	args.x.mem = NULL;
	EXPECT_SAYS(forward(&p, &args), CLNORM_BAD_BUFFER, "x", "missing");
	args = good;
	args.gamma.offset = PLACE_TAIL + 6;
	EXPECT_SAYS(forward(&p, &args), CLNORM_BAD_BUFFER, "gamma", "12 elements");
	args = good;
	args.beta = (clnorm_view){args.gamma.mem, args.gamma.offset + 11};
	EXPECT_STATUS(forward(&p, &args), CLNORM_BAD_OVERLAP);
	args = good;
	args.gamma = args.style;
	EXPECT_STATUS(forward(&p, &args), CLNORM_BAD_OVERLAP);
	args = good;
	args.y = (clnorm_view){args.x.mem, args.x.offset + 1};
	EXPECT_STATUS(forward(&p, &args), CLNORM_BAD_OVERLAP);
	EXPECT_CL(clFinish(queue));
	ck_assert(place_is_poisoned(&p.at_y) && place_is_poisoned(&p.at_gamma) && place_is_poisoned(&p.at_beta));
	pair_clear(&p);
}
END_TEST

/* No sample: success, and the event completes. A NaN in one instance of the style stays in the matching ones. */
START_TEST(empty_and_odd)
{
	struct pair p;
	cl_event done = NULL;
	pair_init(&p, clnorm_desc_2d(0, 4, 5, 5), clnorm_desc_2d(1, 4, 7, 3), DATA_NORMAL);
	clnorm_adain_args args = pair_args(&p);
	EXPECT_OK(clnorm_adain_prepare(p.adain, device_get()->queue));
	EXPECT_OK(clnorm_adain_forward(p.adain, device_get()->queue, &args, 0, NULL, &done));
	EXPECT_CL(clWaitForEvents(1, &done));
	EXPECT_CL(clReleaseEvent(done));
	pair_clear(&p);

	p = pair_small();
	p.s[cases_index(&p.style, 2, 8)] = NAN;
	place_store(&p.at_s, p.s);
	args = pair_args(&p);
	run(&p, &args);
	double *gamma = place_load(&p.at_gamma, "gamma"), *y = place_load(&p.at_y, "y");
	for (size_t i = 0; i < p.instances; i++) {
		ck_assert(isnan(gamma[i]) == (i % 4 == 2));
		for (size_t k = 0; k < 25; k++) {
			ck_assert(isnan(y[cases_index(&p.content, i, k)]) == (i % 4 == 2));
		}
	}
	free(gamma);
	free(y);
	pair_clear(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("adain");
	TCase *adain = tcase_create("adain");
	tcase_add_loop_test(adain, against_the_oracle, 0, 4);
	tcase_add_test(adain, outputs_as_wished);
	tcase_add_test(adain, order_and_bits);
	tcase_add_test(adain, pairs_refused);
	tcase_add_test(adain, watched_calls_refused);
	tcase_add_test(adain, empty_and_odd);
	suite_add_tcase(suite, adain);
	return device_main(suite, NULL);
}
