/* hdf5.c: the one door to HDF5 in lib/: gamma and beta as a file image, and out of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "layer/hdf5.h"

#ifndef HAVE_HDF5

clnorm_status cln_hdf5_check(void)
{
	return cln_fail(CLNORM_NOT_BUILT, "weight files need HDF5, and this library was configured without it");
}

clnorm_status cln_weights_image(const struct cln_weights *weights, void **image, size_t *bytes)
{
	(void)weights;
	(void)image;
	(void)bytes;
	return cln_hdf5_check();
}

clnorm_status cln_weights_read(const char *path, const struct cln_weights *into)
{
	(void)path;
	(void)into;
	return cln_hdf5_check();
}

#else

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "layer/hdf5_fault.h"

/* As PuzzleLib's files are: (1,C,1,1). */
#define RANK 4

/* Values in a chunk, the unit that gzip works on. */
#define CHUNK 65536

/* What h5py takes where nothing is asked for. */
#define GZIP_LEVEL 4

clnorm_status cln_hdf5_check(void)
{
	return CLNORM_OK;
}

/* ---- Writing -------------------------------------------------------------------------------------------------- */

/* Properties and places of the image under construction; -1: not made. */
struct image {
	hid_t access, link, object, values, file, params, links;
};

static void image_clear(struct image *image)
{
	cln_hdf5_close(image->links);
	cln_hdf5_close(image->params);
	cln_hdf5_close(image->file);
	cln_hdf5_close(image->values);
	cln_hdf5_close(image->object);
	cln_hdf5_close(image->link);
	cln_hdf5_close(image->access);
}

/* In memory alone: so a full disk is our write()'s to notice, and HDF5 never holds a file that it cannot flush.
 * No times are kept, so that the same weights give the same bytes. */
static bool image_init(struct image *image, size_t count)
{
	hsize_t chunk[RANK] = {1, count < CHUNK ? count : CHUNK, 1, 1};
	bool gzip = H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0;

	*image = (struct image){-1, -1, -1, -1, -1, -1, -1};
	image->access = H5Pcreate(H5P_FILE_ACCESS);
	image->link = H5Pcreate(H5P_LINK_CREATE);
	image->object = H5Pcreate(H5P_GROUP_CREATE);
	image->values = H5Pcreate(H5P_DATASET_CREATE);
	if (H5Pset_fapl_core(image->access, CHUNK, 0) < 0 || H5Pset_char_encoding(image->link, H5T_CSET_UTF8) < 0 ||
	    H5Pset_obj_track_times(image->object, 0) < 0 || H5Pset_obj_track_times(image->values, 0) < 0) {
		return false;
	}
	if (gzip && (H5Pset_chunk(image->values, RANK, chunk) < 0 || H5Pset_deflate(image->values, GZIP_LEVEL) < 0)) {
		return false;
	}
	image->file = H5Fcreate("clnorm weights in memory", H5F_ACC_TRUNC, H5P_DEFAULT, image->access);
	if (image->file < 0) {
		return false;
	}
	image->params = H5Gcreate2(image->file, "params", image->link, image->object, H5P_DEFAULT);
	image->links = H5Gcreate2(image->file, "links", image->link, image->object, H5P_DEFAULT);
	return image->params >= 0 && image->links >= 0;
}

static bool put_values(const struct image *image, const char *number, const struct cln_weights *weights,
                       const void *values)
{
	const hsize_t dims[RANK] = {1, weights->count, 1, 1};
	bool wide = weights->dtype == CLNORM_F64;
	hid_t space = H5Screate_simple(RANK, dims, NULL);
	hid_t set = H5Dcreate2(image->params, number, wide ? H5T_IEEE_F64LE : H5T_IEEE_F32LE, space, image->link,
	                       image->values, H5P_DEFAULT);
	bool done = set >= 0 && H5Dwrite(set, wide ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
	                                 H5P_DEFAULT, values) >= 0;
	cln_hdf5_close(set);
	cln_hdf5_close(space);
	return done;
}

static bool put_link(const struct image *image, const char *key, long long number)
{
	hid_t plain = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate(H5S_SCALAR), set = -1;
	bool done = false;
	if (H5Pset_obj_track_times(plain, 0) >= 0) {
		set = H5Dcreate2(image->links, key, H5T_STD_I64LE, space, image->link, plain, H5P_DEFAULT);
		done = set >= 0 && H5Dwrite(set, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, &number) >= 0;
	}
	cln_hdf5_close(set);
	cln_hdf5_close(space);
	cln_hdf5_close(plain);
	return done;
}

/* The keys of both parameters: "in1.scale", ".scale". */
static clnorm_status keys_add(const struct cln_weights *weights, struct cln_text *scale, struct cln_text *bias)
{
	clnorm_status st = CLNORM_OK;
	cln_text_add(scale, "%s.scale", weights->name);
	cln_text_add(bias, "%s.bias", weights->name);
	CLN_TRY(cln_text_check(scale));
	CLN_TRY(cln_text_check(bias));
done:
	return st;
}

/* The finished file as bytes. */
static clnorm_status image_take(const struct image *image, void **out, size_t *bytes)
{
	ssize_t size = H5Fflush(image->file, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(image->file, NULL, 0);
	if (size <= 0) {
		return cln_hdf5_fail("weights", "", "HDF5 cannot finish the file");
	}
	void *chars = malloc((size_t)size);
	if (!chars) {
		return cln_fail(CLNORM_OUT_OF_MEMORY, "no memory for a file of %zd bytes", size);
	}
	if (H5Fget_file_image(image->file, chars, (size_t)size) != size) {
		free(chars);
		return cln_hdf5_fail("weights", "", "HDF5 cannot hand out the file");
	}
	*out = chars;
	*bytes = (size_t)size;
	return CLNORM_OK;
}

clnorm_status cln_weights_image(const struct cln_weights *weights, void **out, size_t *bytes)
{
	clnorm_status st = CLNORM_OK;
	struct cln_hdf5_session session;
	struct image image;
	struct cln_text scale = {0}, bias = {0};

	cln_hdf5_begin(&session);
	bool made = image_init(&image, weights->count);
	CLN_TRY(keys_add(weights, &scale, &bias));
	if (!made || !put_values(&image, "0", weights, weights->gamma) ||
	    !put_values(&image, "1", weights, weights->beta) || !put_link(&image, cln_text_chars(&scale), 0) ||
	    !put_link(&image, cln_text_chars(&bias), 1)) {
		CLN_TRY(cln_hdf5_fail("weights", "", "HDF5 cannot make the file"));
	}
	CLN_TRY(image_take(&image, out, bytes));
done:
	image_clear(&image);
	cln_hdf5_end(&session);
	cln_text_clear(&scale);
	cln_text_clear(&bias);
	return st;
}

/* ---- Reading -------------------------------------------------------------------------------------------------- */

/* The layers that a file has: what stands before ".scale" in its keys. */
static void names_add(hid_t links, struct cln_text *names)
{
	static const char end[] = ".scale";
	H5G_info_t facts;
	hsize_t count = H5Gget_info(links, &facts) >= 0 ? facts.nlinks : 0;

	for (hsize_t i = 0; i < count; ++i) {
		char key[256];
		ssize_t length =
			H5Lget_name_by_idx(links, ".", H5_INDEX_NAME, H5_ITER_INC, i, key, sizeof(key), H5P_DEFAULT);
		ssize_t name = length - (ssize_t)strlen(end);
		if (name >= 0 && length < (ssize_t)sizeof(key) && strcmp(key + name, end) == 0) {
			cln_text_add(names, "%s\"%.*s\"", names->length > 0 ? ", " : "", (int)name, key);
		}
	}
}

static clnorm_status fail_missing(const char *path, const char *where, hid_t links)
{
	struct cln_text names = {0};
	names_add(links, &names);
	clnorm_status st = names.length > 0 && !names.failed
	                           ? cln_fail(CLNORM_BAD_FILE, "%s: there is no %s; the layers in it are %s", path,
	                                      where, names.chars)
	                           : cln_fail(CLNORM_BAD_FILE, "%s: there is no %s", path, where);
	cln_text_clear(&names);
	return st;
}

/* The scalar integer "links/KEY". */
static clnorm_status get_link(const char *path, hid_t links, const char *key, long long *number)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text where = {0};
	hid_t set = -1, type = -1, space = -1;

	cln_text_add(&where, "links/%s", key);
	CLN_TRY(cln_text_check(&where));
	if (H5Lexists(links, key, H5P_DEFAULT) <= 0) {
		CLN_TRY(fail_missing(path, cln_text_chars(&where), links));
	}
	set = H5Dopen2(links, key, H5P_DEFAULT);
	if (set < 0) {
		CLN_TRY(cln_hdf5_fail(path, cln_text_chars(&where), "cannot be opened"));
	}
	type = H5Dget_type(set);
	space = H5Dget_space(set);
	if (H5Tget_class(type) != H5T_INTEGER || H5Sget_simple_extent_npoints(space) != 1) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE, "%s: %s is not one integer", path, cln_text_chars(&where)));
	}
	if (H5Dread(set, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, number) < 0) {
		CLN_TRY(cln_hdf5_fail_read(path, cln_text_chars(&where), set));
	}
done:
	cln_hdf5_close(space);
	cln_hdf5_close(type);
	cln_hdf5_close(set);
	cln_text_clear(&where);
	return st;
}

/* Whether every value of the file's type is one of ours. */
static clnorm_status type_check(const char *path, const char *where, hid_t type, clnorm_dtype ours)
{
	size_t sign, exponent, exponent_bits, fraction, fraction_bits;
	bool wide = ours == CLNORM_F64;

	if (H5Tget_class(type) != H5T_FLOAT ||
	    H5Tget_fields(type, &sign, &exponent, &exponent_bits, &fraction, &fraction_bits) < 0) {
		return cln_fail(CLNORM_BAD_FILE, "%s: %s does not hold floats", path, where);
	}
	if (exponent_bits > (wide ? 11u : 8u) || fraction_bits > (wide ? 52u : 23u)) {
		return cln_fail(CLNORM_BAD_FILE, "%s: %s is float%zu, which would lose digits in float%d", path, where,
		                8 * H5Tget_size(type), wide ? 64 : 32);
	}
	return CLNORM_OK;
}

static clnorm_status shape_check(const char *path, const char *where, hid_t space, size_t count)
{
	struct cln_text shape = {0};
	hsize_t dims[H5S_MAX_RANK];
	int rank = H5Sget_simple_extent_dims(space, dims, NULL);

	if (rank == RANK && dims[0] == 1 && dims[1] == count && dims[2] == 1 && dims[3] == 1) {
		return CLNORM_OK;
	}
	for (int i = 0; i < rank; ++i) {
		cln_text_add(&shape, "%s%llu", i > 0 ? "," : "", (unsigned long long)dims[i]);
	}
	clnorm_status st = cln_fail(CLNORM_BAD_FILE, "%s: %s has shape (%s); the layer's is (1,%zu,1,1)", path, where,
	                            cln_text_chars(&shape), count);
	cln_text_clear(&shape);
	return st;
}

/* The values of the dataset "params/NUMBER". */
static clnorm_status get_values(const char *path, hid_t params, long long number, const struct cln_weights *into,
                                void *values)
{
	clnorm_status st = CLNORM_OK;
	char where[40];
	const char *name = where + sizeof("params/") - 1;
	hid_t set = -1, type = -1, space = -1;

	snprintf(where, sizeof(where), "params/%lld", number);
	if (H5Lexists(params, name, H5P_DEFAULT) <= 0) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE, "%s: there is no %s", path, where));
	}
	set = H5Dopen2(params, name, H5P_DEFAULT);
	if (set < 0) {
		CLN_TRY(cln_hdf5_fail(path, where, "cannot be opened"));
	}
	type = H5Dget_type(set);
	space = H5Dget_space(set);
	CLN_TRY(type_check(path, where, type, into->dtype));
	CLN_TRY(shape_check(path, where, space, into->count));
	if (H5Dread(set, into->dtype == CLNORM_F64 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
	            H5P_DEFAULT, values) < 0) {
		CLN_TRY(cln_hdf5_fail_read(path, where, set));
	}
done:
	cln_hdf5_close(space);
	cln_hdf5_close(type);
	cln_hdf5_close(set);
	return st;
}

static clnorm_status group_open(const char *path, hid_t file, const char *name, hid_t *out)
{
	htri_t found = H5Lexists(file, name, H5P_DEFAULT);
	if (found == 0) {
		return cln_fail(CLNORM_BAD_FILE, "%s: there is no group %s", path, name);
	}
	*out = found > 0 ? H5Gopen2(file, name, H5P_DEFAULT) : -1;
	return *out >= 0 ? CLNORM_OK : cln_hdf5_fail(path, name, "cannot be opened");
}

clnorm_status cln_weights_read(const char *path, const struct cln_weights *into)
{
	clnorm_status st = CLNORM_OK;
	struct cln_hdf5_session session;
	struct cln_text scale = {0}, bias = {0};
	hid_t file = -1, params = -1, links = -1;
	long long scale_number = -1, bias_number = -1;

	cln_hdf5_begin(&session);
	CLN_TRY(keys_add(into, &scale, &bias));
	if (H5Fis_hdf5(path) == 0) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE, "%s: is not an HDF5 file", path));
	}
	file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (file < 0) {
		CLN_TRY(cln_hdf5_fail(path, "", "cannot be read"));
	}
	CLN_TRY(group_open(path, file, "params", &params));
	CLN_TRY(group_open(path, file, "links", &links));
	CLN_TRY(get_link(path, links, cln_text_chars(&scale), &scale_number));
	CLN_TRY(get_link(path, links, cln_text_chars(&bias), &bias_number));
	CLN_TRY(get_values(path, params, scale_number, into, into->gamma));
	CLN_TRY(get_values(path, params, bias_number, into, into->beta));
done:
	cln_hdf5_close(links);
	cln_hdf5_close(params);
	cln_hdf5_close(file);
	cln_hdf5_end(&session);
	cln_text_clear(&scale);
	cln_text_clear(&bias);
	return st;
}

#endif
