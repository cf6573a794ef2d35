#!/bin/sh
# double-rounding.sh: ONNX Runtime 1.32.0 and ml_dtypes 0.6.0 round a double to 16 bits twice, by way of float.
# SPDX-License-Identifier: Apache-2.0
#
# Version: onnxruntime 1.32.0 (processor), ml_dtypes 0.6.0, numpy 2.4.6, onnx 1.23.2.
# Guess:   a cast from float64 gives the nearest float16 or bfloat16, as NumPy's own float16 and OpenCL's vstore_half
#          do.
# Seen:    1 + 2^-11 + 2^-40 is cast to 1 and not to 1 + 2^-10 by ONNX Runtime, 1 + 2^-8 + 2^-40 to 1 and not to 1 +
#          2^-7 by both; 65519.999 becomes infinity, not 65504. Of 2^20 normal numbers 51 are not the nearest float16,
#          5 not the nearest bfloat16. ml_dtypes does the same to 64-bit integers.
# Why:     a reference that is computed in double and then stored in 16 bits is off by an ulp here and there: a test
#          that asks a half result for half an ulp fails where the device is right. Round it once, from the double.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "double-rounding: skipped: $*"
	exit 77
}

work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip "no python3 with venv"
"$work/venv/bin/pip" install -q --only-binary=:all: \
	onnxruntime==1.32.0 onnx==1.23.2 ml_dtypes==0.6.0 numpy==2.4.6 >"$work/log" 2>&1 ||
	skip "the packages cannot be installed"
HOME=$work "$work/venv/bin/python" -c 'import onnxruntime, onnx, ml_dtypes' 2>"$work/log" ||
	skip "the packages do not run here"

cat >"$work/double-rounding.py" <<'END'
import sys

import ml_dtypes
import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def cast(x, kind):
    """x as ONNX Runtime casts it to kind, as double again."""
    nodes = [("x", "h", kind), ("h", "y", TensorProto.DOUBLE)]
    graph = helper.make_graph(
        [helper.make_node("Cast", [a], [b], to=to) for a, b, to in nodes], "g",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, x.shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def nearest(x, bits):
    """x rounded once to so many bits after the point, to even, by integers: no subnormal, no overflow."""
    u, drop = x.view("uint64"), np.uint64(52 - bits)
    half = (np.uint64(1) << (drop - np.uint64(1))) - np.uint64(1)
    return ((u + half + ((u >> drop) & np.uint64(1))) >> drop << drop).view("float64")


x = np.random.default_rng(0).standard_normal(1 << 20)
x = x[np.abs(x) > 2.0**-14]
seen = []
for name, bits, to in (
        ("onnxruntime float16", 10, lambda v: cast(v, TensorProto.FLOAT16)),
        ("onnxruntime bfloat16", 7, lambda v: cast(v, TensorProto.BFLOAT16)),
        ("ml_dtypes bfloat16", 7, lambda v: v.astype(ml_dtypes.bfloat16).astype("float64")),
        ("numpy float16", 10, lambda v: v.astype("float16").astype("float64"))):
    tie = np.array([1 + 2.0 ** -(bits + 1) + 2.0**-40])
    wrong = int((to(x) != nearest(x, bits)).sum())
    seen.append((to(tie)[0] == 1, wrong > 0))
    print(f"{name}: above 1 + 2^-{bits + 1} -> {to(tie)[0]:.7f}, {wrong} of {x.size} are not the nearest")
edge = cast(np.array([65519.999]), TensorProto.FLOAT16)[0]
whole = np.array([(1 << 32) + (1 << 24) + 1]).astype(ml_dtypes.bfloat16).astype("float64")[0]
print(f"onnxruntime 65519.999 -> {edge}, ml_dtypes 2^32 + 2^24 + 1 -> {whole:.0f}")
sys.exit(int(seen != [(True, True)] * 3 + [(False, False)] or edge != np.inf or whole != 2.0**32))
END
HOME=$work "$work/venv/bin/python" "$work/double-rounding.py" 2>"$work/log" && exit 0
tail -n 1 "$work/log"
echo "double-rounding: it is no longer so"
exit 1
