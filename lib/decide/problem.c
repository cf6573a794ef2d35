/* problem.c: the canonical question: a validated description, reduced to what decisions and kernels look at.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/problem.h"

#include "base/desc.h"
#include "base/strides.h"

/* What lies together in a tensor, and how many such blocks a sample has: pixels of C, or channels of S. */
static size_t block_of(const struct cln_problem *p)
{
	return p->layout == CLNORM_NHWC ? p->c : p->s;
}

static size_t blocks_of(const struct cln_problem *p)
{
	return p->layout == CLNORM_NHWC ? p->s : p->c;
}

/* As the description says; of what is there once only, no step is ever made. */
static struct cln_stride stride_of(const struct cln_problem *p, const clnorm_desc *desc, clnorm_strides given)
{
	clnorm_strides said = cln_desc_strides(desc, given);
	return (struct cln_stride){p->n > 1 ? said.sample : p->packed.sample,
	                           blocks_of(p) > 1 ? said.inner : p->packed.inner};
}

static bool is_packed(const struct cln_problem *p, const struct cln_stride *stride)
{
	return stride->sample == p->packed.sample && stride->inner == p->packed.inner;
}

static void set_strides(struct cln_problem *p, const clnorm_desc *desc)
{
	p->packed = (struct cln_stride){p->c * p->s, block_of(p)};
	p->x = stride_of(p, desc, desc->strides.x);
	p->residual = stride_of(p, desc, desc->strides.residual);
	p->y = stride_of(p, desc, desc->strides.y);
	p->dy = stride_of(p, desc, desc->strides.dy);
	p->dx = stride_of(p, desc, desc->strides.dx);
	p->is_strided = !is_packed(p, &p->x) || !is_packed(p, &p->residual) || !is_packed(p, &p->y) ||
	                !is_packed(p, &p->dy) || !is_packed(p, &p->dx);
}

/* The mask is packed, in the order of the layout. */
static void set_valid(struct cln_problem *p, const clnorm_desc *desc)
{
	bool of_samples = desc->mask_n > 1, of_channels = desc->mask_c > 1, last = p->layout == CLNORM_NHWC;
	size_t sample = p->s * (of_channels ? p->c : 1);
	p->mask = (struct cln_mask){
		.sample = of_samples ? sample : 0,
		.channel = of_channels ? (last ? 1 : p->s) : 0,
		.element = of_channels && last ? p->c : 1,
		.bytes = sample * (of_samples ? p->n : 1),
	};
	p->length_unit = desc->spatial_rank > 0 && desc->spatial[0] > 0 ? p->s / desc->spatial[0] : 1;
}

/* One pixel is the same in both layouts; channels first has the kernels for sets of many runs of one element. */
static void make_canonical(struct cln_problem *p)
{
	if (p->s == 1 && p->runs > 1 && p->layout == CLNORM_NHWC) {
		p->layout = CLNORM_NCHW;
		p->packed.inner = p->x.inner = p->residual.inner = p->y.inner = p->dy.inner = p->dx.inner = 1;
	}
}

clnorm_status cln_problem_init(struct cln_problem *problem, const clnorm_desc *desc)
{
	clnorm_status st = CLNORM_OK;
	CLN_TRY(cln_desc_check(desc));
	*problem = (struct cln_problem){
		.n = desc->n,
		.c = desc->c,
		.s = cln_desc_spatial(desc),
		.groups = desc->groups > 0 ? desc->groups : desc->c,
		.instances = desc->n * desc->c,
		.dtype = desc->dtype,
		.layout = cln_layout_facts(desc->layout)->channels_last ? CLNORM_NHWC : CLNORM_NCHW,
		.affine = desc->affine,
		.activation = desc->activation,
		.slope = desc->slope,
		.epsilon = desc->epsilon,
		.ops = desc->ops,
		.flags = desc->flags,
		.valid = desc->valid,
		.outside = desc->outside,
		.ddof = desc->ddof,
		.min_std = desc->min_std,
	};
	problem->sets = desc->n * problem->groups;
	problem->runs = problem->groups > 0 ? desc->c / problem->groups : 1;
	problem->elements = problem->instances * problem->s;
	problem->seen_instances = desc->flags & CLNORM_BATCH_INVARIANT ? desc->c : problem->instances;
	if (desc->affine == CLNORM_AFFINE_CHANNEL) {
		problem->params = desc->c;
	} else if (desc->affine == CLNORM_AFFINE_INSTANCE) {
		problem->params = problem->instances;
	}
	set_strides(problem, desc);
	set_valid(problem, desc);
	make_canonical(problem);
done:
	return st;
}

bool cln_problem_looks_at_valid(const struct cln_problem *p, clnorm_op op)
{
	return p->valid != CLNORM_VALID_ALL && (op != CLNORM_OP_APPLY || p->outside != CLNORM_OUTSIDE_NORMALIZE);
}

bool cln_problem_has_deviation(const struct cln_problem *p)
{
	return p->valid != CLNORM_VALID_ALL || p->ddof != 0 || p->min_std != 0;
}

bool cln_problem_has_whole_sets(const struct cln_problem *p)
{
	return p->layout == CLNORM_NCHW && p->x.inner == p->s && p->residual.inner == p->s && p->y.inner == p->s &&
	       p->dy.inner == p->s && p->dx.inner == p->s;
}

struct cln_axes cln_problem_axes(const struct cln_problem *p, const struct cln_stride *stride)
{
	return (struct cln_axes){3, {{p->n, stride->sample}, {blocks_of(p), stride->inner}, {block_of(p), 1}}};
}

size_t cln_problem_bytes(const struct cln_problem *problem)
{
	return problem->elements * cln_dtype_facts(problem->dtype)->bytes;
}

size_t cln_problem_statistic_bytes(const struct cln_problem *problem)
{
	return cln_dtype_facts(cln_dtype_facts(problem->dtype)->statistics)->bytes;
}
