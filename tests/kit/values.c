/* values.c: a tensor's values on the host, and what is near enough to what is right.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "tests/kit/device.h"
#include "tests/kit/expect.h"
#include "tests/kit/values.h"

double *values_of(const clnorm_tensor *tensor)
{
	double *values = malloc((clnorm_tensor_count(tensor) + 1) * sizeof(*values));
	ck_assert_ptr_nonnull(values);
	EXPECT_OK(clnorm_tensor_download_to(tensor, device_queue(), CLNORM_F64, values));
	return values;
}

void values_near(const char *what, const char *variant, size_t i, double got, double right, double tolerance)
{
	EXPECT_EACH(fabs(got - right) <= tolerance, "%s: %s[%zu] is %.9g, not %.9g", variant, what, i, got, right);
}
