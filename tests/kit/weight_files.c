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

const float shelf_gamma[SHELF_C] = {1.5f, -2, 0.25f}, shelf_beta[SHELF_C] = {7, 8, -9};

clnorm_layer *shelf_layer(const struct shelf *shelf, size_t c, const char *name, clnorm_dtype dtype)
{
	clnorm_layer *layer = NULL;
	clnorm_layer_options options = clnorm_layer_defaults();
	options.name = name;
	options.dtype = dtype;
	EXPECT_OK(clnorm_layer_create_with(shelf->ctx, c, &options, &layer));
	return layer;
}

void shelf_open(struct shelf *shelf)
{
	fakecl_reset();
	EXPECT_OK(clnorm_context_open("", &shelf->ctx));
	shelf->queue = clnorm_context_queue(shelf->ctx);
	shelf->layer = shelf_layer(shelf, SHELF_C, NULL, CLNORM_F32);
	EXPECT_OK(clnorm_layer_write(shelf->layer, shelf->queue, CLNORM_GAMMA, CLNORM_F32, shelf_gamma));
	EXPECT_OK(clnorm_layer_write(shelf->layer, shelf->queue, CLNORM_BETA, CLNORM_F32, shelf_beta));
	strcpy(shelf->folder, "/tmp/clnorm-weights-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(shelf->folder));
	snprintf(shelf->path, sizeof(shelf->path), "%s/w.h5", shelf->folder);
}

int shelf_count(const struct shelf *shelf)
{
	int count = 0;
	DIR *folder = opendir(shelf->folder);
	ck_assert_ptr_nonnull(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	}
	closedir(folder);
	return count;
}

void shelf_close(struct shelf *shelf)
{
	clnorm_layer_destroy(shelf->layer);
	clnorm_context_destroy(shelf->ctx);
	ck_assert_int_eq(fakecl_live_total(), 0);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	unlink(shelf->path);
	ck_assert_int_eq(shelf_count(shelf), 0);
	rmdir(shelf->folder);
}

static void part_is(const struct shelf *shelf, const clnorm_layer *layer, clnorm_layer_part part, const float *values)
{
	float got[SHELF_C];
	EXPECT_OK(clnorm_layer_read(layer, shelf->queue, part, CLNORM_F32, got));
	for (size_t i = 0; i < SHELF_C; i++) {
		ck_assert_msg(got[i] == values[i], "%s[%zu] is %g, not %g", part == CLNORM_GAMMA ? "gamma" : "beta", i,
		              (double)got[i], (double)values[i]);
	}
}

void shelf_layer_is(const struct shelf *shelf, const clnorm_layer *layer, const float *gamma, const float *beta)
{
	part_is(shelf, layer, CLNORM_GAMMA, gamma);
	part_is(shelf, layer, CLNORM_BETA, beta);
}

void shelf_unchanged(const struct shelf *shelf)
{
	shelf_layer_is(shelf, shelf->layer, shelf_gamma, shelf_beta);
}

char *shelf_read(const char *name, size_t *bytes)
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

void shelf_write(const char *name, const char *chars, size_t bytes)
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
	float got[SHELF_C];
	hsize_t dims[4] = {0};
	hid_t set = H5Dopen2(file, where, H5P_DEFAULT), space = H5Dget_space(set), type = H5Dget_type(set);
	hid_t properties = H5Dget_create_plist(set);
	ck_assert_msg(set >= 0, "%s", where);
	ck_assert_int_eq(H5Sget_simple_extent_dims(space, dims, NULL), 4);
	ck_assert(dims[0] == 1 && dims[1] == SHELF_C && dims[2] == 1 && dims[3] == 1);
	ck_assert_int_gt(H5Tequal(type, H5T_IEEE_F32LE), 0);
	ck_assert_int_eq(H5Pget_nfilters(properties), H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0 ? 1 : 0);
	ck_assert_int_ge(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, got), 0);
	ck_assert_int_eq(memcmp(got, values, sizeof(got)), 0);
	H5Pclose(properties);
	H5Tclose(type);
	H5Sclose(space);
	H5Dclose(set);
}

void shelf_file_is(const struct shelf *shelf, const char *scale_key, const char *bias_key)
{
	hid_t file = H5Fopen(shelf->path, H5F_ACC_RDONLY, H5P_DEFAULT);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(number_of(file, scale_key), 0);
	ck_assert_int_eq(number_of(file, bias_key), 1);
	set_is(file, "params/0", shelf_gamma);
	set_is(file, "params/1", shelf_beta);
	ck_assert_int_eq(H5Fclose(file), 0);
}

#else

/* The tests that need a shelf are left out too. */
typedef int shelf_without_hdf5;

#endif
