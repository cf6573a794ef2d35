# options.py: the command line of peers, read before and after the peers are installed.
# SPDX-License-Identifier: Apache-2.0
import argparse
import os
import pathlib

BENCH = pathlib.Path(__file__).resolve().parent
TOP = BENCH.parent


def default_shapes():
    """The project's own list where it lies beside the tree, else the copy here."""
    shared = TOP.parent / "shared" / "shapes.csv"
    return shared if shared.is_file() else BENCH / "shapes.csv"


def names(text):
    return [name for name in text.split(",") if name]


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        prog="bench/peers",
        description="Times clnorm beside its peers in one run, in turns, on the same data and threads, checks every "
        "result against float64, and writes a table and a picture to BUILD/peers.",
        epilog="Figures of earlier runs with the same versions are kept and merged, so that the shapes can be "
        "measured in several runs: --only a,b and then --only c.",
    )
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build", metavar="BUILD",
                        help="the folder that clnorm is built in (build)")
    parser.add_argument("--shapes", type=pathlib.Path, default=default_shapes(), metavar="FILE",
                        help="CSV with columns id, n, c, spatial (4x4), regime, set (%(default)s)")
    parser.add_argument("--set", default="s", help="the set to measure, all for every one (s)")
    parser.add_argument("--only", type=names, default=None, metavar="ID,...", help="these shapes alone")
    parser.add_argument("--engines", type=names, default=None, metavar="NAME,...",
                        help="these engines alone; figures are shown, and not kept")
    parser.add_argument("--ops", type=names, default=["forward", "backward"], metavar="OP,...",
                        help="forward, backward (both)")
    parser.add_argument("--threads", type=positive, default=os.cpu_count(), 
                        help="threads of every engine (%(default)s)")
    parser.add_argument("--fresh", action="store_true", help="forget the figures of earlier runs")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the table of what there is")
    parser.add_argument("--write", action="store_true",
                        help="also write bench/RESULTS.md, bench/results.svg and README.md's part")
    parser.add_argument("--list", action="store_true", help="print the shapes, one id a line")
    parser.add_argument("--no-install", action="store_true", help="install nothing; what is missing is left out")
    options = parser.parse_args(arguments)
    unknown = set(options.ops) - {"forward", "backward"}
    if unknown:
        parser.error(f"--ops: '{', '.join(sorted(unknown))}' is not forward or backward")
    options.build = options.build.resolve()
    options.folder = options.build / "peers"
    return options
