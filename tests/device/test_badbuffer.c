/* test_badbuffer.c: buffers that the library refuses: too small, of another context, none, overlapping, workspaces.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/refused.h"

/* The views of a call by name, with how many elements of how many bytes each needs. */
struct named_view {
	const char *name;
	clnorm_view *view;
	size_t count;
};

static size_t views_of_call(struct named_view *views)
{
	const struct named_view all[] = {
		{"x", &refused_args.x, refused_trial.count},
		{"gamma", &refused_args.gamma, 3},
		{"beta", &refused_args.beta, 3},
		{"residual", &refused_args.residual, refused_trial.count},
		{"y", &refused_args.y, refused_trial.count},
		{"mean", &refused_args.mean, 6},
		{"rstd", &refused_args.rstd, 6},
		{"moments", &refused_args.moments, 24},
	};
	memcpy(views, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

START_TEST(buffers_too_small)
{
	struct named_view views[8];
	size_t count = views_of_call(views);
	for (size_t i = 0; i < count; i++) {
		char needed[32], has[32];
		cl_int err;
		cl_mem small =
			clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE, (views[i].count + 10) * 4, NULL, &err);
		EXPECT_CL(err);
		snprintf(needed, sizeof(needed), "%zu", views[i].count);
		snprintf(has, sizeof(has), "%zu", (views[i].count + 10) * 4);
		*views[i].view = (clnorm_view){small, 11};
		refused_check(CLNORM_BAD_BUFFER, views[i].name, needed);
		*views[i].view = (clnorm_view){small, 11};
		refused_check(CLNORM_BAD_BUFFER, views[i].name, has);
		*views[i].view = (clnorm_view){small, SIZE_MAX};
		refused_check(CLNORM_BAD_BUFFER, views[i].name, "18446744073709551615");
		*views[i].view = (clnorm_view){small, SIZE_MAX / 4 + 1};
		refused_check(CLNORM_BAD_BUFFER, views[i].name, needed);
		EXPECT_CL(clReleaseMemObject(small));
	}
}
END_TEST

START_TEST(buffers_of_another_context)
{
	struct named_view views[8];
	size_t count = views_of_call(views);
	for (size_t i = 0; i < count; i++) {
		views[i].view->mem = refused_other_mem;
		refused_check(CLNORM_BAD_BUFFER, views[i].name, "context");
	}
}
END_TEST

START_TEST(no_buffer)
{
	const struct device *device = device_get();
	const cl_image_format format = {CL_RGBA, CL_FLOAT};
	const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 64, .image_height = 64};
	cl_bool has_images = CL_FALSE;
	cl_int err;
	refused_args.x.mem = NULL;
	refused_check(CLNORM_BAD_BUFFER, "x", "missing");
	EXPECT_CL(clGetDeviceInfo(device->id, CL_DEVICE_IMAGE_SUPPORT, sizeof(has_images), &has_images, NULL));
	if (has_images) {
		cl_mem image = clCreateImage(device->cl, CL_MEM_READ_WRITE, &format, &desc, NULL, &err);
		EXPECT_CL(err);
		refused_args.x = (clnorm_view){image, 0};
		refused_check(CLNORM_BAD_BUFFER, "x", "not a buffer");
		EXPECT_CL(clReleaseMemObject(image));
	}
}
END_TEST

/* Buffers whose maker said that kernels only read them, or only write. */
START_TEST(one_way_buffers)
{
	struct named_view views[8];
	size_t count = views_of_call(views);
	for (size_t i = 0; i < count; i++) {
		bool output = i >= 4; /* y and what follows */
		cl_int err;
		cl_mem one_way = clCreateBuffer(device_get()->cl, output ? CL_MEM_READ_ONLY : CL_MEM_WRITE_ONLY,
		                                1 << 20, NULL, &err);
		EXPECT_CL(err);
		*views[i].view = (clnorm_view){one_way, 0};
		refused_check(CLNORM_BAD_BUFFER, views[i].name, output ? "CL_MEM_READ_ONLY" : "CL_MEM_WRITE_ONLY");
		EXPECT_CL(clReleaseMemObject(one_way));
	}
}
END_TEST

START_TEST(overlaps)
{
	size_t first = refused_trial.at_x.first;
	refused_args.y = (clnorm_view){refused_trial.at_x.mem, first + 1};
	refused_check(CLNORM_BAD_OVERLAP, "y", "x");
	refused_args.y = (clnorm_view){refused_trial.at_residual.mem, refused_trial.at_residual.first + 20};
	refused_check(CLNORM_BAD_OVERLAP, "y", "residual");
	refused_args.mean = refused_args.rstd;
	refused_check(CLNORM_BAD_OVERLAP, "mean", "rstd");
	refused_args.mean = refused_args.x;
	refused_check(CLNORM_BAD_OVERLAP, "mean", "x");
	refused_args.rstd = (clnorm_view){refused_trial.at_gamma.mem, refused_trial.at_gamma.first};
	refused_check(CLNORM_BAD_OVERLAP, "rstd", "gamma");
	refused_args.moments =
		(clnorm_view){refused_trial.at_y.mem, refused_trial.at_y.first + refused_trial.count - 24};
	refused_check(CLNORM_BAD_OVERLAP, "y", "moments");
	refused_args.beta = (clnorm_view){refused_trial.at_y.mem, refused_trial.at_y.first + 7};
	refused_check(CLNORM_BAD_OVERLAP, "y", "beta");
}
END_TEST

/* The same memory by way of two sub-buffers is the same memory. */
START_TEST(overlaps_of_sub_buffers)
{
	const struct device *device = device_get();
	cl_uint align_bits = 0;
	cl_int err;
	cl_mem subs[2];
	EXPECT_CL(clGetDeviceInfo(device->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(align_bits), &align_bits, NULL));
	size_t step = align_bits / 8, bytes = 4 * step + 4096;
	cl_mem root = clCreateBuffer(device->cl, CL_MEM_READ_WRITE, bytes, NULL, &err);
	EXPECT_CL(err);
	for (size_t i = 0; i < 2; i++) {
		cl_buffer_region region = {i * step, bytes - i * step};
		subs[i] = clCreateSubBuffer(root, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
		EXPECT_CL(err);
	}
	refused_args.x = (clnorm_view){subs[0], 0};
	refused_args.y = (clnorm_view){subs[1], 0};
	refused_check(CLNORM_BAD_OVERLAP, "y", "x");
	refused_args.x = (clnorm_view){root, 1};
	refused_args.y = (clnorm_view){subs[0], 0};
	refused_check(CLNORM_BAD_OVERLAP, "y", "x");
	refused_args.x = (clnorm_view){root, step / 4};
	refused_args.y = (clnorm_view){subs[1], 0};
	EXPECT_OK(clnorm_forward(refused_plan, device->queue, &refused_args, 0, NULL, NULL));
	refused_args.x = (clnorm_view){root, 0};
	refused_args.y = (clnorm_view){root, refused_trial.count};
	EXPECT_OK(clnorm_forward(refused_plan, device->queue, &refused_args, 0, NULL, NULL));
	EXPECT_CL(clFinish(device->queue));
	EXPECT_CL(clReleaseMemObject(subs[0]));
	EXPECT_CL(clReleaseMemObject(subs[1]));
	EXPECT_CL(clReleaseMemObject(root));
}
END_TEST

/* A plan whose calls bring their workspace: missing, crooked, short, or on top of another buffer. */
START_TEST(workspaces)
{
	clnorm_desc desc = clnorm_desc_1d(1, 2, device_is_small() ? 40000 : 200001);
	clnorm_plan *kept = refused_plan;
	char bytes[32];
	desc.flags = CLNORM_CALLER_WORKSPACE;
	desc.variant = "split";
	EXPECT_OK(clnorm_plan_create(device_get()->ctx, &desc, &refused_plan));
	trial_clear(&refused_trial);
	trial_init(&refused_trial, &desc, DATA_NORMAL, 1, 0, TRIAL_ALL, TRIAL_APART);
	size_t needed = clnorm_plan_workspace_bytes(refused_plan);
	ck_assert_uint_gt(needed, 0);
	snprintf(bytes, sizeof(bytes), "%zu", needed);
	refused_args = trial_args(&refused_trial);
	refused_check(CLNORM_BAD_BUFFER, "workspace", bytes);
	trial_bring_workspace(&refused_trial, refused_plan);
	refused_args = trial_args(&refused_trial);
	refused_args.workspace.offset = 4;
	refused_check(CLNORM_BAD_BUFFER, "workspace", "4");
	refused_args.workspace.offset += (needed + PLACE_TAIL * 4 + 63) / 64 * 64;
	refused_check(CLNORM_BAD_BUFFER, "workspace", "");
	refused_args.workspace = (clnorm_view){refused_other_mem, 0};
	refused_check(CLNORM_BAD_BUFFER, "workspace", "context");
	refused_args.workspace = (clnorm_view){refused_trial.at_x.mem, 0};
	refused_check(CLNORM_BAD_OVERLAP, "workspace", "x");
	clnorm_plan_destroy(refused_plan);
	refused_plan = kept;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("badbuffer");
	TCase *calls = tcase_create("calls");
	tcase_add_checked_fixture(calls, refused_setup, refused_teardown);
	tcase_add_test(calls, buffers_too_small);
	tcase_add_test(calls, buffers_of_another_context);
	tcase_add_test(calls, no_buffer);
	tcase_add_test(calls, one_way_buffers);
	tcase_add_test(calls, overlaps);
	tcase_add_test(calls, overlaps_of_sub_buffers);
	tcase_add_test(calls, workspaces);
	suite_add_tcase(suite, calls);
	return device_main(suite, NULL);
}
