/* settings.h: the environment variables that clnorm reads, in this one place.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_SETTINGS_H
#define CLN_SETTINGS_H

#include "base/text.h"

/* CLNORM_DEVICE, the device choice used where a program or call gives none; "" where unset. */
const char *cln_settings_device(void);

/* The first variable that is set of those that say where the ICD loader looks for drivers; false where none is. */
bool cln_settings_loader(const char **name, const char **value);

/* A variable that a driver reads, for the sentence that says why it has no device; NULL where it is unset or empty. */
const char *cln_settings_of_driver(const char *name);

/* CLNORM_CACHE: whether built programs are kept on disk. */
enum cln_cache_wish {
	CLN_CACHE_BY_PLATFORM, /* unset: on, except where the driver keeps its own */
	CLN_CACHE_ON,          /* "on", "1", "yes", "true", in any case */
	CLN_CACHE_OFF,         /* anything else */
	CLN_CACHE_NOT_OURS     /* the program runs with another user's rights: the environment is not its own */
};
enum cln_cache_wish cln_settings_cache(void);

/* Appends the folder for built programs: CLNORM_CACHE_DIR, else clnorm in XDG_CACHE_HOME, else .cache/clnorm in HOME.
 * False, with the reason, where none of them is set to an absolute path, or the first one to anything else. */
bool cln_settings_cache_folder(struct cln_text *text, const char **why_not);

/* CLNORM_CACHE_BYTES: what that folder may hold; with K, M or G behind the number, times 1024 once, twice, thrice. 64
 * MiB where unset or no such number. */
unsigned long long cln_settings_cache_bytes(void);

/* CLNORM_PROBE: whether programs are tried on an instance whose answer is known before plans use them. */
enum cln_probe_wish {
	CLN_PROBE_BY_DRIVER, /* unset, or no such word: where no table calls the driver good */
	CLN_PROBE_ON,        /* "on", "1", "yes", "true", in any case: with every driver */
	CLN_PROBE_OFF        /* "off", "0", "no", "false" */
};
enum cln_probe_wish cln_settings_probe(void);

/* POCL_WORK_GROUP_METHOD, which is PoCL's, not ours; "" where unset. */
const char *cln_settings_work_groups(void);

/* CLNORM_PROGRAMS: built programs that a context keeps although no plan uses them; 64 where unset or no number. */
size_t cln_settings_programs(void);

/* Appends the folder of the user's tuning records: CLNORM_TUNING_DIR, else clnorm in XDG_DATA_HOME, else
 * .local/share/clnorm in HOME. False, with the reason, as above (an empty CLNORM_TUNING_DIR switches records off), or
 * in a program that runs with another user's rights. */
bool cln_settings_tuning_folder(struct cln_text *text, const char **why_not);

/* Appends a sentence about the i-th variable whose word is not understood, and what counts in its place; false past the
 * last. */
bool cln_settings_fault(size_t i, struct cln_text *text);

#endif
