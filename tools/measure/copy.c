/* copy.c: the yardstick: several ways to copy a buffer on a device, for the best of them to be measured against.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/copy.h"

#include <stdio.h>
#include <string.h>

/* Which of them is the fastest depends on the device: GPUs want a vector a work-item, CPUs a long piece a work-item,
 * and stores past the caches where the copy is larger than these. All take the same arguments; the bytes behind the
 * last whole vector are work-item 0's. */
static const char *const source[] = {
	"#ifdef STREAMING\n",
	"#ifdef __has_builtin\n",
	"#if __has_builtin(__builtin_nontemporal_store)\n",
	"#define PUT(value, at) __builtin_nontemporal_store(value, at)\n",
	"#endif\n",
	"#endif\n",
	"#ifndef PUT\n",
	"#error no stores past the caches\n",
	"#endif\n",
	"#else\n",
	"#define PUT(value, at) (*(at) = (value))\n",
	"#endif\n",
	"#define ARGUMENTS __global const V *x, __global V *y, ulong count, ulong piece, ulong bytes\n",
	"void copy_tail(ARGUMENTS)\n",
	"{\n",
	"	if (get_global_id(0) == 0) {\n",
	"		for (ulong i = count * sizeof(V); i < bytes; ++i) {\n",
	"			((__global uchar *)y)[i] = ((__global const uchar *)x)[i];\n",
	"		}\n",
	"	}\n",
	"}\n",
	"__kernel void copy_each(ARGUMENTS)\n",
	"{\n",
	"	ulong i = get_global_id(0);\n",
	"	if (i < count) {\n",
	"		PUT(x[i], &y[i]);\n",
	"	}\n",
	"	copy_tail(x, y, count, piece, bytes);\n",
	"}\n",
	"__kernel void copy_stride(ARGUMENTS)\n",
	"{\n",
	"	for (ulong i = get_global_id(0); i < count; i += get_global_size(0)) {\n",
	"		PUT(x[i], &y[i]);\n",
	"	}\n",
	"	copy_tail(x, y, count, piece, bytes);\n",
	"}\n",
	"__kernel void copy_piece(ARGUMENTS)\n",
	"{\n",
	"	ulong end = min(count, (get_global_id(0) + 1) * piece);\n",
	"	for (ulong i = get_global_id(0) * piece; i < end; ++i) {\n",
	"		PUT(x[i], &y[i]);\n",
	"	}\n",
	"	copy_tail(x, y, count, piece, bytes);\n",
	"}\n",
};
enum { SOURCE_LINES = sizeof source / sizeof source[0] };

/* What a program is built with. */
enum { V1 = 0, V4, V16, V4_STREAMING, V16_STREAMING, BUILD_COUNT };
static const struct {
	const char *options;
	size_t vector_bytes;
} builds[BUILD_COUNT] = {
	[V1] = {.options = "-DV=float", .vector_bytes = 4},
	[V4] = {.options = "-DV=float4", .vector_bytes = 16},
	[V16] = {.options = "-DV=float16", .vector_bytes = 64},
	[V4_STREAMING] = {.options = "-DV=float4 -DSTREAMING", .vector_bytes = 16},
	[V16_STREAMING] = {.options = "-DV=float16 -DSTREAMING", .vector_bytes = 64},
};

enum form { EACH = 0, STRIDE, PIECE, BUFFER };

/* The ways. `groups` is work-groups a compute unit, where the form does not follow from the size. */
static const struct recipe {
	const char *name;
	enum form form;
	unsigned build, group, groups;
} recipes[] = {
	{.name = "clEnqueueCopyBuffer", .form = BUFFER},
	{.name = "each float", .form = EACH, .build = V1, .group = 256},
	{.name = "each float4", .form = EACH, .build = V4, .group = 256},
	{.name = "each float16", .form = EACH, .build = V16, .group = 64},
	{.name = "each float4 streaming", .form = EACH, .build = V4_STREAMING, .group = 256},
	{.name = "stride float4", .form = STRIDE, .build = V4, .group = 256, .groups = 16},
	{.name = "piece float16", .form = PIECE, .build = V16, .group = 1, .groups = 1},
	{.name = "pieces float16", .form = PIECE, .build = V16, .group = 1, .groups = 16},
	{.name = "piece float16 streaming", .form = PIECE, .build = V16_STREAMING, .group = 1, .groups = 1},
	{.name = "pieces float16 streaming", .form = PIECE, .build = V16_STREAMING, .group = 1, .groups = 16},
};
enum { RECIPE_COUNT = sizeof recipes / sizeof recipes[0] };
_Static_assert(RECIPE_COUNT <= TOOL_COPY_WAYS_MAX, "struct tool_copy has too few places for ways");

static const char *const kernel_names[] = {[EACH] = "copy_each", [STRIDE] = "copy_stride", [PIECE] = "copy_piece"};

/* ---- Building ---------------------------------------------------------------------------------------------------- */

/* The program, or NULL where this compiler does not take it. */
static cl_program build(cl_context context, cl_device_id device, const char *options)
{
	const char *lines[SOURCE_LINES]; /* clCreateProgramWithSource takes no const array */
	memcpy(lines, source, sizeof lines);
	cl_program program = clCreateProgramWithSource(context, SOURCE_LINES, lines, NULL, NULL);
	if (program != NULL && clBuildProgram(program, 1, &device, options, NULL, NULL) != CL_SUCCESS) {
		clReleaseProgram(program);
		program = NULL;
	}
	return program;
}

static void add_way(struct tool_copy *copy, unsigned recipe, cl_program programs[BUILD_COUNT])
{
	const struct recipe *row = &recipes[recipe];
	bool is_cpu = strcmp(copy->device.type, "gpu") != 0;
	cl_kernel kernel = NULL;
	if (row->form == PIECE && !is_cpu) {
		return; /* one work-item a group would take a GPU seconds */
	}
	if (row->form != BUFFER) {
		cl_program program = programs[row->build];
		kernel = program != NULL ? clCreateKernel(program, kernel_names[row->form], NULL) : NULL;
		if (kernel == NULL) {
			return;
		}
	}
	copy->ways[copy->count++] =
		(struct tool_copy_way){.copy = copy, .name = row->name, .kernel = kernel, .recipe = recipe};
}

bool tool_copy_create(clnorm_context *ctx, struct tool_copy *copy)
{
	cl_program programs[BUILD_COUNT] = {NULL};
	*copy = (struct tool_copy){.count = 0};
	if (!tool_report_status(clnorm_context_info(ctx, &copy->device))) {
		return false;
	}
	for (unsigned i = 0; i < BUILD_COUNT; ++i) {
		programs[i] = build(clnorm_context_cl(ctx), clnorm_context_device(ctx), builds[i].options);
	}
	for (unsigned i = 0; i < RECIPE_COUNT; ++i) {
		add_way(copy, i, programs);
	}
	for (unsigned i = 0; i < BUILD_COUNT; ++i) {
		if (programs[i] != NULL) {
			clReleaseProgram(programs[i]);
		}
	}
	return true;
}

void tool_copy_clear(struct tool_copy *copy)
{
	for (size_t i = 0; i < copy->count; ++i) {
		if (copy->ways[i].kernel != NULL) {
			clReleaseKernel(copy->ways[i].kernel);
		}
	}
	copy->count = 0;
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static size_t round_up(size_t value, size_t step)
{
	return (value + step - 1) / step * step;
}

/* Global and local size and the vectors of a piece. Pieces are whole pages, so that no two work-items share one. */
static size_t set_geometry(struct tool_copy_way *way, size_t vectors)
{
	enum { PAGE_BYTES = 4096 };
	const struct recipe *row = &recipes[way->recipe];
	const clnorm_device_info *device = &way->copy->device;
	size_t units = device->compute_units > 0 ? device->compute_units : 1;
	way->local = row->group < device->max_group ? row->group : device->max_group;
	way->global = way->local * units * row->groups;
	if (row->form == EACH) {
		way->global = round_up(vectors > 0 ? vectors : 1, way->local);
	}
	if (row->form != PIECE) {
		return 0;
	}
	size_t piece =
		round_up((vectors + way->global - 1) / way->global, PAGE_BYTES / builds[row->build].vector_bytes);
	size_t needed = piece > 0 ? (vectors + piece - 1) / piece : 1;
	way->global = needed > 0 ? needed : 1;
	return piece;
}

static bool aim_way(struct tool_copy_way *way)
{
	const struct tool_copy *copy = way->copy;
	size_t vectors = copy->bytes / builds[recipes[way->recipe].build].vector_bytes;
	cl_ulong count = vectors, piece = set_geometry(way, vectors), bytes = copy->bytes;
	cl_int code = clSetKernelArg(way->kernel, 0, sizeof copy->from, &copy->from);
	code = code != CL_SUCCESS ? code : clSetKernelArg(way->kernel, 1, sizeof copy->to, &copy->to);
	code = code != CL_SUCCESS ? code : clSetKernelArg(way->kernel, 2, sizeof count, &count);
	code = code != CL_SUCCESS ? code : clSetKernelArg(way->kernel, 3, sizeof piece, &piece);
	code = code != CL_SUCCESS ? code : clSetKernelArg(way->kernel, 4, sizeof bytes, &bytes);
	return tool_report_cl(code, "clSetKernelArg");
}

bool tool_copy_aim(struct tool_copy *copy, cl_mem from, cl_mem to, size_t bytes)
{
	copy->from = from;
	copy->to = to;
	copy->bytes = bytes;
	for (size_t i = 0; i < copy->count; ++i) {
		if (copy->ways[i].kernel != NULL && !aim_way(&copy->ways[i])) {
			return false;
		}
	}
	return true;
}

bool tool_copy_enqueue(void *self, cl_command_queue queue)
{
	const struct tool_copy_way *way = self;
	const struct tool_copy *copy = way->copy;
	if (way->kernel == NULL) {
		return tool_report_cl(
			clEnqueueCopyBuffer(queue, copy->from, copy->to, 0, 0, copy->bytes, 0, NULL, NULL),
			"clEnqueueCopyBuffer");
	}
	return tool_report_cl(
		clEnqueueNDRangeKernel(queue, way->kernel, 1, NULL, &way->global, &way->local, 0, NULL, NULL),
		"clEnqueueNDRangeKernel");
}
