/* settings.h: the environment variables that clnorm reads, in this one place.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_SETTINGS_H
#define CLN_SETTINGS_H

#include "base/text.h"

/* CLNORM_DEVICE, the device choice used where a program or call gives none; "" where unset. */
const char *cln_settings_device(void);

/* CLNORM_CACHE: whether built programs are kept on disk. Off too in a program that runs with another user's rights. */
enum cln_cache_wish {
	CLN_CACHE_BY_PLATFORM, /* unset: on, except where the driver keeps its own */
	CLN_CACHE_ON,          /* "on", "1", "yes", "true", in any case */
	CLN_CACHE_OFF          /* anything else */
};
enum cln_cache_wish cln_settings_cache(void);

/* Appends the folder for built programs: CLNORM_CACHE_DIR, else clnorm in XDG_CACHE_HOME, else .cache/clnorm in HOME;
 * false where none of them is set to an absolute path. */
bool cln_settings_cache_folder(struct cln_text *text);

/* CLNORM_CACHE_BYTES: what that folder may hold; 64 MiB where unset or no number. */
unsigned long long cln_settings_cache_bytes(void);

/* Appends the folder of the user's tuning records: CLNORM_TUNING_DIR, else clnorm in XDG_DATA_HOME, else
 * .local/share/clnorm in HOME. False, with the reason, where none of them is set to an absolute path, where the first
 * is set to anything else (an empty one switches records off), or in a program that runs with another user's rights. */
bool cln_settings_tuning_folder(struct cln_text *text, const char **why_not);

#endif
