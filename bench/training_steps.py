"""training_steps.py: three steps of training by PyTorch and by clnorm-apply, side by side; needs torch and numpy.

SPDX-License-Identifier: Apache-2.0

usage: training_steps.py [BUILD]    BUILD: where clnorm-apply is, ./build by default

The loss is half the sum of y*y*w, w drawn; x, gamma and beta are trained, each step from the values that it has on
its own side. Exit 1 where the two sides are further apart than rounding in float32 explains.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch

STEPS, RATE = 3, 1e-3
# Name, function of (x, gamma, beta), shape of x, groups for clnorm-apply.
NORMS = [
    ("instance_norm", lambda x, g, b: torch.nn.functional.instance_norm(x, weight=g, bias=b), (4, 12, 9, 11), 12),
    ("group_norm, 1 group", lambda x, g, b: torch.nn.functional.group_norm(x, 1, g, b), (4, 12, 9, 11), 1),
    ("group_norm, 4 groups", lambda x, g, b: torch.nn.functional.group_norm(x, 4, g, b), (4, 12, 9, 11), 4),
    ("group_norm, 6 groups", lambda x, g, b: torch.nn.functional.group_norm(x, 6, g, b), (4, 12, 9, 11), 6),
    ("group_norm, 32 groups", lambda x, g, b: torch.nn.functional.group_norm(x, 32, g, b), (2, 64, 16, 16), 32),
    ("layer_norm, the last axis", lambda x, g, b: torch.nn.functional.layer_norm(x, (96,), g, b), (64, 96), 1),
    ("layer_norm, long rows", lambda x, g, b: torch.nn.functional.layer_norm(x, (5000,), g, b), (7, 5000), 1),
]
# Of the largest value: a step adds some roundings of sums of hundreds of terms, and takes over those of the step before.
ALLOWED = 2e-6


def draw(shape, channels):
    rng = np.random.default_rng(13)
    x, w = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
    gamma, beta = (k + 0.2 * rng.standard_normal(channels).astype(np.float32) for k in (np.float32(1), np.float32(0)))
    return [x, gamma, beta], w


def theirs(norm, values, w):
    tensors = [torch.tensor(v, requires_grad=True) for v in values]
    for _ in range(STEPS):
        y = norm(*tensors)
        (y * y * torch.from_numpy(w) / 2).sum().backward()
        gradients = [t.grad for t in tensors]
        with torch.no_grad():
            for t in tensors:
                t -= RATE * t.grad
                t.grad = None
        yield [t.detach().numpy().copy() for t in [y, *gradients, *tensors]]


def apply(program, folder, groups, inputs, outputs):
    arguments = ["--groups", str(groups)]
    for name, values in inputs.items():
        np.save(folder / f"{name}.npy", values)
        arguments += [f"--{name}", folder / f"{name}.npy"]
    for name in outputs:
        arguments += [f"--{name}", folder / f"made-{name}.npy"]
    subprocess.run([program, "--quiet", *arguments], check=True)
    return [np.load(folder / f"made-{name}.npy") for name in outputs]


def ours(program, folder, groups, values, w):
    for _ in range(STEPS):
        inputs = dict(zip(("input", "gamma", "beta"), values))
        y, = apply(program, folder, groups, inputs, ["output"])
        gradients = apply(program, folder, groups, dict(inputs, grad=y * w), ["dx", "dgamma", "dbeta"])
        values = [v - np.float32(RATE) * g for v, g in zip(values, gradients)]
        yield [y, *gradients, *values]


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "build").resolve()
    worst = 0
    print(f"PyTorch {torch.__version__}, {STEPS} steps; the largest difference, of the largest value")
    for name, norm, shape, groups in NORMS:
        values, w = draw(shape, shape[1])
        off = [0.0] * 7
        with tempfile.TemporaryDirectory() as folder:
            ways = zip(theirs(norm, values, w), ours(build / "clnorm-apply", pathlib.Path(folder), groups, values, w))
            for one, other in ways:
                off = [max(o, np.abs(a - b).max() / np.abs(a).max()) for o, a, b in zip(off, one, other)]
        names = ("y", "dx", "dgamma", "dbeta", "x", "gamma", "beta")
        print(f"{name}, {shape}: " + ", ".join(f"{n} {o:.1e}" for n, o in zip(names, off)))
        worst = max(worst, *off)
    sys.exit(not worst <= ALLOWED)


main()
