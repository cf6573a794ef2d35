#!/bin/sh
# race.sh: eight processes begin at once on an empty program cache, again and again: none fails, all give the same bytes.
# SPDX-License-Identifier: Apache-2.0
#
# A few rounds; a hundred with CLNORM_TEST_LONG=1. The driver's own cache is full after the first, so that a round is short and
# processes meet in ours.
test=race
. "$(dirname "$0")/guard.sh"
. "$(dirname "$0")/npy.sh"
has_device || skip "no device"
scratch_make
cd "$scratch" || exit 1

CLNORM_DEVICE=${CLNORM_TEST_DEVICE-}
CLNORM_CACHE_DIR=$scratch/cache
export CLNORM_DEVICE CLNORM_CACHE_DIR
unset CLNORM_CACHE_BYTES
processes='1 2 3 4 5 6 7 8'
rounds=3
[ "${CLNORM_TEST_LONG:-0}" = 0 ] || rounds=100

# The same numbers for all, and what they become without a cache.
# shellcheck disable=SC2046
npy_make x.npy '<f4' False '(2, 3, 4, 8)' $($AWK 'BEGIN { for (i = 0; i < 192; i++) print i * 37 % 101 }')
CLNORM_CACHE=off "$top_builddir/clnorm-apply" -q -i x.npy -o wanted.npy 2>err || {
	cat err
	fail "without a cache: exit $?"
	finish
}

CLNORM_CACHE=on
export CLNORM_CACHE
round=0
while [ $round -lt $rounds ] && [ $findings -eq 0 ]; do
	round=$((round + 1))
	rm -rf cache
	pids=
	for i in $processes; do
		"$top_builddir/clnorm-apply" -q --check -i x.npy -o "y$i.npy" >"out$i" 2>&1 &
		pids="$pids $!"
	done
	i=0
	for pid in $pids; do
		i=$((i + 1))
		wait "$pid" || fail "round $round, process $i: exit $?: $(cat "out$i")"
		cmp -s wanted.npy "y$i.npy" || fail "round $round, process $i: other bytes than without a cache"
	done
	# None of a driver whose programs cannot be kept.
	[ "$(ls -A cache 2>err | wc -l)" -le 1 ] || fail "round $round: more than one entry in the cache: $(ls -A cache)"
done
echo "race: $round rounds of 8 processes"
finish
