/* place.c: device memory between canaries, full of NaN until a value is put there.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/place.h"

#define CANARY 0xA5
#define POISON 0xFF
#define LARGE 0xFB /* f16: -65376; f32, bf16: -2.6e36; f64: -1e289 */

static enum place_side place_side;

void place_lie(enum place_side side)
{
	place_side = side;
}

static size_t place_total(const struct place *place)
{
	return place->total * clnorm_dtype_bytes(place->dtype);
}

static size_t place_begin(const struct place *place)
{
	return place->first * clnorm_dtype_bytes(place->dtype);
}

static size_t place_length(const struct place *place)
{
	return place->count * clnorm_dtype_bytes(place->dtype);
}

/* The buffer without its data. The caller frees. */
static unsigned char *frame_make(const struct place *place)
{
	unsigned char *image = malloc(place_total(place));
	ck_assert_ptr_nonnull(image);
	memset(image, CANARY, place_total(place));
	memset(image + place_begin(place), place->gap, place->span * clnorm_dtype_bytes(place->dtype));
	return image;
}

/* data NULL: poison. */
static void place_write(struct place *place, const void *data)
{
	unsigned char *image = frame_make(place), *poison = NULL;
	if (!data) {
		poison = malloc(place_length(place) + 1);
		ck_assert_ptr_nonnull(poison);
		data = memset(poison, POISON, place_length(place));
	}
	strided_scatter(&place->lie, clnorm_dtype_bytes(place->dtype), data, image + place_begin(place));
	EXPECT_CL(clEnqueueWriteBuffer(device_get()->queue, place->mem, CL_TRUE, 0, place_total(place), image, 0, NULL,
	                               NULL));
	/* A blocking write only promises that the host's copy is free again. */
	EXPECT_CL(clFinish(device_get()->queue));
	free(poison);
	free(image);
}

/* Elements of whole pages, which a page is a multiple of, so that nothing lies between the data and one of its ends. */
static void place_lay_out(struct place *place, size_t first, size_t multiple)
{
	place->first = first;
	place->total = first + place->span + PLACE_TAIL;
	if (place_side != PLACE_BETWEEN) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE) / clnorm_dtype_bytes(place->dtype);
		size_t pages = (place->span + page - 1) / page;
		place->total = pages * page;
		place->first = place_side == PLACE_AT_BEGIN ? 0 : (place->total - place->span) / multiple * multiple;
	}
}

/* The data begins at a multiple of so many elements. */
static void place_make(struct place *place, clnorm_dtype dtype, const struct strided *lie, size_t first,
                       size_t multiple)
{
	cl_int err;
	place->dtype = dtype;
	place->count = lie->count;
	place->lie = *lie;
	place->span = strided_span(lie);
	place->gap = first % 2 ? POISON : LARGE;
	place_lay_out(place, first, multiple);
	place->mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE, place_total(place), NULL, &err);
	EXPECT_CL(err);
	place->view = (clnorm_view){place->mem, place->first};
	place_write(place, NULL);
}

void place_init(struct place *place, clnorm_dtype dtype, size_t count, size_t first)
{
	const struct strided line = strided_line(count);
	place_make(place, dtype, &line, first, 1);
}

void place_init_tensor(struct place *place, const clnorm_desc *desc, clnorm_strides strides, size_t first)
{
	const struct strided lie = strided_of(desc, strides);
	place_make(place, desc->dtype, &lie, first, 1);
}

void place_init_workspace(struct place *place, size_t bytes, size_t blocks)
{
	const struct strided line = strided_line((bytes + 3) / 4);
	place_make(place, CLNORM_F32, &line, blocks * 16, 16);
	place->view.offset = place->first * 4;
}

void place_clear(struct place *place)
{
	if (place->mem) {
		EXPECT_CL(clReleaseMemObject(place->mem));
	}
	memset(place, 0, sizeof(*place));
}

void place_poison(struct place *place)
{
	place_write(place, NULL);
}

void place_store(struct place *place, const double *values)
{
	void *data = malloc(place_length(place) + 1);
	ck_assert_ptr_nonnull(data);
	EXPECT_OK(clnorm_convert(CLNORM_F64, values, place->dtype, data, place->count));
	place_write(place, data);
	free(data);
}

void *place_bytes(const struct place *place, const char *what)
{
	size_t begin = place_begin(place), total = place_total(place), bytes = clnorm_dtype_bytes(place->dtype);
	unsigned char *image = malloc(total), *wanted = frame_make(place), *data = malloc(place_length(place) + 1);
	ck_assert(image && data);
	EXPECT_CL(clEnqueueReadBuffer(device_get()->queue, place->mem, CL_TRUE, 0, total, image, 0, NULL, NULL));
	strided_gather(&place->lie, bytes, image + begin, data);
	strided_scatter(&place->lie, bytes, data, wanted + begin);
	for (size_t i = 0; memcmp(image, wanted, total) != 0 && i < total; i++) {
		EXPECT_EACH(image[i] == wanted[i],
		            "%s: byte %zu of the buffer was overwritten; the data is at %zu .. %zu%s", what, i, begin,
		            begin + place->span * bytes, place->span > place->count ? ", with gaps" : "");
	}
	free(image);
	free(wanted);
	return data;
}

double *place_load(const struct place *place, const char *what)
{
	void *data = place_bytes(place, what);
	double *values = malloc(place->count * sizeof(*values) + 1);
	ck_assert_ptr_nonnull(values);
	EXPECT_OK(clnorm_convert(place->dtype, data, CLNORM_F64, values, place->count));
	free(data);
	return values;
}

void place_check(const struct place *place, const double *values, const char *what)
{
	if (values) {
		double *now = place_load(place, what);
		ck_assert_msg(memcmp(now, values, place->count * sizeof(*now)) == 0, "%s was written to", what);
		free(now);
	}
}

bool place_is_poisoned(const struct place *place)
{
	unsigned char *data = place_bytes(place, "poisoned place");
	bool poisoned = true;
	for (size_t i = 0; i < place_length(place); i++) {
		poisoned = poisoned && data[i] == POISON;
	}
	free(data);
	return poisoned;
}

void place_round(clnorm_dtype dtype, double *values, size_t count)
{
	void *data = malloc(count * clnorm_dtype_bytes(dtype) + 1);
	ck_assert_ptr_nonnull(data);
	EXPECT_OK(clnorm_convert(CLNORM_F64, values, dtype, data, count));
	EXPECT_OK(clnorm_convert(dtype, data, CLNORM_F64, values, count));
	free(data);
}
