"""weights.py: writes weight files with h5py alone, and reads clnorm's with h5py; for tests/guards/weights.sh.

SPDX-License-Identifier: Apache-2.0

usage: weights.py make FILE NAME C HOW      HOW: plain, net, half, running, double, transposed, nokey, truncated
       weights.py check FILE NAME C [running]
"""
import sys

import h5py
import numpy as np


def values(c):
    """gamma, beta, running mean and variance as tests/guards/weights_tool.c makes them."""
    i = np.arange(c)
    return 1 + (i % 512) / 8, -(i % 256) / 16, (i % 64) / 4 - 8, 1.0 + i % 32


KEYS = (".scale", ".bias", ".running_mean", ".running_var")


def write(path, name, c, how):
    gamma, beta, mean, variance = values(c)
    dtype = {"half": np.float16, "double": np.float64}.get(how, np.float32)
    shape = (1, 1, 1, c) if how == "transposed" else (1, c, 1, 1)
    with h5py.File(path, "w") as file:
        params = file.create_group("params")
        links = file.create_group("links")
        if how == "net":  # a container: other layers' weights around, another order, its own groups and blueprint
            params.create_dataset("0", data=np.zeros((4, 3, 3, 3), np.float32), compression="gzip")
            links["net.conv.W"] = 0
            file.create_group("attrs.net")
            file.create_dataset("blueprint", data='{"classname": "Sequential"}')
        first = 2 if how == "net" else 0
        second = 1
        params.create_dataset(str(first), data=gamma.astype(dtype).reshape(shape), compression="gzip")
        params.create_dataset(str(second), data=beta.astype(dtype).reshape(shape), compression="gzip")
        links[name + ".scale"] = first
        if how != "nokey":
            links[name + ".bias"] = second
        if how == "running":  # as torch.nn.InstanceNorm2d(track_running_stats=True) has them in its state
            for key, data in ((".running_mean", mean), (".running_var", variance)):
                number = len(params)
                params.create_dataset(str(number), data=data.astype(dtype).reshape(shape))
                links[name + key] = number
            links[name + ".num_batches_tracked"] = 7
    if how == "truncated":
        with open(path, "r+b") as file:
            file.truncate(1000)


def check(path, name, c, count):
    with h5py.File(path, "r") as file:
        assert set(file) == {"params", "links"}, list(file)
        assert set(file["links"]) == {name + key for key in KEYS[:count]}, list(file["links"])
        assert set(file["params"]) == {str(i) for i in range(count)}, list(file["params"])
        for key, right in zip(KEYS[:count], values(c)):
            number = file["links"][name + key]
            assert number.shape == () and number.dtype.kind == "i", number
            data = file["params"][str(number[()])]
            assert data.shape == (1, c, 1, 1) and data.dtype == np.dtype("<f4"), data
            assert data.compression in ("gzip", None), data.compression
            assert np.array_equal(data[()].ravel(), right.astype(np.float32)), key


if sys.argv[1] == "make":
    write(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
else:
    check(sys.argv[2], sys.argv[3], int(sys.argv[4]), 4 if len(sys.argv) > 5 else 2)
