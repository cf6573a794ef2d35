# figures.py: what tables and pictures say, worked out of the results: times, ratios, means, errors.
# SPDX-License-Identifier: Apache-2.0
import math

from process import ENGINES

CLNORM = ["clnorm-pocl", "clnorm-intel"]
PEERS = [name for name in ENGINES if name not in CLNORM]
RUNTIME = {"clnorm-pocl": "PoCL", "clnorm-intel": "Intel"}


class Table:
    """The figures of one operation."""

    def __init__(self, found, op, order):
        """order: ids, as the rows are to follow each other."""
        self.op = op
        self.rows = {id: found.figures[op][id] for id in order if id in found.figures[op]}

    def engines(self, among=tuple(ENGINES)):
        """Those that measured at least one shape."""
        return [name for name in among if any(self.ms(id, name) for id in self.rows)]

    def ms(self, id, engine):
        return self.rows[id]["engines"].get(engine, {}).get("ms")

    def reason(self, id, engine):
        return self.rows[id]["engines"].get(engine, {}).get("unable")

    def is_tiny(self, id):
        return self.rows[id]["regime"] == "tiny"

    def gigabytes_per_second(self, id, engine):
        """x and y, or x, dy and dx, once each, over the time."""
        tensors = 3 if self.op == "backward" else 2
        return 4 * tensors * math.prod(self.rows[id]["shape"]) / self.ms(id, engine) / 1e6

    def best_peer(self, id):
        """(ms, engine), or None. Those with the allocator as it comes are the same code with a handicap."""
        able = [name for name in PEERS if self.ms(id, name) and not name.endswith("-fresh")]
        return min(((self.ms(id, name), name) for name in able), default=None)

    def lead(self, id, engine, peer=None):
        """Time of the peer (None: the best one) over clnorm's; None where one of them has none."""
        own = self.ms(id, engine)
        other = self.ms(id, peer) if peer else (self.best_peer(id) or [None])[0]
        return other / own if own and other else None

    def mean_lead(self, engine, peer, is_tiny):
        """Geometric mean over the shapes that both have, and how many those are."""
        leads = [self.lead(id, engine, peer) for id in self.rows if self.is_tiny(id) == is_tiny]
        logs = [math.log(lead) for lead in leads if lead]
        return (math.exp(sum(logs) / len(logs)) if logs else None), len(logs)

    def behind(self, engine):
        """[(id, lead, best peer)] where the best peer is faster, the worst first."""
        leads = [(self.lead(id, engine), id) for id in self.rows]
        return [(id, lead, self.best_peer(id)[1]) for lead, id in sorted(pair for pair in leads if pair[0]) if lead < 1]

    def largest_error(self, engine, what):
        errors = [row["engines"].get(engine, {}).get("errors", {}).get(what) for row in self.rows.values()]
        return max((error for error in errors if error is not None), default=None)


def three_digits(value):
    """0.00612, 0.612, 6.12, 61.2, 612."""
    if value is None:
        return "-"
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 2
    return f"{value:.{digits}f}"


def ratio(value):
    return "-" if value is None else f"{value:.2f}"


def error(value):
    return "-" if value is None else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e+")


def dims(shape):
    return ", ".join([str(shape[0]), str(shape[1]), "x".join(map(str, shape[2:]))][:len(shape)])
