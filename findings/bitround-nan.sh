#!/bin/sh
# bitround-nan.sh: numcodecs 0.16.6: BitRound makes -0.0 of the NaN that NVIDIA's GPUs compute, and infinity of others.
# SPDX-License-Identifier: Apache-2.0
#
# Version: numcodecs 0.16.6 (a codec of Zarr), numpy 2.4.6.
# Guess:   a codec that drops bits of the mantissa leaves NaN a NaN.
# Seen:    it rounds the bits as an integer, and the carry goes on: 0x7fffffff becomes -0.0, 0xffffffff becomes 0.0,
#          and 0x7f800001 infinity. 0x7fc00000, which processors compute and NumPy calls nan, stays NaN, so tests
#          pass.
# Why:     0x7fffffff is the one NaN of float arithmetic in PTX: an overflow in a tensor that an NVIDIA device
#          normalized is a plain zero in the Zarr archive. Look for NaN before the codec, or set one pattern.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "bitround-nan: skipped: $*"
	exit 77
}

work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip "no python3 with venv"
"$work/venv/bin/pip" install -q --only-binary=:all: \
	numcodecs==0.16.6 numpy==2.4.6 >"$work/log" 2>&1 ||
	skip "the packages cannot be installed"
HOME=$work "$work/venv/bin/python" -c 'import numcodecs' 2>"$work/log" ||
	skip "the packages do not run here"

cat >"$work/bitround-nan.py" <<'END'
import sys

import numpy as np
from numcodecs import BitRound

patterns = np.array([0x7FC00000, 0x7FFFFFFF, 0xFFFFFFFF, 0x7F800001, 0x7F800000], "uint32")
x = patterns.view("float32")
seen = {}
for keep in (7, 10, 15):
    codec = BitRound(keepbits=keep)
    y = np.frombuffer(codec.decode(codec.encode(x.copy())), "float32")
    seen[keep] = [str(v) for v in y]
    print(f"keepbits {keep}:", *(f"{p:08x} -> {v}" for p, v in zip(patterns, y)), sep="  ")
sys.exit(int(any(v != ["nan", "-0.0", "0.0", "inf", "inf"] for v in seen.values())))
END
HOME=$work "$work/venv/bin/python" "$work/bitround-nan.py" 2>"$work/log" && exit 0
tail -n 1 "$work/log"
echo "bitround-nan: it is no longer so"
exit 1
