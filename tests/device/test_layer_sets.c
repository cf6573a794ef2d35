/* test_layer_sets.c: a layer's sets of several channels, and its x and dy in the middle of other buffers.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/layer_trial.h"

/* ---- Views ---------------------------------------------------------------------------------------------------- */

/* The trial's values in a buffer of their own, `pad` channels wider and `start` elements in. */
static clnorm_tensor *view_make(const struct layer_trial *trial, const double *values, size_t pad, size_t start)
{
	const clnorm_tensor *like = trial->at_x;
	unsigned rank = clnorm_tensor_rank(like), channels = clnorm_layout_channel_axis(trial->desc.layout, rank);
	size_t dims[8], strides[8], step = 1;
	cl_int err;
	clnorm_tensor *view = NULL;
	for (unsigned i = rank; i-- > 0;) {
		dims[i] = clnorm_tensor_dim(like, i);
		strides[i] = step;
		step *= dims[i] + (i == channels ? pad : 0);
	}
	size_t bytes = (start + step) * clnorm_dtype_bytes(trial->desc.dtype);
	unsigned char *fill = malloc(bytes);
	memset(fill, 0xff, bytes); /* NaN, should a gap be read */
	cl_mem mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, fill, &err);
	EXPECT_CL(err);
	EXPECT_OK(clnorm_tensor_wrap(device_get()->ctx, trial->desc.dtype, rank, dims, (clnorm_view){mem, start},
	                             strides, &view));
	EXPECT_CL(clReleaseMemObject(mem));
	EXPECT_OK(clnorm_tensor_upload_from(view, device_queue(), CLNORM_F64, values));
	free(fill);
	return view;
}

static void step_check(const struct layer_trial *trial, clnorm_layer *layer, const clnorm_tensor *x,
                       const clnorm_tensor *dy)
{
	const clnorm_tensor *y = NULL, *dx = NULL;
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
	layer_trial_check_y(trial, y);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(trial, dx);
	layer_trial_check_gradients(trial, layer, 1, 0, NULL);
}

/* x and dy in gaps of their own, one packed, both: each comes to what packed ones do. */
START_TEST(views)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(3, 4, 5, 6);
	desc.layout = (clnorm_layout)_i;
	layer_trial_init(&trial, &desc, DATA_OFFSET, 31);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	clnorm_tensor *x = view_make(&trial, trial.x, 3, 7), *dy = view_make(&trial, trial.dy, 2, 0);
	clnorm_tensor *apart = view_make(&trial, trial.x, 0, 5);
	step_check(&trial, layer, x, dy);
	step_check(&trial, layer, trial.at_x, dy);
	step_check(&trial, layer, x, trial.at_dy);
	step_check(&trial, layer, apart, trial.at_dy);
	clnorm_layer_destroy(layer);
	clnorm_tensor_destroy(apart);
	clnorm_tensor_destroy(x);
	clnorm_tensor_destroy(dy);
	layer_trial_clear(&trial);
}
END_TEST

/* The layer holds on to x's buffer, not to the tensor; packed views share what packed tensors have. */
START_TEST(views_are_kept)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 4);
	const clnorm_tensor *y = NULL, *same = NULL, *dx = NULL;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 32);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	clnorm_tensor *packed = view_make(&trial, trial.x, 0, 9), *x = view_make(&trial, trial.x, 1, 9);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), packed, &same));
	ck_assert_ptr_eq(y, same);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &same));
	ck_assert_ptr_ne(y, same);
	clnorm_tensor_destroy(x);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	clnorm_tensor_destroy(packed);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* Channels from .. from+2 of a concatenation of six, of which each has 16 elements; two samples. */
static clnorm_tensor *slice_wrap(cl_mem mem, size_t from)
{
	const size_t dims[] = {2, 3, 4, 4}, strides[] = {96, 16, 4, 1};
	clnorm_tensor *tensor = NULL;
	EXPECT_OK(clnorm_tensor_wrap(device_get()->ctx, CLNORM_F32, 4, dims, (clnorm_view){mem, from * 16}, strides,
	                             &tensor));
	return tensor;
}

/* x is one half, dy the other; a gradient may not lie in them. */
START_TEST(slices)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	cl_int err;
	layer_trial_init(&trial, &desc, DATA_OFFSET, 5);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	cl_mem mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE, 2 * 96 * sizeof(float), NULL, &err);
	EXPECT_CL(err);
	clnorm_tensor *x = slice_wrap(mem, 3), *dy = slice_wrap(mem, 0);
	EXPECT_OK(clnorm_tensor_upload_from(x, device_queue(), CLNORM_F64, trial.x));
	EXPECT_OK(clnorm_tensor_upload_from(dy, device_queue(), CLNORM_F64, trial.dy));
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
	layer_trial_check_y(&trial, y);
	EXPECT_OK(clnorm_layer_bind(layer, NULL, CLNORM_DGAMMA, (clnorm_view){mem, 98}));
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), dy, CLNORM_WANT_ALL, NULL, &dx), CLNORM_BAD_OVERLAP,
	            "dgamma (bytes 392 to 404", "overlaps dy (bytes 0 to 576) at byte 392");
	ck_assert_ptr_null(dx);
	EXPECT_OK(clnorm_layer_bind(layer, NULL, CLNORM_DGAMMA, (clnorm_view){NULL, 0}));
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	layer_trial_check_gradients(&trial, layer, 1, 0, NULL);
	clnorm_tensor_destroy(x);
	clnorm_tensor_destroy(dy);
	EXPECT_CL(clReleaseMemObject(mem));
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* Running statistics, which a step writes, in x's gaps. */
START_TEST(running_in_gaps)
{
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 4);
	clnorm_layer_options options = clnorm_layer_defaults();
	const clnorm_tensor *y = NULL;
	clnorm_layer *layer = NULL;
	double before[3], after[3];
	cl_int err;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 6);
	options.track_running_statistics = true;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, 3, &options, &layer));
	cl_mem mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE, 2 * 96 * sizeof(float), NULL, &err);
	EXPECT_CL(err);
	clnorm_tensor *x = slice_wrap(mem, 0);
	EXPECT_OK(clnorm_tensor_upload_from(x, device_queue(), CLNORM_F64, trial.x));
	EXPECT_OK(clnorm_layer_bind(layer, device_queue(), CLNORM_RUNNING_MEAN, (clnorm_view){mem, 94}));
	EXPECT_SAYS(clnorm_layer_forward(layer, device_queue(), x, &y), CLNORM_BAD_OVERLAP,
	            "running mean (bytes 376 to 388", "overlaps x (bytes 0 to 576) at byte 384");
	EXPECT_OK(clnorm_layer_bind(layer, device_queue(), CLNORM_RUNNING_MEAN, (clnorm_view){NULL, 0}));
	EXPECT_OK(clnorm_layer_bind(layer, device_queue(), CLNORM_RUNNING_MEAN, (clnorm_view){mem, 93}));
	EXPECT_OK(clnorm_layer_read(layer, device_queue(), CLNORM_RUNNING_MEAN, CLNORM_F64, before));
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), x, &y));
	EXPECT_OK(clnorm_layer_read(layer, device_queue(), CLNORM_RUNNING_MEAN, CLNORM_F64, after));
	ck_assert(before[2] == 0 && after[2] != 0);
	clnorm_tensor_destroy(x);
	EXPECT_CL(clReleaseMemObject(mem));
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* What clnorm_strides cannot say is refused, and the last forward pass stays. */
START_TEST(other_strides)
{
	static const struct {
		clnorm_layout layout;
		size_t strides[4];
		const char *what;
	} rows[] = {
		{CLNORM_NCHW, {200, 50, 7, 1}, "samples and channels (nchw)"},
		{CLNORM_NCHW, {120, 40, 10, 2}, "samples and channels (nchw)"},
		{CLNORM_NHWC, {200, 50, 5, 1}, "samples and pixels (nhwc)"},
		{CLNORM_NHWC, {200, 40, 8, 2}, "samples and pixels (nhwc)"},
	};
	struct layer_trial trial;
	clnorm_desc desc = clnorm_desc_2d(2, 3, 4, 4);
	const clnorm_tensor *y = NULL, *dx = NULL;
	clnorm_tensor *bad = NULL;
	cl_int err;
	desc.layout = rows[_i].layout;
	layer_trial_init(&trial, &desc, DATA_NORMAL, 33);
	clnorm_layer *layer = layer_trial_layer(&trial, true, NULL);
	cl_mem mem = clCreateBuffer(device_get()->cl, CL_MEM_READ_WRITE, 4000, NULL, &err);
	EXPECT_CL(err);
	size_t dims[4];
	for (unsigned i = 0; i < 4; i++) {
		dims[i] = clnorm_tensor_dim(trial.at_x, i);
	}
	EXPECT_OK(clnorm_tensor_wrap(device_get()->ctx, CLNORM_F32, 4, dims, (clnorm_view){mem, 0}, rows[_i].strides,
	                             &bad));
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	EXPECT_SAYS(clnorm_layer_forward(layer, device_queue(), bad, &y), CLNORM_BAD_SHAPE, "x: strides",
	            rows[_i].what);
	EXPECT_SAYS(clnorm_layer_backward(layer, device_queue(), bad, CLNORM_WANT_ALL, NULL, &dx), CLNORM_BAD_SHAPE,
	            "dy: strides", rows[_i].what);
	ck_assert_ptr_null(dx);
	layer_trial_check_gradients_are(layer, NULL);
	layer_trial_check_y(&trial, y);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	layer_trial_check_dx(&trial, dx);
	clnorm_tensor_destroy(bad);
	EXPECT_CL(clReleaseMemObject(mem));
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

/* ---- Sets ----------------------------------------------------------------------------------------------------- */

enum { N = 2, C = 6, S = 10, ALL = N * C * S };

/* y, dx, dgamma and dbeta of sets of C/groups channels, as the formulas say. */
struct answers {
	double mean[N * C], rstd[N * C], y[ALL], dx[ALL], dgamma[C], dbeta[C];
};

static void set_statistics(const double *x, size_t m, double epsilon, double *mean, double *rstd)
{
	double sum = 0, squares = 0;
	for (size_t i = 0; i < m; i++) {
		sum += x[i];
	}
	*mean = sum / (double)m;
	for (size_t i = 0; i < m; i++) {
		squares += (x[i] - *mean) * (x[i] - *mean);
	}
	*rstd = 1 / sqrt(squares / (double)m + epsilon);
}

static void answer(size_t groups, const double *x, const double *dy, const double *gamma, const double *beta,
                   struct answers *a)
{
	size_t m = C / groups * S;
	memset(a, 0, sizeof(*a));
	for (size_t set = 0; set < N * groups; set++) {
		size_t first = set * m;
		double sum_g = 0, sum_gx = 0;
		set_statistics(x + first, m, CLNORM_DEFAULT_EPSILON, &a->mean[set], &a->rstd[set]);
		for (size_t i = first; i < first + m; i++) {
			size_t c = i / S % C;
			double xhat = (x[i] - a->mean[set]) * a->rstd[set];
			a->y[i] = gamma[c] * xhat + beta[c];
			a->dbeta[c] += dy[i];
			a->dgamma[c] += dy[i] * xhat;
			sum_g += gamma[c] * dy[i];
			sum_gx += gamma[c] * dy[i] * xhat;
		}
		for (size_t i = first; i < first + m; i++) {
			double xhat = (x[i] - a->mean[set]) * a->rstd[set];
			a->dx[i] = a->rstd[set] *
			           (gamma[i / S % C] * dy[i] - sum_g / (double)m - xhat * sum_gx / (double)m);
		}
	}
}

static void near_check(const char *what, size_t groups, const double *got, const double *right, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(fabs(got[i] - right[i]) <= 4e-6 * fmax(1, fabs(right[i])),
		              "%s[%zu] of %zu groups: %g, not %g", what, i, groups, got[i], right[i]);
	}
}

static void tensor_check(const char *what, size_t groups, const clnorm_tensor *tensor, const double *right)
{
	double got[ALL];
	EXPECT_OK(clnorm_tensor_download_to(tensor, device_queue(), CLNORM_F64, got));
	near_check(what, groups, got, right, ALL);
}

START_TEST(sets)
{
	static const size_t all_groups[] = {0, 1, 2, 3, 6};
	size_t groups = all_groups[_i], counted = groups > 0 ? groups : C;
	clnorm_desc desc = clnorm_desc_1d(N, C, S);
	clnorm_layer_options options = clnorm_layer_defaults();
	clnorm_layer *layer = NULL;
	const clnorm_tensor *y = NULL, *dx = NULL;
	struct answers right;
	struct layer_trial trial;
	double mean[N * C], rstd[N * C];
	layer_trial_init(&trial, &desc, DATA_NARROW, 34);
	options.groups = groups;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, C, &options, &layer));
	layer_trial_write(layer, CLNORM_GAMMA, trial.gamma);
	layer_trial_write(layer, CLNORM_BETA, trial.beta);
	answer(counted, trial.x, trial.dy, trial.gamma, trial.beta, &right);
	EXPECT_OK(clnorm_layer_forward(layer, device_queue(), trial.at_x, &y));
	tensor_check("y", groups, y, right.y);
	ck_assert_uint_eq(clnorm_tensor_count(clnorm_layer_moments(layer)), N * counted * CLNORM_MOMENTS_WIDTH);
	EXPECT_OK(clnorm_layer_statistics(layer, device_queue(), mean, rstd));
	near_check("mean", groups, mean, right.mean, N * counted);
	near_check("rstd", groups, rstd, right.rstd, N * counted);
	EXPECT_OK(clnorm_layer_backward(layer, device_queue(), trial.at_dy, CLNORM_WANT_ALL, NULL, &dx));
	tensor_check("dx", groups, dx, right.dx);
	double *dgamma = layer_trial_part(layer, CLNORM_DGAMMA), *dbeta = layer_trial_part(layer, CLNORM_DBETA);
	near_check("dgamma", groups, dgamma, right.dgamma, C);
	near_check("dbeta", groups, dbeta, right.dbeta, C);
	free(dgamma);
	free(dbeta);
	clnorm_layer_destroy(layer);
	layer_trial_clear(&trial);
}
END_TEST

START_TEST(bad_groups)
{
	clnorm_layer_options options = clnorm_layer_defaults();
	clnorm_layer *layer = NULL;
	options.groups = 4;
	EXPECT_SAYS(clnorm_layer_create_with(device_get()->ctx, 6, &options, &layer), CLNORM_BAD_SHAPE, "groups is 4",
	            "6 channels");
	options.groups = 12;
	EXPECT_STATUS(clnorm_layer_create_with(device_get()->ctx, 6, &options, &layer), CLNORM_BAD_SHAPE);
	ck_assert_ptr_null(layer);
}
END_TEST

START_TEST(described)
{
	char text[512];
	clnorm_layer_options options = clnorm_layer_defaults();
	clnorm_layer *layer = NULL;
	options.groups = 3;
	EXPECT_OK(clnorm_layer_create_with(device_get()->ctx, 6, &options, &layer));
	clnorm_layer_json(layer, sizeof(text), text);
	ck_assert_msg(strstr(text, "\"epsilon\": 1e-05, \"groups\": 3, \"affine\": true"), "%s", text);
	clnorm_layer_destroy(layer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("layer, sets and views");
	TCase *all = tcase_create("all");
	tcase_add_loop_test(all, views, 0, CLNORM_LAYOUT_COUNT);
	tcase_add_test(all, views_are_kept);
	tcase_add_test(all, slices);
	tcase_add_test(all, running_in_gaps);
	tcase_add_loop_test(all, other_strides, 0, 4);
	tcase_add_loop_test(all, sets, 0, 5);
	tcase_add_test(all, bad_groups);
	tcase_add_test(all, described);
	suite_add_tcase(suite, all);
	return device_main(suite, NULL);
}
