/* weight_files.c: a layer on the fake device, a folder for its weight files, and what a file holds by HDF5's own
 * account. SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#ifdef HAVE_HDF5

#include <dirent.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kit/fakecl.h"
#include "tests/kit/weight_files.h"

const float weight_files_gamma[WEIGHT_FILES_C] = {1.5f, -2, 0.25f}, weight_files_beta[WEIGHT_FILES_C] = {7, 8, -9};

clnorm_layer *weight_files_layer(const struct weight_files *weights, size_t c, const char *name, clnorm_dtype dtype)
{
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	options.name = name;
	options.dtype = dtype;
	EXPECT_OK(clnorm_layer_create_with(weights->ctx, c, &options, &layer));
	return layer;
}

void weight_files_open(struct weight_files *weights)
{
	fakecl_reset();
	EXPECT_OK(clnorm_context_open("", &weights->ctx));
	weights->queue = clnorm_context_queue(weights->ctx);
	weights->layer = weight_files_layer(weights, WEIGHT_FILES_C, NULL, CLNORM_F32);
	EXPECT_OK(clnorm_layer_write(weights->layer, weights->queue, CLNORM_GAMMA, CLNORM_F32, weight_files_gamma));
	EXPECT_OK(clnorm_layer_write(weights->layer, weights->queue, CLNORM_BETA, CLNORM_F32, weight_files_beta));
	strcpy(weights->folder, "/tmp/clnorm-weights-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(weights->folder));
	snprintf(weights->path, sizeof(weights->path), "%s/w.h5", weights->folder);
}

int weight_files_count(const struct weight_files *weights)
{
	int count = 0;
	DIR *folder = opendir(weights->folder);
	ck_assert_ptr_nonnull(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	}
	closedir(folder);
	return count;
}

void weight_files_close(struct weight_files *weights)
{
	clnorm_layer_destroy(weights->layer);
	clnorm_context_destroy(weights->ctx);
	ck_assert_int_eq(fakecl_live_total(), 0);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	unlink(weights->path);
	ck_assert_int_eq(weight_files_count(weights), 0);
	rmdir(weights->folder);
}

static void part_is(const struct weight_files *weights, const clnorm_layer *layer, clnorm_layer_part part,
                    const float *values)
{
	float got[WEIGHT_FILES_C];
	EXPECT_OK(clnorm_layer_read(layer, weights->queue, part, CLNORM_F32, got));
	for (size_t i = 0; i < WEIGHT_FILES_C; i++) {
		ck_assert_msg(got[i] == values[i], "%s[%zu] is %g, not %g", part == CLNORM_GAMMA ? "gamma" : "beta", i,
		              (double)got[i], (double)values[i]);
	}
}

void weight_files_layer_is(const struct weight_files *weights, const clnorm_layer *layer, const float *gamma,
                           const float *beta)
{
	part_is(weights, layer, CLNORM_GAMMA, gamma);
	part_is(weights, layer, CLNORM_BETA, beta);
}

void weight_files_unchanged(const struct weight_files *weights)
{
	weight_files_layer_is(weights, weights->layer, weight_files_gamma, weight_files_beta);
}

char *weight_files_read(const char *name, size_t *bytes)
{
	struct stat facts;
	FILE *file = fopen(name, "rb");
	ck_assert_msg(file, "%s", name);
	ck_assert_int_eq(stat(name, &facts), 0);
	char *chars = malloc((size_t)facts.st_size + 1);
	*bytes = fread(chars, 1, (size_t)facts.st_size, file);
	ck_assert_uint_eq(*bytes, (size_t)facts.st_size);
	fclose(file);
	return chars;
}

void weight_files_write(const char *name, const char *chars, size_t bytes)
{
	FILE *file = fopen(name, "wb");
	ck_assert_msg(file, "%s", name);
	ck_assert_uint_eq(fwrite(chars, 1, bytes, file), bytes);
	fclose(file);
}

static long long number_of(hid_t file, const char *where)
{
	long long number = -1;
	hid_t set = H5Dopen2(file, where, H5P_DEFAULT);
	hid_t space = H5Dget_space(set), type = H5Dget_type(set);
	ck_assert_msg(set >= 0, "%s", where);
	ck_assert_int_eq(H5Sget_simple_extent_type(space), H5S_SCALAR);
	ck_assert_int_eq(H5Tget_class(type), H5T_INTEGER);
	ck_assert_int_ge(H5Dread(set, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, &number), 0);
	H5Tclose(type);
	H5Sclose(space);
	H5Dclose(set);
	return number;
}

static void set_is(hid_t file, const char *where, const float *values)
{
	float got[WEIGHT_FILES_C];
	hsize_t dims[4] = {0};
	hid_t set = H5Dopen2(file, where, H5P_DEFAULT), space = H5Dget_space(set), type = H5Dget_type(set);
	hid_t properties = H5Dget_create_plist(set);
	ck_assert_msg(set >= 0, "%s", where);
	ck_assert_int_eq(H5Sget_simple_extent_dims(space, dims, NULL), 4);
	ck_assert(dims[0] == 1 && dims[1] == WEIGHT_FILES_C && dims[2] == 1 && dims[3] == 1);
	ck_assert_int_gt(H5Tequal(type, H5T_IEEE_F32LE), 0);
	ck_assert_int_eq(H5Pget_nfilters(properties), H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0 ? 1 : 0);
	ck_assert_int_ge(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, got), 0);
	ck_assert_int_eq(memcmp(got, values, sizeof(got)), 0);
	H5Pclose(properties);
	H5Tclose(type);
	H5Sclose(space);
	H5Dclose(set);
}

void weight_files_file_is(const struct weight_files *weights, const char *scale_key, const char *bias_key)
{
	hid_t file = H5Fopen(weights->path, H5F_ACC_RDONLY, H5P_DEFAULT);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(number_of(file, scale_key), 0);
	ck_assert_int_eq(number_of(file, bias_key), 1);
	set_is(file, "params/0", weight_files_gamma);
	set_is(file, "params/1", weight_files_beta);
	ck_assert_int_eq(H5Fclose(file), 0);
}

#else

/* The tests that need a weights are left out too. */
typedef int weight_files_without_hdf5;

#endif
