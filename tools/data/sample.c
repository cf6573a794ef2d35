/* sample.c: what clnorm-apply takes in and gives out: a tensor from a .npy file, or a picture as a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/data/sample.h"

#include "tools/data/npy.h"

#include <stdint.h>

/* (1, colours, height, width) in the order of the layout. */
struct colours {
	size_t dims[4];
	size_t colour, pixel; /* elements from one to the next */
};

static struct colours colours_of(const struct tool_picture *picture, clnorm_layout layout)
{
	size_t count = tool_picture_colours(picture), height = picture->height, width = picture->width;
	if (clnorm_layout_channel_axis(layout, 4) > 1) {
		return (struct colours){{1, height, width, count}, 1, count};
	}
	return (struct colours){{1, count, height, width}, height * width, 1};
}

static bool array_from_picture(const struct tool_picture *picture, clnorm_layout layout, struct tool_array *array)
{
	struct colours at = colours_of(picture, layout);
	unsigned colours = tool_picture_colours(picture);
	if (!tool_array_create(CLNORM_F32, 4, at.dims, array)) {
		return false;
	}
	float *values = array->data;
	for (size_t pixel = 0; pixel < picture->width * picture->height; ++pixel) {
		for (unsigned k = 0; k < colours; ++k) {
			values[pixel * at.pixel + k * at.colour] =
				tool_picture_get(picture, pixel * picture->channels + k);
		}
	}
	return true;
}

static bool read_input(struct tool_input *input, clnorm_layout layout, bool raw_is_bf16, struct tool_sample *sample)
{
	switch (input->kind) {
	case TOOL_INPUT_NPY:
		return tool_npy_read(input, raw_is_bf16, &sample->array);
	case TOOL_INPUT_PNG:
		return tool_picture_read(input, &sample->picture) &&
		       array_from_picture(&sample->picture, layout, &sample->array);
	case TOOL_INPUT_ZIP:
		return tool_report_fail("is an archive (.npz?); a single .npy array is needed");
	default:
		return tool_report_fail(input->bytes == 0 ? "is empty" : "is neither a .npy nor a PNG file");
	}
}

/* The axes as N, C, spatial... */
static bool set_dims(struct tool_sample *sample, clnorm_layout layout)
{
	const struct tool_array *array = &sample->array;
	if (array->rank < 2) {
		return tool_report_fail("has %s; (N, C, ...) needs 2 or more",
		                        array->rank == 0 ? "no dimension, one number" : "1 dimension");
	}
	unsigned channel_axis = clnorm_layout_channel_axis(layout, array->rank);
	sample->rank = array->rank;
	sample->dims[0] = array->dims[0];
	sample->dims[1] = array->dims[channel_axis];
	for (unsigned i = 2; i < array->rank; ++i) {
		sample->dims[i] = array->dims[channel_axis > 1 ? i - 1 : i];
	}
	/* A tensor without elements may still promise more instances than can be counted. */
	if (sample->dims[1] > 0 &&
	    sample->dims[0] > SIZE_MAX / sizeof(double) / CLNORM_MOMENTS_WIDTH / sample->dims[1]) {
		return tool_report_fail("N*C = %zu*%zu is more than this machine can count", sample->dims[0],
		                        sample->dims[1]);
	}
	return true;
}

bool tool_sample_load(const char *path, clnorm_layout layout, bool raw_is_bf16, struct tool_sample *sample)
{
	struct tool_input input = {0};
	struct tool_sample loaded = {0};
	if (!tool_input_open(path, &input)) {
		return false;
	}
	bool is_done = read_input(&input, layout, raw_is_bf16, &loaded) && set_dims(&loaded, layout);
	tool_input_clear(&input);
	if (!is_done) {
		tool_sample_clear(&loaded);
		return tool_report_about(path);
	}
	*sample = loaded;
	return true;
}

void tool_sample_clear(struct tool_sample *sample)
{
	tool_array_clear(&sample->array);
	tool_picture_clear(&sample->picture);
	*sample = (struct tool_sample){0};
}

clnorm_desc tool_sample_desc(const struct tool_sample *sample, clnorm_layout layout)
{
	clnorm_desc desc = clnorm_desc_nd(sample->rank, sample->dims);
	desc.layout = layout;
	return desc;
}

bool tool_sample_write_picture(FILE *file, const struct tool_sample *sample, clnorm_layout layout, const float *values,
                               struct tool_sample_display display)
{
	const struct tool_picture *from = &sample->picture;
	struct tool_picture picture = {0};
	struct colours at = colours_of(from, layout);
	unsigned colours = tool_picture_colours(from);
	if (!tool_picture_create(from, &picture)) {
		return false;
	}
	for (size_t pixel = 0; pixel < from->width * from->height; ++pixel) {
		for (unsigned k = 0; k < colours; ++k) {
			float value = values[pixel * at.pixel + k * at.colour];
			tool_picture_set(&picture, pixel * from->channels + k, display.scale * value + display.offset);
		}
		if (from->channels > colours) {
			tool_picture_copy(&picture, from, pixel * from->channels + colours);
		}
	}
	bool is_done = tool_picture_write(file, &picture, &from->chunks);
	tool_picture_clear(&picture);
	return is_done;
}
