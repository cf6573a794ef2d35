"""onnx_cases.py: ONNX's own cases of its normalizations, through clnorm-apply; needs the packages onnx and numpy.

SPDX-License-Identifier: Apache-2.0

usage: onnx_cases.py [BUILD]    BUILD: where clnorm-apply is, ./build by default

Each case of the package's backend tests becomes .npy files and one run of clnorm-apply, where settings of it say the
same; the others are listed with what is in the way. Exit 1 where a case that can be said gives other numbers.
"""
import math
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from onnx import helper
from onnx.backend.test.case.node import collect_testcases

OPERATORS = ("InstanceNormalization", "GroupNormalization", "LayerNormalization", "RMSNormalization",
             "MeanVarianceNormalization", "LpNormalization", "BatchNormalization")
# Both sides round in float32; ONNX's own bound is 1e-3 of a value and 1e-7.
ALLOWED = 2e-6


class Unsaid(Exception):
    """No setting of clnorm-apply says this; the text says why."""


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def instance(x, scale, bias, said):
    return x, scale, bias, []


def group(x, scale, bias, said):
    if len(scale) != x.shape[1]:
        raise Unsaid("scale and bias of a group, as before opset 21")
    return x, scale, bias, ["--groups", str(said["num_groups"])]


def layer(x, scale, bias, said):
    axis = said.get("axis", -1) % x.ndim
    rows, length = math.prod(x.shape[:axis]), math.prod(x.shape[axis:])
    if scale.shape != x.shape[axis:]:
        scale = np.broadcast_to(scale, x.shape[axis:])
    return x.reshape(rows, length), scale.ravel(), bias if bias is None else bias.ravel(), ["--groups", "1"]


WAYS = {"InstanceNormalization": instance, "GroupNormalization": group, "LayerNormalization": layer}
WHY = {"RMSNormalization": "no mean is taken away",
       "MeanVarianceNormalization": "statistics of a channel over all samples; 1e-9 is added to the deviation",
       "LpNormalization": "a norm, and no mean",
       "BatchNormalization": "statistics of a channel over all samples, or given ones"}


def products(apply, folder, node, inputs):
    """What clnorm-apply makes of the case: y, mean, rstd, as flat arrays."""
    if node.op_type not in WAYS:
        raise Unsaid(WHY[node.op_type])
    said = attributes(node)
    x, scale, bias, arguments = WAYS[node.op_type](*inputs[:2], inputs[2] if len(inputs) > 2 else None, said)
    for name, values in (("x", x), ("gamma", scale), ("beta", bias)):
        if values is not None:
            np.save(folder / f"{name}.npy", np.ascontiguousarray(values))
            arguments += [f"--{'input' if name == 'x' else name}", folder / f"{name}.npy"]
    names = ["output", "save-mean", "save-rstd"]
    for name in names:
        arguments += [f"--{name}", folder / f"{name}.npy"]
    done = subprocess.run([apply, "--quiet", "--epsilon", repr(said.get("epsilon", 1e-5)), *arguments],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return [np.load(folder / f"{name}.npy").ravel() for name in names]


def distance(got, wanted):
    """The largest difference, of the largest value or of 1."""
    return max(np.abs(g - w.ravel()).max() / max(1, np.abs(w).max()) for g, w in zip(got, wanted))


def run(apply, case):
    node = case.model.graph.node[0]
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for inputs, wanted in case.data_sets:
            worst = max(worst, distance(products(apply, pathlib.Path(folder), node, inputs), wanted))
    return worst


def cases():
    """Those of one node; of a case whose node is written out as smaller ones, data and result are the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    return [c for c in found if len(c.model.graph.node) == 1 and c.model.graph.node[0].op_type in OPERATORS]


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "build").resolve()
    right, wrong, unsaid = 0, 0, 0
    for case in cases():
        try:
            off = run(build / "clnorm-apply", case)
        except Unsaid as why:
            unsaid += 1
            print(f"{case.name}: cannot be said: {why}")
            continue
        is_right = bool(off <= ALLOWED)
        right, wrong = right + is_right, wrong + (not is_right)
        print(f"{case.name}: {off:.2g}{'' if is_right else ': WRONG'}")
    print(f"{right} right, {wrong} wrong, {unsaid} cannot be said")
    sys.exit(int(wrong > 0 or right == 0))


main()
