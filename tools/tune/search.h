/* search.h: the best choice for one shape on this device: variants against each other, then their knobs one by one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SEARCH_H
#define TOOL_SEARCH_H

#include "tools/base/report.h"
#include "tools/cli/progress.h"

#define TOOL_CHOICE_MAX 256

struct tool_search_question {
	clnorm_desc desc;
	clnorm_op op;                   /* CLNORM_OP_FORWARD or CLNORM_OP_BACKWARD */
	const char *name;               /* of shape and op, for what the user is told meanwhile */
	size_t rounds;                  /* of each comparison; 0: as many as take a while */
	struct tool_progress *progress; /* its step is moved */
};

struct tool_search_answer {
	char choice[TOOL_CHOICE_MAX]; /* the default's variant, without settings, where nothing was better */
	bool is_better;               /* the choice beats the default beyond the noise */
	double usual_us, us;          /* medians of the default and of the choice, from the same rounds */
	size_t tried;                 /* candidates that ran */
};

enum tool_search_end { TOOL_SEARCH_FOUND, TOOL_SEARCH_STOPPED, TOOL_SEARCH_FAILED };

/* Searches with the context's own planner for the default, so that the context should hold no tuning entries.
 * Everything that is compared runs in turns on the same data; a candidate that is hopeless in its first rounds is
 * dropped. Whatever wins a comparison is held against the reference before it is kept; one that computes wrongly is
 * left out, with a line on stderr, and where that is the default, the best of the others is better. Stopped:
 * tool_interrupt_came(), and *answer stays. Failed: the reason is kept. */
enum tool_search_end tool_search(clnorm_context *ctx, const struct tool_search_question *question,
                                 struct tool_search_answer *answer);

#endif
