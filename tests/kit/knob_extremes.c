/* knob_extremes.c: choices that no search would come up with: knobs at both ends of their limits, and values that
 * divide nothing. SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/knob_extremes.h"

const char *const knob_extremes[] = {
	"rows units=1 unit-elements=256 block=512 vector=2 nontemporal=2",
	"rows units=256 unit-elements=4194304 block=16384 vector=8 nontemporal=1",
	"rows units=3 unit-elements=257 block=576 vector=4",
	"rows-split units=256 unit-elements=256 chunk=1024 block=512 vector=4 nontemporal=2 wave-kib=64",
	"rows-split units=1 chunk=268435456 block=16384 vector=16 wave-kib=1073741824",
	"rows-split units=7 chunk=1025 block=832 vector=2 wave-kib=65",
	"bundle units=1 unit-elements=256 vector=2",
	"bundle units=256 unit-elements=4194304 vector=8",
	"bundle units=3 unit-elements=257 vector=16",
	"pack group=1 items=8",
	"pack group=4096 items=1",
	"pack group=96 items=3",
	"resident group=1 items=1",
	"resident group=4096 items=8",
	"resident group=33 items=5",
	"stream group=1 items=1 vector=2",
	"stream group=4096 items=8 vector=16",
	"stream group=100 items=3 vector=8",
	"split group=1 items=1 vector=2 tiles=1 wave-kib=64",
	"split group=4096 items=8 vector=16 tiles=1024 wave-kib=1073741824",
	"split group=100 items=3 vector=8 tiles=3 wave-kib=100",
	"scan units=1 unit-elements=256 block-pixels=256 nontemporal=2",
	"scan units=256 unit-elements=4194304 block-pixels=1024 nontemporal=1",
	"scan-split units=256 unit-elements=256 chunk=1024 block-pixels=256 nontemporal=2 wave-kib=64",
	"scan-split units=7 chunk=1025 block-pixels=272 nontemporal=1 wave-kib=65",
	"tiles group=1 items=1 vector=2 columns=1",
	"tiles group=4096 items=8 vector=16 columns=1024",
	"tiles group=100 items=3 vector=8 columns=3",
	"tiles-split group=1 items=1 vector=2 columns=1 chunk=1024 wave-kib=64",
	"tiles-split group=4096 items=8 vector=16 columns=1024 chunk=268435456 wave-kib=1073741824",
	"tiles-split group=100 items=3 vector=4 columns=7 chunk=1025 wave-kib=65",
};
const size_t knob_extreme_count = sizeof(knob_extremes) / sizeof(knob_extremes[0]);

bool knob_extreme_is_due(size_t choice, clnorm_op op)
{
	return op == (choice % 2 ? CLNORM_OP_BACKWARD : CLNORM_OP_FORWARD);
}
