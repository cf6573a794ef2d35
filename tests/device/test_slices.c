/* test_slices.c: operands that lie in one another's gaps: slices of one buffer, arrays beside them; and what meets.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/kit/compare_back.h"
#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Three slices of one buffer: x, residual and y of a forward pass; x, dy and dx of a backward pass. */
struct slices {
	struct cases_shape shape;
	clnorm_layout layout;
	clnorm_dtype dtype;
	clnorm_strides strides[3];
	size_t at[3];        /* elements from the buffer's beginning */
	const char *said[2]; /* of a refusal; NULL: the call is right */
};

#define SAME(sample, inner)                                                                                            \
	{                                                                                                              \
		{sample, inner}, {sample, inner},                                                                      \
		{                                                                                                      \
			sample, inner                                                                                  \
		}                                                                                                      \
	}

static const struct slices rows[] = {
	/* Thirds of a concatenation, in any order; a channel or an element off. */
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {0, 60, 120}, {NULL, NULL}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {125, 65, 5}, {NULL, NULL}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {0, 60, 40}, {"bytes 160 to 1120", "at byte 160"}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {1, 62, 121}, {"bytes 484 to 1444", "at byte 484"}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {0, 60, 121}, {"overlaps x", "at byte 720"}},
	/* y begins in the sample behind the first, where x and residual leave a third. */
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {0, 60, 300}, {NULL, NULL}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {0, 60, 180}, {"overlaps x", "at byte 720"}},
	/* Channels in turn. */
	{{4, {2, 3, 4, 5}}, CLNORM_NCHW, CLNORM_F16, SAME(181, 60), {7, 27, 47}, {NULL, NULL}},
	{{4, {2, 3, 4, 5}}, CLNORM_NCHW, CLNORM_F16, SAME(181, 60), {7, 27, 46}, {"bytes 92 to 734", "at byte 92"}},
	/* Groups of channels of a pixel. */
	{{4, {2, 3, 4, 5}}, CLNORM_NHWC, CLNORM_BF16, SAME(180, 9), {3, 0, 6}, {NULL, NULL}},
	{{4, {2, 3, 4, 5}}, CLNORM_NHWC, CLNORM_BF16, SAME(180, 9), {3, 0, 5}, {"bytes 10 to 718", "at byte 10"}},
	{{4, {2, 3, 4, 5}}, CLNORM_NHWC, CLNORM_F32, SAME(180, 9), {9, 3, 15}, {NULL, NULL}},
	/* Channels of samples: a transposed batch. */
	{{3, {4, 3, 10}}, CLNORM_NCHW, CLNORM_F32, SAME(10, 120), {0, 40, 80}, {NULL, NULL}},
	{{3, {4, 3, 10}}, CLNORM_NCHW, CLNORM_F32, SAME(10, 120), {0, 40, 70}, {"bytes 280", "at byte 280"}},
	/* Strides of their own: within a sample each keeps to its part of it, or does not. */
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, {{200, 20}, {200, 23}, {200, 0}}, {0, 60, 130}, {NULL, NULL}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, {{200, 20}, {200, 50}, {200, 20}}, {0, 60, 80}, {"y", "byte 440"}},
	/* A sample of x, and then y with its two, before x's other one. */
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, {{400, 0}, {60, 0}, {70, 0}}, {0, 60, 200}, {NULL, NULL}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, {{400, 0}, {60, 0}, {70, 0}}, {0, 60, 280}, {"x", "byte 1600"}},
	/* Elements that lie apart, but in steps that have nothing in common. */
	{{3, {3, 3, 4}},
         CLNORM_NCHW,
         CLNORM_F32,
         {{60, 10}, {66, 11}, {66, 11}},
         {0, 300, 5},
         {"y", "strides are equal"}},
	/* All else is in place. */
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {7, 67, 7}, {NULL, NULL}},
	{{3, {2, 3, 20}}, CLNORM_NCHW, CLNORM_F32, SAME(180, 20), {7, 67, 67}, {NULL, NULL}},
	{{3, {2, 3, 20}},
         CLNORM_NCHW,
         CLNORM_F32,
         {{180, 20}, {180, 20}, {180, 60}},
         {7, 67, 7},
         {"180 and 60", "180 and 20"}},
};

static clnorm_desc desc_of(const struct slices *row)
{
	clnorm_desc desc = cases_desc(&row->shape);
	desc.layout = row->layout;
	desc.dtype = row->dtype;
	desc.strides.x = row->strides[0];
	desc.strides.residual = desc.strides.dy = row->strides[1];
	desc.strides.y = desc.strides.dx = row->strides[2];
	return desc;
}

/* ---- One buffer ------------------------------------------------------------------------------------------------- */

/* A buffer for all slices, and its bytes before the call and after. */
struct together {
	cl_mem mem;
	size_t bytes;
	unsigned char *before, *wanted;
};

static void slice_put(unsigned char *image, const struct slices *row, int which, const double *values)
{
	clnorm_desc desc = desc_of(row);
	struct strided lie = strided_of(&desc, row->strides[which]);
	size_t bytes = clnorm_dtype_bytes(row->dtype);
	void *packed = malloc(lie.count * bytes);
	ck_assert_ptr_nonnull(packed);
	EXPECT_OK(clnorm_convert(CLNORM_F64, values, row->dtype, packed, lie.count));
	strided_scatter(&lie, bytes, packed, image + row->at[which] * bytes);
	free(packed);
}

/* `out`: what the call is to put into the third slice; NULL where it is refused. */
static void together_init(struct together *all, const struct slices *row, const double *x, const double *other,
                          const double *out)
{
	clnorm_desc desc = desc_of(row);
	cl_int err;
	memset(all, 0, sizeof(*all));
	for (int i = 0; i < 3; i++) {
		struct strided lie = strided_of(&desc, row->strides[i]);
		size_t end = (row->at[i] + strided_span(&lie)) * clnorm_dtype_bytes(row->dtype);
		all->bytes = end > all->bytes ? end : all->bytes;
	}
	all->before = malloc(all->bytes);
	all->wanted = malloc(all->bytes);
	ck_assert(all->before && all->wanted);
	memset(all->before, 0xA5, all->bytes);
	slice_put(all->before, row, 0, x);
	slice_put(all->before, row, 1, other);
	memcpy(all->wanted, all->before, all->bytes);
	if (out) {
		slice_put(all->wanted, row, 2, out);
	}
	all->mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, all->bytes, all->before,
	                          &err);
	EXPECT_CL(err);
}

static void together_check(const struct together *all, const char *name)
{
	unsigned char *now = malloc(all->bytes);
	ck_assert_ptr_nonnull(now);
	EXPECT_CL(clEnqueueReadBuffer(device_get()->queue, all->mem, CL_TRUE, 0, all->bytes, now, 0, NULL, NULL));
	for (size_t i = 0; i < all->bytes; i++) {
		EXPECT_EACH(now[i] == all->wanted[i], "byte %zu is %02x, not %02x: %s", i, now[i], all->wanted[i],
		            name);
	}
	free(now);
}

static void together_clear(struct together *all)
{
	EXPECT_CL(clReleaseMemObject(all->mem));
	free(all->before);
	free(all->wanted);
}

static void status_check(clnorm_status st, const struct slices *row)
{
	if (row->said[0]) {
		EXPECT_SAYS(st, CLNORM_BAD_OVERLAP, row->said[0], row->said[1]);
	} else {
		EXPECT_OK(st);
	}
}

/* ---- Passes ----------------------------------------------------------------------------------------------------- */

/* What comes out is what buffers of their own give, bit for bit, and all other bytes stay. */
static void forward_check(const struct slices *row, clnorm_plan *plan, const struct trial *trial)
{
	struct together all;
	together_init(&all, row, trial->x, trial->residual, row->said[0] ? NULL : trial->y);
	clnorm_forward_args args = trial_args(trial);
	args.x = (clnorm_view){all.mem, row->at[0]};
	args.residual = (clnorm_view){all.mem, row->at[1]};
	args.y = (clnorm_view){all.mem, row->at[2]};
	status_check(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL), row);
	together_check(&all, trial_name(trial));
	together_clear(&all);
}

static void backward_check(const struct slices *row, clnorm_plan *plan, const struct trial_back *trial)
{
	struct together all;
	together_init(&all, row, trial->in.x, trial->dy, row->said[0] ? NULL : trial->dx);
	clnorm_backward_args args = trial_back_args(trial);
	args.x = (clnorm_view){all.mem, row->at[0]};
	args.dy = (clnorm_view){all.mem, row->at[1]};
	args.dx = (clnorm_view){all.mem, row->at[2]};
	status_check(clnorm_backward(plan, device_get()->queue, &args, 0, NULL, NULL), row);
	together_check(&all, trial_name(&trial->in));
	together_clear(&all);
}

static const struct trial_back_way plain_way = {.inputs = TRIAL_GAMMA, .outputs = TRIAL_GRADIENTS};

static void row_check(const struct slices *row, clnorm_desc desc, int variant)
{
	struct trial trial;
	struct trial_back back;
	desc.ops = CLNORM_OP_FORWARD;
	clnorm_plan *forward = trial_plan(&desc, variant), *backward = trial_back_plan(&desc, variant);
	if (forward) {
		desc.ops = CLNORM_OP_FORWARD;
		trial_init(&trial, &desc, DATA_NORMAL, 3, 7, TRIAL_ALL, TRIAL_APART);
		trial_forward(&trial, forward, device_get()->queue);
		compare_forward(&trial);
		forward_check(row, forward, &trial);
		trial_clear(&trial);
	}
	if (backward) {
		trial_back_init(&back, &desc, DATA_NORMAL, 3, plain_way);
		trial_back_run(&back, backward, device_get()->queue);
		compare_backward(&back);
		backward_check(row, backward, &back);
		trial_back_clear(&back);
	}
	clnorm_plan_destroy(forward);
	clnorm_plan_destroy(backward);
}

START_TEST(slices)
{
	row_check(&rows[_i], desc_of(&rows[_i]), (int)clnorm_variant_count());
}
END_TEST

/* Thirds of a concatenation, by every variant: what a kernel reads beside an element, another work-item writes. */
START_TEST(every_variant)
{
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		struct slices row = {{3, {2, 4, 45}}, (clnorm_layout)layout, CLNORM_F32,
		                     SAME(540, 0),    {180, 360, 0},         {NULL, NULL}};
		for (size_t i = 0; layout == CLNORM_NHWC && i < 3; i++) {
			row.strides[i].inner = 12;
			row.at[i] = row.at[i] / 45;
		}
		clnorm_desc desc = desc_of(&row);
		desc.groups = _i % 2 ? 2 : 0;
		if (trial_has_layout(_i, desc.layout)) {
			row_check(&row, desc, _i);
		}
	}
}
END_TEST

/* ---- Sub-buffers ------------------------------------------------------------------------------------------------ */

/* x by way of the buffer, y by way of a part of it. */
START_TEST(sub_buffers)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 20);
	cl_uint align_bits = 0;
	cl_int err;
	EXPECT_CL(clGetDeviceInfo(device_get()->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(align_bits), &align_bits,
	                          NULL));
	size_t step = align_bits / 8, bytes = 8 * step + 4096;
	void *zeros = calloc(1, bytes);
	cl_mem root = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, zeros, &err);
	EXPECT_CL(err);
	free(zeros);
	cl_buffer_region region = {step, bytes - step};
	cl_mem sub = clCreateSubBuffer(root, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
	EXPECT_CL(err);
	desc.strides.x = desc.strides.y = (clnorm_strides){120, 20};
	clnorm_plan *plan = NULL;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &plan));
	clnorm_forward_args args = {.x = {root, step / 4}, .y = {sub, 60}};
	EXPECT_OK(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL));
	args.y.offset = 59;
	EXPECT_SAYS(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "y", "x");
	args.y.offset = 0;
	EXPECT_OK(clnorm_forward(plan, device_get()->queue, &args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device_get()->queue));
	clnorm_plan_destroy(plan);
	EXPECT_CL(clReleaseMemObject(sub));
	EXPECT_CL(clReleaseMemObject(root));
}
END_TEST

/* ---- Arrays ----------------------------------------------------------------------------------------------------- */

/* Gamma, mean, rstd and the moments in the gaps of x, whose channels are 40 apart and samples 160. */
START_TEST(arrays_in_gaps)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 20);
	cl_command_queue queue = device_get()->queue;
	struct trial trial;
	float image[320], wanted[320], now[320];
	cl_int err;
	desc.strides.x = (clnorm_strides){160, 40};
	clnorm_plan *plan = trial_plan(&desc, (int)clnorm_variant_count());
	trial_init(&trial, &desc, DATA_NORMAL, 3, TRIAL_GAMMA, TRIAL_ALL, TRIAL_APART);
	trial_forward(&trial, plan, queue);
	memset(image, 0xA5, sizeof(image));
	for (size_t i = 0; i < trial.count; i++) {
		image[strided_at(&trial.at_x.lie, i)] = (float)trial.x[i];
	}
	for (size_t i = 0; i < 3; i++) {
		image[20 + i] = (float)trial.gamma[i];
	}
	memcpy(wanted, image, sizeof(image));
	for (size_t i = 0; i < trial.sets; i++) {
		wanted[60 + i] = (float)trial.mean[i];
		wanted[74 + i] = (float)trial.rstd[i];
	}
	for (size_t i = 0; i < trial.sets * CLNORM_MOMENTS_WIDTH; i++) {
		wanted[100 + i] = (float)trial.moments[i];
	}
	cl_mem mem =
		clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof(image), image, &err);
	EXPECT_CL(err);
	clnorm_forward_args args = {.x = {mem, 0}, .y = trial.at_y.view, .gamma = {mem, 20}};
	args.mean = (clnorm_view){mem, 60};
	args.rstd = (clnorm_view){mem, 74};
	args.moments = (clnorm_view){mem, 137};
	EXPECT_SAYS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "moments (bytes 548 to 644",
	            "overlaps x (bytes 0 to 1040) at byte 640");
	args.moments.offset = 99;
	EXPECT_SAYS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "moments", "at byte 396");
	args.moments.offset = 100;
	args.rstd.offset = 75;
	EXPECT_SAYS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "rstd (bytes 300 to 324",
	            "overlaps x (bytes 0 to 1040) at byte 320");
	args.rstd.offset = 74;
	EXPECT_OK(clnorm_forward(plan, queue, &args, 0, NULL, NULL));
	EXPECT_CL(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, sizeof(now), now, 0, NULL, NULL));
	ck_assert_int_eq(memcmp(now, wanted, sizeof(now)), 0);
	EXPECT_CL(clReleaseMemObject(mem));
	clnorm_plan_destroy(plan);
	trial_clear(&trial);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slices");
	TCase *plans = tcase_create("plans");
	tcase_add_loop_test(plans, slices, 0, COUNT(rows));
	tcase_add_loop_test(plans, every_variant, 0, (int)clnorm_variant_count());
	tcase_add_test(plans, sub_buffers);
	tcase_add_test(plans, arrays_in_gaps);
	suite_add_tcase(suite, plans);
	return device_main(suite, compare_report);
}
