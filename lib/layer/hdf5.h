/* hdf5.h: the one door to HDF5 in lib/: gamma and beta as a file image, and out of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_HDF5_H
#define CLN_HDF5_H

#include "base/status.h"

/* The values of a layer on the host. */
struct cln_weights {
	const char *name;   /* before the dot in the keys; "": none */
	clnorm_dtype dtype; /* of the values: f32 or f64 */
	size_t count;       /* C */
	void *gamma, *beta;
};

/* CLNORM_NOT_BUILT where the library was configured without HDF5. */
CLN_CHECKED clnorm_status cln_hdf5_check(void);

/* The bytes of a file with these weights; the caller frees them. The same weights give the same bytes.
 * CLNORM_BAD_FILE: HDF5 would not, mostly for want of memory; CLNORM_OUT_OF_MEMORY. */
CLN_CHECKED clnorm_status cln_weights_image(const struct cln_weights *weights, void **image, size_t *bytes);

/* Fills the values from a file. What they hold after a failure is undefined. CLNORM_BAD_FILE as clnorm_layer_load()
 * says. */
CLN_CHECKED clnorm_status cln_weights_read(const char *path, const struct cln_weights *into);

#endif
