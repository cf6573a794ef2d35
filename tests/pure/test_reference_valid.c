/* test_reference_valid.c: the reference with masks, lengths, ddof and a least deviation: Jacobians, finite differences.
 * SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kit/expect.h"
#include "tests/kit/main.h"
#include "tests/kit/oracle.h"
#include "tests/kit/specimen.h"
#include "tests/kit/validity.h"

/* ---- What is right --------------------------------------------------------------------------------------------- */

/* Elements of a set at most. */
#define MOST 64

/* A set, gathered: its elements one after the other, in long double. */
struct gathered {
	size_t count, at[MOST], parameter[MOST];
	bool valid[MOST];
	long double d[MOST]; /* x - mean */
	long double m, mean, root, rstd;
	bool is_constant; /* rstd does not move with x */
};

/* A specimen and its valid elements; one x may be moved. */
struct question {
	struct specimen s;
	struct validity v;
	size_t moved;
	long double by;
};

static long double x_at(const struct question *q, size_t i)
{
	return q->s.x[i] + (i == q->moved ? q->by : 0);
}

static struct gathered gather(const struct question *q, size_t set)
{
	const clnorm_desc *desc = &q->s.desc;
	struct gathered set_of = {.m = 0};
	long double sum = 0, squares = 0;
	for (size_t i = 0; i < q->s.instances; i++) {
		for (size_t k = 0; cases_set(desc, i) == set && k < q->s.spatial; k++) {
			size_t j = set_of.count++;
			EXPECT_EACH(j < MOST, "a set of more than %d elements", (int)MOST);
			set_of.at[j] = cases_index(desc, i, k);
			set_of.parameter[j] = specimen_parameter(&q->s, i);
			set_of.valid[j] = validity_at(&q->v, desc, i, k);
			sum += set_of.valid[j] ? x_at(q, set_of.at[j]) : 0;
			set_of.m += set_of.valid[j];
		}
	}
	set_of.mean = set_of.m > 0 ? sum / set_of.m : 0;
	for (size_t j = 0; j < set_of.count; j++) {
		set_of.d[j] = x_at(q, set_of.at[j]) - set_of.mean;
		squares += set_of.valid[j] ? set_of.d[j] * set_of.d[j] : 0;
	}
	bool has_variance = set_of.m > desc->ddof;
	set_of.root = sqrtl((has_variance ? squares / (set_of.m - desc->ddof) : 0) + desc->epsilon);
	set_of.is_constant = !has_variance || set_of.root < desc->min_std;
	set_of.rstd = set_of.m > 0 ? 1 / fmaxl(set_of.root, desc->min_std) : 0;
	return set_of;
}

static long double gamma_at(const struct question *q, const struct gathered *set, size_t j)
{
	return q->s.gamma ? q->s.gamma[set->parameter[j]] : 1;
}

static long double z_at(const struct question *q, const struct gathered *set, size_t j)
{
	return gamma_at(q, set, j) * set->d[j] * set->rstd + (q->s.beta ? q->s.beta[set->parameter[j]] : 0) +
	       (q->s.residual ? q->s.residual[set->at[j]] : 0);
}

/* y depends on the statistics there. */
static bool depends(const struct question *q, const struct gathered *set, size_t j)
{
	return set->valid[j] || q->s.desc.outside == CLNORM_OUTSIDE_NORMALIZE;
}

static long double y_at(const struct question *q, const struct gathered *set, size_t j)
{
	if (depends(q, set, j)) {
		return oracle_activation(&q->s.desc, z_at(q, set, j));
	}
	return q->s.desc.outside == CLNORM_OUTSIDE_KEEP ? x_at(q, set->at[j]) : 0;
}

static long double g_at(const struct question *q, const struct gathered *set, size_t j)
{
	return q->s.dy[set->at[j]] * oracle_derivative(&q->s.desc, (double)z_at(q, set, j));
}

/* d xhat_i / d x_j, of a set: what x_j does directly, to the mean, and to rstd. */
static long double jacobian(const struct question *q, const struct gathered *set, size_t i, size_t j)
{
	long double entry = i == j ? set->rstd : 0;
	if (set->valid[j]) {
		entry -= set->rstd / set->m;
		entry -= set->is_constant ? 0 : set->d[i] * set->d[j] * powl(set->rstd, 3) / (set->m - q->s.desc.ddof);
	}
	return entry;
}

static long double dx_at(const struct question *q, const struct gathered *set, size_t j)
{
	long double dx = !depends(q, set, j) && q->s.desc.outside == CLNORM_OUTSIDE_KEEP ? q->s.dy[set->at[j]] : 0;
	for (size_t i = 0; i < set->count; i++) {
		if (depends(q, set, i) && (depends(q, set, j) || i != j)) {
			dx += gamma_at(q, set, i) * g_at(q, set, i) * jacobian(q, set, i, j);
		}
	}
	return dx;
}

/* ---- Questions -------------------------------------------------------------------------------------------------- */

static const struct {
	struct cases_shape shape;
	size_t groups;
} sets[] = {
	{{4, {2, 4, 3, 5}}, 0}, {{4, {2, 4, 3, 5}}, 1},    {{4, {2, 4, 3, 5}}, 2}, {{4, {2, 4, 3, 5}}, 4},
	{{3, {3, 2, 7}}, 0},    {{5, {2, 2, 3, 2, 2}}, 1}, {{3, {3, 6, 1}}, 3},
};
#define SETS ((int)(sizeof(sets) / sizeof(sets[0])))
static const double least[] = {0, 0.7, 10};
/* Three of outside, two of ddof, the least deviations, two layouts. */
#define SETTINGS (3 * 2 * 3 * 2)
/* Lengths come in one shape. */
#define KINDS (VALIDITY_COUNT * VALIDITY_SHAPES)

static bool is_due(int kind)
{
	return !validity_is_lengths((enum validity_kind)(kind / VALIDITY_SHAPES)) || kind % VALIDITY_SHAPES == 0;
}

static clnorm_desc settings_of(int shape, int setting, int way)
{
	clnorm_desc desc = specimen_way(&sets[shape].shape, way);
	desc.groups = sets[shape].groups;
	desc.outside = (clnorm_outside)(setting % 3);
	desc.ddof = (unsigned)(setting / 3 % 2);
	desc.min_std = least[setting / 6 % 3];
	desc.layout = (clnorm_layout)(setting / 18);
	desc.epsilon = way % 3 ? 1e-5 : 0.25;
	return desc;
}

/* Some sets are narrower than the least deviation between, some wider. */
static void question_init(struct question *q, clnorm_desc desc, int kind, int way, unsigned seed)
{
	*q = (struct question){.by = 0};
	validity_init(&q->v, &desc, (enum validity_kind)(kind / VALIDITY_SHAPES),
	              (enum validity_shape)(kind % VALIDITY_SHAPES), seed);
	specimen_init(&q->s, &desc, DATA_NORMAL, seed, way % 2);
	for (size_t i = 0; i < q->s.count; i++) {
		size_t set = cases_set(&desc, cases_instance(&desc, i));
		q->s.x[i] = (set % 2 ? 3 : 0.2) * q->s.x[i] + (double)(set % 3) - 1;
	}
}

static void question_clear(struct question *q)
{
	specimen_clear(&q->s);
	validity_clear(&q->v);
}

static clnorm_reference_arrays arrays_of(const struct question *q, const struct specimen_outputs *to)
{
	return (clnorm_reference_arrays){
		.x = q->s.x,
		.gamma = q->s.gamma,
		.beta = q->s.beta,
		.residual = q->s.residual,
		.dy = q->s.dy,
		.mask = q->v.mask,
		.lengths = q->v.lengths,
		.y = to->y,
		.mean = to->mean,
		.rstd = to->rstd,
		.dx = to->dx,
		.dgamma = to->dgamma,
		.dbeta = to->dbeta,
	};
}

static void ask(struct question *q)
{
	clnorm_reference_arrays arrays = arrays_of(q, &q->s.got);
	EXPECT_OK(clnorm_reference(&q->s.desc, &arrays));
}

static void near(const struct question *q, int kind, const char *what, size_t i, double got, long double right,
                 long double allowed)
{
	const clnorm_desc *desc = &q->s.desc;
	if (!(fabsl(got - right) <= allowed)) {
		ck_abort_msg("%s[%zu] is %.17g, not %.17Lg: off by %.3Lg, allowed %.3Lg; (%zu, %zu, %zu) groups %zu, "
		             "%s, %s, %s, outside %d, ddof %u, min_std %g, epsilon %g",
		             what, i, got, right, fabsl(got - right), allowed, desc->n, desc->c, q->s.spatial,
		             desc->groups, clnorm_layout_name(desc->layout), clnorm_activation_name(desc->activation),
		             validity_name((enum validity_kind)(kind / VALIDITY_SHAPES)), (int)desc->outside,
		             desc->ddof, desc->min_std, desc->epsilon);
	}
}

/* The size of what a set's gradients are made of. */
static long double size_of(const struct question *q, const struct gathered *set)
{
	long double size = 0;
	for (size_t j = 0; j < set->count; j++) {
		size += fabsl(q->s.dy[set->at[j]]) * (1 + fabsl(gamma_at(q, set, j))) *
		        (2 + fabsl(set->d[j] * set->rstd));
	}
	return size;
}

/* ---- The Jacobian ----------------------------------------------------------------------------------------------- */

#define ALLOWED (64 * DBL_EPSILON)

static void check_set(const struct question *q, int kind, size_t i, long double *dgamma, long double *dbeta)
{
	struct gathered set = gather(q, i);
	long double size = size_of(q, &set);
	near(q, kind, "mean", i, q->s.got.mean[i], set.mean, ALLOWED * (1 + fabsl(set.mean)));
	near(q, kind, "rstd", i, q->s.got.rstd[i], set.rstd, ALLOWED * set.rstd);
	for (size_t j = 0; j < set.count; j++) {
		size_t at = set.at[j];
		long double xhat = fabsl(set.d[j] * set.rstd), y = y_at(q, &set, j);
		long double scale = 1 + fabsl(y) + fabsl(z_at(q, &set, j)) + 4 * set.rstd;
		near(q, kind, "y", at, q->s.got.y[at], y, ALLOWED * scale);
		near(q, kind, "dx", at, q->s.got.dx[at], dx_at(q, &set, j),
		     ALLOWED * size * (1 + set.rstd) * (1 + xhat));
		if (depends(q, &set, j)) {
			dgamma[set.parameter[j]] += g_at(q, &set, j) * set.d[j] * set.rstd;
			dbeta[set.parameter[j]] += g_at(q, &set, j);
		}
	}
}

static void check(const struct question *q, int kind)
{
	long double dgamma[MOST] = {0}, dbeta[MOST] = {0}, size = 0;
	for (size_t i = 0; i < cases_sets(&q->s.desc); i++) {
		struct gathered set = gather(q, i);
		check_set(q, kind, i, dgamma, dbeta);
		size += size_of(q, &set);
	}
	for (size_t p = 0; q->s.gamma && p < q->s.params; p++) {
		near(q, kind, "dgamma", p, q->s.got.dgamma[p], dgamma[p], ALLOWED * size);
		near(q, kind, "dbeta", p, q->s.got.dbeta[p], dbeta[p], ALLOWED * size);
	}
}

START_TEST(jacobians)
{
	int way = 0;
	for (int kind = 0; kind < KINDS; kind++) {
		for (int setting = 0; is_due(kind) && setting < SETTINGS; setting++) {
			struct question q;
			way = (way + 7) % SPECIMEN_WAYS;
			question_init(&q, settings_of(_i, setting, way), kind, way, 50 + (unsigned)kind);
			ask(&q);
			check(&q, kind);
			question_clear(&q);
		}
	}
}
END_TEST

/* ---- Finite differences ----------------------------------------------------------------------------------------- */

/* A difference may step over no kink: neither the activation's nor that of the least deviation. */
static bool has_kink(const struct question *q)
{
	clnorm_activation activation = q->s.desc.activation;
	bool is_bent = activation == CLNORM_ACT_RELU || activation == CLNORM_ACT_LEAKY_RELU, is_near = false;
	for (size_t i = 0; i < cases_sets(&q->s.desc); i++) {
		struct gathered set = gather(q, i);
		is_near = is_near || fabsl(set.root - q->s.desc.min_std) < 0.01L * set.root;
		for (size_t j = 0; is_bent && j < set.count; j++) {
			is_near = is_near || (depends(q, &set, j) && fabsl(z_at(q, &set, j)) < 0.01L);
		}
	}
	return is_near;
}

/* sum(dy*y) of a set. */
static long double loss(const struct question *q, size_t i)
{
	struct gathered set = gather(q, i);
	long double sum = 0;
	for (size_t j = 0; j < set.count; j++) {
		sum += q->s.dy[set.at[j]] * y_at(q, &set, j);
	}
	return sum;
}

/* Central, of fourth order. */
static long double difference(struct question *q, size_t i, size_t at, long double step)
{
	static const int weights[] = {1, -8, 0, 8, -1};
	long double total = 0;
	q->moved = at;
	for (int k = 0; k < 5; k++) {
		q->by = (k - 2) * step;
		total += weights[k] * loss(q, i);
	}
	q->by = 0;
	return total / (12 * step);
}

static void check_differences(struct question *q, int kind)
{
	for (size_t i = 0; i < cases_sets(&q->s.desc); i++) {
		struct gathered set = gather(q, i);
		long double step = fmaxl(set.root, q->s.desc.min_std) * 0x1p-12L, size = size_of(q, &set);
		for (size_t j = 0; j < set.count; j++) {
			long double xhat = fabsl(set.d[j] * set.rstd);
			long double right = difference(q, i, set.at[j], step);
			near(q, kind, "dx", set.at[j], q->s.got.dx[set.at[j]], right,
			     1e-9L * size * (1 + set.rstd) * (1 + xhat));
		}
	}
}

START_TEST(differences)
{
	int way = 0, checked = 0;
	for (int kind = 0; kind < KINDS; kind++) {
		for (int setting = 0; is_due(kind) && setting < SETTINGS; setting++) {
			struct question q;
			unsigned seed = 70;
			way = (way + 11) % SPECIMEN_WAYS;
			clnorm_desc desc = settings_of(_i, setting, way);
			question_init(&q, desc, kind, way, seed);
			while (has_kink(&q) && ++seed < 100) {
				question_clear(&q);
				question_init(&q, desc, kind, way, seed);
			}
			if (seed < 100) {
				ask(&q);
				check_differences(&q, kind);
				checked++;
			}
			question_clear(&q);
		}
	}
	/* Where beta and residual are missing, an element that is its set's mean is on the kink. */
	ck_assert_int_gt(checked, 600);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference with valid elements");
	TCase *values = tcase_create("values");
	tcase_set_timeout(values, 240);
	tcase_add_loop_test(values, jacobians, 0, SETS);
	tcase_add_loop_test(values, differences, 0, SETS);
	suite_add_tcase(suite, values);
	return main_run(suite);
}
