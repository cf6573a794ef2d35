# install.py: a virtual environment in BUILD/peers with every peer that can be had, then on to main.py in it.
# SPDX-License-Identifier: Apache-2.0
#
# Runs on the system's Python, with its own modules alone. A peer that cannot be installed is said and left out.
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys

import options
import standin

# Distribution, options of pip for it, what it is wanted for. torch without what it depends on: for a CPU that is two
# gigabytes of libraries that are never called; standin.py says how it starts without.
WANTED = [
    ("numpy", [], "data and the float64 reference"),
    ("torch", ["--no-deps"], "PyTorch's instance_norm and group_norm"),
    ("onnx", [], "the model that ONNX Runtime, OpenVINO and OpenCV are given"),
    ("onnxruntime", [], "ONNX Runtime's InstanceNormalization"),
    ("openvino", [], "OpenVINO's InstanceNormalization"),
    ("opencv-python-headless", [], "OpenCV's InstanceNormalization, on its CPU and OpenCL paths"),
]
TORCH_NEEDS = ["filelock", "typing_extensions", "sympy", "networkx", "jinja2", "fsspec"]
INTEL_NEEDS = ["intel-opencl-rt", "intel-cmplr-lic-rt", "intel-cmplr-lib-rt", "tbb", "tcmlib"]


def say(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


def pip(python, arguments):
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        reason = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        say(f"{arguments[-1]} cannot be installed and is left out: {reason[-1]}")
    return done.returncode == 0


def make_environment(folder):
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit("peers: Python makes no virtual environments here: install python3-venv")
        shutil.rmtree(folder / "venv", ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    return python


def installed(python, name):
    question = f"import importlib.metadata as m; m.version({name!r})"
    return subprocess.run([python, "-c", question], capture_output=True).returncode == 0


def starts(python, folder):
    environment = dict(os.environ, LD_LIBRARY_PATH=str(folder / "standin"))
    return subprocess.run([python, "-c", "import torch"], capture_output=True, env=environment).returncode == 0


def install_torch_needs(python, folder):
    pip(python, TORCH_NEEDS)
    standin.make(python, folder / "standin")
    if not starts(python, folder):
        say("torch does not start without the libraries it names; they are installed, which takes some gigabytes")
        shutil.rmtree(folder / "standin", ignore_errors=True)
        pip(python, ["torch"])


def install_peers(python, folder):
    for name, arguments, purpose in WANTED:
        if installed(python, name):
            continue
        say(f"installing {name}: {purpose}")
        if pip(python, [*arguments, name]) and name == "torch":
            install_torch_needs(python, folder)


def install_intel(build):
    """Intel's CPU runtime, as quickstart unpacks it for the tests."""
    place = pathlib.Path(os.environ.get("CLNORM_INTEL_CPU", build / "venv-intel"))
    if (place / "lib" / "libintelocl.so").exists() or os.uname().machine != "x86_64":
        return
    say("installing Intel's CPU runtime for OpenCL: the second device clnorm is timed on")
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip(place / "bin" / "python", ["--no-deps", *INTEL_NEEDS])


def build_library(build):
    if not (build / "Makefile").exists():
        sys.exit(f"peers: clnorm is not built in {build}: run ./quickstart, or configure there, and come back")
    make = os.environ.get("MAKE", "make")
    if subprocess.run([make, "-s", "-C", build, "libclnorm.la"], stdout=sys.stderr).returncode != 0:
        sys.exit("peers: clnorm does not build")


def main():
    chosen = options.parse()
    if chosen.list:
        python = sys.executable
    else:
        build_library(chosen.build)
        chosen.folder.mkdir(parents=True, exist_ok=True)
        python = make_environment(chosen.folder)
        if not chosen.no_install:
            install_peers(python, chosen.folder)
            install_intel(chosen.build)
    os.execv(python, [str(python), "-B", str(options.BENCH / "main.py"), *sys.argv[1:]])


main()
