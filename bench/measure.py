# measure.py: one shape, one operation: every engine in turns, then its result against float64.
# SPDX-License-Identifier: Apache-2.0
import statistics

import numpy

import oracle
from engine import Unable

EPSILON = 1e-5
TURN_SECONDS = 0.015
MOST_ROUNDS = 15
ENOUGH = ((5, 1.0), (3, 2.0))  # (rounds, seconds): an engine that has had both is done
FAR_ELEMENTS = 1 << 23  # larger shapes are not checked with a mean of 1e4 standard deviations: it is not about size
OUTPUTS = {"forward": ["y"], "backward": ["dx", "dgamma", "dbeta"]}


def make_data(shape, op, folder):
    """Normal numbers of mean 1 and deviation 2; `far`: of mean 1e4 and deviation 1. The seed is fixed."""
    random = numpy.random.default_rng(20)
    data = {"x": random.standard_normal(shape, numpy.float32)}
    data["x"] *= 2
    data["x"] += 1
    data["gamma"] = random.uniform(0.5, 1.5, shape[1]).astype(numpy.float32)
    data["beta"] = random.standard_normal(shape[1], numpy.float32)
    if op == "backward":
        data["dy"] = random.standard_normal(shape, numpy.float32)
    elif data["x"].size <= FAR_ELEMENTS:
        data["far"] = (data["x"] - 1) / 2 + numpy.float32(1e4)
    for name, array in data.items():
        numpy.save(folder / f"{name}.npy", array)
    return data


def each(processes, lines, action):
    """action(process) for those still able; a reason in the line of one that is not."""
    for process in processes:
        line = lines[process.name]
        if "unable" not in line:
            try:
                action(process, line)
            except Unable as reason:
                line["unable"] = str(reason)


def load(processes, lines, op, folder, is_far=False):
    def action(process, line):
        if is_far and process.name.endswith("-fresh"):
            return
        if op not in process.ops:
            raise Unable("has no such operation")
        line["note"] = process.ask("load", op=op, folder=str(folder), epsilon=EPSILON, is_far=is_far)["note"]
    each(processes, lines, action)


def take_turns(processes, lines):
    """Rounds until everyone is done; who begins moves on by one each round, so that nobody always follows the same."""
    times = {process.name: [] for process in processes}
    spent = dict.fromkeys(times, 0.0)

    def is_done(name):
        return "unable" in lines[name] or len(times[name]) >= MOST_ROUNDS or any(
            len(times[name]) >= rounds and spent[name] > seconds for rounds, seconds in ENOUGH)

    def action(process, line):
        if not is_done(process.name):
            ms = process.ask("turn", seconds=TURN_SECONDS)["ms"]
            times[process.name].append(ms)
            spent[process.name] += max(2 * ms / 1e3, TURN_SECONDS)
    for turn in range(MOST_ROUNDS):
        if all(is_done(name) for name in times):
            break
        first = turn % len(processes)
        each(processes[first:] + processes[:first], lines, action)
    for name, values in times.items():
        if "unable" not in lines[name]:
            low, middle, high = statistics.quantiles(values, n=4)
            lines[name].update(ms=middle, low=low, high=high, rounds=len(values))


def check(processes, lines, op, folder, reference, prefix=""):
    def action(process, line):
        if process.name.endswith("-fresh"):
            return  # the same code as that without, in other memory
        process.ask("results", folder=str(folder))
        outputs = {name: numpy.load(folder / f"out-{name}.npy", mmap_mode="r") for name in OUTPUTS[op]}
        for name, error in reference.errors(outputs).items():
            line.setdefault("errors", {})[prefix + name] = error
    each(processes, lines, action)


def measure(processes, shape, op, folder):
    """{engine: {ms, low, high, rounds, errors, note} or {unable}}. folder: where data goes meanwhile."""
    lines = {process.name: {} for process in processes}
    data = make_data(shape, op, folder)
    reference = (oracle.Backward if op == "backward" else oracle.Forward)(data, EPSILON)
    load(processes, lines, op, folder)
    take_turns(processes, lines)
    check(processes, lines, op, folder, reference)
    if "far" in data:
        reference = oracle.Forward(dict(data, x=data["far"]), EPSILON)
        load(processes, lines, op, folder, is_far=True)
        check(processes, lines, op, folder, reference, "far ")
    del reference
    for process in processes:
        try:
            process.ask("drop")
        except Unable:
            pass  # its process is gone, and its memory with it
    return lines
