# main.py: measures the shapes asked for and writes the table; started by install.py in the peers' environment.
# SPDX-License-Identifier: Apache-2.0
import pathlib
import shutil
import subprocess
import sys
import tempfile

import options
import shapes


def compile_peer(chosen):
    """peer.c against the library as it is built, not as it is installed."""
    build, out = chosen.build, chosen.folder / "peer.so"
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "OpenCL"], capture_output=True, text=True)
    subprocess.run(["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-DCL_TARGET_OPENCL_VERSION=120",
                    f"-I{build}/include", f"-I{options.TOP}/include", "-o", out, options.BENCH / "peer.c",
                    f"-L{build}/.libs", "-lclnorm", f"-Wl,-rpath,{build}/.libs",
                    *(flags.stdout.split() or ["-lOpenCL"])], check=True)


def start(chosen):
    """The engines that can be had, and a word on each that cannot."""
    from engine import Unable
    from process import ENGINES, Process
    started = []
    for name in ENGINES:
        try:
            if name in (chosen.engines or ENGINES):
                started.append(Process(name, chosen))
                print(f"  {name:<22}{started[-1].version}", flush=True)
        except Unable as reason:
            print(f"  {name:<22}left out: {reason}", flush=True)
    return started


def facts_of(chosen, processes):
    import results
    return {"processor": results.processor(), "threads": chosen.threads,
            "library": results.digest(chosen.build / ".libs" / "libclnorm.so"),
            "versions": {process.name: process.version for process in processes}}


def show(op, shape, lines):
    print(f"{shape.id} {'x'.join(map(str, shape.dims))} {op}", flush=True)
    for name, line in lines.items():
        if "unable" not in line:
            errors = "  ".join(f"{key} {value:.1e}" for key, value in line.get("errors", {}).items())
            print(f"  {name:<22}{line['ms']:10.3f} ms  ({line['low']:.3f} to {line['high']:.3f})  {errors}", flush=True)
        elif line["unable"] != "has no such operation":
            print(f"  {name:<22}{line['unable']}", flush=True)


def data_folder(chosen):
    """Where data lies while a shape is measured: in memory, where there is enough for all tensors of a large shape."""
    shared = pathlib.Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 4 << 30 else chosen.folder


def check_engines(chosen):
    from process import ENGINES
    unknown = set(chosen.engines or ()) - set(ENGINES)
    if unknown:
        sys.exit(f"peers: no such engine: {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")


def run(chosen, found):
    import measure
    asked = shapes.choose_instances(chosen)
    check_engines(chosen)
    compile_peer(chosen)
    processes = start(chosen)
    try:
        if chosen.engines is None:
            found.settle(facts_of(chosen, processes))
        for shape in asked:
            for op in chosen.ops:
                with tempfile.TemporaryDirectory(prefix="clnorm-peers-", dir=data_folder(chosen)) as folder:
                    able = [process for process in processes if op in process.ops]
                    lines = measure.measure(able, shape.dims, op, pathlib.Path(folder))
                show(op, shape, lines)
                if chosen.engines is None:
                    found.keep(op, shape, lines)
    finally:
        for process in processes:
            process.close()


def main():
    chosen = options.parse()
    if chosen.list:
        print("\n".join(shape.id for shape in shapes.choose_instances(chosen)))
        return
    import report
    import results
    found = results.Results(chosen.folder / "results.json")
    if not chosen.fresh:
        found.load()
    if not chosen.report:
        run(chosen, found)
    if chosen.report or chosen.engines is None:
        report.write(found, chosen)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\npeers: stopped; the shapes that were done are kept, --report makes their table")
