#!/bin/sh
# hdf5-scaleoffset-zero.sh: HDF5 2.0.0's scale-offset filter makes 0 of all that is nearer to 0 than its precision.
# SPDX-License-Identifier: Apache-2.0
#
# Version: h5py 3.16.0, whose wheel has HDF5 2.0.0.
# Guess:   scaleoffset=D keeps D decimals: no value is off by more than half a unit of the last one.
# Seen:    values less than one whole unit from the fill value, which is 0 where none is set, become the fill value:
#          with D = 2 0.0099 is read as 0 and not as 0.01; with D = 0 every number between -1 and 1 is read as 0 (0.96
#          too), while 1.6 is 2. With a fill value of 1 the hole is about 1.
# Why:     normalized tensors are centred on the hole: two thirds of such values are lost with D = 0 and not rounded,
#          and what is left has another deviation. A fill value far outside the data closes it.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "hdf5-scaleoffset-zero: skipped: $*"
	exit 77
}

work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip "no python3 with venv"
"$work/venv/bin/pip" install -q --only-binary=:all: \
	h5py==3.16.0 numpy==2.4.6 >"$work/log" 2>&1 ||
	skip "the packages cannot be installed"
HOME=$work "$work/venv/bin/python" -c 'import h5py' 2>"$work/log" ||
	skip "the packages do not run here"

cat >"$work/hdf5-scaleoffset-zero.py" <<'END'
import os
import sys

import h5py
import numpy as np

path = os.path.join(os.environ["HOME"], "scale.h5")


def kept(x, decimals, fill=None):
    """x after the filter."""
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=x, chunks=x.shape, scaleoffset=decimals, fillvalue=fill)
    with h5py.File(path) as file:
        return file["x"][...]


x = np.array([-3, -0.96, -0.6, 0.0099, 0.96, 1.6, 4])
whole = kept(x, 0)
print("D = 0:", *(f"{a:g} -> {b:g}" for a, b in zip(x, whole)), sep="  ")
z = np.random.default_rng(0).standard_normal(4096)
error = {fill: np.abs(kept(z, 2, fill) - z).max() for fill in (None, 1.0, 1000.0)}
print("D = 2, greatest error of normal numbers:", *(f"fill value {f}: {e:.4f}" for f, e in error.items()), sep="  ")
holes = np.array_equal(whole, [-3, 0, 0, 0, 0, 2, 4]) and kept(np.array([-1, 0.0099, 1]), 2)[1] == 0
sys.exit(int(not (holes and min(error[None], error[1.0]) > 0.009 and error[1000.0] < 0.0051)))
END
HOME=$work "$work/venv/bin/python" "$work/hdf5-scaleoffset-zero.py" 2>"$work/log" && exit 0
tail -n 1 "$work/log"
echo "hdf5-scaleoffset-zero: it is no longer so"
exit 1
