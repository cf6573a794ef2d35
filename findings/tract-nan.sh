#!/bin/sh
# tract-nan.sh: tract 0.23.9 makes numbers of NaN: Sigmoid 4e-7, Tanh -1, Relu 0, HardSigmoid 1.
# SPDX-License-Identifier: Apache-2.0
#
# Version: tract 0.23.9 (ONNX runtime in Rust, its Python wheel), models made with onnx 1.23.2; Linux x86_64.
# Guess:   NaN stays NaN in every activation, as in ONNX Runtime; a mean of ones is 1 in float16 as in float32.
# Seen:    Sigmoid(NaN) = 4.47e-07, Tanh(NaN) = -0.9999994, Relu(NaN) = 0, HardSigmoid(NaN) = 1; LeakyRelu, Elu,
#          Softplus keep it, and so does InstanceNormalization. ReduceMean of 70000 ones in float16 is 0: the count is
#          a half, and infinite.
# Why:     an instance that an overflow spoiled comes out of the fused activation as plain numbers, so a check for NaN
#          at the end of a network finds nothing. Look between normalization and activation.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "tract-nan: skipped: $*"
	exit 77
}

work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip "no python3 with venv"
"$work/venv/bin/pip" install -q --only-binary=:all: \
	tract==0.23.9 onnx==1.23.2 numpy==2.4.6 >"$work/log" 2>&1 ||
	skip "the packages cannot be installed"
HOME=$work "$work/venv/bin/python" -c 'import tract, onnx' 2>"$work/log" ||
	skip "the packages do not run here"

cat >"$work/tract-nan.py" <<'END'
import os
import sys

import numpy as np
import onnx
import tract
from onnx import TensorProto, helper

KINDS = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16}


def run(op, x, **attributes):
    """One node of ONNX, run by tract."""
    kind = KINDS[str(x.dtype)]
    graph = helper.make_graph(
        [helper.make_node(op, ["x"], ["y"], **attributes)], "g",
        [helper.make_tensor_value_info("x", kind, x.shape)], [helper.make_tensor_value_info("y", kind, None)])
    path = os.path.join(os.environ["HOME"], "model.onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    model = tract.onnx().load(path).into_model().into_runnable()
    return model.run([x])[0].to_numpy().ravel()


x = np.array([np.nan, 1], "float32")
seen = {op: run(op, x)[0] for op in ("Sigmoid", "Tanh", "Relu", "HardSigmoid", "LeakyRelu", "Elu", "Softplus")}
for op, y in seen.items():
    print(f"{op}(NaN) = {y:.9g}")
mean = [run("ReduceMean", np.ones((1, n), "float16"), axes=[1])[0] for n in (1024, 70000)]
print(f"ReduceMean of ones in float16: {mean[0]} of 1024, {mean[1]} of 70000")
lost = not any(np.isnan(seen[op]) for op in ("Sigmoid", "Tanh", "Relu", "HardSigmoid"))
kept = all(np.isnan(seen[op]) for op in ("LeakyRelu", "Elu", "Softplus"))
sys.exit(int(not (lost and kept and mean == [1, 0])))
END
HOME=$work "$work/venv/bin/python" "$work/tract-nan.py" 2>"$work/log" && exit 0
tail -n 1 "$work/log"
echo "tract-nan: it is no longer so"
exit 1
