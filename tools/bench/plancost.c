/* plancost.c: what making a plan costs a program that begins: with empty caches, and with those that it left.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/plancost.h"

#include "tools/base/clock.h"
#include "tools/measure/summary.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM_TIMES 3
#define FOLDERS_OPEN 16 /* at once, while a tree of them is removed */

/* Where clnorm and the drivers that are known keep what they compiled; XDG_CACHE_HOME is what others heed. */
static const char *const cache_variables[] = {
	"CLNORM_CACHE_DIR", "POCL_CACHE_DIR",        "CUDA_CACHE_PATH",     "NEO_CACHE_DIR",
	"NEO_CACHE_PATH",   "MESA_SHADER_CACHE_DIR", "AMD_COMGR_CACHE_DIR", "XDG_CACHE_HOME",
};

/* What a child says, in one write. */
struct answer {
	bool is_done;
	double ms;
	char reason[480];
};

/* ---- The child -------------------------------------------------------------------------------------------------- */

static bool make_plan(const char *device, const clnorm_desc *desc, double *ms)
{
	clnorm_context *ctx = NULL;
	clnorm_plan *plan = NULL;
	bool is_done = false;
	TOOL_TRY(tool_report_status(clnorm_context_open(device, &ctx)));
	double start = tool_clock_now();
	TOOL_TRY(tool_report_status(clnorm_plan_create(ctx, desc, &plan)));
	TOOL_TRY(tool_report_status(clnorm_plan_prepare(plan, clnorm_context_queue(ctx))));
	*ms = tool_clock_now() - start;
	is_done = true;
done:
	clnorm_plan_destroy(plan);
	clnorm_context_destroy(ctx);
	return is_done;
}

/* A folder of its own for each, which a driver may not make by itself. */
static void use_folder(const char *folder)
{
	for (size_t i = 0; i < sizeof cache_variables / sizeof cache_variables[0]; ++i) {
		char path[1100];
		snprintf(path, sizeof path, "%s/%s", folder, cache_variables[i]);
		mkdir(path, 0700); /* there already in a warm process */
		setenv(cache_variables[i], path, 1);
	}
}

/* Ends the process the ordinary way, so that drivers which write their cache at the end do. */
static void answer_as_child(int to, const char *folder, const char *device, const clnorm_desc *desc)
{
	struct answer answer = {.is_done = false};
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	use_folder(folder);
	answer.is_done = make_plan(device, desc, &answer.ms);
	if (!answer.is_done) {
		snprintf(answer.reason, sizeof answer.reason, "%.479s", tool_report_text());
	}
	exit(write(to, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
}

/* ---- The parent ------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupt;

static void note_interrupt(int number)
{
	interrupt = number;
}

/* Signals that end a program are kept until the folder is gone; `before` is for end_watch(). */
static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
enum { WATCHED_COUNT = sizeof watched / sizeof watched[0] };

static void begin_watch(struct sigaction before[WATCHED_COUNT])
{
	interrupt = 0;
	for (size_t i = 0; i < WATCHED_COUNT; ++i) {
		struct sigaction watching = {.sa_handler = note_interrupt};
		sigemptyset(&watching.sa_mask);
		sigaction(watched[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN) {
			sigaction(watched[i], &watching, NULL);
		}
	}
}

static void end_watch(const struct sigaction before[WATCHED_COUNT])
{
	for (size_t i = 0; i < WATCHED_COUNT; ++i) {
		sigaction(watched[i], &before[i], NULL);
	}
	if (interrupt != 0) {
		raise(interrupt);
	}
}

static bool read_answer(int from, pid_t child, struct answer *answer)
{
	size_t count = 0;
	while (count < sizeof *answer) {
		ssize_t got = read(from, (char *)answer + count, sizeof *answer - count);
		if (got <= 0 && !(got < 0 && errno == EINTR && interrupt == 0)) {
			break;
		}
		count += got > 0 ? (size_t)got : 0;
	}
	if (interrupt != 0) {
		kill(child, SIGTERM);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
	}
	return count == sizeof *answer || tool_report_fail("the process that made the plan ended early");
}

static bool ask(const char *folder, const char *device, const clnorm_desc *desc, double *ms)
{
	struct answer answer;
	int ends[2];
	if (pipe(ends) != 0) {
		return tool_report_fail("pipe: %s", strerror(errno));
	}
	fflush(NULL); /* the child must not print what is waiting here */
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		answer_as_child(ends[1], folder, device, desc);
	}
	close(ends[1]);
	bool is_done = child > 0 ? read_answer(ends[0], child, &answer) : tool_report_fail("fork: %s", strerror(errno));
	close(ends[0]);
	if (!is_done || !answer.is_done) {
		return is_done && tool_report_fail("%s", answer.reason);
	}
	*ms = answer.ms;
	return true;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
	(void)facts;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

static bool make_folder(char *folder, size_t bytes)
{
	const char *root = getenv("TMPDIR");
	int length = snprintf(folder, bytes, "%s/clnorm-bench-XXXXXX", root != NULL && root[0] == '/' ? root : "/tmp");
	if (length < 0 || (size_t)length >= bytes) {
		return tool_report_fail("TMPDIR is too long");
	}
	return mkdtemp(folder) != NULL || tool_report_fail("%s: cannot be made: %s", folder, strerror(errno));
}

bool tool_plancost_take(const char *device, const clnorm_desc *desc, struct tool_plancost *cost)
{
	struct sigaction before[WATCHED_COUNT];
	struct tool_plancost taken;
	double warm[WARM_TIMES];
	char folder[1024];
	if (!make_folder(folder, sizeof folder)) {
		return false;
	}
	begin_watch(before);
	bool is_done = ask(folder, device, desc, &taken.cold_ms);
	for (size_t i = 0; i < WARM_TIMES && is_done && interrupt == 0; ++i) {
		is_done = ask(folder, device, desc, &warm[i]);
	}
	nftw(folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
	end_watch(before);
	if (is_done) {
		taken.warm_ms = tool_summary_of(warm, WARM_TIMES).median;
		*cost = taken;
	}
	return is_done;
}
