/* test_weights.c: weight files: what is written and read back, and the places that cannot be written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

#ifdef HAVE_HDF5

#include <dirent.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/kit/weight_files.h"

START_TEST(round_trip)
{
	size_t bytes, again;
	struct stat facts;
	struct weight_files weights;
	weight_files_open(&weights);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	weight_files_file_is(&weights, "links/.scale", "links/.bias");
	ck_assert_int_eq(weight_files_count(&weights), 1);
	ck_assert_int_eq(stat(weights.path, &facts), 0);
	mode_t mask = umask(0);
	umask(mask);
	ck_assert_uint_eq(facts.st_mode & 0777, 0666 & ~mask);
	char *first = weight_files_read(weights.path, &bytes);
	ck_assert_int_eq(chmod(weights.path, 0640), 0);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	char *second = weight_files_read(weights.path, &again);
	ck_assert_msg(bytes == again && memcmp(first, second, bytes) == 0, "the same weights gave other bytes");
	ck_assert_int_eq(stat(weights.path, &facts), 0);
	ck_assert_uint_eq(facts.st_mode & 0777, 0640);
	clnorm_layer *other = weight_files_layer(&weights, WEIGHT_FILES_C, "", CLNORM_F32),
		     *larger = weight_files_layer(&weights, WEIGHT_FILES_C + 1, NULL, CLNORM_F32);
	EXPECT_OK(clnorm_layer_load(other, weights.queue, weights.path));
	weight_files_layer_is(&weights, other, weight_files_gamma, weight_files_beta);
	EXPECT_SAYS(clnorm_layer_load(larger, weights.queue, weights.path), CLNORM_BAD_FILE, "(1,3,1,1)", "(1,4,1,1)");
	clnorm_layer_destroy(other);
	clnorm_layer_destroy(larger);
	free(first);
	free(second);
	weight_files_close(&weights);
}
END_TEST

START_TEST(keys)
{
	static const char *const names[] = {"in1", "net.in1", ".", "..", " ", "a\"b\\c", "\xc3\xa9t\xc3\xa9"};
	char scale[64], bias[64];
	struct weight_files weights;
	weight_files_open(&weights);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		clnorm_layer *named = weight_files_layer(&weights, WEIGHT_FILES_C, names[i], CLNORM_F32);
		EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
		EXPECT_SAYS(clnorm_layer_load(named, weights.queue, weights.path), CLNORM_BAD_FILE, names[i], "links/");
		EXPECT_OK(clnorm_layer_write(named, weights.queue, CLNORM_GAMMA, CLNORM_F32, weight_files_gamma));
		EXPECT_OK(clnorm_layer_write(named, weights.queue, CLNORM_BETA, CLNORM_F32, weight_files_beta));
		EXPECT_OK(clnorm_layer_save(named, weights.queue, weights.path));
		snprintf(scale, sizeof(scale), "links/%s.scale", names[i]);
		snprintf(bias, sizeof(bias), "links/%s.bias", names[i]);
		weight_files_file_is(&weights, scale, bias);
		EXPECT_OK(clnorm_layer_load(named, weights.queue, weights.path));
		EXPECT_STATUS(clnorm_layer_load(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE);
		clnorm_layer_destroy(named);
	}
	weight_files_close(&weights);
}
END_TEST

/* float32 files into a double layer; a double layer's own file is double, and too wide for a float one. */
START_TEST(doubles)
{
	double wide[WEIGHT_FILES_C] = {1.0 / 3, 2.0 / 3, 1e-300}, got[WEIGHT_FILES_C];
	struct weight_files weights;
	weight_files_open(&weights);
	clnorm_layer *other = weight_files_layer(&weights, WEIGHT_FILES_C, NULL, CLNORM_F64),
		     *half = weight_files_layer(&weights, WEIGHT_FILES_C, NULL, CLNORM_F16);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	EXPECT_OK(clnorm_layer_load(half, weights.queue, weights.path));
	weight_files_layer_is(&weights, half, weight_files_gamma, weight_files_beta);
	EXPECT_OK(clnorm_layer_load(other, weights.queue, weights.path));
	weight_files_layer_is(&weights, other, weight_files_gamma, weight_files_beta);
	EXPECT_OK(clnorm_layer_write(other, weights.queue, CLNORM_BETA, CLNORM_F64, wide));
	EXPECT_OK(clnorm_layer_save(other, weights.queue, weights.path));
	EXPECT_SAYS(clnorm_layer_load(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE, "float64",
	            "float32");
	EXPECT_OK(clnorm_layer_write(other, weights.queue, CLNORM_BETA, CLNORM_F32, weight_files_beta));
	EXPECT_OK(clnorm_layer_load(other, weights.queue, weights.path));
	EXPECT_OK(clnorm_layer_read(other, weights.queue, CLNORM_BETA, CLNORM_F64, got));
	ck_assert_int_eq(memcmp(got, wide, sizeof(got)), 0);
	weight_files_unchanged(&weights);
	clnorm_layer_destroy(other);
	clnorm_layer_destroy(half);
	weight_files_close(&weights);
}
END_TEST

/* ---- Where it cannot be written ------------------------------------------------------------------------------- */

START_TEST(bad_places)
{
	char place[256];
	struct weight_files weights;
	weight_files_open(&weights);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	snprintf(place, sizeof(place), "%s/no/w.h5", weights.folder);
	EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, place), CLNORM_BAD_FILE, place, "No such file");
	snprintf(place, sizeof(place), "%s/w.h5/w.h5", weights.folder);
	EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, place), CLNORM_BAD_FILE, place, "Not a directory");
	EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, weights.folder), CLNORM_BAD_FILE, weights.folder,
	            "folder");
	EXPECT_STATUS(clnorm_layer_save(weights.layer, weights.queue, ""), CLNORM_BAD_FILE);
	EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, "/dev/null"), CLNORM_BAD_FILE, "/dev/null",
	            "regular");
	EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, "/proc/clnorm.h5"), CLNORM_BAD_FILE,
	            "/proc/clnorm.h5", "written");
	ck_assert_int_eq(weight_files_count(&weights), 1);
	if (geteuid() != 0) { /* root may write anywhere */
		ck_assert_int_eq(chmod(weights.folder, 0555), 0);
		EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE,
		            weights.path, "Permission");
		ck_assert_int_eq(chmod(weights.folder, 0755), 0);
		ck_assert_int_eq(chmod(weights.path, 0444), 0);
		EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE,
		            weights.path, "Permission");
	}
	weight_files_file_is(&weights, "links/.scale", "links/.bias");
	weight_files_close(&weights);
}
END_TEST

/* A link stays a link, and what it leads to is replaced. */
START_TEST(links)
{
	char link[160], away[160];
	struct stat facts;
	struct weight_files weights;
	weight_files_open(&weights);
	snprintf(link, sizeof(link), "%s/link", weights.folder);
	snprintf(away, sizeof(away), "%s/away", weights.folder);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	ck_assert_int_eq(symlink("w.h5", link), 0);
	ck_assert_int_eq(symlink("nowhere", away), 0);
	weight_files_write(weights.path, "old", 3);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, link));
	weight_files_file_is(&weights, "links/.scale", "links/.bias");
	ck_assert_int_eq(lstat(link, &facts), 0);
	ck_assert(S_ISLNK(facts.st_mode));
	EXPECT_SAYS(clnorm_layer_save(weights.layer, weights.queue, away), CLNORM_BAD_FILE, "away", "nowhere");
	ck_assert_int_eq(chdir(weights.folder), 0);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, "w.h5"));
	EXPECT_OK(clnorm_layer_load(weights.layer, weights.queue, "./w.h5"));
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(weight_files_count(&weights), 3);
	unlink(link);
	unlink(away);
	weight_files_close(&weights);
}
END_TEST

/* A limit on file sizes is a full disk at a place of our choice: the old file stays, no temporary one does. */
START_TEST(full_disk)
{
	size_t bytes = 0, big = 20000;
	struct rlimit limit, old;
	float *noise = malloc(big * sizeof(*noise));
	struct weight_files weights;
	weight_files_open(&weights);
	clnorm_layer *large = weight_files_layer(&weights, big, NULL, CLNORM_F32);
	for (size_t i = 0; i < big; i++) {
		noise[i] = (float)(i * 2654435761u % 1000003) / 7;
	}
	EXPECT_OK(clnorm_layer_write(large, weights.queue, CLNORM_BETA, CLNORM_F32, noise));
	EXPECT_OK(clnorm_layer_save(large, weights.queue, weights.path));
	free(weight_files_read(weights.path, &bytes));
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	const size_t limits[] = {0, 1, 4096, bytes / 2, bytes - 1};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		limit = (struct rlimit){limits[i], old.rlim_max};
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
		clnorm_status st = clnorm_layer_save(large, weights.queue, weights.path);
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
		EXPECT_SAYS(st, CLNORM_BAD_FILE, weights.path, "File too large");
		weight_files_file_is(&weights, "links/.scale", "links/.bias");
		ck_assert_int_eq(weight_files_count(&weights), 1);
	}
	limit = (struct rlimit){bytes, old.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	clnorm_status st = clnorm_layer_save(large, weights.queue, weights.path);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	EXPECT_OK(st);
	EXPECT_OK(clnorm_layer_load(large, weights.queue, weights.path));
	clnorm_layer_destroy(large);
	free(noise);
	weight_files_close(&weights);
}
END_TEST

/* Saves two layers in turn for ever. */
static void save_and_save(const struct weight_files *weights, clnorm_layer *const layers[2])
{
	for (unsigned i = 0;; i++) {
		if (clnorm_layer_save(layers[i % 2], weights->queue, weights->path) != CLNORM_OK) {
			_exit(1);
		}
	}
}

/* What kills leave behind; how many files. */
static int leavings_remove(const struct weight_files *weights)
{
	int count = 0;
	char name[512];
	DIR *folder = opendir(weights->folder);
	ck_assert_ptr_nonnull(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		if (strncmp(entry->d_name, ".clnorm-", 8) == 0) {
			snprintf(name, sizeof(name), "%s/%s", weights->folder, entry->d_name);
			ck_assert_int_eq(unlink(name), 0);
			count++;
		}
	}
	closedir(folder);
	return count;
}

/* A program that is killed while it saves, at a hundred different moments: the file is one of the two, whole. */
START_TEST(kills)
{
	const size_t big = 5000;
	struct weight_files weights;
	clnorm_layer *layers[2], *reader;
	float *values = malloc(big * sizeof(*values));
	int left = 0, seen[2] = {0, 0};
	unsigned random = 1;
	weight_files_open(&weights);
	for (int k = 0; k < 2; k++) {
		layers[k] = weight_files_layer(&weights, big, NULL, CLNORM_F32);
		for (size_t i = 0; i < big; i++) {
			values[i] = (float)(k + 1);
		}
		EXPECT_OK(clnorm_layer_write(layers[k], weights.queue, CLNORM_GAMMA, CLNORM_F32, values));
		EXPECT_OK(clnorm_layer_write(layers[k], weights.queue, CLNORM_BETA, CLNORM_F32, values));
	}
	reader = weight_files_layer(&weights, big, NULL, CLNORM_F32);
	EXPECT_OK(clnorm_layer_save(layers[0], weights.queue, weights.path));
	for (int turn = 0; turn < 100; turn++) {
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0) {
			save_and_save(&weights, layers);
		}
		random = random * 1664525u + 1013904223u;
		nanosleep(&(struct timespec){0, random / 65536 * 1000}, NULL); /* up to 65 ms */
		int status = 0;
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status));
		EXPECT_OK(clnorm_layer_load(reader, weights.queue, weights.path));
		float first = 0;
		for (int part = CLNORM_GAMMA; part <= CLNORM_BETA; part++) {
			EXPECT_OK(
				clnorm_layer_read(reader, weights.queue, (clnorm_layer_part)part, CLNORM_F32, values));
			first = part == CLNORM_GAMMA ? values[0] : first;
			for (size_t i = 0; i < big; i++) {
				ck_assert_msg(values[i] == first, "turn %d: value %zu", turn, i);
			}
		}
		ck_assert(first == 1 || first == 2);
		seen[(int)first - 1]++;
		left += leavings_remove(&weights);
	}
	printf("kills: %d and %d found, %d temporary files left\n", seen[0], seen[1], left);
	clnorm_layer_destroy(layers[0]);
	clnorm_layer_destroy(layers[1]);
	clnorm_layer_destroy(reader);
	free(values);
	weight_files_close(&weights);
}
END_TEST

/* ---- HDF5's own state ----------------------------------------------------------------------------------------- */

static unsigned printed;

static herr_t own_printer(hid_t stack, void *data)
{
	(void)stack;
	(void)data;
	printed++;
	return 0;
}

/* The program's error printer is asked for nothing by us, and is in its place afterwards; no id of ours stays open. */
START_TEST(hdf5_left_alone)
{
	H5E_auto2_t printer = NULL;
	void *data = NULL;
	struct weight_files weights;
	weight_files_open(&weights);
	ck_assert_int_ge(H5Eset_auto2(H5E_DEFAULT, own_printer, weights.folder), 0);
	weight_files_write(weights.path, "no HDF5", 7);
	EXPECT_STATUS(clnorm_layer_load(weights.layer, weights.queue, weights.path), CLNORM_BAD_FILE);
	EXPECT_OK(clnorm_layer_save(weights.layer, weights.queue, weights.path));
	EXPECT_OK(clnorm_layer_load(weights.layer, weights.queue, weights.path));
	ck_assert_int_ge(H5Eget_auto2(H5E_DEFAULT, &printer, &data), 0);
	ck_assert(printer == own_printer && data == weights.folder && printed == 0);
	ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
	weight_files_close(&weights);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("weights");
	TCase *tests = tcase_create("files");
	tcase_set_timeout(tests, 300);
	tcase_add_test(tests, round_trip);
	tcase_add_test(tests, keys);
	tcase_add_test(tests, doubles);
	tcase_add_test(tests, bad_places);
	tcase_add_test(tests, links);
	tcase_add_test(tests, full_disk);
	tcase_add_test(tests, kills);
	tcase_add_test(tests, hdf5_left_alone);
	suite_add_tcase(suite, tests);
	return main_run(suite);
}

#else

/* Both functions say so, and touch nothing. */
START_TEST(not_built)
{
	clnorm_context *ctx = NULL;
	clnorm_layer *layer = NULL;
	fakecl_reset();
	EXPECT_OK(clnorm_context_open("", &ctx));
	EXPECT_OK(clnorm_layer_create(ctx, 3, CLNORM_DEFAULT_EPSILON, true, NULL, &layer));
	EXPECT_SAYS(clnorm_layer_save(layer, clnorm_context_queue(ctx), "w.h5"), CLNORM_NOT_BUILT, "HDF5", "without");
	EXPECT_SAYS(clnorm_layer_load(layer, clnorm_context_queue(ctx), "w.h5"), CLNORM_NOT_BUILT, "HDF5", "without");
	clnorm_layer_destroy(layer);
	clnorm_context_destroy(ctx);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("weights");
	TCase *tests = tcase_create("without HDF5");
	tcase_add_test(tests, not_built);
	suite_add_tcase(suite, tests);
	return main_run(suite);
}

#endif
