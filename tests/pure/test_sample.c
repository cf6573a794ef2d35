/* test_sample.c: pictures as tensors and back: every kind, in both layouts, its transparency untouched.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tests/kit/pngs.h"
#include "tools/data/sample.h"

enum { WIDTH = 5, HEIGHT = 3 };

static char path[] = "/tmp/clnorm-sample-XXXXXX";

static void make_path(void)
{
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void remove_path(void)
{
	unlink(path);
}

static void check_tensor(const struct png_kind *kind, clnorm_layout layout, const struct tool_sample *sample)
{
	unsigned colours = kind->channels < 3 ? 1 : 3;
	const float *values = sample->array.data;
	ck_assert_uint_eq(sample->rank, 4);
	ck_assert_uint_eq(sample->dims[0], 1);
	ck_assert_uint_eq(sample->dims[1], colours);
	ck_assert_uint_eq(sample->dims[2], HEIGHT);
	ck_assert_uint_eq(sample->dims[3], WIDTH);
	for (unsigned y = 0; y < HEIGHT; y++) {
		for (unsigned x = 0; x < WIDTH; x++) {
			for (unsigned k = 0; k < colours; k++) {
				size_t i = layout == CLNORM_NHWC ? (y * WIDTH + x) * colours + k
				                                 : (k * HEIGHT + y) * WIDTH + x;
				double right = png_kind_sample(kind, x, y, k) / (kind->read_bits == 8 ? 1. : 257.);
				ck_assert_double_eq_tol(values[i], right, 1e-4);
			}
		}
	}
}

START_TEST(there_and_back)
{
	const struct png_kind *kind = &png_kinds[_i];
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; layout++) {
		struct tool_sample sample = {0};
		struct tool_picture back = {0};
		png_kind_write(kind, WIDTH, HEIGHT, path);
		ck_assert_msg(tool_sample_load(path, (clnorm_layout)layout, false, &sample), "%s", tool_report_text());
		check_tensor(kind, (clnorm_layout)layout, &sample);
		FILE *file = fopen(path, "wb");
		ck_assert_ptr_nonnull(file);
		ck_assert(tool_sample_write_picture(file, &sample, (clnorm_layout)layout, sample.array.data,
		                                    (struct tool_sample_display){1, 0}));
		ck_assert_int_eq(fclose(file), 0);
		ck_assert_msg(tool_picture_load(path, &back), "%s", tool_report_text());
		ck_assert_uint_eq(back.channels, kind->channels);
		ck_assert_uint_eq(back.bits, kind->read_bits);
		ck_assert_mem_eq(back.samples, sample.picture.samples,
		                 (size_t)WIDTH * HEIGHT * kind->channels * kind->read_bits / 8);
		tool_picture_clear(&back);
		tool_sample_clear(&sample);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sample");
	TCase *tcase = tcase_create("sample");
	tcase_add_checked_fixture(tcase, make_path, remove_path);
	tcase_add_loop_test(tcase, there_and_back, 0, PNG_KINDS);
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
