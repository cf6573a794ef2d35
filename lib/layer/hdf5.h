/* hdf5.h: the one door to HDF5 in lib/: the values of a layer as a file image, and out of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_HDF5_H
#define CLN_HDF5_H

#include "base/status.h"
#include "base/text.h"

/* What a file may have of a layer, in the order of its datasets. */
enum cln_weight { CLN_WEIGHT_GAMMA, CLN_WEIGHT_BETA, CLN_WEIGHT_MEAN, CLN_WEIGHT_VARIANCE, CLN_WEIGHT_COUNT };

/* Of datasets, as PuzzleLib's files have them: (1,C,1,1). */
#define CLN_WEIGHT_RANK 4

/* The values of a layer on the host. */
struct cln_weights {
	const char *name;               /* before the dot in the keys; "": none */
	clnorm_dtype dtype;             /* of the values: f32 or f64 */
	size_t count;                   /* C */
	void *values[CLN_WEIGHT_COUNT]; /* running ones NULL where the layer keeps none */
};

/* CLNORM_NOT_BUILT where the library was configured without HDF5. */
CLN_CHECKED clnorm_status cln_hdf5_check(void);

/* Adds the key of one of them: "in1.scale", ".running_mean". CLNORM_OUT_OF_MEMORY. */
CLN_CHECKED clnorm_status cln_weight_key(const struct cln_weights *weights, enum cln_weight i, struct cln_text *key);

/* The bytes of a file with these weights; the caller frees them. The same weights give the same bytes.
 * CLNORM_BAD_FILE: HDF5 would not, mostly for want of memory; CLNORM_OUT_OF_MEMORY. */
CLN_CHECKED clnorm_status cln_weights_image(const struct cln_weights *weights, void **image, size_t *bytes);

/* Fills the values from a file; *has_running: the running ones too, which the file has. What they hold after a failure
 * is undefined. CLNORM_BAD_FILE as clnorm_layer_load() says. */
CLN_CHECKED clnorm_status cln_weights_read(const char *path, const struct cln_weights *into, bool *has_running);

#endif
