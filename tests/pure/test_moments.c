/* test_moments.c: moments merged on the host, and rstd from them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "tests/kit/main.h"

#define CLOSE(got, wanted, relative)                                                                                   \
	ck_assert_msg(fabs((got) - (wanted)) <= (relative)*fabs(wanted), "%s is %.17g, not %.17g", #got, got, wanted)

/* Moments of values[0 .. count-1], in long double. */
static clnorm_moments moments_of(size_t count, const double *values)
{
	long double mean = 0, m2 = 0;
	for (size_t i = 0; i < count; i++) {
		mean += (long double)values[i] / (long double)count;
	}
	for (size_t i = 0; i < count; i++) {
		m2 += (values[i] - mean) * (values[i] - mean);
	}
	return (clnorm_moments){(double)count, (double)mean, (double)m2};
}

static void values_fill(size_t count, double mean, double *values)
{
	unsigned state = 12345;
	for (size_t i = 0; i < count; i++) {
		state = state * 1664525u + 1013904223u;
		values[i] = mean + (state >> 8) / 16777216.0;
	}
}

START_TEST(nothing)
{
	clnorm_moments empty[3] = {{0, NAN, NAN}, {0, 1e300, INFINITY}, {0, 0, 0}};
	clnorm_moments merged = clnorm_moments_merge(0, NULL);
	ck_assert(merged.count == 0 && merged.mean == 0 && merged.m2 == 0);
	merged = clnorm_moments_merge(3, empty);
	ck_assert(merged.count == 0 && merged.mean == 0 && merged.m2 == 0);
}
END_TEST

/* Alone among parts of count 0, a part comes out as it is, bit for bit. */
START_TEST(one)
{
	clnorm_moments parts[3] = {{0, NAN, NAN}, {0, NAN, NAN}, {0, NAN, NAN}};
	clnorm_moments part = {7, 1.0 / 3, 0.1};
	parts[_i] = part;
	clnorm_moments merged = clnorm_moments_merge(3, parts);
	ck_assert_int_eq(memcmp(&merged, &part, sizeof(part)), 0);
}
END_TEST

/* Sets of all sizes cut at all places, around 0 and far from it. */
START_TEST(two)
{
	static const double means[] = {0, 1, -1e4, 1e8};
	double values[40];
	values_fill(40, means[_i], values);
	for (size_t count = 1; count <= 40; count++) {
		clnorm_moments whole = moments_of(count, values);
		for (size_t cut = 0; cut <= count; cut++) {
			clnorm_moments parts[2] = {moments_of(cut, values), moments_of(count - cut, values + cut)};
			parts[0].count = (double)cut;
			parts[1].count = (double)(count - cut);
			clnorm_moments merged = clnorm_moments_merge(2, parts);
			ck_assert_double_eq(merged.count, (double)count);
			CLOSE(merged.mean, whole.mean, 1e-15);
			/* The parts' means are rounded, which moves squares by their last bit. */
			double moved = 4 * fabs(means[_i]) * 0x1p-53;
			ck_assert_double_le(fabs(merged.m2 - whole.m2),
			                    1e-14 * whole.m2 + (double)count * moved * (2 + moved));
		}
	}
}
END_TEST

/* A thousand parts: the error does not add up to anything. */
START_TEST(many)
{
	enum { PARTS = 1000, EACH = 16 };
	static double values[PARTS * EACH];
	clnorm_moments parts[PARTS];
	values_fill(PARTS * EACH, 100, values);
	for (size_t i = 0; i < PARTS; i++) {
		parts[i] = moments_of(EACH, values + i * EACH);
	}
	clnorm_moments whole = moments_of(PARTS * EACH, values);
	clnorm_moments merged = clnorm_moments_merge(PARTS, parts);
	clnorm_moments again = clnorm_moments_merge(PARTS, parts);
	ck_assert_double_eq(merged.count, whole.count);
	CLOSE(merged.mean, whole.mean, 1e-14);
	CLOSE(merged.m2, whole.m2, 1e-12);
	ck_assert_int_eq(memcmp(&merged, &again, sizeof(merged)), 0);
}
END_TEST

/* Counts that a product of would pass 2^53, and values whose squares nearly pass the largest double. */
START_TEST(extremes)
{
	clnorm_moments halves[2] = {{0x1p52, 1, 0}, {0x1p52, 3, 0}};
	clnorm_moments merged = clnorm_moments_merge(2, halves);
	ck_assert(merged.count == 0x1p53 && merged.mean == 2 && merged.m2 == 0x1p53);
	clnorm_moments far[2] = {{0x1p200, -0x1p400, 0}, {0x1p200, 0x1p400, 0}};
	merged = clnorm_moments_merge(2, far);
	ck_assert(merged.count == 0x1p201 && merged.mean == 0 && merged.m2 == 0x1p1001);
}
END_TEST

/* A NaN or infinite part spoils the whole, and is not lost. */
START_TEST(spoiled)
{
	static const double values[] = {NAN, INFINITY, -INFINITY};
	clnorm_moments parts[3] = {{4, 1, 1}, {4, values[_i], NAN}, {4, 2, 1}};
	clnorm_moments merged = clnorm_moments_merge(3, parts);
	ck_assert(!isfinite(merged.mean));
	ck_assert(isnan(merged.m2));
}
END_TEST

START_TEST(rstd)
{
	static const struct {
		clnorm_moments moments;
		double epsilon, rstd;
	} rows[] = {
		{{4, 0, 4}, 0, 1},    {{4, 3, 20}, 4, 1.0 / 3},    {{1, 5, 0}, 0.25, 2},
		{{9, 1e10, 0}, 0, 0}, {{1, 1, 0}, 0, 0},           {{0, 0, 0}, 0, 0},
		{{0, 0, 0}, 1e-5, 0}, {{3, 0, INFINITY}, 1e-5, 0}, {{1e6, 0, 1e-300}, 1e-12, 1e6},
	};
	double got = clnorm_moments_rstd(&rows[_i].moments, rows[_i].epsilon);
	ck_assert_msg(fabs(got - rows[_i].rstd) <= 1e-15 * rows[_i].rstd, "row %d: %.17g", _i, got);
}
END_TEST

START_TEST(rstd_spoiled)
{
	clnorm_moments moments = {4, 1, NAN};
	ck_assert(isnan(clnorm_moments_rstd(&moments, 1e-5)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("moments");
	TCase *merge = tcase_create("merge");
	TCase *root = tcase_create("rstd");
	tcase_add_test(merge, nothing);
	tcase_add_loop_test(merge, one, 0, 3);
	tcase_add_loop_test(merge, two, 0, 4);
	tcase_add_test(merge, many);
	tcase_add_test(merge, extremes);
	tcase_add_loop_test(merge, spoiled, 0, 3);
	tcase_add_loop_test(root, rstd, 0, 9);
	tcase_add_test(root, rstd_spoiled);
	suite_add_tcase(suite, merge);
	suite_add_tcase(suite, root);
	return main_run(suite);
}
