/* json.c: a layer's description as JSON, and its counts.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/number.h"
#include "layer/layer.h"

size_t clnorm_layer_parameter_count(const clnorm_layer *layer)
{
	return layer ? 2 * layer->facts.c : 0;
}

size_t clnorm_layer_parameter_bytes(const clnorm_layer *layer)
{
	return layer ? 2 * cln_layer_part_bytes(layer) : 0;
}

/* Text that is cut at the caller's capacity, while its whole length is counted. */
struct output {
	char *chars;
	size_t capacity, length;
};

static void put_char(struct output *out, char c)
{
	if (out->length + 1 < out->capacity) {
		out->chars[out->length] = c;
		out->chars[out->length + 1] = '\0';
	}
	out->length++;
}

static void put(struct output *out, const char *chars)
{
	for (; *chars; ++chars) {
		put_char(out, *chars);
	}
}

static void put_count(struct output *out, size_t count)
{
	char chars[32];
	snprintf(chars, sizeof(chars), "%zu", count);
	put(out, chars);
}

/* A name has no control characters, so that two characters need a backslash. */
static void put_name(struct output *out, const char *name)
{
	if (!name) {
		put(out, "null");
		return;
	}
	put_char(out, '"');
	for (; *name; ++name) {
		if (*name == '"' || *name == '\\') {
			put_char(out, '\\');
		}
		put_char(out, *name);
	}
	put_char(out, '"');
}

size_t clnorm_layer_json(const clnorm_layer *layer, size_t capacity, char *text)
{
	struct output out = {text, text ? capacity : 0, 0};
	char epsilon[CLN_NUMBER_BYTES], activation[CLNORM_ACTIVATION_BYTES];

	if (out.capacity > 0) {
		text[0] = '\0';
	}
	if (!layer) {
		return 0;
	}
	put(&out, "{\"classname\": \"InstanceNorm2D\", \"scheme\": {\"numOfMaps\": ");
	put_count(&out, layer->facts.c);
	put(&out, ", \"epsilon\": ");
	put(&out, cln_number_print_short(epsilon, layer->facts.epsilon));
	if (layer->facts.groups > 0) {
		put(&out, ", \"groups\": ");
		put_count(&out, layer->facts.groups);
	}
	put(&out, layer->affine ? ", \"affine\": true, \"name\": " : ", \"affine\": false, \"name\": ");
	put_name(&out, layer->name);
	put(&out, "}, \"numOfParams\": ");
	put_count(&out, clnorm_layer_parameter_count(layer));
	put(&out, ", \"paramSize\": ");
	put_count(&out, clnorm_layer_parameter_bytes(layer));
	put(&out, ", \"dtype\": \"");
	put(&out, clnorm_dtype_name(layer->facts.dtype));
	put(&out, "\", \"layout\": \"");
	put(&out, clnorm_layout_name(layer->facts.layout));
	put(&out, "\", \"activation\": \"");
	put(&out, clnorm_activation_print(activation, layer->facts.activation, layer->facts.slope));
	put(&out, "\"}");
	return out.length;
}
