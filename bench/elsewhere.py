"""elsewhere.py: records what the norms of other libraries give on one small tensor, for tests/kit/elsewhere_rows.c.

SPDX-License-Identifier: Apache-2.0

usage: elsewhere.py FOLDER            runs each row whose package is installed here; one file a row in FOLDER
       elsewhere.py --write FOLDER    writes tests/kit/elsewhere_rows.c from what lies in FOLDER

Rows of packages that do not live in one environment are recorded in several, into one folder. Arguments that are not
in the printed call have their defaults, epsilon above all.
"""
import importlib.metadata
import json
import os
import pathlib
import sys
import tempfile

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "jax")
N, C, H, W = 2, 4, 2, 3
G = 2
I = np.arange(N * C * H * W)
# Deviations of 0.2: an epsilon of 1e-6 in the place of 1e-5 moves y by 1e-4. Exact in float, and in decimals.
X = ((I * 37 % 23 - 11) / 32 + I // 6 % 4 / 8).astype(np.float32)
GAMMA = np.array([(5 + 3 * k % 7) / 4 * (-1) ** (k // 2) for k in range(24)], np.float32)
BETA = np.array([(k * 5 % 9 - 4) / 8 for k in range(24)], np.float32)
FIRST, LAST, ROWS, FLAT, MIXED = (N, C, H, W), (N, H, W, C), (N * H * W, C), (N, C * H * W), (N, H * W * C // G, G)
SHAPES = {FIRST: "N, C, S", LAST: "N, S, C", ROWS: "rows, C", FLAT: "N, C*S", MIXED: "N, S*C/G, G"}
WORKS = []


def row(name, package, call, source, axes, dims, layout="NCHW", groups=0, epsilon=0.0, gamma=True, relation="SAME", x=None):
    """A row of the table: what the decorated function gives for x of these dims is what those settings give here."""
    def add(work):
        WORKS.append(dict(name=name, package=package, call=call, source=source, axes=axes, dims=dims, layout=layout,
                          groups=groups, epsilon=epsilon, gamma=gamma, relation=relation, work=work,
                          x=X if x is None else x))
        return work
    return add


# PuzzleLib runs on CUDA, ROCm or an old oneDNN: this is its formula, in double.
@row("PuzzleLib `InstanceNorm2D`", None, "InstanceNorm2D(4)(x)", "Modules/InstanceNorm2D.py", "H, W", FIRST, epsilon=1e-5)
def puzzlelib(x, gamma, beta):
    x = x.astype(np.float64)
    centred = x - x.mean((2, 3), keepdims=True)
    xhat = centred / np.sqrt((centred ** 2).mean((2, 3), keepdims=True) + 1e-5)
    return gamma.reshape(-1, 1, 1) * xhat + beta.reshape(-1, 1, 1)


def torch(name, call, axes, dims, **settings):
    def add(work):
        def run(x, gamma, beta):
            import torch
            of = torch.from_numpy
            return work(torch.nn.functional, of(x), of(gamma), of(beta)).numpy()
        return row("PyTorch " + name, "torch", call, "torch/nn/functional.py", axes, dims, epsilon=1e-5, **settings)(run)
    return add


@torch("`InstanceNorm2d(affine=True)`, `instance_norm`", "instance_norm(x, weight=gamma, bias=beta)", "H, W", FIRST)
def torch_instance(f, x, gamma, beta):
    return f.instance_norm(x, weight=gamma, bias=beta)


@torch("`GroupNorm`, `group_norm`", "group_norm(x, 2, gamma, beta)", "C/G, H, W", FIRST, groups=G)
def torch_group(f, x, gamma, beta):
    return f.group_norm(x, G, gamma, beta)


@torch("`LayerNorm(C)`, `layer_norm`", "layer_norm(x, (4,), gamma, beta)", "the last axis", ROWS, groups=1)
def torch_layer(f, x, gamma, beta):
    return f.layer_norm(x, (C,), gamma, beta)


@torch("`LayerNorm((C, H, W))`", "layer_norm(x, (4, 2, 3), gamma, beta)", "C, H, W", FLAT, groups=1)
def torch_layer_all(f, x, gamma, beta):
    return f.layer_norm(x.reshape(FIRST), FIRST[1:], gamma.reshape(FIRST[1:]), beta.reshape(FIRST[1:]))


def keras(name, call, axes, dims, **settings):
    def add(work):
        def run(x, gamma, beta):
            from keras import layers
            layer = work(layers)
            layer.build(x.shape)
            layer.set_weights([gamma, beta])
            return np.asarray(layer(x))
        return row("Keras " + name, "keras", call, "keras/src/layers/normalization", axes, dims, layout="NHWC", epsilon=1e-3,
                   **settings)(run)
    return add


@keras("`GroupNormalization(groups=-1)`", "GroupNormalization(groups=-1)(x)", "H, W", LAST)
def keras_instance(layers):
    return layers.GroupNormalization(groups=-1)


@keras("`GroupNormalization`", "GroupNormalization(groups=2)(x)", "H, W, C/G", LAST, groups=G)
def keras_group(layers):
    return layers.GroupNormalization(groups=G)


@keras("`LayerNormalization`", "LayerNormalization()(x)", "the last axis", ROWS, groups=1)
def keras_layer(layers):
    return layers.LayerNormalization()


def flax(name, call, axes, dims, **settings):
    def add(work):
        def run(x, gamma, beta):
            from flax import linen
            return np.asarray(work(linen).apply({"params": {"scale": gamma, "bias": beta}}, x))
        return row("Flax " + name, "flax", call, "flax/linen/normalization.py", axes, dims, layout="NHWC", epsilon=1e-6,
                   **settings)(run)
    return add


@flax("`InstanceNorm`", "InstanceNorm()(x)", "H, W", LAST)
def flax_instance(linen):
    return linen.InstanceNorm()


@flax("`GroupNorm`", "GroupNorm(num_groups=2)(x)", "H, W, C/G", LAST, groups=G)
def flax_group(linen):
    return linen.GroupNorm(num_groups=G)


@flax("`LayerNorm`", "LayerNorm()(x)", "the last axis", ROWS, groups=1)
def flax_layer(linen):
    return linen.LayerNorm()


def onnx(name, operator, attributes, opset, axes, dims, **settings):
    def run(x, gamma, beta):
        from onnx import helper, reference
        kind = 1  # FLOAT
        node = helper.make_node(operator, ["x", "scale", "bias"], ["y"], **attributes)
        inputs = [helper.make_tensor_value_info(n, kind, None) for n in ("x", "scale", "bias")]
        graph = helper.make_graph([node], "one", inputs, [helper.make_tensor_value_info("y", kind, None)])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        return reference.ReferenceEvaluator(model).run(None, {"x": x, "scale": gamma, "bias": beta})[0]
    said = "".join(f", {key}={value}" for key, value in attributes.items())
    row("ONNX " + name, "onnx", f"{operator}(x, scale, bias{said})", f"Operators.md, opset {opset}", axes, dims,
        epsilon=1e-5, **settings)(run)


onnx("`InstanceNormalization`", "InstanceNormalization", {}, 21, "H, W", FIRST)
onnx("`GroupNormalization` of opset 21", "GroupNormalization", {"num_groups": G}, 21, "C/G, H, W", FIRST, groups=G)
onnx("`LayerNormalization`", "LayerNormalization", {}, 17, "the last axis", ROWS, groups=1)


def paddle(name, call, axes, dims, **settings):
    def add(work):
        def run(x, gamma, beta):
            import paddle as p
            of = p.to_tensor
            return work(p.nn.functional, of(x), of(gamma), of(beta)).numpy()
        return row("Paddle " + name, "paddlepaddle", call, "paddle/nn/functional/norm.py", axes, dims, epsilon=1e-5,
                   **settings)(run)
    return add


@paddle("`InstanceNorm2D`, `instance_norm`", "instance_norm(x, weight=gamma, bias=beta)", "H, W", FIRST)
def paddle_instance(f, x, gamma, beta):
    return f.instance_norm(x, weight=gamma, bias=beta)


@paddle("`GroupNorm`, `group_norm`", "group_norm(x, 2, weight=gamma, bias=beta)", "C/G, H, W", FIRST, groups=G)
def paddle_group(f, x, gamma, beta):
    return f.group_norm(x, G, weight=gamma, bias=beta)


@paddle("`LayerNorm(C)`, `layer_norm`", "layer_norm(x, 4, gamma, beta)", "the last axis", ROWS, groups=1)
def paddle_layer(f, x, gamma, beta):
    return f.layer_norm(x, C, gamma, beta)


def mlx(name, call, axes, dims, **settings):
    def add(work):
        def run(x, gamma, beta):
            import mlx.core as mx
            import mlx.nn as nn
            mx.set_default_device(mx.cpu)
            layer = work(nn)
            if "weight" in layer:
                layer.update({"weight": mx.array(gamma), "bias": mx.array(beta)})
            return np.array(layer(mx.array(x)))
        return row("MLX " + name, "mlx", call, "mlx/nn/layers/normalization.py", axes, dims, layout="NHWC", epsilon=1e-5,
                   **settings)(run)
    return add


@mlx("`InstanceNorm(affine=True)`", "InstanceNorm(4, affine=True)(x)", "H, W", LAST)
def mlx_instance(nn):
    return nn.InstanceNorm(C, affine=True)


@mlx("`GroupNorm(pytorch_compatible=True)`", "GroupNorm(2, 4, pytorch_compatible=True)(x)", "H, W, C/G", LAST, groups=G)
def mlx_group(nn):
    return nn.GroupNorm(G, C, pytorch_compatible=True)


@mlx("`GroupNorm(affine=False)`", "GroupNorm(2, 4, affine=False)(x)", "H, W, each G-th of C", MIXED, gamma=False)
def mlx_group_apart(nn):
    return nn.GroupNorm(G, C, affine=False)


@mlx("`LayerNorm`", "LayerNorm(4)(x)", "the last axis", ROWS, groups=1)
def mlx_layer(nn):
    return nn.LayerNorm(C)


def ncnn(name, operator, arguments, axes, dims, **settings):
    def run(x, gamma, beta):
        import ncnn as engine
        with tempfile.TemporaryDirectory() as folder:
            param, weights = os.path.join(folder, "param"), os.path.join(folder, "bin")
            pathlib.Path(param).write_text(f"7767517\n2 2\nInput in 0 1 x\n{operator} norm 1 1 x y {arguments}\n")
            pathlib.Path(weights).write_bytes(gamma.tobytes() + beta.tobytes())
            net = engine.Net()
            net.opt.use_vulkan_compute = net.opt.use_fp16_storage = net.opt.use_fp16_packed = False
            net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
            net.load_param(param)
            net.load_model(weights)
            made = []
            for sample in x if x.ndim > 2 else [x]:
                with net.create_extractor() as run:
                    run.input("x", engine.Mat(np.ascontiguousarray(sample)).clone())
                    made.append(np.array(run.extract("y")[1]))
            return np.stack(made)
    row("ncnn " + name, "ncnn", f"{operator} {arguments}", f"src/layer/{operator.lower()}.cpp", axes, dims, epsilon=1e-3,
        **settings)(run)


ncnn("`InstanceNorm`", "InstanceNorm", "0=4", "H, W", FIRST)
ncnn("`GroupNorm`", "GroupNorm", "0=2 1=4", "C/G, H, W", FIRST, groups=G)
ncnn("`LayerNorm`", "LayerNorm", "0=4", "the last axis", ROWS, groups=1)


@row("TorchIO `ZNormalization`", "torchio", "ZNormalization()(x[n])", "torchio/transforms", "C, W, H, D", FLAT,
     groups=1, gamma=False, relation="SAMPLE")
def torchio(x, gamma, beta):
    import torch
    import torchio
    return np.stack([torchio.ZNormalization()(torch.from_numpy(s).reshape(C, H, W, 1)).numpy() for s in x])


def monai(name, options, x=None, **settings):
    def run(x, gamma, beta):
        from monai import transforms
        normalize = transforms.NormalizeIntensity(**options)
        return np.stack([np.asarray(normalize(s.reshape(C, H, W).copy())) for s in x])
    said = ", ".join(f"{key}={value}" for key, value in options.items())
    row("MONAI " + name, "monai", f"NormalizeIntensity({said})(x[n])", "monai/transforms/intensity/array.py",
        gamma=False, x=x, **settings)(run)


monai("`NormalizeIntensity`", {}, axes="C, H, W", dims=FLAT, groups=1)
monai("`NormalizeIntensity(channel_wise=True)`", {"channel_wise": True}, axes="H, W", dims=FIRST)
monai("`NormalizeIntensity` of a constant", {"channel_wise": True}, axes="H, W", dims=FIRST,
      x=np.full(48, 3, np.float32))


@row("ITK `NormalizeImageFilter`, SimpleITK `Normalize`", "SimpleITK", "Normalize(x[n][c])", "itkNormalizeImageFilter.hxx",
     "H, W", FIRST, gamma=False, relation="SAMPLE")
def itk(x, gamma, beta):
    import SimpleITK as itk
    planes = [itk.GetArrayFromImage(itk.Normalize(itk.GetImageFromArray(p))) for p in x.reshape(-1, H, W)]
    return np.stack(planes)


def record(folder):
    for number, it in enumerate(WORKS):
        channels = it["dims"][1] if it["layout"] == "NCHW" else it["dims"][-1]
        try:
            version = it["package"] and importlib.metadata.version(it["package"])
        except importlib.metadata.PackageNotFoundError:
            continue
        y = it["work"](it["x"].reshape(it["dims"]), GAMMA[:channels], BETA[:channels])
        y = np.asarray(y).astype(np.float32).ravel()
        kept = {"version": version or "73a1445", "y": [float(v) for v in y]}
        (folder / f"{number:02}.json").write_text(json.dumps(kept))
        print(f"{it['name']}, {it['package']} {kept['version']}")


def numbers(values):
    text = [f"{np.float32(v):.9g}" for v in values]
    return ",\n".join("\t" + ", ".join(text[k:k + 8]) for k in range(0, len(text), 8))


def entry(it, kept):
    def text(*keys):
        return ", ".join(f'.{key} = "{it[key]}"' for key in keys)
    it = dict(it, version=kept["version"], shape=SHAPES[it["dims"]])
    x = "" if it["x"] is X else f".constant = {it['x'][0]:g}, "
    return (f"{{{text('name', 'version')},\n"
            f" {text('call', 'source')},\n"
            f" {text('axes', 'shape')}, .rank = {len(it['dims'])}, .dims = {{{', '.join(str(d) for d in it['dims'])}}},\n"
            f" .layout = CLNORM_{it['layout']}, .groups = {it['groups']}, .epsilon = {it['epsilon']:g}, "
            f".has_gamma = {str(it['gamma']).lower()}, .relation = ELSEWHERE_{it['relation']},\n"
            f" {x}.y = {{\n{numbers(kept['y'])}}}}},\n\n")


HEAD = """/* elsewhere_rows.c: what the norms of other libraries give on one small tensor; recorded by bench/elsewhere.py.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In float32, by the library itself, but for PuzzleLib, which runs on nothing but its vendors' libraries: its row is
 * its formula, from its source, in double. */
#include "tests/kit/elsewhere.h"

/* clang-format off */
"""


def write(folder, path):
    rows = [entry(it, json.loads((folder / f"{number:02}.json").read_text())) for number, it in enumerate(WORKS)]
    # gamma and beta of C elements are the first C.
    arrays = "".join(f"const double elsewhere_{n}[] = {{\n{numbers(v)}}};\n\n"
                     for n, v in (("x", X), ("gamma", GAMMA), ("beta", BETA)))
    path.write_text(HEAD + arrays + "const struct elsewhere elsewhere_rows[] = {\n" + "".join(rows).rstrip(",\n") + "};\n\n"
                    "const size_t elsewhere_count = sizeof(elsewhere_rows) / sizeof(elsewhere_rows[0]);\n")


if sys.argv[1] == "--write":
    write(pathlib.Path(sys.argv[2]), pathlib.Path(__file__).parent.parent / "tests" / "kit" / "elsewhere_rows.c")
else:
    record(pathlib.Path(sys.argv[1]))
