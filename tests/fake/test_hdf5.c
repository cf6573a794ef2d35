/* test_hdf5.c: weight files made by HDF5 alone: those that load, and every one that must be refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_HDF5

#include <fcntl.h>
#include <hdf5.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/kit/main.h"
#include "tests/kit/weight_files.h"

static const float gamma_file[WEIGHT_FILES_C] = {4, 5, 6}, beta_file[WEIGHT_FILES_C] = {-4, -5, -6};

/* How a file differs from the right one. 0 or NULL: not at all. */
struct recipe {
	const char *what;                                             /* for messages */
	const char *says;                                             /* in the error; NULL: it loads */
	const char *params, *links, *scale_key, *bias_key, *bias_set; /* "-": not made */
	int rank;
	hsize_t dims[5];
	int type;                            /* of the second parameter; see set_type() */
	int link_type;                       /* 1: float; 2: two integers; 3: 8 bits */
	long long scale_number, bias_number; /* given + 1 */
	void (*second)(hid_t params);        /* makes what stands for the second parameter */
};

/* ---- What cannot be opened, or not unpacked -------------------------------------------------------------------- */

static void link_to_nowhere(hid_t params)
{
	ck_assert_int_ge(H5Lcreate_soft("/nowhere", params, "1", H5P_DEFAULT, H5P_DEFAULT), 0);
}

static void link_to_no_file(hid_t params)
{
	ck_assert_int_ge(H5Lcreate_external("nowhere.h5", "/1", params, "1", H5P_DEFAULT, H5P_DEFAULT), 0);
}

/* A dataset of one chunk with such properties; bytes of it are written as they are, where there are any. */
static void packed_set(hid_t params, hid_t properties, const void *chunk, size_t bytes)
{
	static const hsize_t dims[] = {1, WEIGHT_FILES_C, 1, 1}, at[4] = {0};
	const float values[WEIGHT_FILES_C] = {7, 8, 9};
	hid_t space = H5Screate_simple(4, dims, NULL);
	hid_t set = H5Dcreate2(params, "1", H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
	ck_assert_int_ge(set, 0);
	ck_assert_int_ge(chunk ? H5Dwrite_chunk(set, H5P_DEFAULT, 0, at, bytes, chunk)
	                       : H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
	                 0);
	H5Dclose(set);
	H5Sclose(space);
	H5Pclose(properties);
}

static hid_t chunked(void)
{
	static const hsize_t dims[] = {1, WEIGHT_FILES_C, 1, 1};
	hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
	ck_assert_int_ge(H5Pset_chunk(properties, 4, dims), 0);
	return properties;
}

#define OTHER_FILTER 40000

static size_t pass_through(unsigned flags, size_t count, const unsigned *values, size_t used, size_t *bytes,
                           void **data)
{
	(void)flags;
	(void)count;
	(void)values;
	(void)bytes;
	(void)data;
	return used;
}

/* Of a program that had the filter; this one no longer has it. */
static void packed_with_another(hid_t params)
{
	const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, OTHER_FILTER, 1, 1, "nonesuch", NULL, NULL, pass_through};
	hid_t properties = chunked();
	ck_assert_int_ge(H5Zregister(&filter), 0);
	ck_assert_int_ge(H5Pset_filter(properties, OTHER_FILTER, 0, 0, NULL), 0);
	packed_set(params, properties, NULL, 0);
}

/* With a sum that does not fit. */
static void packed_and_damaged(hid_t params)
{
	static const char bytes[] = "whose sum is not the last";
	hid_t properties = chunked();
	ck_assert_int_ge(H5Pset_fletcher32(properties), 0);
	packed_set(params, properties, bytes, sizeof(bytes));
}

/* Values that lie in a file of their own, which is gone. */
static void kept_elsewhere(hid_t params)
{
	static const hsize_t dims[] = {1, WEIGHT_FILES_C, 1, 1};
	hid_t properties = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, dims, NULL);
	ck_assert_int_ge(H5Pset_external(properties, "nowhere.bin", 0, H5F_UNLIMITED), 0);
	hid_t set = H5Dcreate2(params, "1", H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
	ck_assert_int_ge(set, 0);
	H5Dclose(set);
	H5Sclose(space);
	H5Pclose(properties);
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

static hid_t set_type(int type)
{
	switch (type) {
	case 1:
		return H5T_STD_I32LE;
	case 2:
		return H5T_IEEE_F64LE;
	case 3:
		return H5T_IEEE_F32BE;
	default:
		return H5T_IEEE_F32LE;
	}
}

/* numpy's float16. */
static hid_t half_type(void)
{
	hid_t type = H5Tcopy(H5T_IEEE_F32LE);
	H5Tset_fields(type, 15, 10, 5, 0, 10);
	H5Tset_size(type, 2);
	H5Tset_ebias(type, 15);
	return type;
}

static const char *or_else(const char *given, const char *otherwise)
{
	return given ? given : otherwise;
}

static void set_make(hid_t group, const char *name, const struct recipe *r, int type, const float *values)
{
	static const hsize_t right[] = {1, WEIGHT_FILES_C, 1, 1};
	hid_t space = H5Screate_simple(r->rank ? r->rank : 4, r->rank ? r->dims : right, NULL);
	hid_t kept = type == 4 ? half_type() : set_type(type);
	float padded[64] = {0};
	memcpy(padded, values, WEIGHT_FILES_C * sizeof(*values));
	hid_t set = H5Dcreate2(group, name, kept, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded), 0);
	H5Dclose(set);
	H5Sclose(space);
	if (type == 4) {
		H5Tclose(kept);
	}
}

static void link_make(hid_t group, const char *key, int kind, long long number)
{
	const hsize_t two = 2;
	const long long numbers[2] = {number, number};
	hid_t type = kind == 1 ? H5T_IEEE_F32LE : kind == 3 ? H5T_STD_U8LE : H5T_STD_I64LE;
	hid_t space = kind == 2 ? H5Screate_simple(1, &two, NULL) : H5Screate(H5S_SCALAR);
	hid_t set = H5Dcreate2(group, key, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers), 0);
	H5Dclose(set);
	H5Sclose(space);
}

static void file_make(const struct recipe *r, const char *path)
{
	const char *bias_set = or_else(r->bias_set, "1");
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	ck_assert_int_ge(file, 0);
	hid_t params = H5Gcreate2(file, or_else(r->params, "params"), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	hid_t links = H5Gcreate2(file, or_else(r->links, "links"), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	struct recipe plain = {0};
	set_make(params, "0", &plain, 0, gamma_file);
	if (r->second) {
		r->second(params);
	} else if (strcmp(bias_set, "group") == 0) {
		H5Gclose(H5Gcreate2(params, "1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
	} else if (strcmp(bias_set, "-") != 0) {
		set_make(params, bias_set, r, r->type, beta_file);
	}
	link_make(links, or_else(r->scale_key, ".scale"), 0, r->scale_number ? r->scale_number - 1 : 0);
	if (strcmp(or_else(r->bias_key, ".bias"), "-") != 0) {
		link_make(links, or_else(r->bias_key, ".bias"), r->link_type, r->bias_number ? r->bias_number - 1 : 1);
	}
	link_make(links, "other.scale", 0, 0);
	H5Gclose(links);
	H5Gclose(params);
	H5Fclose(file);
	if (H5Zfilter_avail(OTHER_FILTER) > 0) {
		ck_assert_int_ge(H5Zunregister(OTHER_FILTER), 0);
	}
}

static const struct recipe recipes[] = {
	{.what = "as it should be"},
	{.what = "big-endian floats", .type = 3},
	{.what = "half floats", .type = 4},
	{.what = "numbers of 8 bits", .link_type = 3},
	{.what = "other numbers", .bias_set = "17", .bias_number = 18},
	{.what = "no group params", .says = "params", .params = "parameters"},
	{.what = "no group links", .says = "links", .links = "link"},
	{.what = "no scale", .says = "links/.scale", .scale_key = ".gamma"},
	{.what = "no bias", .says = "links/.bias", .bias_key = "-"},
	{.what = "another name",
         .says = "there is no links/.scale; the layers in it are \"in1\"",
         .scale_key = "in1.scale",
         .bias_key = "in1.bias"},
	{.what = "a layer of a container",
         .says = "the layers in it are \"net.in1\"",
         .scale_key = "net.in1.scale",
         .bias_key = "net.in1.bias"},
	{.what = "no dataset", .says = "params/1", .bias_set = "-"},
	{.what = "a number of no dataset", .says = "params/7", .bias_number = 8},
	{.what = "a negative number", .says = "params/-3", .bias_number = -3 + 1},
	{.what = "a group for a dataset", .says = "params/1", .bias_set = "group"},
	{.what = "a float for a number", .says = "links/.bias", .link_type = 1},
	{.what = "two numbers", .says = "links/.bias", .link_type = 2},
	{.what = "one channel more", .says = "(1,4,1,1)", .rank = 4, .dims = {1, 4, 1, 1}},
	{.what = "one channel less", .says = "(1,2,1,1)", .rank = 4, .dims = {1, 2, 1, 1}},
	{.what = "the channel axis last", .says = "(1,1,1,3)", .rank = 4, .dims = {1, 1, 1, 3}},
	{.what = "one axis", .says = "(3)", .rank = 1, .dims = {3}},
	{.what = "five axes", .says = "(1,3,1,1,1)", .rank = 5, .dims = {1, 3, 1, 1, 1}},
	{.what = "no elements", .says = "(1,0,1,1)", .rank = 4, .dims = {1, 0, 1, 1}},
	{.what = "integers", .says = "params/1", .type = 1},
	{.what = "doubles", .says = "float64", .type = 2},
	{.what = "a link to nothing", .says = "params/1: cannot be opened (", .second = link_to_nowhere},
	{.what = "a link to no file", .says = "'nowhere.h5'", .second = link_to_no_file},
	{.what = "another filter",
         .says = "params/1 is packed with the filter nonesuch (40000)",
         .second = packed_with_another},
	{.what = "damage",
         .says = "params/1: cannot be read; it is packed with fletcher32 (3) (",
         .second = packed_and_damaged},
	{.what = "values elsewhere", .says = "params/1: cannot be read (", .second = kept_elsewhere},
};

START_TEST(files)
{
	const struct recipe *r = &recipes[_i];
	struct weight_files weights;
	weight_files_open(&weights);
	file_make(r, weights.path);
	clnorm_status st = clnorm_layer_load(weights.layer, weights.queue, weights.path);
	if (r->says) {
		ck_assert_msg(st == CLNORM_BAD_FILE, "%s: %s", r->what, clnorm_status_name(st));
		ck_assert_msg(strstr(clnorm_last_error(), weights.path), "%s: %s", r->what, clnorm_last_error());
		ck_assert_msg(strstr(clnorm_last_error(), r->says), "%s: %s", r->what, clnorm_last_error());
		weight_files_unchanged(&weights);
	} else {
		ck_assert_msg(st == CLNORM_OK, "%s: %s", r->what, clnorm_last_error());
		weight_files_layer_is(&weights, weights.layer, gamma_file, beta_file);
	}
	weight_files_close(&weights);
}
END_TEST

/* Every file that is cut off, empty, or something else. */
START_TEST(broken_files)
{
	size_t bytes;
	struct weight_files weights;
	weight_files_open(&weights);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	char *whole = weight_files_read(weights.path, &bytes);
	for (size_t length = 0; length < bytes; length += length < 100 || length + 100 > bytes ? 1 : 97) {
		weight_files_write(weights.path, whole, length);
		EXPECT_SAYS(clnorm_layer_load(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE,
		            weights.path, ": ");
	}
	memset(whole, 'x', bytes);
	weight_files_write(weights.path, whole, bytes);
	EXPECT_SAYS(clnorm_layer_load(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE, weights.path,
	            "not an HDF5 file");
	EXPECT_SAYS(clnorm_layer_load(weights.layer, weights.queue, weights.folder), CLNORM_BAD_FILE, weights.folder,
	            "folder");
	unlink(weights.path);
	EXPECT_SAYS(clnorm_layer_load(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE, weights.path,
	            "No such file");
	EXPECT_STATUS(clnorm_layer_load(weights.layer, weights.queue, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_load(NULL, weights.queue, weights.path), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_load(weights.layer, NULL, weights.path), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_save(weights.layer, weights.queue, NULL), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_save(NULL, weights.queue, weights.path), CLNORM_BAD_ARGUMENT);
	EXPECT_STATUS(clnorm_layer_save(weights.layer, NULL, weights.path), CLNORM_BAD_ARGUMENT);
	weight_files_unchanged(&weights);
	free(whole);
	weight_files_close(&weights);
}
END_TEST

START_TEST(nothing_printed)
{
	char said[160];
	struct stat facts;
	struct weight_files weights;
	weight_files_open(&weights);
	snprintf(said, sizeof(said), "%s/said", weights.folder);
	int kept = dup(2), fd = open(said, O_RDWR | O_CREAT, 0600);
	ck_assert(kept >= 0 && fd >= 0 && dup2(fd, 2) == 2);
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		file_make(&recipes[i], weights.path);
		clnorm_status st = clnorm_layer_load(weights.layer, weights.queue, weights.path);
		ck_assert_int_eq(st == CLNORM_OK, recipes[i].says == NULL);
	}
	fflush(stderr);
	ck_assert_int_eq(fstat(fd, &facts), 0);
	ck_assert(dup2(kept, 2) == 2);
	ck_assert_int_eq(facts.st_size, 0);
	close(fd);
	close(kept);
	unlink(said);
	weight_files_close(&weights);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("HDF5");
	TCase *tests = tcase_create("files");
	tcase_set_timeout(tests, 300);
	tcase_add_loop_test(tests, files, 0, sizeof(recipes) / sizeof(recipes[0]));
	tcase_add_test(tests, broken_files);
	tcase_add_test(tests, nothing_printed);
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
