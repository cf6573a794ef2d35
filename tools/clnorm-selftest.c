/* clnorm-selftest.c: every variant, dtype and layout on awkward shapes against the reference, on one device.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/base/json.h"
#include "tools/cli/options.h"
#include "tools/data/array.h"
#include "tools/judge/blascheck.h"
#include "tools/judge/tolerance.h"
#include "tools/judge/trials.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define PROGRAM "clnorm-selftest"
#define JSON_SCHEMA 1

struct settings {
	const char *device, *variant;
	struct tool_dtype_choice dtype;
	unsigned long long seed;
	bool is_json, is_quick;
};

struct run {
	const struct settings *set;
	clnorm_context *ctx;
	clnorm_device_info device;
	struct utsname machine;
	struct tool_json json;
	size_t planned;                       /* cases there will be */
	size_t counts[3];                     /* by enum tool_trial_result */
	double errors[2][CLNORM_DTYPE_COUNT]; /* the largest of each op and dtype, without activation */
};

/* Sizes around vectors, groups and chunks, with counts of instances around those of lanes and cores. The affine mode
 * and the activation come along, so that each is tried on some of the shapes. Sets of several channels come last,
 * with runs of one element, of less and more than a vector, and of more than a chunk. */
static const struct shape {
	bool is_quick;
	clnorm_affine affine;
	clnorm_activation activation;
	size_t groups;              /* 0: instance norm */
	size_t dims[TOOL_RANK_MAX]; /* 0 behind the last */
} shapes[] = {
	{.affine = CLNORM_AFFINE_CHANNEL, .dims = {1, 1}},
	{.affine = CLNORM_AFFINE_CHANNEL, .dims = {5, 3, 1}},
	{.affine = CLNORM_AFFINE_INSTANCE, .activation = CLNORM_ACT_RELU, .dims = {2, 33, 2}},
	{.affine = CLNORM_AFFINE_CHANNEL, .dims = {5, 1, 3}},
	{.affine = CLNORM_AFFINE_INSTANCE, .activation = CLNORM_ACT_LEAKY_RELU, .dims = {1, 5, 15}},
	{.affine = CLNORM_AFFINE_CHANNEL, .dims = {2, 3, 16}},
	{.is_quick = true, .affine = CLNORM_AFFINE_INSTANCE, .dims = {2, 33, 17}},
	{.affine = CLNORM_AFFINE_CHANNEL, .activation = CLNORM_ACT_SILU, .dims = {5, 3, 4, 4}},
	{.is_quick = true, .affine = CLNORM_AFFINE_CHANNEL, .activation = CLNORM_ACT_GELU, .dims = {2, 3, 31, 31}},
	{.affine = CLNORM_AFFINE_CHANNEL, .dims = {1, 1, 257}},
	{.affine = CLNORM_AFFINE_INSTANCE, .activation = CLNORM_ACT_RELU, .dims = {5, 5, 1, 257}},
	{.affine = CLNORM_AFFINE_CHANNEL, .dims = {1, 33, 10, 10, 10}},
	{.affine = CLNORM_AFFINE_INSTANCE, .activation = CLNORM_ACT_SILU, .dims = {2, 5, 1000}},
	{.affine = CLNORM_AFFINE_CHANNEL, .dims = {2, 1, 64, 64}},
	{.is_quick = true, .affine = CLNORM_AFFINE_CHANNEL, .dims = {1, 3, 65537}},
	{.affine = CLNORM_AFFINE_INSTANCE, .activation = CLNORM_ACT_LEAKY_RELU, .dims = {2, 1, 65537}},
	{.affine = CLNORM_AFFINE_CHANNEL, .groups = 1, .dims = {5, 2}},
	{.is_quick = true, .affine = CLNORM_AFFINE_CHANNEL, .groups = 1, .dims = {5, 768}},
	{.affine = CLNORM_AFFINE_INSTANCE, .activation = CLNORM_ACT_GELU, .groups = 3, .dims = {7, 33}},
	{.affine = CLNORM_AFFINE_CHANNEL, .activation = CLNORM_ACT_SILU, .groups = 1, .dims = {2, 3, 4, 4}},
	{.affine = CLNORM_AFFINE_INSTANCE, .groups = 2, .dims = {3, 4, 3}},
	{.affine = CLNORM_AFFINE_CHANNEL, .activation = CLNORM_ACT_RELU, .groups = 3, .dims = {2, 33, 17}},
	{.is_quick = true, .affine = CLNORM_AFFINE_CHANNEL, .groups = 4, .dims = {2, 8, 31, 31}},
	{.affine = CLNORM_AFFINE_INSTANCE, .activation = CLNORM_ACT_LEAKY_RELU, .groups = 16, .dims = {1, 32, 5, 5}},
	{.affine = CLNORM_AFFINE_CHANNEL, .groups = 11, .dims = {2, 33, 2}},
	{.affine = CLNORM_AFFINE_CHANNEL, .activation = CLNORM_ACT_SILU, .groups = 2, .dims = {1, 64, 10, 10}},
	{.affine = CLNORM_AFFINE_INSTANCE, .groups = 1, .dims = {1, 3, 16385}},
	{.affine = CLNORM_AFFINE_CHANNEL, .activation = CLNORM_ACT_GELU, .groups = 5, .dims = {1, 10, 1000}},
};
enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

static unsigned rank_of(const struct shape *shape)
{
	unsigned rank = 0;
	while (rank < TOOL_RANK_MAX && shape->dims[rank] > 0) {
		++rank;
	}
	return rank;
}

/* ---- Printing ---------------------------------------------------------------------------------------------------- */

/* The block to paste into a bug report. */
static void print_head(struct run *run)
{
	const clnorm_device_info *d = &run->device;
	if (run->set->is_json) {
		tool_json_open(&run->json, NULL, '{');
		tool_json_whole(&run->json, "schema", JSON_SCHEMA);
		tool_json_text(&run->json, "clnorm", clnorm_version());
		tool_json_text(&run->json, "headers", CLNORM_VERSION);
		tool_json_text(&run->json, "system", run->machine.sysname);
		tool_json_text(&run->json, "machine", run->machine.machine);
		tool_json_text(&run->json, "platform", d->platform_name);
		tool_json_text(&run->json, "device", d->name);
		tool_json_text(&run->json, "type", d->type);
		tool_json_text(&run->json, "version", d->version);
		tool_json_text(&run->json, "driver", d->driver);
		tool_json_whole(&run->json, "seed", run->set->seed);
		tool_json_flag(&run->json, "quick", run->set->is_quick);
		tool_json_whole(&run->json, "planned", run->planned);
		tool_json_open(&run->json, "cases", '[');
		return;
	}
	printf("# %s: library %s, headers %s\n", PROGRAM, clnorm_version(), CLNORM_VERSION);
	printf("# system: %s %s %s\n", run->machine.sysname, run->machine.release, run->machine.machine);
	printf("# platform: %s\n# device: %s (%s), %u units, groups to %u, %llu bytes local\n", d->platform_name,
	       d->name, d->type, d->compute_units, d->max_group, d->local_bytes);
	printf("# version: %s\n# driver: %s\n", d->version, d->driver);
	printf("# options: --seed %llu%s%s%s\n", run->set->seed, run->set->is_quick ? " --quick" : "",
	       run->set->variant != NULL ? " --variant " : "", run->set->variant != NULL ? run->set->variant : "");
	printf("1..%zu\n", run->planned);
	fflush(stdout);
}

static void print_case(struct run *run, const char *name, const struct tool_trial *trial)
{
	static const char *const words[] = {"passed", "failed", "skipped"};
	if (run->set->is_json) {
		tool_json_open(&run->json, NULL, '{');
		tool_json_text(&run->json, "name", name);
		tool_json_text(&run->json, "result", words[trial->result]);
		tool_json_number(&run->json, "error", trial->error);
		tool_json_text(&run->json, "reason", trial->reason);
		tool_json_close(&run->json, '}');
		return;
	}
	size_t number = run->counts[0] + run->counts[1] + run->counts[2];
	printf("%s %zu - %s", trial->result == TOOL_TRIAL_FAILED ? "not ok" : "ok", number, name);
	if (trial->result == TOOL_TRIAL_SKIPPED) {
		printf(" # SKIP %s", trial->reason);
	} else if (trial->result == TOOL_TRIAL_FAILED) {
		printf("\n# %s", trial->reason);
	}
	printf("\n");
	fflush(stdout);
}

static void print_end(struct run *run)
{
	size_t passed = run->counts[TOOL_TRIAL_PASSED], failed = run->counts[TOOL_TRIAL_FAILED];
	size_t skipped = run->counts[TOOL_TRIAL_SKIPPED];
	if (run->set->is_json) {
		tool_json_close(&run->json, ']');
		tool_json_whole(&run->json, "passed", passed);
		tool_json_whole(&run->json, "failed", failed);
		tool_json_whole(&run->json, "skipped", skipped);
		tool_json_close(&run->json, '}');
		return;
	}
	for (int i = 0; i < CLNORM_DTYPE_COUNT; ++i) {
		clnorm_dtype dtype = (clnorm_dtype)i;
		if (run->errors[0][i] != 0 || run->errors[1][i] != 0) {
			printf("# %s: largest error forward %.3g of %.3g, backward %.3g of %.3g\n",
			       clnorm_dtype_name(dtype), run->errors[0][i], tool_tolerance_forward(dtype),
			       run->errors[1][i], tool_tolerance_backward(dtype));
		}
	}
	printf("# %zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
}

/* ---- Trials ------------------------------------------------------------------------------------------------------ */

/* One shape of one variant, dtype and layout. */
static void try_shape(struct run *run, const clnorm_variant_info *variant, clnorm_op op, clnorm_dtype dtype,
                      clnorm_layout layout, size_t i)
{
	struct tool_trial trial;
	unsigned rank = rank_of(&shapes[i]);
	clnorm_desc desc = clnorm_desc_nd(rank, shapes[i].dims);
	char name[160], activation[CLNORM_ACTIVATION_BYTES];
	size_t used = 0;
	desc.dtype = dtype;
	desc.layout = layout;
	desc.variant = variant->name;
	desc.affine = shapes[i].affine;
	desc.activation = shapes[i].activation;
	desc.groups = shapes[i].groups;
	for (unsigned k = 0; k < rank; ++k) {
		used += (size_t)snprintf(name + used, sizeof name - used, "%s%zu", k > 0 ? "x" : "", shapes[i].dims[k]);
	}
	if (desc.groups > 0) {
		used += (size_t)snprintf(name + used, sizeof name - used, " groups %zu", desc.groups);
	}
	bool is_backward = op == CLNORM_OP_BACKWARD;
	snprintf(name + used, sizeof name - used, " %s %s %s %s %s", clnorm_dtype_name(dtype),
	         clnorm_layout_name(layout), variant->name, is_backward ? "backward" : "forward",
	         clnorm_activation_print(activation, desc.activation, desc.slope));
	tool_trial_run(run->ctx, &desc, op, run->set->seed, &trial);
	++run->counts[trial.result];
	double *error = &run->errors[is_backward ? 1 : 0][dtype];
	*error = fmax(*error, trial.error);
	print_case(run, name, &trial);
}

/* A type of each kind: computed in, and only stored in. */
static bool is_quick_dtype(clnorm_dtype dtype)
{
	return dtype == CLNORM_F32 || dtype == CLNORM_F16;
}

/* What is done with a case. */
typedef void visit(struct run *run, const clnorm_variant_info *variant, clnorm_op op, clnorm_dtype dtype,
                   clnorm_layout layout, size_t i);

static void count_case(struct run *run, const clnorm_variant_info *variant, clnorm_op op, clnorm_dtype dtype,
                       clnorm_layout layout, size_t i)
{
	(void)variant, (void)op, (void)dtype, (void)layout, (void)i;
	++run->planned;
}

static void visit_variant(struct run *run, const clnorm_variant_info *variant, clnorm_op op, visit *each)
{
	for (int layout = 0; layout < CLNORM_LAYOUT_COUNT; ++layout) {
		for (int dtype = 0; dtype < CLNORM_DTYPE_COUNT; ++dtype) {
			bool is_asked = run->set->dtype.is_given
			                        ? run->set->dtype.dtype == (clnorm_dtype)dtype
			                        : !run->set->is_quick || is_quick_dtype((clnorm_dtype)dtype);
			for (size_t i = 0; i < SHAPE_COUNT && is_asked && (variant->layouts >> layout & 1) != 0; ++i) {
				if (shapes[i].is_quick || !run->set->is_quick) {
					each(run, variant, op, (clnorm_dtype)dtype, (clnorm_layout)layout, i);
				}
			}
		}
	}
}

/* Every case that is asked for, in the order in which they are printed. */
static void visit_all(struct run *run, visit *each)
{
	const clnorm_op ops[] = {CLNORM_OP_FORWARD, CLNORM_OP_BACKWARD};
	for (size_t i = 0; i < clnorm_variant_count(); ++i) {
		const clnorm_variant_info *variant = clnorm_variant_get(i);
		bool is_asked = run->set->variant == NULL || strcmp(run->set->variant, variant->name) == 0;
		for (size_t k = 0; k < sizeof ops / sizeof ops[0]; ++k) {
			if (is_asked && (variant->ops & (unsigned)ops[k]) != 0) {
				visit_variant(run, variant, ops[k], each);
			}
		}
	}
}

/* CLBlast's opinion on sums of clnorm's own kernels: not where one variant alone is asked for, or little time. */
static bool wants_blas(const struct settings *set)
{
	bool is_f32 = !set->dtype.is_given || set->dtype.dtype == CLNORM_F32;
	return !set->is_quick && set->variant == NULL && is_f32;
}

static void try_blas(struct run *run)
{
	struct tool_trial trials[TOOL_BLASCHECK_COUNT];
	tool_blascheck_run(run->ctx, run->set->seed, trials);
	for (int i = 0; i < TOOL_BLASCHECK_COUNT; ++i) {
		++run->counts[trials[i].result];
		print_case(run, tool_blascheck_name((enum tool_blascheck)i), &trials[i]);
	}
}

static bool try_all(struct run *run)
{
	bool has_blas = wants_blas(run->set);
	if (!tool_report_status(clnorm_context_open(run->set->device, &run->ctx)) ||
	    !tool_report_status(clnorm_context_info(run->ctx, &run->device))) {
		return false;
	}
	if (uname(&run->machine) != 0) {
		run->machine = (struct utsname){.sysname = "unknown"};
	}
	visit_all(run, count_case);
	run->planned += has_blas ? TOOL_BLASCHECK_COUNT : 0;
	print_head(run);
	visit_all(run, try_shape);
	if (has_blas) {
		try_blas(run);
	}
	print_end(run);
	return run->counts[TOOL_TRIAL_FAILED] == 0 ||
	       tool_report_fail("%zu of %zu cases failed on %s", run->counts[TOOL_TRIAL_FAILED],
	                        run->counts[0] + run->counts[1] + run->counts[2], run->device.name);
}

static const char more[] = "Exit status: 0 all passed or skipped, 1 a failure or no device, 2 usage.\n";

static int parse(int argc, char **argv, struct settings *set)
{
	const struct tool_option options[] = {
		{"device", 'd', "CHOICE", TOOL_DEVICE_WORDS, tool_options_choice, &set->device},
		{"quick", 'q', NULL, "a few shapes, f32 and f16 only", tool_options_flag, &set->is_quick},
		{"variant", 'v', "NAME", "one kernel variant only", tool_options_variant, &set->variant},
		{"dtype", 't', "TYPE", "one dtype only: f32, f16, bf16 or f64", tool_options_dtype, &set->dtype},
		{"seed", 's', "NUMBER", "of the made-up data (1)", tool_options_seed, &set->seed},
		{"json", 'j', NULL, "prints JSON in place of TAP", tool_options_flag, &set->is_json},
	};
	const struct tool_command command = {
		.program = PROGRAM,
		.about = "Compares every kernel variant with the reference, on one device; prints TAP.",
		.usage = "[OPTION]...",
		.options = options,
		.count = sizeof options / sizeof options[0],
		.more = more,
		.repeatable = "",
	};
	return tool_options_parse(&command, argc, argv);
}

int main(int argc, char **argv)
{
	struct settings set = {.seed = 1};
	struct run run = {.set = &set, .json = {.file = stdout}};
	tool_report_begin(PROGRAM);
	int result = parse(argc, argv, &set);
	if (result != TOOL_OPTIONS_GO) {
		return result;
	}
	result = TOOL_DONE;
	/* A wrong result is a failure here, where a plan would refuse a variant that a driver computes wrongly. */
	setenv("CLNORM_PROBE", "off", 0);
	if (!try_all(&run)) {
		tool_report_print();
		result = TOOL_FAILED;
	}
	clnorm_context_destroy(run.ctx);
	return tool_report_finish(result);
}
