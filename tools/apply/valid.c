/* valid.c: which elements of the input are valid in a run of clnorm-apply: a mask or lengths from a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/apply/valid.h"

#include "tools/data/numbers.h"
#include "tools/data/sample.h"

#include <stdlib.h>
#include <string.h>

/* ---- Masks ------------------------------------------------------------------------------------------------------- */

/* A mask as its file has it: an array of bytes that are 0 or 1. */
struct bytes {
	unsigned rank;
	size_t dims[TOOL_RANK_MAX], count;
	unsigned char *data;
};

static bool make_bytes(unsigned rank, const size_t *dims, size_t count, struct bytes *bytes)
{
	*bytes = (struct bytes){.rank = rank, .count = count, .data = malloc(count > 0 ? count : 1)};
	memcpy(bytes->dims, dims, rank * sizeof dims[0]);
	return bytes->data != NULL || tool_report_fail("no memory for %zu bytes", count);
}

static bool read_numbers(struct tool_input *input, struct bytes *bytes)
{
	struct tool_numbers numbers = {0};
	if (!tool_numbers_read(input, &numbers)) {
		return false;
	}
	bool is_done = make_bytes(numbers.header.rank, numbers.header.dims, numbers.count, bytes);
	for (size_t i = 0; is_done && i < numbers.count; ++i) {
		bytes->data[i] = tool_numbers_is_set(&numbers, i);
	}
	tool_numbers_clear(&numbers);
	return is_done;
}

/* A grey picture is a plane, in whichever layout; one of three colours a mask of three channels. */
static bool load_picture(const char *path, clnorm_layout layout, struct bytes *bytes)
{
	struct tool_sample sample = {0};
	if (!tool_sample_load(path, layout, false, &sample)) {
		return false;
	}
	const struct tool_array *array = &sample.array;
	const float *values = array->data;
	bool is_done = make_bytes(array->rank, array->dims, array->count, bytes);
	for (size_t i = 0; is_done && i < array->count; ++i) {
		bytes->data[i] = values[i] != 0;
	}
	tool_sample_clear(&sample);
	return is_done;
}

static bool load_bytes(const char *path, clnorm_layout layout, struct bytes *bytes)
{
	struct tool_input input = {0};
	if (!tool_input_open(path, &input)) {
		return false;
	}
	bool is_picture = input.kind == TOOL_INPUT_PNG, is_done = false;
	if (input.kind == TOOL_INPUT_NPY) {
		is_done = read_numbers(&input, bytes) || tool_report_about(path);
	} else if (!is_picture) {
		tool_report_fail("%s: is neither a .npy nor a PNG file", path);
	}
	tool_input_clear(&input);
	return is_picture ? load_picture(path, layout, bytes) : is_done;
}

/* The axes of x, in the order of the layout. */
static unsigned axes_of(const clnorm_desc *desc, size_t dims[TOOL_RANK_MAX])
{
	unsigned rank = desc->spatial_rank + 2, channel_axis = clnorm_layout_channel_axis(desc->layout, rank);
	dims[0] = desc->n;
	dims[channel_axis] = desc->c;
	for (unsigned i = 0; i < desc->spatial_rank; ++i) {
		dims[channel_axis == 1 ? i + 2 : i + 1] = desc->spatial[i];
	}
	return rank;
}

/* Sets mask_n and mask_c; false where the shapes do not go together. */
static bool fit_mask(const struct bytes *mask, clnorm_desc *desc)
{
	size_t dims[TOOL_RANK_MAX] = {0};
	unsigned rank = axes_of(desc, dims), channel_axis = clnorm_layout_channel_axis(desc->layout, rank);
	if (mask->rank != rank) {
		desc->mask_n = desc->mask_c = 1;
		return mask->rank == desc->spatial_rank &&
		       memcmp(mask->dims, desc->spatial, mask->rank * sizeof dims[0]) == 0;
	}
	for (unsigned i = 0; i < rank; ++i) {
		bool may_be_1 = i == 0 || i == channel_axis;
		if (mask->dims[i] != dims[i] && !(may_be_1 && mask->dims[i] == 1)) {
			return false;
		}
	}
	desc->mask_n = mask->dims[0];
	desc->mask_c = mask->dims[channel_axis];
	return true;
}

static bool load_mask(const char *path, clnorm_desc *desc, struct tool_valid *valid)
{
	struct bytes mask = {0};
	size_t dims[TOOL_RANK_MAX] = {0};
	char got[256], wanted[256];
	if (!load_bytes(path, desc->layout, &mask)) {
		return false;
	}
	if (!fit_mask(&mask, desc)) {
		free(mask.data);
		return tool_report_fail(
			"%s: its shape is %s; the input's is %s, of which a mask has N or 1, C or 1, and "
			"all other axes, or these alone",
			path, tool_array_shape_text(mask.rank, mask.dims, got, sizeof got),
			tool_array_shape_text(axes_of(desc, dims), dims, wanted, sizeof wanted));
	}
	desc->valid = CLNORM_VALID_MASK;
	valid->mask = mask.data;
	valid->mask_count = mask.count;
	return true;
}

/* ---- Lengths ----------------------------------------------------------------------------------------------------- */

static bool check_lengths(const struct tool_numbers *numbers, const clnorm_desc *desc)
{
	const struct tool_npy_header *header = &numbers->header;
	char text[256], type[16];
	if (desc->spatial_rank == 0) {
		return tool_report_fail("lengths are of a spatial axis, and the input has none");
	}
	if (header->kind != TOOL_NPY_SIGNED && header->kind != TOOL_NPY_UNSIGNED) {
		return tool_report_fail("holds %s; lengths are whole numbers", tool_npy_type_text(header, type));
	}
	if (header->rank != 1 || numbers->count != desc->n) {
		return tool_report_fail("its shape is %s; lengths are one a sample, and N is %zu",
		                        tool_array_shape_text(header->rank, header->dims, text, sizeof text), desc->n);
	}
	return true;
}

static bool fill_lengths(const struct tool_numbers *numbers, const clnorm_desc *desc, cl_uint *lengths)
{
	size_t extent = desc->spatial[0];
	for (size_t n = 0; n < desc->n; ++n) {
		double length = tool_numbers_whole(numbers, n);
		if (length < 0 || length > (double)extent || length > 4294967295.0) {
			return tool_report_fail(
				"length %zu is %.0f; it must be from 0 to %zu, the outermost spatial axis", n, length,
				extent < 4294967295u ? extent : (size_t)4294967295u);
		}
		lengths[n] = (cl_uint)length;
	}
	return true;
}

static bool read_lengths(struct tool_input *input, const clnorm_desc *desc, struct tool_valid *valid)
{
	struct tool_numbers numbers = {0};
	bool is_done = false;
	if (input->kind != TOOL_INPUT_NPY) {
		return tool_report_fail("is not a .npy file");
	}
	TOOL_TRY(tool_numbers_read(input, &numbers));
	TOOL_TRY(check_lengths(&numbers, desc));
	valid->lengths = calloc(desc->n + 1, sizeof valid->lengths[0]);
	TOOL_TRY(valid->lengths != NULL || tool_report_fail("no memory for %zu lengths", desc->n));
	is_done = fill_lengths(&numbers, desc, valid->lengths);
done:
	tool_numbers_clear(&numbers);
	return is_done;
}

static bool load_lengths(const char *path, clnorm_desc *desc, struct tool_valid *valid)
{
	struct tool_input input = {0};
	if (!tool_input_open(path, &input)) {
		return false;
	}
	bool is_done = read_lengths(&input, desc, valid) || tool_report_about(path);
	tool_input_clear(&input);
	desc->valid = CLNORM_VALID_LENGTHS;
	return is_done;
}

/* ---- Both -------------------------------------------------------------------------------------------------------- */

bool tool_valid_load(const struct tool_apply_settings *set, clnorm_desc *desc, struct tool_valid *valid)
{
	desc->outside = set->outside.outside;
	if (set->mask != NULL) {
		return load_mask(set->mask, desc, valid);
	}
	return set->lengths == NULL || load_lengths(set->lengths, desc, valid);
}

bool tool_valid_upload(const struct tool_valid *valid, struct tool_job *job)
{
	if (valid->mask != NULL && !tool_job_put_bytes(job, &job->mask, valid->mask_count, valid->mask)) {
		return false;
	}
	return valid->lengths == NULL ||
	       tool_job_put_bytes(job, &job->lengths, job->desc.n * sizeof(cl_uint), valid->lengths);
}

void tool_valid_clear(struct tool_valid *valid)
{
	free(valid->mask);
	free(valid->lengths);
	*valid = (struct tool_valid){0};
}
