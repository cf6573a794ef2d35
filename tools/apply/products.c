/* products.c: what a run of clnorm-apply gives: fetched from the device, and written, all files or none.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/apply/products.h"

#include "tools/data/extent.h"
#include "tools/data/npy.h"

#include <stdlib.h>
#include <string.h>

/* Pixel of a normalized picture: three standard deviations either way fill the scale 0 to 255. */
#define DISPLAY_SCALE 42.5f
#define DISPLAY_OFFSET 127.5f

static const char *path_of(const struct tool_apply_settings *set, size_t i)
{
	const char *paths[TOOL_PRODUCT_COUNT] = {
		[TOOL_PRODUCT_Y] = set->output,       [TOOL_PRODUCT_MEAN] = set->save_mean,
		[TOOL_PRODUCT_RSTD] = set->save_rstd, [TOOL_PRODUCT_DX] = set->dx,
		[TOOL_PRODUCT_DGAMMA] = set->dgamma,  [TOOL_PRODUCT_DBETA] = set->dbeta,
	};
	return paths[i];
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* An ending in small letters; the path's may be in capitals. */
static bool has_ending(const char *path, const char *ending)
{
	size_t length = strlen(path), ending_length = strlen(ending), i = 0;
	const char *end = length > ending_length ? path + length - ending_length : "";
	while (end[i] != '\0' && lower(end[i]) == ending[i]) {
		++i;
	}
	return i == ending_length;
}

/* A name that promises a format that is not written: whoever opens it later would be misled. */
static bool check_ending(const char *path, bool may_be_picture)
{
	static const char *const others[] = {
		".avif", ".bmp", ".csv", ".exr",         ".gif",    ".h5",  ".hdf5", ".heic", ".heif", ".jpeg", ".jpg",
		".json", ".jxl", ".mat", ".nii",         ".nii.gz", ".npz", ".pam",  ".pbm",  ".pdf",  ".pgm",  ".pnm",
		".ppm",  ".pt",  ".pth", ".safetensors", ".svg",    ".tga", ".tif",  ".tiff", ".txt",  ".webp",
	};
	if (!may_be_picture && has_ending(path, ".png")) {
		return tool_report_fail("%s: only the result of a picture can be written as PNG", path);
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
		if (has_ending(path, others[i])) {
			return tool_report_fail("%s: %s is not written; %s can be", path, others[i],
			                        may_be_picture ? ".png and .npy" : ".npy alone");
		}
	}
	return true;
}

static bool open_file(struct tool_products *products, size_t i, bool is_picture)
{
	const char *path = path_of(products->set, i);
	if (!check_ending(path, is_picture && i == TOOL_PRODUCT_Y)) {
		return false;
	}
	if (!tool_output_create(path, &products->files[i])) {
		return false;
	}
	for (size_t k = 0; k < i; ++k) {
		if (products->files[k].target != NULL &&
		    tool_output_is_same(&products->files[k], &products->files[i])) {
			return tool_report_fail("%s: is named for two outputs", path);
		}
	}
	return true;
}

bool tool_products_open(const struct tool_apply_settings *set, bool is_picture, struct tool_products *products)
{
	*products = (struct tool_products){.set = set};
	for (size_t i = 0; i < TOOL_PRODUCT_COUNT; ++i) {
		if (path_of(set, i) != NULL && !open_file(products, i, is_picture)) {
			return false;
		}
	}
	return true;
}

/* Pixels that are kept come out as they went in: their values become those that are shown so. */
static void show_kept(const struct tool_products *products, struct tool_sample_display display, float *y)
{
	for (size_t i = 0; products->desc.outside == CLNORM_OUTSIDE_KEEP && i < products->results[TOOL_PRODUCT_Y].count;
	     ++i) {
		if (!tool_extent_is_valid(&products->desc, products->valid->mask, products->valid->lengths, i)) {
			y[i] = (y[i] - display.offset) / display.scale;
		}
	}
}

/* A picture comes out as a picture, unless a tensor is asked for by name. With parameters or a residual, y is taken to
 * be on the scale of pixels. */
static bool write_picture(FILE *file, const struct tool_products *products, const struct tool_sample *x,
                          const struct tool_array *y)
{
	const struct tool_apply_settings *set = products->set;
	bool is_in_pixels = set->gamma != NULL || set->beta != NULL || set->style != NULL || set->residual != NULL;
	struct tool_sample_display display = {DISPLAY_SCALE, DISPLAY_OFFSET};
	if (is_in_pixels) {
		display = (struct tool_sample_display){1.0f, 0.0f};
	}
	show_kept(products, display, y->data);
	return tool_sample_write_picture(file, x, set->layout, y->data, display);
}

/* y and dx have the input's dtype in their files, statistics and parameter gradients their own. */
static bool write_file(const struct tool_products *products, size_t i, const struct tool_sample *x)
{
	const struct tool_array *result = &products->results[i];
	FILE *file = products->files[i].file;
	struct tool_array converted = {0};
	if (i != TOOL_PRODUCT_Y && i != TOOL_PRODUCT_DX) {
		return tool_npy_write(file, result);
	}
	if (!tool_array_convert(result, x->array.dtype, &converted)) {
		return false;
	}
	bool is_picture =
		i == TOOL_PRODUCT_Y && x->picture.samples != NULL && !has_ending(products->set->output, ".npy");
	bool is_done = is_picture ? write_picture(file, products, x, &converted) : tool_npy_write(file, &converted);
	tool_array_clear(&converted);
	return is_done;
}

bool tool_products_write(struct tool_products *products, const struct tool_sample *x)
{
	for (size_t i = 0; i < TOOL_PRODUCT_COUNT; ++i) {
		if (products->files[i].target == NULL) {
			continue;
		}
		if (!write_file(products, i, x)) {
			return tool_report_about(path_of(products->set, i));
		}
		if (!tool_output_finish(&products->files[i])) {
			return false;
		}
	}
	for (size_t i = 0; i < TOOL_PRODUCT_COUNT; ++i) {
		if (products->files[i].target != NULL && !tool_output_publish(&products->files[i])) {
			return false;
		}
	}
	return true;
}

/* ---- Device ------------------------------------------------------------------------------------------------------ */

unsigned tool_products_ops(const struct tool_apply_settings *set)
{
	bool wants_forward = set->output != NULL || set->save_mean != NULL || set->save_rstd != NULL || set->check;
	unsigned forward = set->mean != NULL ? CLNORM_OP_APPLY : CLNORM_OP_FORWARD;
	return (wants_forward ? forward : 0) | (set->grad != NULL ? (unsigned)CLNORM_OP_BACKWARD : 0);
}

unsigned tool_products_buffers(const struct tool_apply_settings *set)
{
	static const unsigned bits[TOOL_PRODUCT_COUNT] = {
		[TOOL_PRODUCT_Y] = TOOL_JOB_Y,           [TOOL_PRODUCT_MEAN] = TOOL_JOB_MEAN,
		[TOOL_PRODUCT_RSTD] = TOOL_JOB_RSTD,     [TOOL_PRODUCT_DX] = TOOL_JOB_DX,
		[TOOL_PRODUCT_DGAMMA] = TOOL_JOB_DGAMMA, [TOOL_PRODUCT_DBETA] = TOOL_JOB_DBETA,
	};
	unsigned buffers = set->check ? TOOL_JOB_X | TOOL_JOB_Y : TOOL_JOB_X;
	for (size_t i = 0; i < TOOL_PRODUCT_COUNT; ++i) {
		buffers |= path_of(set, i) != NULL ? bits[i] : 0;
	}
	return buffers;
}

/* An array for the product: like x, or one number a set or a parameter. */
static bool make_result(struct tool_products *products, size_t i, const clnorm_desc *desc, const struct tool_array *x)
{
	clnorm_dtype statistics = clnorm_dtype_statistics(desc->dtype);
	const size_t by_set[2] = {desc->n, tool_extent_of(desc).groups}, by_instance[2] = {desc->n, desc->c};
	bool is_statistic = i == TOOL_PRODUCT_MEAN || i == TOOL_PRODUCT_RSTD;
	if (i == TOOL_PRODUCT_Y || i == TOOL_PRODUCT_DX) {
		return tool_array_create(desc->dtype, x->rank, x->dims, &products->results[i]);
	}
	if (is_statistic) {
		return tool_array_create(statistics, 2, by_set, &products->results[i]);
	}
	if (desc->affine == CLNORM_AFFINE_INSTANCE) {
		return tool_array_create(statistics, 2, by_instance, &products->results[i]);
	}
	return tool_array_create(statistics, 1, &desc->c, &products->results[i]);
}

bool tool_products_fetch(struct tool_products *products, const struct tool_job *job,
                         const struct tool_operands *operands)
{
	const struct tool_buffer *buffers[TOOL_PRODUCT_COUNT] = {&job->y,  &job->mean,   &job->rstd,
	                                                         &job->dx, &job->dgamma, &job->dbeta};
	products->desc = job->desc;
	products->valid = &operands->valid;
	for (size_t i = 0; i < TOOL_PRODUCT_COUNT; ++i) {
		bool is_given = buffers[i] == &job->mean || buffers[i] == &job->rstd;
		if (buffers[i]->tensor == NULL || (is_given && products->set->mean != NULL)) {
			continue;
		}
		if (!make_result(products, i, &job->desc, &operands->x.array) ||
		    !tool_buffer_download(buffers[i], clnorm_context_queue(job->ctx), products->results[i].data)) {
			return false;
		}
	}
	return true;
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static bool widen(const struct tool_array *array, const double **values)
{
	if (array->data != NULL) {
		*values = tool_check_widen(array->dtype, array->data, array->count);
	}
	return array->data == NULL || *values != NULL;
}

bool tool_products_widen(const struct tool_products *products, struct tool_check_outputs *outputs)
{
	const struct tool_array *results = products->results;
	*outputs = (struct tool_check_outputs){0};
	return widen(&results[TOOL_PRODUCT_Y], &outputs->y) && widen(&results[TOOL_PRODUCT_MEAN], &outputs->mean) &&
	       widen(&results[TOOL_PRODUCT_RSTD], &outputs->rstd) && widen(&results[TOOL_PRODUCT_DX], &outputs->dx) &&
	       widen(&results[TOOL_PRODUCT_DGAMMA], &outputs->dgamma) &&
	       widen(&results[TOOL_PRODUCT_DBETA], &outputs->dbeta);
}

void tool_products_clear_widened(struct tool_check_outputs *outputs)
{
	free((double *)outputs->y);
	free((double *)outputs->mean);
	free((double *)outputs->rstd);
	free((double *)outputs->dx);
	free((double *)outputs->dgamma);
	free((double *)outputs->dbeta);
	*outputs = (struct tool_check_outputs){0};
}

void tool_products_clear(struct tool_products *products)
{
	for (size_t i = 0; i < TOOL_PRODUCT_COUNT; ++i) {
		tool_array_clear(&products->results[i]);
		tool_output_clear(&products->files[i]);
	}
}
