/* tune.c: a run of clnorm-tune: a search for each shape and operation, then the record.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/tune/tune.h"

#include "tools/base/interrupt.h"
#include "tools/data/room.h"
#include "tools/tune/record.h"
#include "tools/tune/search.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	clnorm_op op;
	unsigned tensors; /* of x's size, at once */
} ops[] = {
	{.name = "forward", .op = CLNORM_OP_FORWARD, .tensors = 2},
	{.name = "backward", .op = CLNORM_OP_BACKWARD, .tensors = 3},
};
enum { OPS = sizeof ops / sizeof ops[0] };

/* An answer, kept until the record is written. */
struct found {
	clnorm_desc desc;
	clnorm_op op;
	struct tool_search_answer answer;
};

struct run {
	const struct tool_tune_settings *set;
	clnorm_context *ctx;
	clnorm_device_info device;
	struct tool_record record;
	struct found *found;
	size_t count;
	struct tool_progress progress;
	bool has_failure, is_stopped;
};

/* What was found goes over what the file has by now, which another run may have written meanwhile. */
static bool write_record(struct run *run)
{
	bool is_written = false;
	TOOL_TRY(tool_record_open(run->ctx, &run->record));
	for (size_t i = 0; i < run->count; ++i) {
		const struct found *found = &run->found[i];
		TOOL_TRY(tool_report_status(clnorm_tuning_put(run->ctx, &found->desc, found->op, found->answer.choice,
		                                              found->answer.usual_us, found->answer.us)));
	}
	is_written = tool_record_save(run->ctx, &run->record);
done:
	tool_record_close(&run->record);
	return is_written;
}

/* ---- Searching -------------------------------------------------------------------------------------------------- */

static void print_head(const struct run *run)
{
	if (!run->set->is_quiet) {
		printf("clnorm-tune on %s (%s), driver %s\n", run->device.name, run->device.platform_name,
		       run->device.driver);
		printf("%-24s %-9s %-5s %-6s", "shape", "op", "dtype", "layout");
		if (tool_shapes_have_groups(&run->set->shapes)) {
			printf(" %6s", "groups");
		}
		printf(" %10s %10s %7s  %s\n", "default us", "tuned us", "gain %", "choice");
		fflush(stdout);
	}
}

static void print_answer(struct run *run, const struct tool_shape *shape, const char *op,
                         const struct tool_search_answer *answer)
{
	if (!run->set->is_quiet) {
		tool_progress_clear(&run->progress);
		printf("%-24s %-9s %-5s %-6s", shape->id, op, clnorm_dtype_name(run->set->dtype),
		       clnorm_layout_name(run->set->layout));
		if (shape->groups > 0) {
			printf(" %6zu", shape->groups);
		} else if (tool_shapes_have_groups(&run->set->shapes)) {
			printf(" %6s", "-");
		}
		printf(" %10.1f %10.1f %7.1f  %s%s\n", answer->usual_us, answer->us,
		       100 * (answer->usual_us / answer->us - 1), answer->choice,
		       answer->is_better ? "" : " (the default)");
		fflush(stdout); /* searching takes long; whoever waits sees each line as it comes */
	}
}

static bool keep(struct run *run, const struct found *found)
{
	struct found *more = realloc(run->found, (run->count + 1) * sizeof more[0]);
	if (more == NULL) {
		return tool_report_fail("no memory for %zu answers", run->count + 1);
	}
	run->found = more;
	more[run->count++] = *found;
	return true;
}

static void note_failure(struct run *run, const char *id)
{
	tool_progress_clear(&run->progress);
	tool_report_note("%s: %s", id, tool_report_text());
	run->has_failure = true;
}

/* Bytes of x fit size_t: that is checked when a shape is read. */
static bool has_room(struct run *run, const struct tool_shape *shape, unsigned tensors)
{
	unsigned long long room = 0, bytes = clnorm_dtype_bytes(run->set->dtype);
	for (unsigned i = 0; i < shape->rank; ++i) {
		bytes *= shape->dims[i];
	}
	if (!tool_room_find(run->ctx, tensors, &room)) {
		return false;
	}
	return bytes <= room || tool_report_fail("x has %llu bytes; there is room for tensors of %llu", bytes, room);
}

/* One shape and operation. False where the run ends here. */
static bool tune_one(struct run *run, const struct tool_shape *shape, size_t op)
{
	struct found found = {.desc = tool_shapes_desc(shape), .op = ops[op].op};
	char step[64];
	found.desc.dtype = run->set->dtype;
	found.desc.layout = run->set->layout;
	struct tool_search_question question = {.desc = found.desc,
	                                        .op = found.op,
	                                        .name = step,
	                                        .rounds = run->set->repeat,
	                                        .progress = &run->progress};
	snprintf(step, sizeof step, "%.40s %s", shape->id, ops[op].name);
	tool_progress_name(&run->progress, step);
	if (!has_room(run, shape, ops[op].tensors)) {
		note_failure(run, shape->id);
		return true;
	}
	switch (tool_search(run->ctx, &question, &found.answer)) {
	case TOOL_SEARCH_FOUND:
		print_answer(run, shape, ops[op].name, &found.answer);
		return keep(run, &found);
	case TOOL_SEARCH_STOPPED:
		run->is_stopped = true;
		return true;
	default:
		note_failure(run, shape->id);
		return true;
	}
}

static bool tune_all(struct run *run)
{
	size_t op_count = 0, total;
	for (size_t i = 0; i < OPS; ++i) {
		op_count += (run->set->ops & ops[i].op) != 0;
	}
	total = op_count * run->set->shapes.count;
	if (!run->set->is_quiet) {
		tool_progress_begin(&run->progress, "tuning", total);
	}
	for (size_t i = 0; i < run->set->shapes.count && !run->is_stopped; ++i) {
		for (size_t k = 0; k < OPS && !run->is_stopped; ++k) {
			if (!(run->set->ops & ops[k].op)) {
				continue;
			}
			if (!tune_one(run, &run->set->shapes.items[i], k)) {
				return false;
			}
			tool_progress_next(&run->progress);
		}
	}
	tool_progress_clear(&run->progress);
	if (run->is_stopped) {
		tool_report_note("interrupted: %zu of %zu are kept", run->count, total);
	}
	return true;
}

/* The user's own record must not take part in finding the default: all entries are forgotten first. */
static bool open_device(struct run *run)
{
	if (!tool_report_status(clnorm_context_open(run->set->device, &run->ctx)) ||
	    !tool_report_status(clnorm_context_info(run->ctx, &run->device))) {
		return false;
	}
	clnorm_tuning_clear(run->ctx);
	return true;
}

enum tool_exit tool_tune_run(const struct tool_tune_settings *set, bool *is_told)
{
	struct run run = {.set = set};
	enum tool_exit result = TOOL_FAILED;
	*is_told = false;
	tool_interrupt_watch();
	TOOL_TRY(open_device(&run));
	TOOL_TRY(tool_record_find(run.ctx, set->output, &run.record));
	print_head(&run);
	TOOL_TRY(tune_all(&run));
	if (run.count > 0) {
		TOOL_TRY(write_record(&run));
		if (!set->is_quiet) {
			printf("%zu entr%s in %s\n", run.count, run.count == 1 ? "y" : "ies", run.record.path);
		}
	}
	*is_told = true;
	result = run.has_failure || run.is_stopped ? TOOL_FAILED : TOOL_DONE;
done:
	tool_progress_clear(&run.progress);
	clnorm_context_destroy(run.ctx);
	free(run.found);
	return result;
}
