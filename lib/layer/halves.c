/* halves.c: one half of conditional parameters, gamma or beta: its products forward and backward.
 * SPDX-License-Identifier: Apache-2.0 */
#include "layer/halves.h"

/* How a product meets what is there: not at all, where nothing is said. */
static void product_accumulate(struct cln_product *product, const clnorm_accumulate *accumulate)
{
	product->alpha = accumulate ? (float)accumulate->scale : 1;
	product->beta = accumulate ? (float)accumulate->momentum : 0;
}

/* values = styles * weights^T + beta*values */
static struct cln_product values_of(const struct cln_halves *h, const struct cln_half *half, float beta)
{
	return (struct cln_product){
		.m = h->rows,
		.n = h->desc.c,
		.k = h->desc.k,
		.b_transposed = true,
		.a = half->styles,
		.b = half->weights,
		.c = half->values,
		.alpha = 1,
		.beta = beta,
	};
}

/* values = ones * bias + beta*values: the bias in every row */
static struct cln_product rows_of(const struct cln_halves *h, const struct cln_half *half, float beta)
{
	return (struct cln_product){
		.m = h->rows,
		.n = h->desc.c,
		.k = 1,
		.a = h->constant,
		.b = half->bias,
		.c = half->values,
		.alpha = 1,
		.beta = beta,
	};
}

/* weights = values^T * styles */
static struct cln_product weights_of(const struct cln_halves *h, const struct cln_half *of, clnorm_view to)
{
	return (struct cln_product){
		.m = h->desc.c,
		.n = h->desc.k,
		.k = h->rows,
		.a_transposed = true,
		.a = of->values,
		.b = of->styles,
		.c = to,
		.alpha = 1,
	};
}

/* bias = ones * values: the sum over N. As a product of matrices, since CLBlast's product of a matrix and a vector
 * reads the old bias also where it is to be overwritten, and a NaN in it would stay. */
static struct cln_product bias_of(const struct cln_halves *h, const struct cln_half *of, clnorm_view to)
{
	return (struct cln_product){
		.m = 1,
		.n = h->desc.c,
		.k = h->rows,
		.a = h->constant,
		.b = of->values,
		.c = to,
		.alpha = 1,
	};
}

/* styles = values * weights */
static struct cln_product styles_of(const struct cln_halves *h, const struct cln_half *of, clnorm_view to)
{
	return (struct cln_product){
		.m = h->rows,
		.n = h->desc.k,
		.k = h->desc.c,
		.a = of->values,
		.b = of->weights,
		.c = to,
		.alpha = 1,
	};
}

clnorm_status cln_halves_scratch(const struct cln_halves *halves, cl_command_queue queue, size_t *floats)
{
	clnorm_status st = CLNORM_OK;
	const struct cln_half none = {.values = {NULL, 0}};
	const struct cln_product products[] = {
		values_of(halves, &none, 0),
		rows_of(halves, &none, 0),
		weights_of(halves, &none, none.weights),
		bias_of(halves, &none, none.bias),
		styles_of(halves, &none, none.styles),
	};
	size_t most = 0;

	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); ++i) {
		size_t one = 0;
		CLN_TRY(cln_product_scratch(&products[i], queue, &one));
		most = one > most ? one : most;
	}
	*floats = most;
done:
	return st;
}

/* Enqueues one product after what the sequence holds so far. */
static clnorm_status product_run(const struct cln_halves *h, const struct cln_product *product,
                                 const struct cln_sequence *sequence)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(cln_product_enqueue(product, sequence->queue, h->scratch));
	CLN_TRY(cln_sequence_step(sequence));
done:
	return st;
}

/* First what every sample gets, then what the styles add. */
clnorm_status cln_half_forward(const struct cln_halves *halves, const struct cln_half *half, bool around_one,
                               const struct cln_sequence *sequence)
{
	clnorm_status st = CLNORM_OK;
	const cl_float one = 1;
	const size_t element = sizeof(one);
	struct cln_product product;
	float begun = 0; /* 1 once values hold something to add to */

	if (around_one) {
		cl_int err = clEnqueueFillBuffer(sequence->queue, half->values.mem, &one, element,
		                                 half->values.offset * element,
		                                 halves->desc.n * halves->desc.c * element, 0, NULL, NULL);
		CLN_TRY(cln_cl(err, "clEnqueueFillBuffer"));
		CLN_TRY(cln_sequence_step(sequence));
		begun = 1;
	}
	if (half->bias.mem) {
		product = rows_of(halves, half, begun);
		CLN_TRY(product_run(halves, &product, sequence));
		begun = 1;
	}
	product = values_of(halves, half, begun);
	CLN_TRY(product_run(halves, &product, sequence));
done:
	return st;
}

clnorm_status cln_half_backward(const struct cln_halves *halves, const struct cln_half *of, const struct cln_half *to,
                                const clnorm_accumulate *accumulate, const clnorm_accumulate *accumulate_styles,
                                bool adds, const struct cln_sequence *sequence)
{
	clnorm_status st = CLNORM_OK;
	struct cln_product product;

	if (to->weights.mem) {
		product = weights_of(halves, of, to->weights);
		product_accumulate(&product, accumulate);
		CLN_TRY(product_run(halves, &product, sequence));
	}
	if (to->bias.mem) {
		product = bias_of(halves, of, to->bias);
		product_accumulate(&product, accumulate);
		CLN_TRY(product_run(halves, &product, sequence));
	}
	if (to->styles.mem && halves->desc.n > 0) {
		product = styles_of(halves, of, to->styles);
		product_accumulate(&product, accumulate_styles);
		product.beta = adds ? 1 : product.beta;
		CLN_TRY(product_run(halves, &product, sequence));
	}
done:
	return st;
}
