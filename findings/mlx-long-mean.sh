#!/bin/sh
# mlx-long-mean.sh: MLX 0.32.4 on the processor: the mean of a million floats is 1.4 % off, and InstanceNorm gives -1.
# SPDX-License-Identifier: Apache-2.0
#
# Version: mlx 0.32.4 with mlx-cpu 0.32.4 on Linux x86_64.
# Guess:   sums are made in blocks, so a float32 mean of 2^20 numbers is right to 1e-5, as in NumPy; and right in
#          float16.
# Seen:    2^20 numbers at 1e4 +- 1: mean 10136, variance 18442. InstanceNorm of that plane has mean -1.0 and
#          deviation 0.007 in the place of 0 and 1. Of 1024 numbers all is right. In float16 the mean of 70000 ones is
#          infinite.
# Why:     planes of 1024 x 1024 and volumes are longer than what such layers are tested with: a run on a laptop's
#          processor says nothing about a plane's size that it did not have.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "mlx-long-mean: skipped: $*"
	exit 77
}

work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip "no python3 with venv"
"$work/venv/bin/pip" install -q --only-binary=:all: \
	mlx==0.32.4 mlx-cpu==0.32.4 numpy==2.4.6 >"$work/log" 2>&1 ||
	skip "the packages cannot be installed"
HOME=$work "$work/venv/bin/python" -c 'import mlx.core' 2>"$work/log" ||
	skip "the packages do not run here"

cat >"$work/mlx-long-mean.py" <<'END'
import sys

import mlx.core as mx
import mlx.nn as nn
import numpy as np

mx.set_default_device(mx.cpu)
draw = np.random.default_rng(0)
seen = {}
for edge in (32, 1024):
    x = mx.array((1e4 + draw.standard_normal((1, edge, edge, 1))).astype("float32"))
    y = np.array(nn.InstanceNorm(1)(x))
    seen[edge] = mx.mean(x).item(), mx.var(x).item(), y.mean().item(), y.std().item()
    print("%d x %d: mean %.2f, variance %.2f, normalized %.4f +- %.4f" % ((edge, edge) + seen[edge]))
half = mx.mean(mx.ones((70000,), dtype=mx.float16)).item()
print("mean of 70000 ones in float16:", half)
small, large = seen[32], seen[1024]
right = abs(small[0] - 1e4) < 1 and abs(small[1] - 1) < 0.2 and abs(small[2]) < 0.01 and abs(small[3] - 1) < 0.01
wrong = abs(large[0] - 1e4) > 50 and large[1] > 1000 and abs(large[2]) > 0.5 and large[3] < 0.1
sys.exit(int(not (right and wrong and half == float("inf"))))
END
HOME=$work "$work/venv/bin/python" "$work/mlx-long-mean.py" 2>"$work/log" && exit 0
tail -n 1 "$work/log"
echo "mlx-long-mean: it is no longer so"
exit 1
