#!/bin/sh
# opencv-masked-deviation.sh: OpenCV 5.0.0 on OpenCL: under a mask meanStdDev gives deviation 0, or a negative mean.
# SPDX-License-Identifier: Apache-2.0
#
# Version: opencv-python-headless 5.0.0.93 on pocl-opencl-icd 3.1 of Debian 12; float32 the same on rusticl of Mesa
#          22.3.6.
# Guess:   a UMat under a mask of 255 everywhere gives what the same call gives on the host, to 1e-6.
# Seen:    both come of one pass, the sums in float or in 32-bit integers. float32, 64 x 64 at 1e4 +- 1: deviation 0
#          (host: 1.00; at 1e3 it is 3 % too small). uint16, 512 x 512 at 30000 +- 10: mean -2768, deviation 29872
#          (host: 30000 and 10). Without a mask the kernel is not run at all: an error about its 8th argument is
#          printed and the host computes, rightly.
# Why:     who normalizes the inside of a mask (brain, lung, foreground) divides by 0, or moves a 16-bit picture to
#          the wrong place, on an OpenCL device alone, and a test without a mask does not show it.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "opencv-masked-deviation: skipped: $*"
	exit 77
}

case $(dpkg-query -W -f '${Version}' pocl-opencl-icd 2>/dev/null) in
3.1-*) ;;
*) skip "pocl-opencl-icd 3.1 is not installed" ;;
esac
work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip "no python3 with venv"
"$work/venv/bin/pip" install -q --only-binary=:all: opencv-python-headless==5.0.0.93 numpy==2.4.6 >"$work/log" 2>&1 ||
	skip "the packages cannot be installed"

cat >"$work/deviation.py" <<'END'
import sys

import cv2
import numpy as np

cv2.ocl.setUseOpenCL(True)
if not cv2.ocl.useOpenCL() or "pthread" not in cv2.ocl.Device.getDefault().name():
    sys.exit(77)
draw = np.random.default_rng(0)
changed = 0
for dtype, size, mean, deviation in (("float32", 64, 1e4, 1), ("uint16", 512, 30000, 10)):
    x = (mean + deviation * draw.standard_normal((size, size))).astype(dtype)
    mask = np.full(x.shape, 255, "uint8")
    host = [v.item() for v in cv2.meanStdDev(x, mask=mask)]
    device = [v.get().item() for v in cv2.meanStdDev(cv2.UMat(x), mask=cv2.UMat(mask))]
    print(f"{dtype} {size}x{size}: host {host[0]:.2f} +- {host[1]:.2f}, OpenCL {device[0]:.2f} +- {device[1]:.2f}")
    changed |= abs(host[1] - deviation) > 0.1 * deviation
    changed |= device[1] != 0 if dtype == "float32" else device[0] > 0 or device[1] < 1000
sys.exit(int(changed))
END
HOME=$work POCL_CACHE_DIR=$work OPENCV_OPENCL_DEVICE='Portable Computing Language:CPU:' "$work/venv/bin/python" \
	"$work/deviation.py" 2>"$work/log"
case $? in
0) exit 0 ;;
77) skip "OpenCV finds no PoCL device" ;;
esac
tail -n 1 "$work/log"
echo "opencv-masked-deviation: it is no longer so"
exit 1
