#!/bin/sh
# oclgrind.sh: runs a program on the interpreter oclgrind: Debian's where it is, else the driver that quickstart fetched.
# SPDX-License-Identifier: Apache-2.0
#
# usage: oclgrind.sh BUILD --version
#        oclgrind.sh BUILD OPTION... PROGRAM [ARGUMENT...]
#
# Options are those of oclgrind that the tests use. --version says which one it is; exit 77: there is none.
# Debian has oclgrind up to release 12. The Python package index has version 19.10, in BUILD/venv-oclgrind, as a driver
# without a program: options go to it as variables. Its search for uninitialized reads takes what the compiler that it
# holds says of arguments ("noundef") for uninitialized ones, in every kernel, so that --uninitialized does nothing there.
set -u

build=$1
shift

if command -v oclgrind >/dev/null 2>&1; then
	[ "${1:-}" != --version ] || { oclgrind --version | sed -n 's/^Oclgrind *//p' | head -n 1 && exit 0; }
	exec oclgrind "$@"
fi

driver=$(ls "$build"/venv-oclgrind/lib/python3*/site-packages/pyopencl/.libs/liboclgrind-rt-icd*.so 2>/dev/null | head -n 1)
if [ -z "$driver" ]; then
	echo "oclgrind is neither installed nor in $build/venv-oclgrind"
	exit 77
fi

while [ $# -gt 0 ]; do
	case $1 in
	--version)
		echo "19.10, of the Python package index, without its search for uninitialized reads"
		exit 0
		;;
	--build-options) OCLGRIND_BUILD_OPTIONS=$2 && export OCLGRIND_BUILD_OPTIONS && shift ;;
	--max-wgsize) OCLGRIND_MAX_WGSIZE=$2 && export OCLGRIND_MAX_WGSIZE && shift ;;
	--log) OCLGRIND_LOG=$2 && export OCLGRIND_LOG && shift ;;
	--data-races) OCLGRIND_DATA_RACES=1 && export OCLGRIND_DATA_RACES ;;
	--inst-counts) OCLGRIND_INST_COUNTS=1 && export OCLGRIND_INST_COUNTS ;;
	--uninitialized) ;;
	-*)
		echo "oclgrind.sh: \"$1\" is none of its options" >&2
		exit 2
		;;
	*) break ;;
	esac
	shift
done

# A loader takes a folder of its own; several processes may be the first.
vendors=$build/venv-oclgrind/vendors
if [ ! -r "$vendors/oclgrind.icd" ]; then
	mkdir -p "$vendors"
	echo "$driver" >"$vendors/new.$$" && mv "$vendors/new.$$" "$vendors/oclgrind.icd"
fi
OCL_ICD_VENDORS=$vendors
export OCL_ICD_VENDORS
exec "$@"
