# clnorm_engine.py: clnorm as an engine, through peer.c and ctypes.
# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

import numpy

from engine import Engine, Unable

FLOATS = ctypes.POINTER(ctypes.c_float)


def pointer(array):
    return None if array is None else array.ctypes.data_as(FLOATS)


def load_library(path):
    library = ctypes.CDLL(path)
    library.peer_error.restype = ctypes.c_char_p
    library.peer_explain.restype = ctypes.c_char_p
    library.peer_explain.argtypes = [ctypes.c_void_p]
    library.peer_device.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    library.peer_make.restype = ctypes.c_void_p
    library.peer_make.argtypes = [ctypes.c_uint, ctypes.POINTER(ctypes.c_size_t), ctypes.c_double, ctypes.c_int]
    library.peer_load.argtypes = [ctypes.c_void_p] + [FLOATS] * 4
    library.peer_read.argtypes = [ctypes.c_void_p] + [FLOATS] * 3
    library.peer_run.argtypes = [ctypes.c_void_p]
    library.peer_drop.argtypes = [ctypes.c_void_p]
    library.peer_drop.restype = None
    return library


class Clnorm(Engine):
    """Buffers stay on the device: what is timed is the call and the wait for its end."""

    ops = ("forward", "backward")

    def __init__(self, threads):
        self.library = load_library(os.environ["CLNORM_PEER"])
        self.case = None
        text = ctypes.create_string_buffer(400)
        if not self.library.peer_device(text, len(text)):
            raise Unable(self.reason())
        self.version = text.value.decode()

    def reason(self):
        return self.library.peer_error().decode()

    def load(self, op, data):
        self.drop()
        shape = data["x"].shape
        dims = (ctypes.c_size_t * len(shape))(*shape)
        self.case = self.library.peer_make(len(shape), dims, data["epsilon"], op == "backward")
        if not self.case:
            raise Unable(self.reason())
        self.outputs = {"y": numpy.empty_like(data["x"])} if op == "forward" else {
            "dx": numpy.empty_like(data["x"]), "dgamma": numpy.empty_like(data["gamma"]),
            "dbeta": numpy.empty_like(data["beta"])}
        operands = [pointer(data[name]) for name in ("x", "gamma", "beta", "dy")]
        if not self.library.peer_load(self.case, *operands):
            raise Unable(self.reason())

    def run(self):
        if not self.library.peer_run(self.case):
            raise Unable(self.reason())

    def results(self):
        places = [pointer(array) for array in self.outputs.values()]
        if not self.library.peer_read(self.case, *places, *[None] * (3 - len(places))):
            raise Unable(self.reason())
        return self.outputs

    def note(self):
        return self.library.peer_explain(self.case).decode()

    def drop(self):
        self.library.peer_drop(self.case)
        self.case = None
