# shapes.py: the shapes of a CSV file.
# SPDX-License-Identifier: Apache-2.0
import csv
import dataclasses
import sys


@dataclasses.dataclass
class Shape:
    id: str
    dims: list
    regime: str
    set: str
    groups: int  # 0: instance normalization


def read(path):
    with open(path, newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [Shape(row["id"], [int(row["n"]), int(row["c"]), *map(int, filter(None, row["spatial"].split("x")))],
                      row.get("regime", ""), row.get("set", ""), int(row.get("groups") or 0)) for row in rows]


def choose(chosen):
    """Those asked for, in the file's order."""
    shapes = [shape for shape in read(chosen.shapes) if chosen.set in ("all", shape.set)]
    if chosen.only is not None:
        unknown = set(chosen.only) - {shape.id for shape in shapes}
        if unknown:
            sys.exit(f"peers: {chosen.shapes} has no {', '.join(sorted(unknown))} in set {chosen.set}")
        shapes = [shape for shape in shapes if shape.id in chosen.only]
    return shapes


def choose_instances(chosen):
    """The same, of instance normalization alone: what the peers are compared on."""
    return [shape for shape in choose(chosen) if not shape.groups]
