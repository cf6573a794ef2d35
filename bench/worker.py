# worker.py: the process of one engine; does what main.py asks through a pipe, one line of JSON each way.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import statistics
import sys
import time
import traceback

import numpy

import frameworks

# Libraries print; the answers have the pipe to themselves.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def read_data(folder, op, is_far):
    """Each process has its own copy, in memory of its own."""
    names = ["x", "gamma", "beta"] + (["dy"] if op == "backward" else [])
    data = {"dy": None}
    for name in names:
        file = "far" if is_far and name == "x" else name
        data[name] = numpy.load(f"{folder}/{file}.npy")
    return data


def turn(engine, seconds):
    """Once untimed, so that caches and threads are the engine's own, then timed calls until `seconds` have passed.
    The median, in milliseconds."""
    engine.run()
    times, began = [], time.perf_counter()
    while not times or (time.perf_counter() - began < seconds and len(times) < 1000):
        start = time.perf_counter_ns()
        engine.run()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return statistics.median(times)


def answer(engine, question):
    verb = question.pop("do")
    if verb == "load":
        engine.drop()
        data = read_data(question["folder"], question["op"], question["is_far"])
        engine.load(question["op"], dict(data, epsilon=question["epsilon"]))
        engine.run()
        return {"note": engine.note()}
    if verb == "turn":
        return {"ms": turn(engine, question["seconds"])}
    if verb == "results":
        for name, array in engine.results().items():
            numpy.save(f"{question['folder']}/out-{name}.npy", array)
        return {}
    engine.drop()
    return {}


def main():
    try:
        engine = frameworks.make(sys.argv[1], int(sys.argv[2]))
    except Exception as error:  # whatever an import or a driver thinks of
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
        return
    print(json.dumps({"version": engine.version, "ops": engine.ops}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            reply = answer(engine, json.loads(line))
        except Exception as error:  # said, and the next shape may do
            traceback.print_exc()
            reply = {"error": (str(error).strip() or type(error).__name__).splitlines()[0]}
        print(json.dumps(reply), file=answers, flush=True)


main()
