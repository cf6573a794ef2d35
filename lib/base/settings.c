/* settings.c: the environment variables that clnorm reads, in this one place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/settings.h"

#include <stdlib.h>

const char *cln_settings_device(void)
{
	const char *choice = getenv("CLNORM_DEVICE");
	return choice != NULL ? choice : "";
}
