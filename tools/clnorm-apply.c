/* clnorm-apply.c: normalizes a tensor or a picture: the command line, and the order of the work.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/apply/apply.h"
#include "tools/cli/options.h"

#define PROGRAM "clnorm-apply"

static struct tool_apply_settings settings;

static const struct tool_option options[] = {
	{"input", 'i', "FILE", "tensor (.npy) or picture (PNG) to normalize", tool_options_file, &settings.input},
	{"output", 'o', "FILE", "where the result goes, in the input's type", tool_options_file, &settings.output},
	{"gamma", 'g', "FILE", ".npy of C or N*C factors", tool_options_file, &settings.gamma},
	{"beta", 'b', "FILE", ".npy of C or N*C summands", tool_options_file, &settings.beta},
	{"epsilon", 'e', "NUMBER", "added to the variance (1e-5)", tool_options_epsilon, &settings.epsilon},
	{"layout", 'l', "LAYOUT", "of a tensor's axes: nchw or nhwc (nchw)", tool_options_layout, &settings.layout},
	{"groups", 0, "G", "statistics over C/G channels; 1 is layer norm (C)", tool_options_count, &settings.groups},
	{"mask", 0, "FILE", "statistics where this .npy or PNG is not 0 alone", tool_options_file, &settings.mask},
	{"lengths", 0, "FILE", ".npy of N lengths: statistics below them alone", tool_options_file, &settings.lengths},
	{"outside", 0, "WHAT", "elsewhere: normalize, keep or zero (normalize)", tool_options_outside,
         &settings.outside},
	{"ddof", 0, "0|1", "variance: sum/(count - ddof); 1: of a sample (0)", tool_options_ddof, &settings.ddof},
	{"min-std", 0, "NUMBER", "the least that is divided by (0)", tool_options_epsilon, &settings.min_std},
	{"mean", 0, "FILE", "applies means as --save-mean writes them", tool_options_file, &settings.mean},
	{"rstd", 0, "FILE", "with --mean: as --save-rstd writes them", tool_options_file, &settings.rstd},
	{"dtype", 't', "TYPE", "on the device: f32, f16, bf16 or f64 (the input's)", tool_options_dtype,
         &settings.dtype},
	{"activation", 'a', "NAME", "none, relu, leaky-relu:SLOPE, silu or gelu", tool_options_activation,
         &settings.activation},
	{"residual", 'r', "FILE", "added before the activation; of the input's shape", tool_options_file,
         &settings.residual},
	{"save-mean", 0, "FILE", "writes the means, N x G, as .npy", tool_options_file, &settings.save_mean},
	{"save-rstd", 0, "FILE", "writes 1/sqrt(variance + epsilon), N x G, as .npy", tool_options_file,
         &settings.save_rstd},
	{"style", 's', "FILE", "AdaIN: gamma and beta from a style's statistics", tool_options_file, &settings.style},
	{"grad", 0, "FILE", "dy of the input's shape: asks for gradients", tool_options_file, &settings.grad},
	{"dx", 0, "FILE", "writes the gradient of the input", tool_options_file, &settings.dx},
	{"dgamma", 0, "FILE", "writes the gradient of gamma, C or N x C", tool_options_file, &settings.dgamma},
	{"dbeta", 0, "FILE", "writes the gradient of beta, C or N x C", tool_options_file, &settings.dbeta},
	{"variant", 'v', "NAME", "forces a kernel variant", tool_options_geometry, &settings.variant},
	{"check", 'c', NULL, "compares with the reference, prints the largest error", tool_options_flag,
         &settings.check},
	{"device", 'd', "CHOICE", TOOL_DEVICE_WORDS, tool_options_choice, &settings.device},
	{"quiet", 'q', NULL, "no line about the run on stderr", tool_options_flag, &settings.quiet},
};

/* What no single option can know: of masks, and of statistics that are given. */
static bool check_statistics(const struct tool_apply_settings *set)
{
	bool has_mask = set->mask != NULL || set->lengths != NULL;
	if (set->mask != NULL && set->lengths != NULL) {
		return tool_report_fail("--mask and --lengths each say which elements count; both are given");
	}
	if (set->outside.is_given && !has_mask) {
		return tool_report_fail("--outside needs --mask FILE or --lengths FILE");
	}
	if ((set->mean != NULL) != (set->rstd != NULL)) {
		return tool_report_fail("--mean and --rstd go together; --%s FILE is missing",
		                        set->mean != NULL ? "rstd" : "mean");
	}
	if (set->mean == NULL) {
		return true;
	}
	if (has_mask && set->outside.outside == CLNORM_OUTSIDE_NORMALIZE) {
		return tool_report_fail(
			"--mean and --rstd are given: a mask or lengths then count with --outside keep or "
			"zero alone");
	}
	if (set->ddof != 0 || set->min_std > 0) {
		return tool_report_fail("--ddof and --min-std make rstd of the input; --rstd gives it");
	}
	if (set->save_mean != NULL || set->save_rstd != NULL) {
		return tool_report_fail("--save-mean and --save-rstd are of the input; --mean and --rstd are given");
	}
	return set->grad == NULL ||
	       tool_report_fail("--grad goes through statistics of the input; --mean and --rstd are given");
}

/* The same of what is asked for. */
static bool check_settings(const struct tool_apply_settings *set)
{
	bool has_gradient = set->dx != NULL || set->dgamma != NULL || set->dbeta != NULL;
	bool has_forward = set->output != NULL || set->save_mean != NULL || set->save_rstd != NULL || set->check;
	if (set->input == NULL) {
		return tool_report_fail("no input is given: -i FILE");
	}
	if (has_gradient && set->grad == NULL) {
		return tool_report_fail("--dx, --dgamma and --dbeta need --grad FILE");
	}
	if (set->grad != NULL && !has_gradient) {
		return tool_report_fail("--grad needs --dx FILE, --dgamma FILE or --dbeta FILE");
	}
	if (!has_forward && !has_gradient) {
		return tool_report_fail("nothing is asked for: -o FILE, --save-mean FILE, --save-rstd FILE or --check");
	}
	if (set->style != NULL && (set->gamma != NULL || set->beta != NULL)) {
		return tool_report_fail("--style takes the place of --gamma and --beta; both are given");
	}
	return check_statistics(set);
}

static const char more[] =
	"A picture is one sample with a channel a colour, on the scale 0 to 255; alpha stays. Its result is "
	"shown as\n"
	"127.5 + 42.5*y; with gamma, beta, style or residual, y itself is on the scale 0 to 255.\n"
	"\n"
	"  clnorm-apply -i tensor.npy -o normalized.npy --check\n"
	"  clnorm-apply -i content.png -o styled.png --style colours.png\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage.\n";

static int parse(int argc, char **argv)
{
	const struct tool_command command = {
		.program = PROGRAM,
		.about = "Normalizes each channel, or group of channels, of each sample: "
			 "y = act(gamma*(x - mean)/sqrt(var + epsilon) + beta + residual).",
		.usage = "-i INPUT -o OUTPUT [OPTION]...",
		.options = options,
		.count = sizeof options / sizeof options[0],
		.more = more,
		.repeatable = "",
	};
	int result = tool_options_parse(&command, argc, argv);
	if (result != TOOL_OPTIONS_GO) {
		return result;
	}
	return check_settings(&settings) ? TOOL_OPTIONS_GO : tool_options_refuse(&command);
}

int main(int argc, char **argv)
{
	clnorm_desc defaults = clnorm_desc_1d(1, 1, 1);
	settings = (struct tool_apply_settings){
		.epsilon = defaults.epsilon,
		.layout = defaults.layout,
		.activation = {defaults.activation, defaults.slope},
	};
	tool_report_begin(PROGRAM);
	int result = parse(argc, argv);
	if (result != TOOL_OPTIONS_GO) {
		return result;
	}
	if (!tool_apply_run(&settings)) {
		tool_report_print();
		return tool_report_finish(TOOL_FAILED);
	}
	return tool_report_finish(TOOL_DONE);
}
