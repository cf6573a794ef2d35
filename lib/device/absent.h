/* absent.h: why there is no platform, or no device on one: what loader and drivers leave unsaid.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_ABSENT_H
#define CLN_ABSENT_H

#include "base/text.h"

/* Appends why the ICD loader has no platform, and what to do. */
void cln_absent_platforms(struct cln_text *text);

/* Appends "NAME has none" of a platform without devices, and why where that is known. */
void cln_absent_devices(struct cln_text *text, const char *platform);

#endif
