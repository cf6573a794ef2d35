# standin.py: an empty library in the place of those that a GPU build of PyTorch names and a CPU never calls.
# SPDX-License-Identifier: Apache-2.0
#
# The usual wheel of torch is linked with two gigabytes of CUDA libraries, which the loader wants to find before the
# first line runs. One library with all their names answers for them: what registers kernels at the start gets 0,
# every other function an error code, so that torch finds no GPU. The CPU code is not touched. Where this fails,
# install.py installs the real ones.
import collections
import pathlib
import re
import subprocess

VENDOR = re.compile(r"lib(cu|nv|nccl)|(cu|nv|nccl|__cuda)", re.IGNORECASE)
NO_DEVICE = 100  # cudaErrorNoDevice, and no success for any of the others


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def torch_libraries(python):
    where = "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    return sorted((pathlib.Path(output([python, "-c", where]).strip()) / "lib").glob("lib*.so"))


def needed(library):
    return [name for name in re.findall(r"NEEDED.*\[(.*)\]", output(["readelf", "-dW", library])) if VENDOR.match(name)]


def wanted(library):
    """(version, symbol) of what the library takes from a vendor's; version "" where there is none."""
    for line in output(["nm", "-D", "--undefined-only", library]).splitlines():
        symbol, _, version = line.split()[-1].partition("@")
        if VENDOR.match(version or symbol):
            yield version, symbol


def make(python, folder):
    folder.mkdir(parents=True, exist_ok=True)
    libraries = torch_libraries(python)
    names = {name for library in libraries for name in needed(library)}
    symbols = collections.defaultdict(set)
    for library in libraries:
        for version, symbol in wanted(library):
            symbols[version].add(symbol)
    if not names:
        return
    everything = sorted(set().union(*symbols.values()))
    (folder / "standin.c").write_text("".join(
        f"long {symbol}(void) {{ return {0 if symbol.startswith('__') else NO_DEVICE}; }}\n" for symbol in everything))
    (folder / "standin.map").write_text("".join(
        f"{version} {{ {' '.join(symbol + ';' for symbol in sorted(symbols[version]))} }};\n"
        for version in symbols if version))
    subprocess.run(["cc", "-w", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-o", folder / "standin.so",
                    f"-Wl,--version-script={folder}/standin.map", folder / "standin.c"], check=True)
    for name in names:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to("standin.so")
