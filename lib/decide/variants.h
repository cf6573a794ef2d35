/* variants.h: the table of kernel variants, and the stages that each runs for an operation.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_VARIANTS_H
#define CLN_VARIANTS_H

#include "decide/caps.h"
#include "decide/families.h"
#include "decide/knobs.h"
#include "decide/problem.h"

/* A stage is one launch; all kernels of a kind take the same arguments (lib/device/stages.c). */
enum cln_stage_kind {
	CLN_STAGE_FUSED,        /* statistics and normalize */
	CLN_STAGE_PARTIAL,      /* moments of each chunk */
	CLN_STAGE_JOIN,         /* moments of sets, from those of their runs */
	CLN_STAGE_APPLY,        /* merge, then normalize */
	CLN_STAGE_RUNNING,      /* a step of the running statistics, from the moments of sets */
	CLN_STAGE_RECALL,       /* running statistics to moments of sets */
	CLN_STAGE_BACK_FUSED,   /* statistics, sums and dx */
	CLN_STAGE_BACK_PARTIAL, /* sums of each chunk */
	CLN_STAGE_BACK_JOIN,    /* sums of sets, from those of their runs */
	CLN_STAGE_BACK_APPLY,   /* add up, then dx */
	CLN_STAGE_BACK_PARAMS,  /* sums over N: dgamma, dbeta */
	CLN_STAGE_KINDS
};

#define CLN_MAX_STAGES 6

/* Stages of one operation in launch order. */
struct cln_stage_list {
	enum cln_stage_kind kinds[CLN_MAX_STAGES];
	unsigned count;
};

/* How the runs of a set come to kernels: a set is one run; a slab is a whole set; a slab is of runs that are one of
 * several of their sets. And how elements get gamma and beta: those of the run at hand; each looks up those of its run;
 * the same, each element being a run. */
enum cln_runs_kind { CLN_RUNS_ONE, CLN_RUNS_WHOLE, CLN_RUNS_APART };
enum cln_lookup { CLN_LOOKUP_NONE, CLN_LOOKUP_RUN, CLN_LOOKUP_ELEMENT };

struct cln_runs {
	enum cln_runs_kind kind;
	enum cln_lookup lookup;
};

/* How a choice is laid out on a device. Zero where a variant has no use for a field. */
struct cln_geometry {
	unsigned group;   /* work-items a group */
	size_t groups;    /* groups a launch, at most */
	unsigned vector;  /* V: elements a load */
	unsigned team;    /* work-items that share an instance */
	unsigned items;   /* vectors that a work-item keeps, or takes at a time */
	unsigned tile;    /* lanes of a row at most: channels, or channels of several pixels */
	unsigned columns; /* work-items of a group that take neighbouring vectors of a pixel */
	unsigned block;   /* elements swept twice from the nearest cache */
	size_t chunk;     /* elements of a chunk */
	unsigned chunks;  /* chunks of an instance */
	size_t slabs;     /* pieces of the tensor that units work on: instances, or groups of channels */
	size_t wave;      /* slabs a launch, so that the second read finds them in the last-level cache */
	bool lanewise;    /* as of the device: the library's functions are as good as ours */
	bool loose;       /* vectors are loaded and stored through a type of loose alignment */
	bool nontemporal; /* y bypasses the caches */
	bool once;        /* a launch has a unit for every slab or chunk, so that kernels need no loop over them */
	bool owned;       /* a unit takes all instances of its parameters, and writes their gradients itself */
	bool even;        /* no vector of a pixel is short */
	bool ahead;       /* the next slab is fetched while one is written */
	bool strided;     /* tensors have gaps */
	bool constant;    /* backward, statistics do not hang on x */
	bool running;     /* calls may bring running statistics, for which there is a stage */
	bool skip;        /* a call brings a skip, and keeps the sum */
	bool valid;       /* a call says which elements are valid, and the program looks */
	bool by_unit;     /* each unit adds up what its slabs contribute to parameters that all of them share */
	struct cln_runs runs;
	size_t set_slabs, set_count; /* so many slabs are so many whole sets; waves are multiples of the former */
	double reads;                /* how often x comes from memory, about: cached reads count as a part */
	double each_us; /* what all instances cost all cores beside that; 0: nothing that would tell variants apart */
	double busy;    /* share of the device that has work */
};

struct cln_variant {
	clnorm_variant_info info;
	const struct cln_family *family;
	bool split;      /* chunks of an instance meet between launches */
	unsigned sweeps; /* how often the statistics load an element, whichever memory serves it; 2 at most for rows */
	bool keeps;      /* then x, and g of the backward pass, are kept in registers and not loaded again */
	/* NULL: applies; else why not. Without the function, it applies to all. */
	const char *(*refuse)(const struct cln_problem *, const struct cln_caps *, clnorm_op);
	/* Fills the geometry; called only where the variant applies and the tensor is not empty. */
	void (*lay_out)(const struct cln_problem *, const struct cln_caps *, const struct cln_knobs *, clnorm_op,
	                struct cln_geometry *);
};

/* All variants, each a row cln_variant_NAME in the file of its family, decide/geometry_FAMILY.c. Of two that are
 * estimated to take the same time, the first is chosen. */
/* clang-format off */
#define CLN_VARIANTS(row) \
	row(rows) \
	row(rows_split) \
	row(bundle) \
	row(pack) \
	row(resident) \
	row(stream) \
	row(split) \
	row(scan) \
	row(scan_split) \
	row(tiles) \
	row(tiles_split)
/* clang-format on */

#define CLN_VARIANT_ROW(name) extern const struct cln_variant cln_variant_##name;
#define CLN_VARIANT_INDEX(name) CLN_VARIANT_##name,
CLN_VARIANTS(CLN_VARIANT_ROW)
enum { CLN_VARIANTS(CLN_VARIANT_INDEX) CLN_VARIANT_COUNT };
extern const struct cln_variant *const cln_variants[CLN_VARIANT_COUNT];

/* The stages that a variant runs for an operation, laid out so. */
const struct cln_stage_list *cln_variant_stages(const struct cln_variant *variant, clnorm_op op,
                                                const struct cln_geometry *geometry);

/* How often a call loads each element of x and of dy, and stores each of y or dx: what a variant claims, and
 * tests/guards/traffic.sh counts. Backward, the statistics are taken anew. */
struct cln_traffic {
	unsigned x, dy, y;
};

struct cln_traffic cln_variant_traffic(const struct cln_variant *variant, clnorm_op op);

/* The row of that name, or NULL. */
const struct cln_variant *cln_variant_find(const char *name);

#endif
