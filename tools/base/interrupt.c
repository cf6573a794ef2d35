/* interrupt.c: Ctrl-C as a question that a long job asks now and then, so that it can keep what it has.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/base/interrupt.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t has_come;

static void remember(int signal_number)
{
	(void)signal_number;
	has_come = 1;
}

void tool_interrupt_watch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i) {
		struct sigaction now;
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
			struct sigaction mine = {.sa_flags = (int)SA_RESETHAND | SA_RESTART};
			mine.sa_handler = remember;
			sigemptyset(&mine.sa_mask);
			sigaction(numbers[i], &mine, NULL);
		}
	}
	/* Whoever reads the lines may go away; then printing fails, and is reported when the job is done. */
	signal(SIGPIPE, SIG_IGN);
}

bool tool_interrupt_came(void)
{
	return has_come != 0;
}
