/* settings.h: the environment variables that clnorm reads, in this one place.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_SETTINGS_H
#define CLN_SETTINGS_H

/* CLNORM_DEVICE, the device choice used where a program or call gives none; "" where unset. */
const char *cln_settings_device(void);

#endif
