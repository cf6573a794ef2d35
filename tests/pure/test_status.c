/* test_status.c: status names and texts, the thread's message and build log.
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <clnorm/clnorm.h>

#include "base/status.h"
#include "tests/kit/main.h"

START_TEST(names)
{
	clnorm_status status = (clnorm_status)_i;
	const char *name = clnorm_status_name(status);
	ck_assert_msg(strncmp(name, "CLNORM_", 7) == 0, "%s", name);
	ck_assert_uint_gt(strlen(clnorm_status_text(status)), 0);
	for (int other = 0; other < _i; other++) {
		ck_assert_str_ne(name, clnorm_status_name((clnorm_status)other));
		ck_assert_str_ne(clnorm_status_text(status), clnorm_status_text((clnorm_status)other));
	}
}
END_TEST

/* The row of the table is that of the number, at both ends and between. */
START_TEST(known_names)
{
	ck_assert_str_eq(clnorm_status_name(CLNORM_OK), "CLNORM_OK");
	ck_assert_str_eq(clnorm_status_name(CLNORM_BAD_SHAPE), "CLNORM_BAD_SHAPE");
	ck_assert_str_eq(clnorm_status_name(CLNORM_OUT_OF_DEVICE_MEMORY), "CLNORM_OUT_OF_DEVICE_MEMORY");
	ck_assert_str_eq(clnorm_status_name(CLNORM_NOT_BUILT), "CLNORM_NOT_BUILT");
}
END_TEST

/* Every code of OpenCL 1.2 has its name, no two have the same one, and other numbers have none. */
START_TEST(opencl_names)
{
	static const struct {
		cl_int code;
		const char *name;
	} known[] = {{0, "CL_SUCCESS"},
	             {-6, "CL_OUT_OF_HOST_MEMORY"},
	             {-17, "CL_LINK_PROGRAM_FAILURE"},
	             {-38, "CL_INVALID_MEM_OBJECT"},
	             {-59, "CL_INVALID_OPERATION"},
	             {-68, "CL_INVALID_DEVICE_PARTITION_COUNT"},
	             {-72, "CL_MAX_SIZE_RESTRICTION_EXCEEDED"},
	             {-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
	             {-20, "an unknown code"},
	             {-29, "an unknown code"},
	             {-73, "an unknown code"},
	             {1, "an unknown code"},
	             {-9999, "an unknown code"}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		ck_assert_str_eq(clnorm_opencl_name(known[i].code), known[i].name);
	}
	for (cl_int code = 0; code >= -72; code--) {
		bool is_code = code > -20 || code < -29;
		const char *name = clnorm_opencl_name(code);
		ck_assert_msg(is_code == (strncmp(name, "CL_", 3) == 0), "%d: %s", (int)code, name);
		for (cl_int other = 0; is_code && other > code; other--) {
			ck_assert_str_ne(name, clnorm_opencl_name(other));
		}
	}
}
END_TEST

START_TEST(unknown_names)
{
	static const int numbers[] = {CLNORM_STATUS_COUNT, CLNORM_STATUS_COUNT + 1, 1000, -1, -1000};
	clnorm_status status = (clnorm_status)numbers[_i];
	ck_assert_str_eq(clnorm_status_name(status), "CLNORM_UNKNOWN");
	ck_assert_uint_gt(strlen(clnorm_status_text(status)), 0);
}
END_TEST

START_TEST(message)
{
	ck_assert_str_eq(clnorm_last_error(), "");
	ck_assert_int_eq(cln_fail(CLNORM_BAD_SHAPE, "%s has %d elements; C is %d", "gamma", 4, 3), CLNORM_BAD_SHAPE);
	ck_assert_str_eq(clnorm_last_error(), "gamma has 4 elements; C is 3");
	ck_assert_int_eq(cln_fail(CLNORM_OPENCL_ERROR, "short"), CLNORM_OPENCL_ERROR);
	ck_assert_str_eq(clnorm_last_error(), "short");
}
END_TEST

START_TEST(message_quotes_itself)
{
	(void)cln_fail(CLNORM_BAD_FILE, "no such file");
	(void)cln_fail(CLNORM_BAD_FILE, "weights: %s (%s)", clnorm_last_error(), clnorm_last_error());
	ck_assert_str_eq(clnorm_last_error(), "weights: no such file (no such file)");
}
END_TEST

/* Around the length of the buffer: whole, or cut with dots at its end. */
START_TEST(long_message)
{
	size_t length = 1000 + (size_t)_i;
	char *long_text = malloc(length + 1);
	ck_assert_ptr_nonnull(long_text);
	memset(long_text, 'a', length);
	long_text[length] = '\0';
	(void)cln_fail(CLNORM_BAD_ARGUMENT, "%s", long_text);
	const char *kept = clnorm_last_error();
	size_t kept_length = strlen(kept);
	if (kept_length == length) {
		ck_assert_str_eq(kept, long_text);
	} else {
		ck_assert_uint_ge(kept_length, 1000);
		ck_assert_uint_lt(kept_length, length);
		ck_assert_str_eq(kept + kept_length - 4, "a...");
	}
	ck_assert(length >= 1024 || kept_length == length);
	free(long_text);
}
END_TEST

/* Characters of two bytes, which a cut may fall into: no half of one stays. */
START_TEST(long_message_in_utf)
{
	char long_text[3000] = "";
	for (size_t i = 0; i < sizeof(long_text) - 3; i += 2) {
		memcpy(long_text + i, "\xc3\xa4", 3);
	}
	(void)cln_fail(CLNORM_BAD_ARGUMENT, "%s%s", _i ? "x" : "", long_text);
	const char *kept = clnorm_last_error() + _i;
	size_t length = strlen(kept);
	ck_assert_uint_eq((length - 3) % 2, 0);
	ck_assert_str_eq(kept + length - 3, "...");
	ck_assert_int_eq(memcmp(kept, long_text, length - 3), 0);
}
END_TEST

static void *fail_elsewhere(void *fresh)
{
	*(bool *)fresh = strcmp(clnorm_last_error(), "") == 0 && strcmp(clnorm_build_log(), "") == 0;
	(void)cln_fail(CLNORM_BAD_ARGUMENT, "another thread's");
	cln_build_log_keep("another thread's log");
	return NULL;
}

START_TEST(threads)
{
	pthread_t thread;
	bool fresh = false;
	(void)cln_fail(CLNORM_BAD_ARGUMENT, "this thread's");
	cln_build_log_keep("this thread's log");
	ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &fresh), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_msg(fresh, "the message or the log of another thread is seen");
	ck_assert_str_eq(clnorm_last_error(), "this thread's");
	ck_assert_str_eq(clnorm_build_log(), "this thread's log");
}
END_TEST

START_TEST(build_log)
{
	ck_assert_str_eq(clnorm_build_log(), "");
	cln_build_log_keep("cl/rows.cl:2:39: error\n");
	ck_assert_str_eq(clnorm_build_log(), "cl/rows.cl:2:39: error\n");
	(void)cln_fail(CLNORM_BAD_ARGUMENT, "a message of its own");
	ck_assert_str_eq(clnorm_build_log(), "cl/rows.cl:2:39: error\n");
	cln_build_log_keep(clnorm_build_log());
	ck_assert_str_eq(clnorm_build_log(), "cl/rows.cl:2:39: error\n");
	cln_build_log_keep(NULL);
	ck_assert_str_eq(clnorm_build_log(), "");
}
END_TEST

START_TEST(long_build_log)
{
	static const size_t lengths[] = {16382, 16383, 16384, 16385, 100000};
	size_t length = lengths[_i];
	char *log = malloc(length + 1);
	ck_assert_ptr_nonnull(log);
	memset(log, 'e', length);
	log[length] = '\0';
	cln_build_log_keep(log);
	const char *kept = clnorm_build_log();
	if (length < 16384) {
		ck_assert_str_eq(kept, log);
	} else {
		ck_assert_uint_lt(strlen(kept), 16384);
		ck_assert_int_eq(memcmp(kept, log, 16000), 0);
		ck_assert_ptr_nonnull(strstr(kept, "cut"));
	}
	free(log);
}
END_TEST

static clnorm_status try_three(clnorm_status second, int *reached)
{
	clnorm_status st = CLNORM_OK;
	*reached = 0;
	CLN_TRY(CLNORM_OK);
	*reached = 1;
	CLN_TRY(second);
	*reached = 2;
done:
	return st;
}

START_TEST(trying)
{
	int reached;
	ck_assert_int_eq(try_three(CLNORM_OK, &reached), CLNORM_OK);
	ck_assert_int_eq(reached, 2);
	ck_assert_int_eq(try_three(CLNORM_BAD_FILE, &reached), CLNORM_BAD_FILE);
	ck_assert_int_eq(reached, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *words = tcase_create("words");
	TCase *texts = tcase_create("message and build log");
	tcase_add_loop_test(words, names, 0, CLNORM_STATUS_COUNT);
	tcase_add_test(words, known_names);
	tcase_add_test(words, opencl_names);
	tcase_add_loop_test(words, unknown_names, 0, 5);
	tcase_add_test(texts, message);
	tcase_add_test(texts, message_quotes_itself);
	tcase_add_loop_test(texts, long_message, 0, 60);
	tcase_add_loop_test(texts, long_message_in_utf, 0, 2);
	tcase_add_test(texts, threads);
	tcase_add_test(texts, build_log);
	tcase_add_loop_test(texts, long_build_log, 0, 5);
	tcase_add_test(texts, trying);
	suite_add_tcase(suite, words);
	suite_add_tcase(suite, texts);
	return main_run(suite);
}
