/* test_tensor.c: the device buffer helper: shapes, transfers, conversion, fill.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/place.h"

static clnorm_tensor *tensor_make(clnorm_dtype dtype, unsigned rank, const size_t *dims)
{
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_create(device_get()->ctx, dtype, rank, dims, &tensor));
	return tensor;
}

START_TEST(facts)
{
	const size_t dims[8] = {2, 3, 1, 5, 1, 1, 7, 1};
	clnorm_tensor *tensor = tensor_make((clnorm_dtype)_i, 8, dims);
	ck_assert_int_eq(clnorm_tensor_dtype(tensor), _i);
	ck_assert_uint_eq(clnorm_tensor_rank(tensor), 8);
	ck_assert_uint_eq(clnorm_tensor_count(tensor), 210);
	ck_assert_uint_eq(clnorm_tensor_bytes(tensor), 210 * clnorm_dtype_bytes((clnorm_dtype)_i));
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_uint_eq(clnorm_tensor_dim(tensor, i), dims[i]);
	}
	ck_assert_uint_eq(clnorm_tensor_dim(tensor, 8), 1);
	ck_assert_ptr_nonnull(clnorm_tensor_view(tensor).mem);
	ck_assert_uint_eq(clnorm_tensor_view(tensor).offset, 0);
	ck_assert_ptr_null(clnorm_tensor_view(NULL).mem);
	clnorm_tensor_destroy(tensor);
	clnorm_tensor_destroy(NULL);
}
END_TEST

/* Up and down again in the tensor's own dtype and by way of each other one. */
START_TEST(round_trip)
{
	const struct device *device = device_get();
	const size_t dims[2] = {3, 17};
	clnorm_dtype dtype = (clnorm_dtype)_i;
	double values[51], wanted[51], got[51];
	unsigned char bytes[51 * 8], back[51 * 8];
	clnorm_tensor *tensor = tensor_make(dtype, 2, dims);
	for (int i = 0; i < 51; i++) {
		values[i] = i == 50 ? -0.0 : (i - 25) * 1.37;
		wanted[i] = values[i];
	}
	place_round(dtype, wanted, 51);
	EXPECT_OK(clnorm_convert(CLNORM_F64, values, dtype, bytes, 51));
	EXPECT_OK(clnorm_tensor_upload(tensor, device->queue, bytes));
	EXPECT_OK(clnorm_tensor_download(tensor, device->queue, back));
	ck_assert_int_eq(memcmp(bytes, back, clnorm_tensor_bytes(tensor)), 0);
	EXPECT_OK(clnorm_tensor_fill(tensor, device->queue, 0));
	EXPECT_OK(clnorm_tensor_upload_from(tensor, device->queue, CLNORM_F64, values));
	EXPECT_OK(clnorm_tensor_download_to(tensor, device->queue, CLNORM_F64, got));
	ck_assert_int_eq(memcmp(got, wanted, sizeof(got)), 0);
	clnorm_tensor_destroy(tensor);
}
END_TEST

START_TEST(fills)
{
	static const double fill_values[] = {0, 1, -2.5, 0.1, 65504, INFINITY, NAN};
	const struct device *device = device_get();
	const size_t dims[1] = {1021};
	clnorm_tensor *tensor = tensor_make((clnorm_dtype)_i, 1, dims);
	double *got = malloc(1021 * sizeof(*got));
	ck_assert_ptr_nonnull(got);
	for (size_t k = 0; k < sizeof(fill_values) / sizeof(fill_values[0]); k++) {
		double wanted = fill_values[k];
		place_round((clnorm_dtype)_i, &wanted, 1);
		EXPECT_OK(clnorm_tensor_fill(tensor, device->queue, fill_values[k]));
		EXPECT_OK(clnorm_tensor_download_to(tensor, device->queue, CLNORM_F64, got));
		for (size_t i = 0; i < 1021; i++) {
			ck_assert(got[i] == wanted || (isnan(got[i]) && isnan(wanted)));
		}
	}
	free(got);
	clnorm_tensor_destroy(tensor);
}
END_TEST

/* When an upload returns, its data is there for every queue. */
START_TEST(upload_is_done)
{
	const size_t dims[1] = {64};
	cl_command_queue up = device_queue_create(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	cl_command_queue other = device_queue_create(0);
	clnorm_tensor *tensor = tensor_make(CLNORM_F32, 1, dims);
	for (int round = 0; round < 200; round++) {
		float sent[64], filled = (float)-round, got[64];
		for (int i = 0; i < 64; i++) {
			sent[i] = (float)(round + i);
		}
		EXPECT_OK(clnorm_tensor_upload(tensor, up, sent));
		EXPECT_OK(clnorm_tensor_fill(tensor, other, filled));
		EXPECT_CL(clFinish(other));
		EXPECT_OK(clnorm_tensor_download(tensor, up, got));
		ck_assert_msg(got[0] == filled && got[63] == filled, "round %d: the upload came after the fill", round);
	}
	clnorm_tensor_destroy(tensor);
	EXPECT_CL(clReleaseCommandQueue(up));
	EXPECT_CL(clReleaseCommandQueue(other));
}
END_TEST

START_TEST(empty)
{
	const struct device *device = device_get();
	const size_t dims[3] = {4, 0, SIZE_MAX};
	clnorm_tensor *tensor = tensor_make(CLNORM_F32, 3, dims);
	ck_assert_uint_eq(clnorm_tensor_count(tensor), 0);
	ck_assert_uint_eq(clnorm_tensor_bytes(tensor), 0);
	EXPECT_OK(clnorm_tensor_upload(tensor, device->queue, NULL));
	EXPECT_OK(clnorm_tensor_download(tensor, device->queue, NULL));
	EXPECT_OK(clnorm_tensor_upload_from(tensor, device->queue, CLNORM_F64, NULL));
	EXPECT_OK(clnorm_tensor_download_to(tensor, device->queue, CLNORM_F64, NULL));
	EXPECT_OK(clnorm_tensor_fill(tensor, device->queue, 3));
	clnorm_tensor_destroy(tensor);
}
END_TEST

START_TEST(refusals)
{
	const struct device *device = device_get();
	const size_t dims[9] = {2, 2, 2, 2, 2, 2, 2, 2, 2};
	const size_t product[2] = {SIZE_MAX / 8, 3}, wide[1] = {SIZE_MAX / 2};
	const size_t large[2] = {(size_t)1 << 30, (size_t)1 << 17};
	clnorm_context *ctx = device->ctx;
	clnorm_tensor *tensor = NULL;
	float host[4];
	EXPECT_STATUS(clnorm_tensor_create(NULL, CLNORM_F32, 1, dims, &tensor), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_create(ctx, CLNORM_F32, 1, NULL, &tensor), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_create(ctx, CLNORM_F32, 1, dims, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_tensor_create(ctx, (clnorm_dtype)17, 1, dims, &tensor), CLNORM_BAD_ARGUMENT, "17", "dtype");
	EXPECT_STATUS(clnorm_tensor_create(ctx, (clnorm_dtype)-1, 1, dims, &tensor), CLNORM_BAD_ARGUMENT);
	EXPECT_SAYS(clnorm_tensor_create(ctx, CLNORM_F32, 0, dims, &tensor), CLNORM_BAD_SHAPE, "rank", "0");
	EXPECT_SAYS(clnorm_tensor_create(ctx, CLNORM_F32, 9, dims, &tensor), CLNORM_BAD_SHAPE, "rank", "9");
	EXPECT_STATUS(clnorm_tensor_create(ctx, CLNORM_F32, 2, product, &tensor), CLNORM_BAD_SHAPE);
	EXPECT_STATUS(clnorm_tensor_create(ctx, CLNORM_F32, 1, wide, &tensor), CLNORM_BAD_SHAPE);
	EXPECT_SAYS(clnorm_tensor_create(ctx, CLNORM_F64, 2, large, &tensor), CLNORM_OUT_OF_DEVICE_MEMORY,
	            "1125899906842624", "bytes");
	ck_assert_ptr_null(tensor);

	tensor = tensor_make(CLNORM_F32, 2, dims);
	EXPECT_STATUS(clnorm_tensor_upload(NULL, device->queue, host), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_upload(tensor, NULL, host), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_upload(tensor, device->queue, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_download(NULL, device->queue, host), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_download(tensor, NULL, host), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_download(tensor, device->queue, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_upload_from(tensor, device->queue, (clnorm_dtype)9, host), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_download_to(tensor, device->queue, (clnorm_dtype)9, host), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_upload_from(tensor, device->queue, CLNORM_F64, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_fill(NULL, device->queue, 1), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_tensor_fill(tensor, NULL, 1), CLNORM_BAD_ARGUMENT);
	clnorm_tensor_destroy(tensor);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tensor");
	TCase *tensors = tcase_create("tensors");
	tcase_add_loop_test(tensors, facts, 0, CLNORM_DTYPE_COUNT);
	tcase_add_loop_test(tensors, round_trip, 0, CLNORM_DTYPE_COUNT);
	tcase_add_loop_test(tensors, fills, 0, CLNORM_DTYPE_COUNT);
	tcase_add_test(tensors, upload_is_done);
	tcase_add_test(tensors, empty);
	tcase_add_test(tensors, refusals);
	suite_add_tcase(suite, tensors);
	return device_main(suite, NULL);
}
