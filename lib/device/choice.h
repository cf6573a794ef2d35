/* choice.h: the device choice string: what it means, and which of two devices is the better one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_CHOICE_H
#define CLN_CHOICE_H

#include "opencl/opencl.h"

/* Whether a choice that is not empty can be a word: it has a letter. What has none is indices, or a mistake. */
bool cln_choice_is_word(const char *choice);

/* Whether a device fits a choice; every one fits "". */
bool cln_choice_fits(const char *choice, const clnorm_device_info *info);

/* Less is better: usable before not, GPU before accelerator before CPU. */
int cln_choice_preference(const clnorm_device_info *info);

#endif
