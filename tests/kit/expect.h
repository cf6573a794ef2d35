/* expect.h: Check assertions about statuses, with the library's own words in the report.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include <string.h>

#include <check.h>
#include <clnorm/clnorm.h>

#define EXPECT_STATUS(call, wanted)                                                                                    \
	do {                                                                                                           \
		clnorm_status expect_got = (call);                                                                     \
		ck_assert_msg(expect_got == (wanted), "%s: %s instead of %s: %s", #call,                               \
		              clnorm_status_name(expect_got), clnorm_status_name(wanted), clnorm_last_error());        \
	} while (0)

/* For loops over elements: Check writes to a file for each assertion that holds. */
#define EXPECT_EACH(condition, ...)                                                                                    \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			ck_abort_msg(__VA_ARGS__);                                                                     \
		}                                                                                                      \
	} while (0)

#define EXPECT_OK(call) EXPECT_STATUS(call, CLNORM_OK)

#define EXPECT_CL(call)                                                                                                \
	do {                                                                                                           \
		cl_int expect_err = (call);                                                                            \
		ck_assert_msg(expect_err == CL_SUCCESS, "%s: OpenCL error %d", #call, (int)expect_err);                \
	} while (0)

/* The call fails so, and its message holds both pieces of text. */
#define EXPECT_SAYS(call, wanted, one, other)                                                                          \
	do {                                                                                                           \
		EXPECT_STATUS(call, wanted);                                                                           \
		ck_assert_msg(strstr(clnorm_last_error(), one), "no '%s' in: %s", one, clnorm_last_error());           \
		ck_assert_msg(strstr(clnorm_last_error(), other), "no '%s' in: %s", other, clnorm_last_error());       \
	} while (0)

#endif
