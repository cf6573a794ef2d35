#!/bin/sh
# weights.sh: weight files between clnorm and h5py, both ways.
# SPDX-License-Identifier: Apache-2.0
test=weights
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$scratch" || exit 1

tool=$top_builddir/tests/guards/weights_tool
[ -x "$tool" ] || skip "tests/guards/weights_tool is not built"
"$tool" save probe.h5 "" 3 2>probe.err
case $? in
0) ;;
3) skip "built without HDF5" ;;
*) cat probe.err; fail "cannot save"; finish ;;
esac
for python in "${PYTHON:-python3}" python3 /usr/bin/python3; do
	"$python" -c 'import h5py, numpy' 2>/dev/null && break
	python=
done
[ -n "$python" ] || skip "no Python with h5py (Debian, Ubuntu: apt install python3-h5py)"
h5()
{
	"$python" "$top_srcdir/tests/guards/weights.py" "$@"
}

for c in 1 3 32 100000; do
	for name in "" in1 net.in1 "a name"; do
		"$tool" save ours.h5 "$name" $c || fail "cannot save '$name' of $c"
		h5 check ours.h5 "$name" $c || fail "h5py does not read '$name' of $c as it should"
		for how in plain net half; do
			h5 make theirs.h5 "$name" $c $how || fail "h5py does not write '$name' of $c, $how"
			"$tool" load theirs.h5 "$name" $c || fail "h5py's '$name' of $c, $how, does not load"
		done
		"$tool" save ours.h5 "$name" $c running || fail "cannot save '$name' of $c with running statistics"
		h5 check ours.h5 "$name" $c running || fail "h5py does not read the running statistics of '$name' of $c"
		h5 make theirs.h5 "$name" $c running || fail "h5py does not write '$name' of $c, running"
		"$tool" load theirs.h5 "$name" $c running || fail "h5py's '$name' of $c, running, does not load"
	done
done

for how in double transposed nokey truncated running; do
	h5 make wrong.h5 in1 5 $how || fail "h5py does not write $how"
	if "$tool" load wrong.h5 in1 5 2>wrong.err; then
		fail "h5py's file loads, though $how"
	fi
	if [ "$(wc -l <wrong.err)" -ne 1 ] || ! grep -q 'CLNORM_BAD_FILE: wrong\.h5: ' wrong.err; then
		cat wrong.err
		fail "$how: not one line that names the file"
	fi
done
finish
