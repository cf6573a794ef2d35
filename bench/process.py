# process.py: engines in processes of their own, stopped while it is another's turn.
# SPDX-License-Identifier: Apache-2.0
#
# Several OpenCL drivers in one process can break each other, and thread pools go on spinning for a while after a call;
# a stopped process spins no more, so a turn has all cores.
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys

import options
from engine import Unable

ANSWER_SECONDS = 300  # compiling a large model on a slow machine takes a tenth of it
DEATH_SIGNAL = 1      # prctl's PR_SET_PDEATHSIG

# Freed memory is kept and huge pages are asked for, in every process: what makes its result anew at each call, as
# PyTorch does, has it in memory that is there already, as the others have. Where glibc is not the allocator, each
# takes what it gets.
KEPT_MEMORY = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184"

# Engine -> what it is called in tables. Fresh: with the allocator as it comes.
ENGINES = {
    "clnorm-pocl": "clnorm, PoCL",
    "clnorm-intel": "clnorm, Intel",
    "torch-group": "PyTorch group_norm",
    "torch-instance": "PyTorch instance_norm",
    "torch-group-fresh": "PyTorch group_norm, default malloc",
    "torch-instance-fresh": "PyTorch instance_norm, default malloc",
    "onednn": "oneDNN batch normalization",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "opencv-cpu": "OpenCV",
    "opencv-pocl": "OpenCV OpenCL, PoCL",
    "opencv-intel": "OpenCV OpenCL, Intel",
}


def begin(threads):
    """In the child: on as many cores as it may have threads, and gone when the parent is, be it stopped or not."""
    ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def show_driver(folder, name, environment, build):
    """One OpenCL driver, alone."""
    drivers = folder / f"icd-{name}"
    drivers.mkdir(parents=True, exist_ok=True)
    if name == "intel":
        place = os.path.join(os.environ.get("CLNORM_INTEL_CPU", build / "venv-intel"), "lib")
        if not os.path.exists(f"{place}/libintelocl.so"):
            raise Unable("Intel's CPU runtime is not here")
        (drivers / "intel.icd").write_text(f"{place}/libintelocl.so\n")
        environment["LD_LIBRARY_PATH"] = place
    else:
        present = os.path.join(os.environ.get("OCL_ICD_VENDORS", "/etc/OpenCL/vendors"), f"{name}.icd")
        if not os.path.exists(present):
            raise Unable(f"there is no {present}")
        shutil.copy(present, drivers / f"{name}.icd")
    # clnorm as it comes: in that folder there is no tuning record.
    environment.update(OCL_ICD_VENDORS=str(drivers), POCL_CACHE_DIR=str(folder / "cache-pocl"), CLNORM_DEVICE="cpu",
                       CLNORM_CACHE_DIR=str(folder / "cache-clnorm"), CLNORM_TUNING_DIR=str(folder / "untuned"))


def environment_of(name, chosen):
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(("CLNORM_", "OMP_", "MKL_", "OPENBLAS_"))}
    threads = str(chosen.threads)
    environment.update(OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, POCL_MAX_PTHREAD_COUNT=threads,
                       POCL_CPU_MAX_CU_COUNT=threads, CL_CONFIG_CPU_TBB_NUM_WORKERS=threads,
                       CLNORM_PEER=str(chosen.folder / "peer.so"))
    if not name.endswith("-fresh"):
        environment["GLIBC_TUNABLES"] = KEPT_MEMORY
    if name.startswith(("torch", "onednn")) and (chosen.folder / "standin").exists():
        environment["LD_LIBRARY_PATH"] = str(chosen.folder / "standin")
    if name.endswith(("-pocl", "-intel")):
        show_driver(chosen.folder, name.rpartition("-")[2], environment, chosen.build)
    if name.startswith("opencv"):
        # OpenCV leaves OpenCL on a processor alone unless it is told; its new engine has no OpenCL path at all.
        (chosen.folder / "cache-opencv").mkdir(exist_ok=True)
        environment.update(OPENCV_OPENCL_DEVICE=":CPU:", OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES="1",
                           OPENCV_FORCE_DNN_ENGINE="1", OPENCV_LOG_LEVEL="ERROR",
                           OPENCV_OPENCL_CACHE_DIR=str(chosen.folder / "cache-opencv"))
    return environment


def kind_of(name):
    if name.startswith("opencv-") and name != "opencv-cpu":
        return "opencv-opencl"
    return name.removesuffix("-fresh")


class Process:
    def __init__(self, name, chosen):
        """Unable where the engine cannot be had here at all."""
        self.name, self.chosen, self.child = name, chosen, None
        (chosen.folder / f"{name}.log").unlink(missing_ok=True)
        self.start()

    def start(self):
        environment = environment_of(self.name, self.chosen)
        command = [sys.executable, "-B", str(options.BENCH / "worker.py"), kind_of(self.name), str(self.chosen.threads)]
        with open(self.chosen.folder / f"{self.name}.log", "a") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                          env=environment, preexec_fn=lambda: begin(self.chosen.threads))
        facts = self.hear()
        self.version, self.ops = facts["version"], facts["ops"]
        self.child.send_signal(signal.SIGSTOP)

    def hear(self):
        ready = select.select([self.child.stdout], [], [], ANSWER_SECONDS)[0]
        line = self.child.stdout.readline() if ready else b""
        if not line:
            self.close()
            raise Unable("its process ended" if ready else f"it did not answer within {ANSWER_SECONDS} s")
        reply = json.loads(line)
        if "error" in reply:
            raise Unable(reply["error"])
        return reply

    def ask(self, do, **question):
        """One question while the others are stopped. Unable: the reason, and the process may be gone."""
        if self.child is None:
            self.start()
        self.child.send_signal(signal.SIGCONT)
        try:
            self.child.stdin.write(json.dumps(dict(question, do=do)).encode() + b"\n")
            self.child.stdin.flush()
            return self.hear()
        except BrokenPipeError:
            self.close()
            raise Unable("its process ended") from None
        finally:
            if self.child is not None:
                self.child.send_signal(signal.SIGSTOP)

    def close(self):
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.child = None
