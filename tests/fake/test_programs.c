/* test_programs.c: the programs of a context: who waits for whom, what is built how often, what goes; by the order of
 * events on the fake OpenCL, no clock. SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/fakecl.h"
#include "tests/kit/main.h"

static clnorm_context *ctx;
/* A build has begun; it may go on; a thread waits for another one's. */
static sem_t begun, go_on, waiting;
static pthread_t builder; /* whose calls stop in the hook */

int __real_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);

/* The library's own waits are events too. */
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	sem_post(&waiting);
	return __real_pthread_cond_wait(cond, mutex);
}

static void stop_here(void)
{
	if (pthread_equal(pthread_self(), builder)) {
		sem_post(&begun);
		sem_wait(&go_on);
	}
}

static void setup(void)
{
	fakecl_reset();
	setenv("CLNORM_PROGRAMS", "3", 1);
	sem_init(&begun, 0, 0);
	sem_init(&go_on, 0, 0);
	sem_init(&waiting, 0, 0);
	EXPECT_OK(clnorm_context_open("", &ctx));
	fakecl_calls_clear();
}

static void teardown(void)
{
	clnorm_context_destroy(ctx);
	ck_assert_msg(fakecl_misuse_count() == 0, "%s", fakecl_misuse());
	ck_assert_int_eq(fakecl_live_total(), 0);
}

/* A plan whose program no other activation's is. */
static clnorm_status plan_create(clnorm_activation activation, clnorm_plan **plan)
{
	clnorm_desc desc = clnorm_desc_1d(2, 3, 1000);
	desc.activation = activation;
	desc.variant = "resident";
	return clnorm_plan_create(ctx, &desc, plan);
}

/* What a thread does, and what came of it. */
struct worker {
	pthread_t thread;
	clnorm_plan *plan;
	clnorm_status st;
	char message[256], log[256];
};

static void *work(void *data)
{
	struct worker *worker = data;
	worker->st = plan_create(CLNORM_ACT_GELU, &worker->plan);
	snprintf(worker->message, sizeof(worker->message), "%.255s", clnorm_last_error());
	snprintf(worker->log, sizeof(worker->log), "%.255s", clnorm_build_log());
	return NULL;
}

static void *work_first(void *data)
{
	builder = pthread_self();
	return work(data);
}

/* The first one's call of `call` has begun, and waits. */
static void start_first(struct worker *worker, const char *call)
{
	fakecl_on_call(call, stop_here);
	ck_assert_int_eq(pthread_create(&worker->thread, NULL, work_first, worker), 0);
	sem_wait(&begun);
}

static void start_waiting(struct worker *worker)
{
	ck_assert_int_eq(pthread_create(&worker->thread, NULL, work, worker), 0);
	sem_wait(&waiting);
}

static void join(struct worker *worker)
{
	ck_assert_int_eq(pthread_join(worker->thread, NULL), 0);
}

static const char *const steps[] = {"clCreateProgramWithSource", "clBuildProgram"};

/* While one thread is inside the compiler, another one makes plans whose program is there, and of others; tuning is
 * looked at, put and loaded. */
START_TEST(nobody_waits_for_others)
{
	struct worker first = {.plan = NULL};
	clnorm_plan *warm = NULL, *again = NULL, *cold = NULL;
	clnorm_desc desc = clnorm_desc_1d(2, 3, 1000);
	clnorm_tuning_info info;
	EXPECT_OK(plan_create(CLNORM_ACT_NONE, &warm));
	start_first(&first, steps[_i]);
	EXPECT_OK(plan_create(CLNORM_ACT_NONE, &again));
	EXPECT_OK(plan_create(CLNORM_ACT_RELU, &cold));
	EXPECT_OK(clnorm_tuning_put(ctx, &desc, CLNORM_OP_FORWARD, "split", 2, 1));
	EXPECT_OK(clnorm_tuning_describe(ctx, &info));
	clnorm_plan_destroy(again);
	clnorm_plan_destroy(cold);
	ck_assert_ptr_null(first.plan);
	sem_post(&go_on);
	join(&first);
	EXPECT_STATUS(first.st, CLNORM_OK);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 3);
	clnorm_plan_destroy(warm);
	clnorm_plan_destroy(first.plan);
}
END_TEST

/* Three threads want one program: it is built once, and two wait for it. */
START_TEST(built_once)
{
	struct worker first = {.plan = NULL}, others[2] = {{.plan = NULL}};
	start_first(&first, "clBuildProgram");
	start_waiting(&others[0]);
	start_waiting(&others[1]);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	sem_post(&go_on);
	join(&first);
	join(&others[0]);
	join(&others[1]);
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	EXPECT_STATUS(first.st, CLNORM_OK);
	clnorm_plan_destroy(first.plan);
	for (size_t i = 0; i < 2; i++) {
		EXPECT_STATUS(others[i].st, CLNORM_OK);
		clnorm_plan_destroy(others[i].plan);
	}
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), 1);
}
END_TEST

static const struct {
	cl_int code;
	clnorm_status st;
	const char *message, *log;
} failures[] = {
	{CL_BUILD_PROGRAM_FAILURE, CLNORM_BUILD_FAILED, "did not build", "fake compiler"},
	{CL_COMPILER_NOT_AVAILABLE, CLNORM_NO_COMPILER, "CL_COMPILER_NOT_AVAILABLE", ""},
	{CL_OUT_OF_RESOURCES, CLNORM_OUT_OF_DEVICE_MEMORY, "CL_OUT_OF_RESOURCES", ""},
};

/* A failed build is that of all who waited, in its own words; nothing of it stays, and who comes later builds anew. */
START_TEST(failure_is_everyones)
{
	struct worker first = {.plan = NULL}, others[2] = {{.plan = NULL}};
	fakecl_fail_name("clBuildProgram", failures[_i].code);
	start_first(&first, "clBuildProgram");
	start_waiting(&others[0]);
	start_waiting(&others[1]);
	sem_post(&go_on);
	join(&first);
	join(&others[0]);
	join(&others[1]);
	EXPECT_STATUS(first.st, failures[_i].st);
	for (size_t i = 0; i < 2; i++) {
		EXPECT_STATUS(others[i].st, failures[_i].st);
		ck_assert_ptr_null(others[i].plan);
		ck_assert_ptr_nonnull(strstr(others[i].message, failures[_i].message));
		ck_assert_ptr_nonnull(strstr(others[i].log, failures[_i].log));
	}
	ck_assert_uint_eq(fakecl_calls_of("clBuildProgram"), 1);
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), 0);
	fakecl_fail_name(NULL, 0);
	fakecl_on_call(NULL, NULL);
	EXPECT_OK(plan_create(CLNORM_ACT_GELU, &first.plan));
	clnorm_plan_destroy(first.plan);
}
END_TEST

/* A plan of the activation, made and gone; how often it was built. */
static unsigned long use(clnorm_activation activation)
{
	clnorm_plan *plan = NULL;
	unsigned long before = fakecl_calls_of("clBuildProgram");
	EXPECT_OK(plan_create(activation, &plan));
	clnorm_plan_destroy(plan);
	return fakecl_calls_of("clBuildProgram") - before;
}

/* Three stay; the one used longest ago goes first, whichever was built first. */
START_TEST(unused_go)
{
	ck_assert_uint_eq(use(CLNORM_ACT_NONE), 1);
	ck_assert_uint_eq(use(CLNORM_ACT_RELU), 1);
	ck_assert_uint_eq(use(CLNORM_ACT_SILU), 1);
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), 3);
	ck_assert_uint_eq(use(CLNORM_ACT_NONE), 0);
	ck_assert_uint_eq(use(CLNORM_ACT_GELU), 1); /* relu goes */
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), 3);
	ck_assert_uint_eq(use(CLNORM_ACT_NONE), 0);
	ck_assert_uint_eq(use(CLNORM_ACT_SILU), 0);
	ck_assert_uint_eq(use(CLNORM_ACT_RELU), 1); /* gelu goes */
	ck_assert_uint_eq(use(CLNORM_ACT_NONE), 0);
	ck_assert_uint_eq(use(CLNORM_ACT_GELU), 1);
}
END_TEST

/* What plans use does not go, and does not count. */
START_TEST(used_stay)
{
	clnorm_plan *plans[CLNORM_ACTIVATION_COUNT] = {NULL}, *second = NULL;
	for (int a = 0; a < CLNORM_ACTIVATION_COUNT; a++) {
		EXPECT_OK(plan_create((clnorm_activation)a, &plans[a]));
	}
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), CLNORM_ACTIVATION_COUNT);
	EXPECT_OK(plan_create(CLNORM_ACT_NONE, &second));
	clnorm_plan_destroy(plans[CLNORM_ACT_NONE]);
	for (int a = 1; a < CLNORM_ACTIVATION_COUNT; a++) {
		clnorm_plan_destroy(plans[a]);
	}
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), 1 + 3);
	ck_assert_uint_eq(use(CLNORM_ACT_NONE), 0);
	clnorm_plan_destroy(second);
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), 3);
}
END_TEST

static const struct {
	const char *setting;
	long kept;
} limits[] = {{"0", 0}, {"1", 1}, {"2", 2}, {"", 5}, {"64", 5}, {"99999999999999999999999", 5}, {"many", 5}, {"-1", 5}};

/* With the limit that CLNORM_PROGRAMS sets, of five programs so many stay. */
START_TEST(limit)
{
	clnorm_context_destroy(ctx);
	setenv("CLNORM_PROGRAMS", limits[_i].setting, 1);
	EXPECT_OK(clnorm_context_open("", &ctx));
	for (int a = 0; a < CLNORM_ACTIVATION_COUNT; a++) {
		use((clnorm_activation)a);
	}
	ck_assert_int_eq(fakecl_live(FAKECL_PROGRAM), limits[_i].kept);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("programs");
	TCase *tcase = tcase_create("programs");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, nobody_waits_for_others, 0, sizeof(steps) / sizeof(steps[0]));
	tcase_add_test(tcase, built_once);
	tcase_add_loop_test(tcase, failure_is_everyones, 0, sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tcase, unused_go);
	tcase_add_test(tcase, used_stay);
	tcase_add_loop_test(tcase, limit, 0, sizeof(limits) / sizeof(limits[0]));
	suite_add_tcase(suite, tcase);
	return main_run(suite);
}
