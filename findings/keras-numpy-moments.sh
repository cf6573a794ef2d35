#!/bin/sh
# keras-numpy-moments.sh: Keras 3.15.1 on NumPy: at mean 1e4 a layer's variance is negative and its output NaN.
# SPDX-License-Identifier: Apache-2.0
#
# Version: keras 3.15.1 with KERAS_BACKEND=numpy (which imports JAX 0.10.2 all the same), numpy 2.4.6.
# Guess:   LayerNormalization and ops.moments are as exact as on Keras's other backends (8e-4 at mean 1e4 on JAX
#          0.10.2).
# Seen:    variance E[x^2] - E[x]^2 in float32. Rows of 1024, deviation 1: the layer is off by 4e-3 at mean 100, by
#          0.1 at mean 1e3, and NaN at mean 1e4, where ops.moments returns a variance of -16.
# Why:     the backend without a compiler is the one that is taken for expected values of other implementations.
#          Values for tests come from numpy.mean and numpy.var in float64, not from it.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "keras-numpy-moments: skipped: $*"
	exit 77
}

work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip "no python3 with venv"
"$work/venv/bin/pip" install -q --only-binary=:all: \
	keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 scipy==1.17.1 numpy==2.4.6 >"$work/log" 2>&1 ||
	skip "the packages cannot be installed"
HOME=$work KERAS_BACKEND=numpy "$work/venv/bin/python" -c 'import keras' 2>"$work/log" ||
	skip "the packages do not run here"

cat >"$work/keras-numpy-moments.py" <<'END'
import sys

import numpy as np
from keras import layers, ops

draw = np.random.default_rng(0)
worst = {}
for mean in (0, 100, 1000, 10000):
    x = (mean + draw.standard_normal((4, 1024))).astype("float32")
    exact = x.astype("float64")
    wanted = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-3)
    worst[mean] = np.abs(np.asarray(layers.LayerNormalization(epsilon=1e-3)(x)) - wanted).max()
    least = np.asarray(ops.moments(x, axes=[1])[1]).min()
    print(f"mean {mean}: error {worst[mean]:.1e}, least variance {least:.4f} (exact {exact.var(1).min():.4f})")
sys.exit(int(not (worst[0] < 1e-5 and worst[1000] > 0.05 and np.isnan(worst[10000]) and least < 0)))
END
HOME=$work KERAS_BACKEND=numpy "$work/venv/bin/python" "$work/keras-numpy-moments.py" 2>"$work/log" && exit 0
tail -n 1 "$work/log"
echo "keras-numpy-moments: it is no longer so"
exit 1
