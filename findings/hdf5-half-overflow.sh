#!/bin/sh
# hdf5-half-overflow.sh: HDF5 2.0.0 stores 65505 to 65519 as infinity in a half dataset; the nearest half is 65504.
# SPDX-License-Identifier: Apache-2.0
#
# Version: h5py 3.16.0, whose wheel has HDF5 2.0.0; numpy 2.4.6.
# Guess:   float and double are rounded to the nearest half: infinity from 65520 on (IEEE 754, NumPy, vstore_half).
# Seen:    all other doubles are right, subnormals and ties to even too; but whatever is above 65504 becomes infinity,
#          in the dataset that is written and in one read with astype('float16') alike. HDF5 1.10.8 stores 65504 for
#          them.
# Why:     a result that fits a half tensor of a device is infinite in the file that keeps the same result, and two
#          builds of HDF5 write different files from one program. Convert before HDF5 does.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "hdf5-half-overflow: skipped: $*"
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

cat >"$work/hdf5-half-overflow.py" <<'END'
import os
import sys

import h5py
import numpy as np

path = os.path.join(os.environ["HOME"], "half.h5")


def written(x):
    """What HDF5 stores for x in a dataset of halves."""
    with h5py.File(path, "w") as file:
        file.create_dataset("x", x.shape, "float16")[...] = x
    with h5py.File(path) as file:
        return file["x"][...]


halves = np.arange(0x7C00, dtype="uint16").view("float16").astype("float64")
middles = (halves[1:] + halves[:-1]) / 2
below = np.concatenate([halves, middles, np.nextafter(middles, 0), np.nextafter(middles, 1e9)])
right = np.array_equal(written(below), below.astype("float16"))
print("doubles up to 65504, each half and the middles:", "all right" if right else "not all right")
edge = np.array([65504, 65505, 65512, 65519, 65520])
late = True
for dtype in ("float32", "float64"):
    y = written(edge.astype(dtype))
    late &= np.array_equal(np.isinf(y), [False, True, True, True, True])
    print(dtype, *(f"{a} -> {b:.0f}" for a, b in zip(edge, y)), sep=", ")
with np.errstate(over="ignore"):
    numpy = np.isinf(edge.astype("float64").astype("float16"))
sys.exit(int(not (right and late and list(numpy) == [False] * 4 + [True])))
END
HOME=$work "$work/venv/bin/python" "$work/hdf5-half-overflow.py" 2>"$work/log" && exit 0
tail -n 1 "$work/log"
echo "hdf5-half-overflow: it is no longer so"
exit 1
