# engine.py: what an engine of the comparison is.
# SPDX-License-Identifier: Apache-2.0


class Unable(Exception):
    """The engine cannot do this; the text says why. The others go on."""


class Engine:
    """One way to normalize, in a process of its own. Data is float32; gamma and beta have C elements."""

    ops = ("forward",)
    version = "?"

    def load(self, op, data):
        """Takes data {x, gamma, beta, dy, epsilon} in, so that run() only computes."""
        raise NotImplementedError

    def run(self):
        """Computes once and returns when the result is there. This is what is timed."""
        raise NotImplementedError

    def results(self):
        """What the last run() made: {"y": array}, or {"dx", "dgamma", "dbeta"}."""
        raise NotImplementedError

    def note(self):
        return ""

    def drop(self):
        """Frees what load() took."""
