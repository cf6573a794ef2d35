/* hdf5_read.c: the values of a layer out of a weight file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "layer/hdf5.h"

#ifndef HAVE_HDF5

clnorm_status cln_weights_read(const char *path, const struct cln_weights *into, bool *has_running)
{
	(void)path;
	(void)into;
	(void)has_running;
	return cln_hdf5_check();
}

#else

#include <stdio.h>
#include <string.h>

#include "layer/hdf5_fault.h"

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

	if (rank == CLN_WEIGHT_RANK && dims[0] == 1 && dims[1] == count && dims[2] == 1 && dims[3] == 1) {
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

/* Values by their key. */
static clnorm_status get_weight(const char *path, hid_t params, hid_t links, const struct cln_weights *into,
                                enum cln_weight i)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text key = {0};
	long long number = -1;

	CLN_TRY(cln_weight_key(into, i, &key));
	CLN_TRY(get_link(path, links, cln_text_chars(&key), &number));
	CLN_TRY(get_values(path, params, number, into, into->values[i]));
done:
	cln_text_clear(&key);
	return st;
}

/* Whether the file has running statistics: both or neither, and none where the layer has no place for them. */
static clnorm_status find_running(const char *path, hid_t links, const struct cln_weights *into, bool *has_running)
{
	clnorm_status st = CLNORM_OK;
	struct cln_text mean = {0}, variance = {0};

	CLN_TRY(cln_weight_key(into, CLN_WEIGHT_MEAN, &mean));
	CLN_TRY(cln_weight_key(into, CLN_WEIGHT_VARIANCE, &variance));
	bool has_mean = H5Lexists(links, cln_text_chars(&mean), H5P_DEFAULT) > 0;
	bool has_variance = H5Lexists(links, cln_text_chars(&variance), H5P_DEFAULT) > 0;
	const char *one = cln_text_chars(has_mean ? &mean : &variance);
	const char *other = cln_text_chars(has_mean ? &variance : &mean);

	if ((has_mean || has_variance) && !into->values[CLN_WEIGHT_MEAN]) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE,
		                 "%s: links/%s: this layer keeps no running statistics, being made without "
		                 "track_running_statistics",
		                 path, one));
	}
	if (has_mean != has_variance) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE, "%s: there is links/%s without links/%s", path, one, other));
	}
	*has_running = has_mean;
done:
	cln_text_clear(&mean);
	cln_text_clear(&variance);
	return st;
}

clnorm_status cln_weights_read(const char *path, const struct cln_weights *into, bool *has_running)
{
	clnorm_status st = CLNORM_OK;
	struct cln_hdf5_session session;
	hid_t file = -1, params = -1, links = -1;

	cln_hdf5_begin(&session);
	if (H5Fis_hdf5(path) == 0) {
		CLN_TRY(cln_fail(CLNORM_BAD_FILE, "%s: is not an HDF5 file", path));
	}
	file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	if (file < 0) {
		CLN_TRY(cln_hdf5_fail(path, "", "cannot be read"));
	}
	CLN_TRY(group_open(path, file, "params", &params));
	CLN_TRY(group_open(path, file, "links", &links));
	CLN_TRY(find_running(path, links, into, has_running));
	for (int i = 0; i < (*has_running ? CLN_WEIGHT_COUNT : CLN_WEIGHT_MEAN); ++i) {
		CLN_TRY(get_weight(path, params, links, into, (enum cln_weight)i));
	}
done:
	cln_hdf5_close(links);
	cln_hdf5_close(params);
	cln_hdf5_close(file);
	cln_hdf5_end(&session);
	return st;
}

#endif
