/* clnorm/tuning.h: launch geometry as settings, and records of what was measured to be best; clnorm.h includes it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A variant's launch geometry is made of the facts of shape and device, and of some numbers, its knobs. A choice is
 * text: a variant's name, then settings of its knobs, with single blanks between:
 *
 *     rows-split units=8 chunk=32768
 *
 * What is not set has its default. What a device, or the shape, has no room for is cut to what it has, so that every
 * choice gives right results everywhere; only its speed differs. clnorm_desc.variant takes a choice.
 *
 * A record says which choice is best for which op, dtype, layout, shape (N, C, elements of an instance) and groups on
 * one device with one driver and this version of clnorm; clnorm-tune measures them. A context holds one, and a plan for
 * exactly such a shape made from that context follows it; a plan with CLNORM_BATCH_INVARIANT takes the entry of N =
 * 1, whatever its N. Other shapes have the defaults: nothing is inferred from neighbours. A record that is of another
 * device, driver or version, or broken, is ignored as a whole.
 *
 * Where a context is made, the user's own record of its device is taken, if there is one: a file in the folder
 * CLNORM_TUNING_DIR, else clnorm in XDG_DATA_HOME, else .local/share/clnorm in HOME; an empty CLNORM_TUNING_DIR
 * switches that off, as does a program's running with another user's rights.
 *
 * Threads: these may be called at any time; a plan follows what the context holds when the plan is made.
 */
#ifndef CLNORM_TUNING_H
#define CLNORM_TUNING_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The table of knobs: how many, and row i; NULL past the end. Constant, owned by the library. Which variant has which:
 * clnorm_variant_info.knobs. */
size_t clnorm_knob_count(void);
const clnorm_knob_info *clnorm_knob_get(size_t i);

/* Takes over, into the context, all entries of a record, in the place of those for the same. Anyone's file will do.
 * CLNORM_BAD_ARGUMENT: NULL; CLNORM_BAD_FILE: it cannot be read, is broken, or is of another device, driver or version;
 * the text has path, line and reason, and the context is as it was; CLNORM_OUT_OF_MEMORY. */
CLNORM_CHECKED clnorm_status clnorm_tuning_load(clnorm_context *ctx, const char *path);

/* Enters a choice for one op of a description's dtype, layout, shape and groups; other fields do not count. usual_us,
 * us: what was measured, microseconds a call with the default choice and with this one; kept for whoever reads the
 * record.
 * CLNORM_BAD_ARGUMENT: NULL, an op that is no single clnorm_op or that the variant cannot do, an unknown choice, a
 * setting beyond its limits, a time that is negative or not finite; statuses of clnorm_plan_create() for the
 * description; CLNORM_BAD_SHAPE also: a shape with a zero in it; CLNORM_OUT_OF_MEMORY: also where the context has as
 * many entries as a record can hold, 2048. */
CLNORM_CHECKED clnorm_status clnorm_tuning_put(clnorm_context *ctx, const clnorm_desc *desc, clnorm_op op,
                                               const char *choice, double usual_us, double us);

/* Forgets all entries, so that plans have the defaults; NULL is fine. No file is touched. */
void clnorm_tuning_clear(clnorm_context *ctx);

/* Writes what the context holds as a record: a temporary file beside path, synced, renamed, so that path is the old
 * file or the new one, whole. path NULL: the user's own record of the device; its folder is made where it is missing.
 * CLNORM_BAD_ARGUMENT: NULL context; CLNORM_BAD_FILE: no folder is named, or the file cannot be written, the text has
 * path and reason; CLNORM_OUT_OF_MEMORY. */
CLNORM_CHECKED clnorm_status clnorm_tuning_save(const clnorm_context *ctx, const char *path);

/* What a context has of records. Texts are cut to fit and end in NUL. */
typedef struct clnorm_tuning_info {
	size_t entries;   /* that the context holds now */
	bool loaded;      /* the user's own record was taken over when the context was made */
	bool found;       /* there was one */
	char path[512];   /* where it is, or would be; "" where no folder is named */
	char reason[400]; /* why it was not taken over; "" where it was */
} clnorm_tuning_info;

/* CLNORM_BAD_ARGUMENT: NULL. */
CLNORM_CHECKED clnorm_status clnorm_tuning_describe(const clnorm_context *ctx, clnorm_tuning_info *info);

#ifdef __cplusplus
}
#endif
#endif
