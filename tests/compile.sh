#!/bin/sh
# compile.sh: one program through the code generator of one GPU's vendor, for vendors.sh.
# SPDX-License-Identifier: Apache-2.0
#
# usage: compile.sh version VENDOR
#        compile.sh rows WORK FILE
#
# VENDOR is nvidia, amd or intel: prints the compiler's words for itself; where a part of it is missing, says which on stderr,
# and exits with 1. FILE holds a line of print_vendors: its kernels' rows (vendors.awk) go to FILE.rows. Beside it are made
# WORK/ptx, for what NVIDIA's architectures have in common, named by sums over WORK/fixed.nvidia, source and options; and a
# folder that is removed again.
# The tools may be named: CLANG, LLVM_LINK, PTXAS, LIBCLC, ROCM_LIBRARY, OCLOC.
set -u
LC_ALL=C
export LC_ALL

source_folder=$(cd "$(dirname "$0")/.." && pwd)
: "${AWK:=awk}" "${CLANG:=clang-15}" "${LLVM_LINK:=llvm-link-15}" "${OCLOC:=ocloc}"
: "${PTXAS:=$(command -v ptxas || echo /usr/local/cuda/bin/ptxas)}"
: "${LIBCLC:=/usr/lib/clc/nvptx64--nvidiacl.bc}"
: "${ROCM_LIBRARY:=$(ls -d /usr/lib/*/amdgcn/bitcode /opt/rocm/amdgcn/bitcode 2>/dev/null | head -n 1)}"

# One PTX serves all of NVIDIA's; the oldest of the table's architectures is its level.
ptx_level=sm_80

# ---- Versions ---------------------------------------------------------------------------------------------------------

# lacks NAME COMMAND...: adds the name to $lacking where the command fails.
lacks()
{
	name=$1
	shift
	"$@" >/dev/null 2>&1 || lacking="$lacking $name"
}

version_of()
{
	lacking=
	case $1 in
	nvidia)
		for part in "$CLANG" "$LLVM_LINK" "$PTXAS"; do
			lacks "$part" command -v "$part"
		done
		lacks "$LIBCLC" test -r "$LIBCLC"
		;;
	amd)
		lacks "$CLANG" command -v "$CLANG"
		lacks "ROCm's device libraries" test -n "$ROCM_LIBRARY"
		;;
	intel) lacks "$OCLOC" command -v "$OCLOC" ;;
	esac
	[ -z "$lacking" ] || { echo "no$lacking" >&2 && return 1; }
	clang=$($CLANG --version 2>/dev/null | sed -n 's/.*\(clang version [0-9.]*\).*/\1/p')
	case $1 in
	nvidia) echo "$clang, ptxas $("$PTXAS" --version | sed -n 's/.*V\([0-9.]*\)$/\1/p')" ;;
	amd) echo "$clang" ;;
	# It does not say its version.
	intel) echo "ocloc $(dpkg-query -W -f '${Version}' intel-opencl-icd 2>/dev/null || echo of unknown version)" ;;
	esac
}

# ---- Compilers: compile_VENDOR TARGET SOURCE OPTION... prints what vendors.awk reads -------------------------------------

# ptx_of SOURCE OPTION...: prints the name of the program's PTX.
ptx_of()
{
	code=$1
	shift
	ptx=$work/ptx/$({ cat "$work/fixed.nvidia" "$code" && echo "$*"; } | sha256sum | cut -c 1-40)
	if [ ! -s "$ptx" ]; then
		$CLANG -x cl -Xclang -finclude-default-header -target nvptx64-nvidia-nvcl -march=$ptx_level -nogpulib -O3 \
			-emit-llvm -c "$@" "$code" -o "$code.bc" >&2 &&
			$LLVM_LINK --suppress-warnings "$code.bc" "$LIBCLC" -o "$code.linked" >&2 &&
			$CLANG -x ir -target nvptx64-nvidia-nvcl -march=$ptx_level -O3 -S "$code.linked" -o "$code.ptx" >&2 || return 1
		if grep '^\.extern \.func' "$code.ptx" >&2; then
			echo "libclc lacks these functions" >&2
			return 1
		fi
		mv "$code.ptx" "$ptx" || return 1
	fi
	echo "$ptx"
}

# Where kernels say their group's size, by an attribute, clang does not hand it on.
compile_nvidia()
{
	target=$1
	shift
	group=$($CLANG -x cl -E "$@" | sed -n 's/.*reqd_work_group_size(\([0-9]*\),.*/-maxntid=\1/p' | head -n 1)
	ptx=$(ptx_of "$@") && "$PTXAS" -v -arch="$target" $group "$ptx" -o /dev/null 2>&1
}

compile_amd()
{
	target=$1 code=$2
	shift 2
	$CLANG -x cl -Xclang -finclude-default-header -target amdgcn-amd-amdhsa -mcpu="$target" \
		--rocm-device-lib-path="$ROCM_LIBRARY" -O3 -S "$@" "$code" -o "$code.s" && cat "$code.s"
}

# ocloc says nothing of registers, but what it makes does; its disassembler prints that without the kernels themselves.
compile_intel()
{
	target=$1 code=$2
	shift 2
	mkdir -p "$code.parts" && $OCLOC compile -q -file "$code" -device "$target" -options "$*" -output_no_suffix \
		-output "$code.bin" && $OCLOC disasm -file "$code.bin" -device "$target" -dump "$code.parts" && cat "$code.parts/PTM.txt"
}

rows_of()
{
	IFS='	' read -r target variant operation files options <"$1"
	case $target in
	sm_*) vendor=nvidia ;;
	gfx*) vendor=amd ;;
	*) vendor=intel ;;
	esac
	for file in $files; do
		printf '#line 1 "cl/%s.cl"\n' "$file"
		cat "$source_folder/cl/$file.cl"
	done >"$scratch/program.cl"
	# shellcheck disable=SC2086
	"compile_$vendor" "$target" "$scratch/program.cl" $options >"$scratch/said" 2>&1 &&
		$AWK -v vendor="$vendor" -v target="$target" -v variant="$variant" -v operation="$operation" \
			-v options="$options" -f "$source_folder/tests/vendors.awk" "$scratch/said" >"$scratch/rows"
	[ -s "$scratch/rows" ] && mv "$scratch/rows" "$1.rows" && return 0
	echo "vendors: $target does not compile cl/$files with $options:"
	tail -n 20 "$scratch/said"
	return 1
}

case ${1:-} in
version) version_of "$2" ;;
rows)
	work=$2
	scratch=$(mktemp -d "$work/scratch.XXXXXX") || exit 1
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 1' HUP INT TERM
	rows_of "$3"
	;;
*)
	echo "usage: compile.sh version VENDOR | rows WORK FILE" >&2
	exit 2
	;;
esac
