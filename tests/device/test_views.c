/* test_views.c: tensors over buffers of the caller's: transfers that leave the gaps alone, in place, refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MOST 400
#define GAP -77.0f

/* A buffer of MOST floats, all GAP. */
static cl_mem buffer_make(cl_mem_flags flags)
{
	float values[MOST];
	cl_int err;
	for (size_t i = 0; i < MOST; i++) {
		values[i] = GAP;
	}
	cl_mem mem = clCreateBuffer(device_get()->cl, flags | CL_MEM_COPY_HOST_PTR, sizeof(values), values, &err);
	EXPECT_CL(err);
	return mem;
}

static void buffer_read(cl_mem mem, float values[MOST])
{
	EXPECT_CL(
		clEnqueueReadBuffer(device_get()->queue, mem, CL_TRUE, 0, MOST * sizeof(float), values, 0, NULL, NULL));
}

static const struct view_case {
	const char *what;
	unsigned rank;
	size_t dims[4], strides[4], offset;
} cases[] = {
	{"packed", 3, {2, 3, 5}, {15, 5, 1}, 7},
	{"a slice of channels", 4, {2, 3, 4, 5}, {160, 20, 5, 1}, 20},
	{"channels apart", 3, {2, 3, 20}, {75, 25, 1}, 0},
	{"channels last, a slice", 4, {2, 3, 4, 3}, {96, 32, 8, 1}, 5},
	{"a transposed batch", 3, {3, 4, 10}, {10, 30, 1}, 1},
	{"columns", 2, {7, 9}, {1, 7}, 3},
	{"single elements", 3, {2, 3, 4}, {100, 30, 7}, 11},
	{"one of an axis", 3, {1, 3, 5}, {1, 9, 1}, 2},
	{"one element", 1, {1}, {0}, 399},
};

static size_t place_of(const struct view_case *v, size_t i)
{
	size_t at = v->offset;
	for (unsigned k = v->rank; k-- > 0;) {
		at += i % v->dims[k] * v->strides[k];
		i /= v->dims[k];
	}
	return at;
}

static clnorm_tensor *wrap(const struct view_case *v, cl_mem mem)
{
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_wrap(device_get()->ctx, CLNORM_F32, v->rank, v->dims, (clnorm_view){mem, v->offset},
	                             v->strides, &tensor));
	return tensor;
}

/* What lies in the buffer: element i is value + step*i, and the gaps are what they were. */
static void contents_check(const struct view_case *v, cl_mem mem, size_t count, float value, float step)
{
	float got[MOST], wanted[MOST];
	for (size_t i = 0; i < MOST; i++) {
		wanted[i] = GAP;
	}
	for (size_t i = 0; i < count; i++) {
		wanted[place_of(v, i)] = value + step * (float)i;
	}
	buffer_read(mem, got);
	for (size_t i = 0; i < MOST; i++) {
		ck_assert_msg(got[i] == wanted[i], "%s: float %zu is %g, not %g", v->what, i, got[i], wanted[i]);
	}
}

START_TEST(transfers)
{
	const struct view_case *v = &cases[_i];
	cl_command_queue queue = device_get()->queue;
	cl_mem mem = buffer_make(CL_MEM_READ_WRITE);
	clnorm_tensor *tensor = wrap(v, mem);
	size_t count = clnorm_tensor_count(tensor);
	float sent[MOST], got[MOST];
	double doubles[MOST];
	EXPECT_CL(clReleaseMemObject(mem)); /* the tensor has it */
	for (size_t i = 0; i < count; i++) {
		sent[i] = 1 + (float)i;
	}
	ck_assert(clnorm_tensor_view(tensor).mem == mem && clnorm_tensor_view(tensor).offset == v->offset);
	ck_assert_uint_eq(clnorm_tensor_bytes(tensor), 4 * count);
	for (unsigned i = 0; i < v->rank; i++) {
		ck_assert_uint_eq(clnorm_tensor_stride(tensor, i), v->strides[i]);
	}
	ck_assert_uint_eq(clnorm_tensor_stride(tensor, v->rank), 1);
	EXPECT_OK(clnorm_tensor_upload(tensor, queue, sent));
	contents_check(v, mem, count, 1, 1);
	EXPECT_OK(clnorm_tensor_download(tensor, queue, got));
	ck_assert_int_eq(memcmp(sent, got, count * sizeof(*got)), 0);
	EXPECT_OK(clnorm_tensor_download_to(tensor, queue, CLNORM_F64, doubles));
	for (size_t i = 0; i < count; i++) {
		ck_assert(doubles[i] == sent[i]);
		doubles[i] = -0.5 * (double)i;
	}
	EXPECT_OK(clnorm_tensor_upload_from(tensor, queue, CLNORM_F64, doubles));
	contents_check(v, mem, count, 0, -0.5f);
	EXPECT_OK(clnorm_tensor_fill(tensor, queue, 3.25));
	EXPECT_CL(clFinish(queue));
	contents_check(v, mem, count, 3.25f, 0);
	clnorm_tensor_destroy(tensor);
}
END_TEST

/* Strides that are not given are the packed ones. */
START_TEST(packed)
{
	const size_t dims[] = {2, 3, 5};
	cl_mem mem = buffer_make(CL_MEM_READ_WRITE);
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_wrap(device_get()->ctx, CLNORM_F32, 3, dims, (clnorm_view){mem, 370}, NULL, &tensor));
	ck_assert_uint_eq(clnorm_tensor_stride(tensor, 0), 15);
	ck_assert_uint_eq(clnorm_tensor_stride(tensor, 1), 5);
	ck_assert_uint_eq(clnorm_tensor_stride(tensor, 2), 1);
	clnorm_tensor_destroy(tensor);
	EXPECT_CL(clReleaseMemObject(mem));
}
END_TEST

START_TEST(refusals)
{
	const struct device *device = device_get();
	const size_t dims[] = {2, 3, 4, 5}, slice[] = {160, 20, 5, 1}, twice[] = {60, 20, 0, 1},
		     woven[] = {59, 20, 5, 1};
	const size_t negative[] = {60, (size_t)0 - 20, 5, 1}, huge[] = {SIZE_MAX / 4, 20, 5, 1};
	cl_int err;
	cl_device_id id = device->id;
	cl_context other = clCreateContext(NULL, 1, &id, NULL, NULL, &err);
	EXPECT_CL(err);
	cl_mem foreign = clCreateBuffer(other, CL_MEM_READ_WRITE, MOST * 4, NULL, &err);
	EXPECT_CL(err);
	cl_mem mem = buffer_make(CL_MEM_READ_WRITE);
	clnorm_view view = {mem, 0};
	clnorm_tensor *tensor = NULL;
#define WRAP(view, strides) clnorm_tensor_wrap(device->ctx, CLNORM_F32, 4, dims, view, strides, &tensor)
	EXPECT_STATUS(clnorm_tensor_wrap(NULL, CLNORM_F32, 4, dims, view, NULL, &tensor), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_wrap(device->ctx, CLNORM_F32, 4, NULL, view, NULL, &tensor), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_wrap(device->ctx, CLNORM_F32, 4, dims, view, NULL, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_tensor_wrap(device->ctx, (clnorm_dtype)17, 4, dims, view, NULL, &tensor),
	            CLNORM_BAD_ARGUMENT, "dtype", "17");
	EXPECT_SAYS(clnorm_tensor_wrap(device->ctx, CLNORM_F32, 9, dims, view, NULL, &tensor), CLNORM_BAD_SHAPE, "rank",
	            "9");
	EXPECT_SAYS(WRAP(((clnorm_view){NULL, 0}), NULL), CLNORM_BAD_BUFFER, "buffer", "missing");
	EXPECT_SAYS(WRAP(((clnorm_view){foreign, 0}), NULL), CLNORM_BAD_BUFFER, "another", "context");
	EXPECT_SAYS(WRAP(((clnorm_view){mem, 281}), NULL), CLNORM_BAD_BUFFER, "120 elements", "281");
	EXPECT_SAYS(WRAP(((clnorm_view){mem, 181}), slice), CLNORM_BAD_BUFFER, "220 elements", "1600 bytes");
	EXPECT_STATUS(WRAP(((clnorm_view){mem, SIZE_MAX}), NULL), CLNORM_BAD_BUFFER);
	EXPECT_SAYS(WRAP(view, twice), CLNORM_BAD_SHAPE, "strides", "0 elements");
	EXPECT_SAYS(WRAP(view, woven), CLNORM_BAD_SHAPE, "59 elements", "60");
	EXPECT_SAYS(WRAP(view, negative), CLNORM_BAD_SHAPE, "strides", "size_t");
	EXPECT_SAYS(WRAP(view, huge), CLNORM_BAD_SHAPE, "strides", "size_t");
#undef WRAP
	ck_assert_ptr_null(tensor);
	EXPECT_CL(clReleaseMemObject(mem));
	EXPECT_CL(clReleaseMemObject(foreign));
	EXPECT_CL(clReleaseContext(other));
}
END_TEST

/* Buffers that their maker closed to the host. */
START_TEST(closed_to_the_host)
{
	const struct view_case *v = &cases[1];
	cl_command_queue queue = device_get()->queue;
	float host[MOST] = {0};
	clnorm_tensor *sealed = wrap(v, buffer_make(CL_MEM_READ_WRITE | CL_MEM_HOST_NO_ACCESS));
	clnorm_tensor *shown = wrap(v, buffer_make(CL_MEM_READ_WRITE | CL_MEM_HOST_READ_ONLY));
	EXPECT_SAYS(clnorm_tensor_upload(sealed, queue, host), CLNORM_BAD_BUFFER, "written", "CL_MEM_HOST_NO_ACCESS");
	EXPECT_SAYS(clnorm_tensor_download(sealed, queue, host), CLNORM_BAD_BUFFER, "read", "CL_MEM_HOST_NO_ACCESS");
	EXPECT_SAYS(clnorm_tensor_upload(shown, queue, host), CLNORM_BAD_BUFFER, "written", "CL_MEM_HOST_READ_ONLY");
	EXPECT_OK(clnorm_tensor_download(shown, queue, host));
	ck_assert(host[0] == GAP);
	clnorm_tensor *tensors[] = {sealed, shown};
	for (size_t i = 0; i < COUNT(tensors); i++) {
		EXPECT_CL(clReleaseMemObject(clnorm_tensor_view(tensors[i]).mem));
		clnorm_tensor_destroy(tensors[i]);
	}
}
END_TEST

/* ---- In place ------------------------------------------------------------------------------------------------- */

static clnorm_plan *plan_make(const clnorm_desc *desc)
{
	clnorm_plan *plan = NULL;
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, desc, &plan));
	return plan;
}

/* (2, 2, 2) with two pairs of strides that span the same 12 elements: y is x's memory, but not element by element. */
START_TEST(in_place)
{
	const clnorm_strides one = {8, 2}, other = {4, 6};
	clnorm_desc desc = clnorm_desc_1d(2, 2, 2);
	cl_command_queue queue = device_get()->queue;
	cl_mem mem = buffer_make(CL_MEM_READ_WRITE);
	clnorm_forward_args args = {.x = {mem, 3}, .y = {mem, 3}};
	clnorm_backward_args back = {.x = {mem, 30}, .dy = {mem, 3}, .dx = {mem, 3}};
	float before[MOST], after[MOST];
	desc.ops = CLNORM_OP_FORWARD | CLNORM_OP_BACKWARD;
	desc.strides.x = desc.strides.dy = one;
	desc.strides.y = desc.strides.dx = other;
	buffer_read(mem, before);
	clnorm_plan *plan = plan_make(&desc);
	EXPECT_SAYS(clnorm_forward(plan, queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "y is in the place of x",
	            "4 and 6 elements, not 8 and 2");
	EXPECT_SAYS(clnorm_backward(plan, queue, &back, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "dx is in the place of dy",
	            "4 and 6 elements, not 8 and 2");
	clnorm_plan_destroy(plan);
	buffer_read(mem, after);
	ck_assert_int_eq(memcmp(before, after, sizeof(before)), 0);
	desc.strides.y = desc.strides.dx = one;
	plan = plan_make(&desc);
	EXPECT_OK(clnorm_forward(plan, queue, &args, 0, NULL, NULL));
	EXPECT_OK(clnorm_backward(plan, queue, &back, 0, NULL, NULL));
	EXPECT_CL(clFinish(queue));
	buffer_read(mem, after);
	for (size_t i = 0; i < MOST; i++) {
		bool written = i >= 3 && i < 15 && (i - 3) % 8 < 4;
		ck_assert_msg(written ? after[i] == 0 : after[i] == GAP, "float %zu is %g", i, after[i]);
	}
	clnorm_plan_destroy(plan);
	EXPECT_CL(clReleaseMemObject(mem));
}
END_TEST

/* AdaIN takes its statistics before it comes to x: what x lacks is refused before that. */
START_TEST(adain_spans)
{
	clnorm_desc desc = clnorm_desc_1d(2, 2, 2);
	cl_command_queue queue = device_get()->queue;
	cl_mem mem = buffer_make(CL_MEM_READ_WRITE);
	clnorm_adain *adain = NULL;
	clnorm_adain_args args = {
		.x = {mem, 200}, .style = {mem, 0}, .y = {mem, 100}, .gamma = {mem, 20}, .beta = {mem, 30}};
	float before[MOST], after[MOST];
	desc.strides.x = (clnorm_strides){197, 2};
	buffer_read(mem, before);
	EXPECT_OK(clnorm_adain_create(device_get()->ctx, &desc, &desc, &adain));
	EXPECT_SAYS(clnorm_adain_forward(adain, queue, &args, 0, NULL, NULL), CLNORM_BAD_BUFFER, "x needs 201", "200");
	EXPECT_CL(clFinish(queue));
	buffer_read(mem, after);
	ck_assert_int_eq(memcmp(before, after, sizeof(before)), 0);
	clnorm_adain_destroy(adain);
	EXPECT_CL(clReleaseMemObject(mem));
}
END_TEST

/* y of AdaIN with the views of this call in buffers of the same contents. */
static void adain_run(clnorm_adain *adain, clnorm_adain_args args, float after[MOST])
{
	EXPECT_OK(clnorm_adain_forward(adain, device_get()->queue, &args, 0, NULL, NULL));
	buffer_read(args.y.mem, after);
}

/* x, style and y side by side, and gamma in y's gap: what buffers of their own give. */
START_TEST(adain_slices)
{
	clnorm_desc desc = clnorm_desc_1d(2, 2, 5);
	cl_command_queue queue = device_get()->queue;
	clnorm_adain *adain = NULL;
	float values[MOST], together[MOST], apart[MOST];
	cl_mem mems[4];
	for (size_t i = 0; i < MOST; i++) {
		values[i] = (float)(i * i % 37);
	}
	for (size_t i = 0; i < COUNT(mems); i++) {
		mems[i] = buffer_make(CL_MEM_READ_WRITE);
		EXPECT_CL(clEnqueueWriteBuffer(queue, mems[i], CL_TRUE, 0, sizeof(values), values, 0, NULL, NULL));
	}
	desc.strides.x = desc.strides.y = (clnorm_strides){40, 5};
	EXPECT_OK(clnorm_adain_create(device_get()->ctx, &desc, &desc, &adain));
	clnorm_adain_args args = {
		.x = {mems[0], 0}, .style = {mems[0], 10}, .y = {mems[0], 15}, .gamma = {mems[0], 36}};
	EXPECT_SAYS(clnorm_adain_forward(adain, queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "y", "style");
	args.y.offset = 20;
	args.gamma.offset = 37;
	EXPECT_SAYS(clnorm_adain_forward(adain, queue, &args, 0, NULL, NULL), CLNORM_BAD_OVERLAP, "gamma",
	            "at byte 160");
	args.gamma.offset = 36;
	adain_run(adain, args, together);
	args.style.mem = mems[1];
	args.y.mem = mems[2];
	args.gamma.mem = mems[3];
	adain_run(adain, args, apart);
	for (size_t i = 0; i < MOST; i++) {
		bool is_gamma = i >= 36 && i < 40;
		ck_assert_msg(is_gamma || together[i] == apart[i], "float %zu is %g, not %g", i, together[i], apart[i]);
	}
	ck_assert(together[20] != values[20] && apart[36] == values[36]);
	clnorm_adain_destroy(adain);
	for (size_t i = 0; i < COUNT(mems); i++) {
		EXPECT_CL(clReleaseMemObject(mems[i]));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("views");
	TCase *all = tcase_create("all");
	tcase_add_loop_test(all, transfers, 0, COUNT(cases));
	tcase_add_test(all, packed);
	tcase_add_test(all, refusals);
	tcase_add_test(all, closed_to_the_host);
	tcase_add_test(all, in_place);
	tcase_add_test(all, adain_spans);
	tcase_add_test(all, adain_slices);
	suite_add_tcase(suite, all);
	return device_main(suite, NULL);
}
