/* hdf5.c: the values of a layer as the image of a weight file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "layer/hdf5.h"

/* The statistics have PyTorch's names. */
static const char *const key_ends[CLN_WEIGHT_COUNT] = {"scale", "bias", "running_mean", "running_var"};

clnorm_status cln_weight_key(const struct cln_weights *weights, enum cln_weight i, struct cln_text *key)
{
	cln_text_add(key, "%s.%s", weights->name, key_ends[i]);
	return cln_text_check(key);
}

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

#else

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layer/hdf5_fault.h"

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
	hsize_t chunk[CLN_WEIGHT_RANK] = {1, count < CHUNK ? count : CHUNK, 1, 1};
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
	if (gzip && (H5Pset_chunk(image->values, CLN_WEIGHT_RANK, chunk) < 0 ||
	             H5Pset_deflate(image->values, GZIP_LEVEL) < 0)) {
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
	const hsize_t dims[CLN_WEIGHT_RANK] = {1, weights->count, 1, 1};
	bool wide = weights->dtype == CLNORM_F64;
	hid_t space = H5Screate_simple(CLN_WEIGHT_RANK, dims, NULL);
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

/* Values and their key, the dataset being named by its number in the table. */
static clnorm_status put_weight(const struct image *image, const struct cln_weights *weights, enum cln_weight i)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text key = {0};
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)i);
	CLN_TRY(cln_weight_key(weights, i, &key));
	if (!put_values(image, number, weights, weights->values[i]) || !put_link(image, cln_text_chars(&key), i)) {
		CLN_TRY(cln_hdf5_fail("weights", "", "HDF5 cannot make the file"));
	}
done:
	cln_text_clear(&key);
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

	cln_hdf5_begin(&session);
	if (!image_init(&image, weights->count)) {
		CLN_TRY(cln_hdf5_fail("weights", "", "HDF5 cannot make the file"));
	}
	for (int i = 0; i < CLN_WEIGHT_COUNT; ++i) {
		CLN_TRY(weights->values[i] ? put_weight(&image, weights, (enum cln_weight)i) : CLNORM_OK);
	}
	CLN_TRY(image_take(&image, out, bytes));
done:
	image_clear(&image);
	cln_hdf5_end(&session);
	return st;
}

#endif
