/* test_weights_running.c: running statistics in weight files: saved, loaded, left alone, refused by name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_HDF5

#include <hdf5.h>
#include <math.h>
#include <string.h>

#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"
#include "tests/kit/weight_files.h"

enum { C = WEIGHT_FILES_C, VALUES = 4 };

static const clnorm_layer_part parts[VALUES] = {CLNORM_GAMMA, CLNORM_BETA, CLNORM_RUNNING_MEAN,
                                                CLNORM_RUNNING_VARIANCE};
static const char *const keys[VALUES] = {"scale", "bias", "running_mean", "running_var"};
static const float ours[VALUES][C] = {{1, 2, 3}, {4, 5, 6}, {-7, 8, -9}, {10, 11, 12}};
static const float theirs[VALUES][C] = {{0.5f, 1, 2}, {-4, -5, -6}, {0.125f, NAN, -16}, {2, -1, 0}};

static clnorm_layer *layer_make(const struct weight_files *weights, const char *name, clnorm_dtype dtype, bool tracks)
{
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	options.name = name;
	options.dtype = dtype;
	options.track_running_statistics = tracks;
	EXPECT_OK(clnorm_layer_create_with(weights->ctx, C, &options, &layer));
	for (int i = 0; i < (tracks ? VALUES : 2); i++) {
		EXPECT_OK(clnorm_layer_write(layer, weights->queue, parts[i], CLNORM_F32, ours[i]));
	}
	return layer;
}

/* The first `count` have these values, the others ours. */
static void layer_is(const struct weight_files *weights, const clnorm_layer *layer, const float (*values)[C], int count,
                     int all, const char *what)
{
	for (int i = 0; i < all; i++) {
		float got[C];
		EXPECT_OK(clnorm_layer_read(layer, weights->queue, parts[i], CLNORM_F32, got));
		ck_assert_msg(memcmp(got, i < count ? values[i] : ours[i], sizeof(got)) == 0, "%s: %s is %g %g %g",
		              what, keys[i], (double)got[0], (double)got[1], (double)got[2]);
	}
}

/* ---- Round trips ------------------------------------------------------------------------------------------------ */

/* Four keys, four datasets, and nothing else, by HDF5's own account. */
static void file_is(const struct weight_files *weights, const char *name)
{
	hid_t file = H5Fopen(weights->path, H5F_ACC_RDONLY, H5P_DEFAULT);
	H5G_info_t facts;
	ck_assert_int_ge(file, 0);
	ck_assert_int_ge(H5Gget_info_by_name(file, "links", &facts, H5P_DEFAULT), 0);
	ck_assert_uint_eq(facts.nlinks, VALUES);
	ck_assert_int_ge(H5Gget_info_by_name(file, "params", &facts, H5P_DEFAULT), 0);
	ck_assert_uint_eq(facts.nlinks, VALUES);
	for (int i = 0; i < VALUES; i++) {
		char where[80];
		long long number = -1;
		float got[C];
		hsize_t dims[4] = {0};
		snprintf(where, sizeof(where), "links/%s.%s", name, keys[i]);
		hid_t link = H5Dopen2(file, where, H5P_DEFAULT);
		ck_assert_msg(link >= 0, "%s", where);
		ck_assert_int_ge(H5Dread(link, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, &number), 0);
		ck_assert_int_eq(number, i);
		snprintf(where, sizeof(where), "params/%d", i);
		hid_t set = H5Dopen2(file, where, H5P_DEFAULT), space = H5Dget_space(set);
		ck_assert_int_eq(H5Sget_simple_extent_dims(space, dims, NULL), 4);
		ck_assert(dims[0] == 1 && dims[1] == C && dims[2] == 1 && dims[3] == 1);
		ck_assert_int_ge(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, got), 0);
		ck_assert_int_eq(memcmp(got, ours[i], sizeof(got)), 0);
		H5Sclose(space);
		H5Dclose(set);
		H5Dclose(link);
	}
	ck_assert_int_eq(H5Fclose(file), 0);
}

START_TEST(round_trip)
{
	static const char *const names[] = {"", "in1", "net.in1"};
	static const float other[VALUES][C] = {{0}};
	const char *name = names[_i];
	size_t bytes, again;
	struct weight_files weights;
	weight_files_open(&weights);
	clnorm_layer *layer = layer_make(&weights, name, CLNORM_F32, true),
		     *half = layer_make(&weights, name, CLNORM_F16, true),
		     *wide = layer_make(&weights, name, CLNORM_F64, true);
	EXPECT_OK(clnorm_layer_save(layer, weights.queue, weights.path));
	file_is(&weights, name);
	char *first = weight_files_read(weights.path, &bytes);
	EXPECT_OK(clnorm_layer_save(layer, weights.queue, weights.path));
	char *second = weight_files_read(weights.path, &again);
	ck_assert(bytes == again && memcmp(first, second, bytes) == 0);
	clnorm_layer *each[] = {layer, half, wide};
	for (size_t k = 0; k < 3; k++) {
		for (int i = 0; i < VALUES; i++) {
			EXPECT_OK(clnorm_layer_write(each[k], weights.queue, parts[i], CLNORM_F32, other[i]));
		}
		EXPECT_OK(clnorm_layer_load(each[k], weights.queue, weights.path));
		layer_is(&weights, each[k], ours, VALUES, VALUES, "loaded");
		clnorm_layer_destroy(each[k]);
	}
	free(first);
	free(second);
	weight_files_close(&weights);
}
END_TEST

/* What a layer without them has saved leaves them alone; what one with them has, it refuses, and changes nothing. */
START_TEST(one_without)
{
	struct weight_files weights;
	weight_files_open(&weights);
	clnorm_layer *with = layer_make(&weights, "net.in1", CLNORM_F32, true),
		     *without = layer_make(&weights, "net.in1", CLNORM_F32, false);
	EXPECT_OK(clnorm_layer_write(without, weights.queue, CLNORM_GAMMA, CLNORM_F32, theirs[0]));
	EXPECT_OK(clnorm_layer_write(without, weights.queue, CLNORM_BETA, CLNORM_F32, theirs[1]));
	EXPECT_OK(clnorm_layer_save(without, weights.queue, weights.path));
	EXPECT_OK(clnorm_layer_load(with, weights.queue, weights.path));
	layer_is(&weights, with, theirs, 2, VALUES, "from a file without");
	EXPECT_OK(clnorm_layer_save(with, weights.queue, weights.path));
	EXPECT_OK(clnorm_layer_write(without, weights.queue, CLNORM_GAMMA, CLNORM_F32, ours[0]));
	EXPECT_SAYS(clnorm_layer_load(without, weights.queue, weights.path), CLNORM_BAD_FILE,
	            "links/net.in1.running_mean", "this layer keeps no running statistics");
	ck_assert_ptr_nonnull(strstr(clnorm_last_error(), weights.path));
	const float kept[2][C] = {{1, 2, 3}, {-4, -5, -6}};
	layer_is(&weights, without, kept, 2, 2, "after a refusal");
	EXPECT_SAYS(clnorm_layer_load(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE,
	            "there is no links/.scale", "the layers in it are \"net.in1\"");
	clnorm_layer_destroy(with);
	clnorm_layer_destroy(without);
	weight_files_close(&weights);
}
END_TEST

/* ---- Files of others -------------------------------------------------------------------------------------------- */

/* How the running statistics of a file differ from right ones, as torch.nn.InstanceNorm2d's state has them. */
struct recipe {
	const char *what;
	const char *says; /* NULL: it loads */
	bool no_mean, no_variance, no_layer;
	hsize_t count; /* 0: C */
	bool is_double, is_whole, is_flat;
	bool no_set, link_is_real;
	int layer_values; /* 0: all of them */
};

static void set_put(hid_t params, int number, const struct recipe *r, const float *values)
{
	const bool is_odd = number == 3;
	const hsize_t dims[] = {1, is_odd && r->count ? r->count : C, 1, 1};
	float padded[64] = {0};
	char name[16];
	snprintf(name, sizeof(name), "%d", number);
	memcpy(padded, values, C * sizeof(*values));
	hid_t space = is_odd && r->is_flat ? H5Screate_simple(1, dims + 1, NULL) : H5Screate_simple(4, dims, NULL);
	hid_t type = is_odd && r->is_double ? H5T_IEEE_F64LE : is_odd && r->is_whole ? H5T_STD_I64LE : H5T_IEEE_F32LE;
	hid_t set = H5Dcreate2(params, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded), 0);
	H5Dclose(set);
	H5Sclose(space);
}

static void link_put(hid_t links, const char *name, const char *key, bool is_real, long long number)
{
	char whole[80];
	snprintf(whole, sizeof(whole), "%s.%s", name, key);
	hid_t space = H5Screate(H5S_SCALAR);
	hid_t set = H5Dcreate2(links, whole, is_real ? H5T_IEEE_F32LE : H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT,
	                       H5P_DEFAULT);
	ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, &number), 0);
	H5Dclose(set);
	H5Sclose(space);
}

/* Of a container of two layers, the second one of which is asked for. */
static void file_make(const struct recipe *r, const char *path)
{
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	hid_t params = H5Gcreate2(file, "params", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	hid_t links = H5Gcreate2(file, "links", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	const bool left[VALUES] = {r->no_layer, r->no_layer, r->no_mean, r->no_variance};
	for (int i = 0; i < VALUES; i++) {
		if (i < 3 || !r->no_set) {
			set_put(params, i, r, theirs[i]);
		}
		link_put(links, "net.in0", keys[i], false, 0);
		if (!left[i]) {
			link_put(links, "net.in1", keys[i], i == 3 && r->link_is_real, i);
		}
	}
	link_put(links, "net.in1", "num_batches_tracked", false, 12345);
	H5Gclose(links);
	H5Gclose(params);
	ck_assert_int_eq(H5Fclose(file), 0);
}

static const struct recipe recipes[] = {
	{.what = "as they should be"},
	{.what = "none", .no_mean = true, .no_variance = true, .layer_values = 2},
	{.what = "no mean",
         .says = "there is links/net.in1.running_var without links/net.in1.running_mean",
         .no_mean = true},
	{.what = "no variance",
         .says = "there is links/net.in1.running_mean without links/net.in1.running_var",
         .no_variance = true},
	{.what = "no parameters",
         .says = "there is no links/net.in1.scale; the layers in it are \"net.in0\"",
         .no_layer = true},
	{.what = "one channel more", .says = "params/3 has shape (1,4,1,1); the layer's is (1,3,1,1)", .count = 4},
	{.what = "one channel less", .says = "params/3 has shape (1,2,1,1)", .count = 2},
	{.what = "one axis", .says = "params/3 has shape (3)", .is_flat = true},
	{.what = "doubles", .says = "params/3 is float64", .is_double = true},
	{.what = "integers", .says = "params/3 does not hold floats", .is_whole = true},
	{.what = "no dataset", .says = "there is no params/3", .no_set = true},
	{.what = "a float for a number", .says = "links/net.in1.running_var is not one integer", .link_is_real = true},
};

/* All four or, where anything is wrong, none. */
START_TEST(files)
{
	const struct recipe *r = &recipes[_i];
	struct weight_files weights;
	weight_files_open(&weights);
	clnorm_layer *layer = layer_make(&weights, "net.in1", CLNORM_F32, true);
	file_make(r, weights.path);
	clnorm_status st = clnorm_layer_load(layer, weights.queue, weights.path);
	if (r->says) {
		ck_assert_msg(st == CLNORM_BAD_FILE, "%s: %s", r->what, clnorm_status_name(st));
		ck_assert_msg(strstr(clnorm_last_error(), weights.path), "%s: %s", r->what, clnorm_last_error());
		ck_assert_msg(strstr(clnorm_last_error(), r->says), "%s: %s", r->what, clnorm_last_error());
		layer_is(&weights, layer, ours, VALUES, VALUES, r->what);
	} else {
		ck_assert_msg(st == CLNORM_OK, "%s: %s", r->what, clnorm_last_error());
		layer_is(&weights, layer, theirs, r->layer_values ? r->layer_values : VALUES, VALUES, r->what);
	}
	clnorm_layer_destroy(layer);
	weight_files_close(&weights);
}
END_TEST

/* Half of them, or what is wrong with them, is refused by name where there is no place for them too. */
START_TEST(files_without_place)
{
	const struct recipe *r = &recipes[_i];
	struct weight_files weights;
	weight_files_open(&weights);
	clnorm_layer *layer = layer_make(&weights, "net.in1", CLNORM_F32, false);
	file_make(r, weights.path);
	clnorm_status st = clnorm_layer_load(layer, weights.queue, weights.path);
	if (r->no_mean && r->no_variance) {
		ck_assert_msg(st == CLNORM_OK, "%s: %s", r->what, clnorm_last_error());
		layer_is(&weights, layer, theirs, 2, 2, r->what);
	} else {
		EXPECT_SAYS(st, CLNORM_BAD_FILE,
		            r->no_mean ? "links/net.in1.running_var" : "links/net.in1.running_mean",
		            "this layer keeps no running statistics");
		layer_is(&weights, layer, ours, 2, 2, r->what);
	}
	clnorm_layer_destroy(layer);
	weight_files_close(&weights);
}
END_TEST

/* Each OpenCL call of a load refused in turn: what was written before it is as it was. */
START_TEST(calls_refused)
{
	struct weight_files weights;
	weight_files_open(&weights);
	clnorm_layer *layer = layer_make(&weights, "net.in1", CLNORM_F32, true);
	clnorm_status st = CLNORM_BAD_FILE;
	unsigned long n = 0;
	file_make(&recipes[0], weights.path);
	while (st != CLNORM_OK) {
		ck_assert_uint_lt(++n, 200);
		fakecl_calls_clear();
		fakecl_fail_at(n, CL_OUT_OF_RESOURCES);
		st = clnorm_layer_load(layer, weights.queue, weights.path);
		fakecl_fail_at(0, 0);
		if (st != CLNORM_OK) {
			layer_is(&weights, layer, ours, VALUES, VALUES, clnorm_last_error());
		}
	}
	ck_assert_uint_gt(n, VALUES);
	layer_is(&weights, layer, theirs, VALUES, VALUES, "after all");
	clnorm_layer_destroy(layer);
	weight_files_close(&weights);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("running statistics in weight files");
	TCase *tests = tcase_create("files");
	int count = (int)(sizeof(recipes) / sizeof(recipes[0]));
	tcase_set_timeout(tests, 300);
	tcase_add_loop_test(tests, round_trip, 0, 3);
	tcase_add_test(tests, one_without);
	tcase_add_loop_test(tests, files, 0, count);
	tcase_add_loop_test(tests, files_without_place, 0, count);
	tcase_add_test(tests, calls_refused);
	suite_add_tcase(suite, tests);
	return main_run(suite);
}

#else

int main(void)
{
	printf("skipped: built without HDF5\n");
	return 77;
}

#endif
