/* test_reference_elsewhere.c: the reference with masks and ddof against what other libraries gave for the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "tests/kit/expect.h"
#include "tests/kit/main.h"

/* Two channels of ten elements. A mask of both, and what is not 0. */
static const double picture[20] = {3, 0, -1, 4, 0, 7, 2.5, 0, -2, 6, 10, 0, 12, 0, 11, 0, 13, 9, 0, 14};
static const unsigned char region[10] = {1, 0, 1, 1, 0, 1, 0, 0, 1, 1};

/* What the libraries themselves gave, in float32. */
static const struct {
	const char *call;
	bool is_nonzero; /* the mask is x != 0, of each channel; else the region, the same for both */
	bool has_gamma;
	size_t groups;
	unsigned ddof;
	clnorm_outside outside;
	double epsilon, y[20];
} recorded[] = {
	{"flax 0.12.8, jax 0.10.2: flax.linen.InstanceNorm(use_fast_variance=False)(x, mask=mask)",
         false,
         true,
         0,
         0,
         CLNORM_OUTSIDE_NORMALIZE,
         1e-6,
         {0.599875271, -1.19787884, -1.79713035, 1.19912672, -1.19787884, 2.99688101, 0.300249577,
          -1.19787884, -2.39638162, 2.3976295,   2.34534645, 3.98198056,  2.01801944, 3.98198056,
          2.18168306,  3.98198056,  1.85435605,  2.50900984, 3.98198056,  1.69069266}},
	{"flax 0.12.8, jax 0.10.2: flax.linen.GroupNorm(num_groups=1, use_fast_variance=False)(x, mask=mask)",
         false,
         true,
         1,
         0,
         CLNORM_OUTSIDE_NORMALIZE,
         1e-6,
         {-0.0478883386, -1.20812261, -1.59486747, 0.338856399, -1.20812261, 1.49909067, -0.241260767,
          -1.20812261,   -1.98161221, 1.11234593,  1.92033744,  3.85406137,  1.5335927,  3.85406137,
          1.72696507,    3.85406137,  1.34022021,  2.11370993,  3.85406137,  1.14684784}},
	{"monai 1.6.1: NormalizeIntensity(nonzero=True, channel_wise=True)(x)",
         true,
         false,
         0,
         0,
         CLNORM_OUTSIDE_KEEP,
         0,
         {0.0693004802,
          0,
          -1.22430909,
          0.392702878,
          0,
          1.36291015,
          -0.0924007148,
          0,
          -1.54771137,
          1.03950763,
          -0.878310025,
          0,
          0.292769998,
          0,
          -0.292769998,
          0,
          0.878310025,
          -1.46385002,
          0,
          1.46385002}},
	{"monai 1.6.1: NormalizeIntensity(nonzero=True, channel_wise=False)(x)",
         true,
         false,
         1,
         0,
         CLNORM_OUTSIDE_KEEP,
         0,
         {-0.756011605,
          0,
          -1.55020559,
          -0.557463109,
          0,
          0.0381823592,
          -0.855285883,
          0,
          -1.74875414,
          -0.160366133,
          0.633827865,
          0,
          1.0309248,
          0,
          0.832376361,
          0,
          1.22947335,
          0.43527934,
          0,
          1.42802179}},
	{"torchio 1.2.1: ZNormalization(masking_method=mask)(x), an image a channel",
         false,
         false,
         0,
         1,
         CLNORM_OUTSIDE_NORMALIZE,
         0,
         {0.0455866195, -0.774972141, -1.04849172, 0.319106221, -0.774972141, 1.13966501,  -0.0911731794,
          -0.774972141, -1.32201123,  0.866145432, 0.597614288, -0.896421432, 0.896421432, -0.896421432,
          0.74701786,   -0.896421432, 1.045825,    0.448210716, -0.896421432, 1.19522858}},
};
#define RECORDED ((int)(sizeof(recorded) / sizeof(recorded[0])))
static const double gamma_given[] = {2, -1}, beta_given[] = {0.5, 3};

static clnorm_desc recorded_desc(int i)
{
	clnorm_desc desc = clnorm_desc_2d(1, 2, 2, 5);
	desc.affine = recorded[i].has_gamma ? CLNORM_AFFINE_CHANNEL : CLNORM_AFFINE_NONE;
	desc.groups = recorded[i].groups;
	desc.ddof = recorded[i].ddof;
	desc.outside = recorded[i].outside;
	desc.epsilon = recorded[i].epsilon;
	desc.valid = CLNORM_VALID_MASK;
	desc.mask_c = recorded[i].is_nonzero ? 2 : 0;
	return desc;
}

START_TEST(libraries)
{
	clnorm_desc desc = recorded_desc(_i);
	unsigned char nonzero[20];
	double y[20];
	for (size_t k = 0; k < 20; k++) {
		nonzero[k] = picture[k] != 0;
	}
	clnorm_reference_arrays arrays = {
		.x = picture,
		.gamma = recorded[_i].has_gamma ? gamma_given : NULL,
		.beta = recorded[_i].has_gamma ? beta_given : NULL,
		.mask = recorded[_i].is_nonzero ? nonzero : region,
		.y = y,
	};
	EXPECT_OK(clnorm_reference(&desc, &arrays));
	for (size_t k = 0; k < 20; k++) {
		EXPECT_EACH(fabs(y[k] - recorded[_i].y[k]) <= 5e-7 * fmax(1, fabs(y[k])),
		            "%s: y[%zu] is %.9g, not %.9g", recorded[_i].call, k, y[k], recorded[_i].y[k]);
	}
}
END_TEST

/* jax.grad() of sum(dy*y) of the first row, with dy 0 to 19 in the order of Flax, channels last. */
START_TEST(flax_gradient)
{
	static const double right[20] = {
		-8.90060234, 1.19850278,  -8.61965561, -4.77607918, 4.79401112,   -0.792029381, 7.19101667,
		8.38951969,  -1.957654,   3.47296715,  2.97029591,  -0.490990251, 2.5187602,    0.972725391,
		-1.47297072, 0.318071842, -2.12762451, -2.45495129, -0.66390872,  0.430590391,
	};
	clnorm_desc desc = recorded_desc(0);
	double x[20], dy[20], dx[20];
	desc.layout = CLNORM_NHWC;
	for (size_t k = 0; k < 20; k++) {
		x[k % 10 * 2 + k / 10] = picture[k];
		dy[k] = (double)k;
	}
	clnorm_reference_arrays arrays = {
		.x = x, .gamma = gamma_given, .beta = beta_given, .mask = region, .dy = dy, .dx = dx};
	EXPECT_OK(clnorm_reference(&desc, &arrays));
	for (size_t k = 0; k < 20; k++) {
		ck_assert_double_eq_tol(dx[k % 10 * 2 + k / 10], right[k], 1e-5);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference and other libraries");
	TCase *values = tcase_create("values");
	tcase_add_loop_test(values, libraries, 0, RECORDED);
	tcase_add_test(values, flax_gradient);
	suite_add_tcase(suite, values);
	return main_run(suite);
}
