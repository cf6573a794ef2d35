#!/bin/sh
# vendors.sh: every program that the planner chooses for known GPUs, through those vendors' own code generators.
# SPDX-License-Identifier: Apache-2.0
#
# usage: vendors.sh BUILD [--update]
#
# No GPU is needed, and none is measured. NVIDIA: clang to PTX, with libclc for the built-in functions, then ptxas, where the
# CUDA toolkit is; AMD: clang with ROCm's device libraries; Intel: ocloc. What they say of registers, spills, stack frames and
# local memory, and the occupancy that follows (tests/vendors.awk), is compared with tests/vendors.tsv. A spill or a stack
# frame without a reason in that table's last column is a failure; so is a row that differs while the compiler is the table's.
# --update writes the table anew, with the reasons that it had. Compilers that are not here are named and left out.
# BUILD/vendors keeps what was compiled, by the sum of all that entered it, so that a second run takes seconds.
set -u
LC_ALL=C
export LC_ALL

if [ $# -lt 1 ] || [ ! -x "$1/tests/print_vendors" ]; then
	echo "usage: vendors.sh BUILD [--update], BUILD/tests/print_vendors being built" >&2
	exit 2
fi
source_folder=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
work=$build/vendors
table=$source_folder/tests/vendors.tsv
: "${AWK:=awk}" "${CLANG:=clang-15}" "${LLVM_LINK:=llvm-link-15}" "${OCLOC:=ocloc}"
: "${PTXAS:=$(command -v ptxas || echo /usr/local/cuda/bin/ptxas)}"
: "${LIBCLC:=/usr/lib/clc/nvptx64--nvidiacl.bc}"
: "${ROCM_LIBRARY:=$(ls -d /usr/lib/*/amdgcn/bitcode /opt/rocm/amdgcn/bitcode 2>/dev/null | head -n 1)}"

# One PTX serves all of NVIDIA's; the oldest of the table's architectures is its level.
ptx_level=sm_80

vendor_of()
{
	case $1 in
	sm_*) echo nvidia ;;
	gfx*) echo amd ;;
	*) echo intel ;;
	esac
}

# The compiler's words for itself; empty where a part of it is missing, and then why not in $lacking.
version_of()
{
	lacking=
	case $1 in
	nvidia)
		for part in "$CLANG" "$LLVM_LINK" "$PTXAS"; do
			command -v "$part" >/dev/null 2>&1 || lacking="$lacking $part"
		done
		[ -r "$LIBCLC" ] || lacking="$lacking $LIBCLC"
		[ -n "$lacking" ] || echo "$($CLANG --version | sed -n 's/.*\(clang version [0-9.]*\).*/\1/p'), ptxas $("$PTXAS" --version |
			sed -n 's/.*V\([0-9.]*\)$/\1/p')"
		;;
	amd)
		command -v "$CLANG" >/dev/null 2>&1 || lacking=" $CLANG"
		[ -n "$ROCM_LIBRARY" ] || lacking="$lacking ROCm's device libraries"
		[ -n "$lacking" ] || $CLANG --version | sed -n 's/.*\(clang version [0-9.]*\).*/\1/p'
		;;
	intel)
		command -v "$OCLOC" >/dev/null 2>&1 || lacking=" $OCLOC"
		[ -n "$lacking" ] || echo "ocloc $(dpkg-query -W -f '${Version}' intel-opencl-icd 2>/dev/null || echo of unknown version)"
		;;
	esac
	[ -z "$lacking" ] || echo "vendors: $1 is left out: no$lacking" >&2
}

# compile_nvidia TARGET SOURCE OPTION...: ptxas's words. Kernels of teams say their group's size by an attribute,
# which clang does not hand on.
compile_nvidia()
{
	target=$1 code=$2
	shift 2
	group=
	case "$*" in
	*-DTEAM=*) group=-maxntid=$(printf '%s\n' "$@" | sed -n 's/^-DGROUP=//p') ;;
	esac
	$CLANG -x cl -Xclang -finclude-default-header -target nvptx64-nvidia-nvcl -march=$ptx_level -nogpulib -O3 \
		-emit-llvm -c "$@" "$code" -o "$code.bc" &&
		$LLVM_LINK --suppress-warnings "$code.bc" "$LIBCLC" -o "$code.linked.bc" &&
		$CLANG -x ir -target nvptx64-nvidia-nvcl -march=$ptx_level -O3 -S "$code.linked.bc" -o "$code.ptx" || return 1
	if grep -q '^\.extern \.func' "$code.ptx"; then
		grep '^\.extern \.func' "$code.ptx" && echo "libclc lacks these functions" && return 1
	fi
	"$PTXAS" -v -arch="$target" $group "$code.ptx" -o /dev/null 2>&1
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

# compile_line FILE: the program in FILE, a line of print_vendors, to FILE's name with .rows; the sum is FILE's name.
compile_line()
{
	IFS='	' read -r target variant operation files options <"$1"
	vendor=$(vendor_of "$target")
	scratch=$(mktemp -d "$work/scratch.XXXXXX") || exit 1
	for file in $files; do
		printf '#line 1 "cl/%s.cl"\n' "$file"
		cat "$source_folder/cl/$file.cl"
	done >"$scratch/program.cl"
	# shellcheck disable=SC2086
	if "compile_$vendor" "$target" "$scratch/program.cl" $options >"$scratch/said" 2>&1; then
		$AWK -v vendor="$vendor" -v target="$target" -v variant="$variant" -v operation="$operation" \
			-v options="$options" -f "$source_folder/tests/vendors.awk" "$scratch/said" >"$scratch/rows"
	fi
	if [ -s "$scratch/rows" ]; then
		mv "$scratch/rows" "$1.rows"
		rm -rf "$scratch"
		return 0
	fi
	echo "vendors: $target does not compile cl/$files with $options:"
	tail -n 20 "$scratch/said"
	rm -rf "$scratch"
	return 1
}

if [ "${2:-}" = --line ]; then
	compile_line "$3"
	exit $?
fi

# ---- All of them ----------------------------------------------------------------------------------------------------

began=$(date +%s)
mkdir -p "$work/kept" || exit 1
rm -rf "$work"/scratch.*
failed=0

"$build/tests/print_vendors" | sort -u >"$work/programs" || exit 1
: >"$work/versions"
for vendor in nvidia amd intel; do
	version=$(version_of $vendor)
	[ -z "$version" ] || printf '# %s: %s\n' $vendor "$version" >>"$work/versions"
done
[ -s "$work/versions" ] || { echo "vendors: skipped: none of the compilers is here" && exit 77; }

# A line's sum is over the compiler's version, the way that it is called, the line, and the text of all kernels.
fixed=$(cat "$work/versions" "$source_folder"/cl/*.cl "$0" "$source_folder/tests/vendors.awk" | sha256sum)
: >"$work/list"
: >"$work/todo"
while read -r line; do
	vendor=$(vendor_of "${line%%	*}")
	grep -q "^# $vendor:" "$work/versions" || continue
	sum=$(printf '%s %s' "$fixed" "$line" | sha256sum | cut -c 1-40)
	echo "$sum" >>"$work/list"
	[ -s "$work/kept/$sum.rows" ] && continue
	printf '%s\n' "$line" >"$work/kept/$sum"
	echo "$work/kept/$sum" >>"$work/todo"
done <"$work/programs"

echo "vendors: $(wc -l <"$work/list") programs, $(wc -l <"$work/todo") of them to compile"
xargs -r -n 1 -P "$(nproc 2>/dev/null || echo 2)" sh "$0" "$build" --line <"$work/todo" || failed=1

{
	cat "$work/versions"
	printf 'target\tvariant\toperation\toptions\tkernel\tregisters\tspill\tstack\tlocal\toccupancy\treason\n'
	while read -r sum; do
		cat "$work/kept/$sum.rows" 2>/dev/null
	done <"$work/list" | sort -u
} >"$work/fresh"

# Reasons go over by target, variant, operation, options and kernel; a row without gets an empty one.
$AWK -F '\t' -v OFS='\t' '
	{ key = $1 FS $2 FS $3 FS $4 FS $5 }
	FILENAME == ARGV[1] { reason[key] = $11; next }
	/^#/ || $1 == "target" { print; next }
	{ print $0, reason[key] }' "$table" "$work/fresh" >"$work/table.tsv"
if [ "${2:-}" = --update ]; then
	cp "$work/table.tsv" "$table" || failed=1
fi

$AWK -F '\t' '
	/^#/ || $1 == "target" { next }
	$11 == "" && $7 + $8 > 0 {
		printf "vendors: %s %s %s: %s with%s: %s bytes of spills, %s of stack, and no reason why\n", $1, $2, $3, $5,
			$4, $7, $8
		bad = 1
	}
	END { exit bad }' "$work/table.tsv" || failed=1

# part VENDOR TABLE: the rows of that vendor's targets.
part()
{
	$AWK -F '\t' -v vendor="$1" '!/^#/ && $1 != "target" {
		mine = $1 ~ /^sm_/ ? "nvidia" : $1 ~ /^gfx/ ? "amd" : "intel"
		if (mine == vendor)
			print
	}' "$2"
}

# Rows differ by right where another version compiled them.
for vendor in nvidia amd intel; do
	head=$(grep "^# $vendor:" "$work/versions") || continue
	grep -qxF "$head" "$table" || { echo "vendors: the table is of another compiler than $head: not compared" && continue; }
	part "$vendor" "$table" >"$work/part.kept"
	part "$vendor" "$work/table.tsv" >"$work/part.fresh"
	if ! diff "$work/part.kept" "$work/part.fresh" >"$work/difference"; then
		grep '^[<>]' "$work/difference" | head -n 10
		echo "vendors: $vendor: $(grep -c '^[<>]' "$work/difference") rows differ from tests/vendors.tsv; look, then --update"
		failed=1
	fi
done

echo "vendors: $(grep -vc -e '^#' -e '^target' "$work/table.tsv") kernels, $($AWK -F '\t' '!/^#/ && $7 + $8 > 0' "$work/table.tsv" |
	grep -vc '^target') with spills or stack frames; $(($(date +%s) - began)) s; the table is $work/table.tsv"
exit $failed
