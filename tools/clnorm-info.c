/* clnorm-info.c: the device query: what devices there are, which clnorm can use and why not, and what it would do on
 * the chosen one. SPDX-License-Identifier: Apache-2.0 */
#include "tools/cli/options.h"
#include "tools/info/cache.h"
#include "tools/info/survey.h"
#include "tools/info/vendors.h"

#include <stdio.h>
#include <stdlib.h>

#define PROGRAM "clnorm-info"
#define JSON_SCHEMA 1

struct settings {
	const char *device;
	bool is_list, is_json, skips_speed, clears_cache;
};

/* What there is to tell. A status that is not OK has its reason beside it. */
struct facts {
	clnorm_device_info *devices;
	size_t count;
	bool has_choice; /* chosen is a usable device */
	clnorm_device_info chosen;
	bool has_survey;
	struct tool_survey survey;
	enum tool_exit result;
	char reason[512]; /* why result is not TOOL_DONE; "" where it is */
};

static void keep_failure(struct facts *facts, enum tool_exit result)
{
	facts->result = result;
	snprintf(facts->reason, sizeof facts->reason, "%.511s", tool_report_text());
}

/* ---- Finding out ------------------------------------------------------------------------------------------------- */

static bool list_devices(struct facts *facts)
{
	size_t count = 0;
	if (!tool_report_status(clnorm_device_list(0, NULL, &count))) {
		return false;
	}
	facts->devices = calloc(count + 1, sizeof facts->devices[0]);
	if (facts->devices == NULL) {
		return tool_report_fail("no memory for %zu devices", count);
	}
	size_t found = count;
	if (!tool_report_status(clnorm_device_list(count, facts->devices, &found))) {
		return false;
	}
	facts->count = found < count ? found : count;
	return true;
}

static bool survey_device(const struct settings *set, struct facts *facts)
{
	clnorm_context *ctx = NULL;
	facts->has_survey = tool_report_status(clnorm_context_open(set->device, &ctx)) &&
	                    tool_survey_take(ctx, !set->skips_speed, &facts->survey);
	clnorm_context_destroy(ctx);
	if (facts->has_survey && !facts->survey.is_right) {
		return tool_report_fail("%s gives wrong results: %s", facts->chosen.name, facts->survey.fault);
	}
	return facts->has_survey;
}

static void find_out(const struct settings *set, struct facts *facts)
{
	if (!list_devices(facts)) {
		keep_failure(facts, TOOL_FAILED);
		return;
	}
	facts->has_choice = tool_report_status(clnorm_device_find(set->device, &facts->chosen));
	if (!facts->has_choice) {
		keep_failure(facts, TOOL_FAILED);
	} else if (!set->is_list && !survey_device(set, facts)) {
		keep_failure(facts, TOOL_BROKEN);
	}
}

static bool is_chosen(const struct facts *facts, const clnorm_device_info *device)
{
	return facts->has_choice && device->platform_index == facts->chosen.platform_index &&
	       device->device_index == facts->chosen.device_index;
}

/* ---- Printing ---------------------------------------------------------------------------------------------------- */

/* One line: *, P:D, type, fitness, names. */
static void print_line(const struct facts *facts, const clnorm_device_info *device)
{
	printf("%s %u:%u  %-11s %s  %s (%s)", is_chosen(facts, device) ? "*" : " ", device->platform_index,
	       device->device_index, device->type, device->usable ? "usable    " : "not usable", device->name,
	       device->platform_name);
	printf(device->usable ? "\n" : ": %s\n", device->reason);
}

static void print_limits(const clnorm_device_info *device)
{
	const double mib = 1048576.0;
	printf("       %s, %s, driver %s\n", device->vendor, device->version, device->driver);
	printf("       %u units, groups to %u, memory %.0f MiB, one buffer to %.0f MiB, local %.0f KiB, cache %.0f "
	       "KiB\n",
	       device->compute_units, device->max_group, (double)device->global_bytes / mib,
	       (double)device->max_alloc_bytes / mib, (double)device->local_bytes / 1024,
	       (double)device->cache_bytes / 1024);
	printf("       fp16 arithmetic %s (not needed for f16), fp64 %s\n", device->fp16 ? "yes" : "no",
	       device->fp64 ? "yes" : "no: no f64");
}

/* What the environment says and nobody understands. */
static void print_faults(void)
{
	char text[256];
	for (size_t i = 0; clnorm_setting_fault(i, text, sizeof text); ++i) {
		printf("%s  %s\n", i == 0 ? "Settings\n" : "", text);
	}
}

static void print_json_faults(struct tool_json *json)
{
	char text[256];
	tool_json_open(json, "settings", '[');
	for (size_t i = 0; clnorm_setting_fault(i, text, sizeof text); ++i) {
		tool_json_text(json, NULL, text);
	}
	tool_json_close(json, ']');
}

static void print_text(const struct settings *set, const struct facts *facts)
{
	if (!set->is_list) {
		printf("clnorm %s\nDevices (* is the one chosen)\n", clnorm_version());
	}
	for (size_t i = 0; i < facts->count; ++i) {
		print_line(facts, &facts->devices[i]);
		if (!set->is_list && facts->devices[i].compute_units > 0) { /* 0: its driver does not tell */
			print_limits(&facts->devices[i]);
		}
	}
	if (facts->count == 0) {
		printf("  none\n");
	}
	if (!set->is_list && !facts->has_choice) {
		tool_vendors_print(stdout);
	}
	if (facts->has_survey) {
		tool_survey_print(&facts->survey, stdout);
	}
	if (!set->is_list) {
		tool_cache_print(facts->has_choice ? &facts->chosen : NULL, stdout);
		print_faults();
	}
}

static void print_json_device(const struct facts *facts, const clnorm_device_info *device, struct tool_json *json)
{
	char index[32];
	snprintf(index, sizeof index, "%u:%u", device->platform_index, device->device_index);
	tool_json_open(json, NULL, '{');
	tool_json_text(json, "index", index);
	tool_json_flag(json, "chosen", is_chosen(facts, device));
	tool_json_flag(json, "usable", device->usable);
	tool_json_text(json, "reason", device->reason);
	tool_json_text(json, "platform", device->platform_name);
	tool_json_text(json, "name", device->name);
	tool_json_text(json, "vendor", device->vendor);
	tool_json_text(json, "type", device->type);
	tool_json_text(json, "version", device->version);
	tool_json_text(json, "driver", device->driver);
	tool_json_whole(json, "compute_units", device->compute_units);
	tool_json_whole(json, "max_group", device->max_group);
	tool_json_whole(json, "global_bytes", device->global_bytes);
	tool_json_whole(json, "max_alloc_bytes", device->max_alloc_bytes);
	tool_json_whole(json, "local_bytes", device->local_bytes);
	tool_json_whole(json, "cache_bytes", device->cache_bytes);
	tool_json_flag(json, "fp16", device->fp16);
	tool_json_flag(json, "fp64", device->fp64);
	tool_json_flag(json, "available", device->available);
	tool_json_flag(json, "compiler", device->compiler);
	tool_json_close(json, '}');
}

static void open_json(struct tool_json *json, enum tool_exit result, const char *reason)
{
	tool_json_open(json, NULL, '{');
	tool_json_whole(json, "schema", JSON_SCHEMA);
	tool_json_text(json, "clnorm", clnorm_version());
	tool_json_whole(json, "exit", (unsigned long long)result);
	tool_json_text(json, "reason", reason);
}

static void print_json(const struct facts *facts)
{
	struct tool_json json = {.file = stdout};
	open_json(&json, facts->result, facts->reason);
	tool_vendors_print_json(&json, "loader");
	tool_json_open(&json, "devices", '[');
	for (size_t i = 0; i < facts->count; ++i) {
		print_json_device(facts, &facts->devices[i], &json);
	}
	tool_json_close(&json, ']');
	if (facts->has_survey) {
		tool_survey_print_json(&facts->survey, &json);
	}
	tool_cache_print_json(facts->has_choice ? &facts->chosen : NULL, &json);
	print_json_faults(&json);
	tool_json_close(&json, '}');
}

/* ---- Clearing the cache ------------------------------------------------------------------------------------------ */

/* No driver is asked, so that it works where none does. */
static enum tool_exit clear_cache(const struct settings *set)
{
	size_t removed;
	enum tool_exit result = tool_cache_clear(&removed) ? TOOL_DONE : TOOL_FAILED;
	if (set->is_json) {
		struct tool_json json = {.file = stdout};
		open_json(&json, result, tool_report_text());
		tool_json_whole(&json, "removed", removed);
		tool_cache_print_json(NULL, &json);
		tool_json_close(&json, '}');
	} else if (result == TOOL_DONE) {
		printf("removed %zu program%s\n", removed, removed == 1 ? "" : "s");
	}
	if (result != TOOL_DONE) {
		tool_report_print();
	}
	return result;
}

static const char more[] =
	"Exit status: 0 the chosen device is usable, 1 there is none, 2 usage, 3 it fails or gives wrong "
	"results; with --clear-cache: 0 done, 1 the folder cannot be used.\n";

/* ---- Command line ------------------------------------------------------------------------------------------------ */

static int parse(int argc, char **argv, struct settings *set)
{
	const struct tool_option options[] = {
		{"list", 'l', NULL, "a line for each device, nothing else", tool_options_flag, &set->is_list},
		{"json", 'j', NULL, "prints JSON in place of text", tool_options_flag, &set->is_json},
		{"no-measure", 'n', NULL, "does not measure the copy speed", tool_options_flag, &set->skips_speed},
		{"clear-cache", 'c', NULL, "removes the programs of the cache, nothing else", tool_options_flag,
	         &set->clears_cache},
		{"device", 'd', "CHOICE", TOOL_DEVICE_WORDS, tool_options_choice, &set->device},
	};
	const struct tool_command command = {
		.program = PROGRAM,
		.about = "Lists the OpenCL devices, says which clnorm can use, and tries the chosen one.",
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
	struct settings set = {0};
	struct facts facts = {0};
	tool_report_begin(PROGRAM);
	int result = parse(argc, argv, &set);
	if (result != TOOL_OPTIONS_GO) {
		return result;
	}
	if (set.clears_cache) {
		return tool_report_finish((int)clear_cache(&set));
	}
	find_out(&set, &facts);
	if (set.is_json) {
		print_json(&facts);
	} else {
		print_text(&set, &facts);
	}
	if (facts.result != TOOL_DONE) {
		tool_report_note("%s", facts.reason);
	}
	free(facts.devices);
	return tool_report_finish((int)facts.result);
}
