#!/bin/sh
# vendors.sh: every program that the planner chooses for known GPUs, through those vendors' own code generators.
# SPDX-License-Identifier: Apache-2.0
#
# usage: vendors.sh BUILD [--update]
#
# No GPU is needed, and none is measured. NVIDIA: clang to PTX, with libclc for the built-in functions, then ptxas, where the
# CUDA toolkit is; AMD: clang with ROCm's device libraries; Intel: ocloc (tests/compile.sh). What they say of registers, spills,
# stack frames and local memory, and the occupancy that follows (tests/vendors.awk), is compared with tests/vendors.tsv.
# Failures: a spill or a stack frame without a reason in that table's last column; a group that no unit can hold; a row that
# differs while the compiler is the table's; a program of more registers than a GPU has that is not seen to spill, for then
# nothing is known of the others. --update writes the table anew, with the reasons that it had. Compilers that are not here are
# named, and their rows stay.
# BUILD/vendors keeps what was compiled, by the sum of all that entered it, so that a second run takes seconds.
set -u
LC_ALL=C
export LC_ALL

if [ $# -lt 1 ] || [ ! -x "$1/tests/guards/print_vendors" ]; then
	echo "usage: vendors.sh BUILD [--update], BUILD/tests/guards/print_vendors being built" >&2
	exit 2
fi
tests=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
work=$build/vendors
table=$tests/vendors.tsv
update=${2:-}
: "${AWK:=awk}"
began=$(date +%s)
failed=0
mkdir -p "$work/kept" "$work/ptx" || exit 1
rm -rf "$work"/scratch.* "$work"/fixed.*

# awk_rows PROGRAM FILE...: of the table's rows alone; vendor_of(target) is known.
awk_rows()
{
	program=$1
	shift
	$AWK -F '\t' -v OFS='\t' 'function vendor_of(t) { return t ~ /^sm_/ ? "nvidia" : t ~ /^gfx/ ? "amd" : "intel" }
		/^#/ || $1 == "target" { next }'"$program" "$@"
}

# ---- What is there --------------------------------------------------------------------------------------------------

: >"$work/versions"
for vendor in nvidia amd intel; do
	if version=$(sh "$tests/compile.sh" version $vendor 2>"$work/lacking"); then
		echo "# $vendor: $version" | tee -a "$work/versions" | cat - "$tests/compile.sh" "$tests/vendors.awk" |
			sha256sum >"$work/fixed.$vendor"
	else
		echo "vendors: $vendor is left out: $(cat "$work/lacking")"
	fi
done
[ -s "$work/versions" ] || { echo "vendors: skipped: none of the compilers is here" && exit 77; }

# ---- Compiling ------------------------------------------------------------------------------------------------------

# Beside the planner's programs one for each target that keeps 160 vectors a work-item.
"$build/tests/guards/print_vendors" >"$work/printed" || exit 1
awk_rows '{ print }
	$2 == "resident" && $3 == "forward" && sub(/ITEMS=[0-9]+/, "ITEMS=160") && !seen[$1]++ { $2 = "control"; print }' \
	"$work/printed" | sort -u | awk_rows '{ print vendor_of($1), $0 }' >"$work/programs"

# A line's sum is over the compiler's version, the way that it is called, the program's text and the line.
: >"$work/list"
: >"$work/todo"
cd "$tests/../cl" || exit 1
while IFS='	' read -r vendor target variant operation files options; do
	[ -r "$work/fixed.$vendor" ] || continue
	line=$(printf '%s\t%s\t%s\t%s\t%s' "$target" "$variant" "$operation" "$files" "$options")
	# shellcheck disable=SC2046,SC2086
	sum=$({ cat "$work/fixed.$vendor" $(printf '%s.cl ' $files) && echo "$line"; } | sha256sum)
	kept=$work/kept/${sum%% *}
	echo "$kept.rows" >>"$work/list"
	[ -s "$kept.rows" ] && continue
	echo "$line" >"$kept"
	echo "$kept" >>"$work/todo"
done <"$work/programs"

echo "vendors: $(wc -l <"$work/list") programs, $(wc -l <"$work/todo") of them to compile"
xargs -r -n 1 -P "$(nproc 2>/dev/null || echo 2)" sh "$tests/compile.sh" rows "$work" <"$work/todo" || failed=1
xargs cat <"$work/list" 2>/dev/null | sort -u >"$work/rows"

# ---- The table ------------------------------------------------------------------------------------------------------

# Of compilers that are not here, what the table has stays: rows, and the line of the head.
here=$(sed 's/^# \([a-z]*\):.*/\1/' "$work/versions" | tr '\n' ' ')
{
	echo "# What GPUs' compilers say of every program that the planner chooses for them, without a GPU."
	echo "# Written by tests/vendors.sh BUILD --update, but for the reasons; tests/vendors.awk says what the columns are."
	{
		cat "$work/versions"
		$AWK -v here="$here" -F '[ :]' '/^# [a-z]+: / && !index(here, $2 " ")' "$table"
	} | sort
	printf 'target\tvariant\toperation\toptions\tkernel\tregisters\tspill\tstack\tlocal\toccupancy\treason\n'
	# Reasons go over by target, variant, operation, options and kernel; a row without gets an empty one.
	awk_rows '{ key = $1 FS $2 FS $3 FS $4 FS $5 }
		FILENAME == ARGV[2] { reason[key] = $11; if (!index(here, vendor_of($1) " ")) print; next }
		$2 != "control" { print $0, reason[key] }' here="$here" "$table" "$work/rows" | sort
} >"$work/table.tsv"
[ "$update" != --update ] || cp "$work/table.tsv" "$table" || failed=1

awk_rows '$2 == "control" && $7 + $8 == 0 { print "vendors: " $1 ": spills that must be there are not seen"; bad = 1 }
	END { exit bad }' "$work/rows" || failed=1
awk_rows '{ where = "vendors: " $1 " " $2 " " $3 " " $4 " " $5 ": " }
	$11 == "" && $7 + $8 > 0 { print where $7 " bytes of spills, " $8 " of stack, and no reason why"; bad = 1 }
	$10 == "0%" { print where "no unit can hold a group"; bad = 1 }
	END { exit bad }' "$work/table.tsv" || failed=1

# Rows differ by right where another version compiled them.
for vendor in $here; do
	head=$(grep "^# $vendor:" "$work/versions")
	grep -qxF "$head" "$table" || { echo "vendors: the table is of another compiler than $head: not compared" && continue; }
	awk_rows 'vendor_of($1) == vendor' vendor="$vendor" "$table" >"$work/kept.$vendor"
	awk_rows 'vendor_of($1) == vendor' vendor="$vendor" "$work/table.tsv" >"$work/fresh.$vendor"
	if ! diff "$work/kept.$vendor" "$work/fresh.$vendor" >"$work/difference"; then
		grep '^[<>]' "$work/difference" | head -n 10
		echo "vendors: $vendor: $(grep -c '^[<>]' "$work/difference") rows differ from tests/vendors.tsv; look, then --update"
		failed=1
	fi
done

awk_rows '{ ++kernels; spilling += $7 + $8 > 0 }
	END { printf "vendors: %d kernels, %d with spills or stack frames; ", kernels, spilling }' "$work/table.tsv"
echo "$(($(date +%s) - began)) s; the table is $work/table.tsv"
exit $failed
