/* hdf5_fault.h: HDF5 without its own prints, one caller at a time; what it says of a failure, in words of use.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_HDF5_FAULT_H
#define CLN_HDF5_FAULT_H

#include <hdf5.h>

#include "base/status.h"

/* HDF5 keeps global state and is not built for threads by most distributions: one caller at a time. Meanwhile HDF5 does
 * not print its errors, as it otherwise would. */
struct cln_hdf5_session {
	H5E_auto2_t print;
	void *print_data;
};
void cln_hdf5_begin(struct cln_hdf5_session *session);
void cln_hdf5_end(const struct cln_hdf5_session *session);

/* Of an id of any kind: HDF5 counts references in one way. -1 is fine. */
void cln_hdf5_close(hid_t id);

/* CLNORM_BAD_FILE, "PATH: WHERE: REASON (HDF5's words of its last call)". */
clnorm_status cln_hdf5_fail(const char *path, const char *where, const char *reason);

/* The same of a dataset that H5Dread() has just refused: a filter that this HDF5 lacks is named, or those that the
 * values are packed with. */
clnorm_status cln_hdf5_fail_read(const char *path, const char *where, hid_t set);

#endif
