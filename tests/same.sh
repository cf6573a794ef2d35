#!/bin/sh
# same.sh: whether two builds of the library give the same bits: every variant, operation and data type, on a table of shapes.
# SPDX-License-Identifier: Apache-2.0
#
# usage: same.sh OLD_BUILD NEW_BUILD [FIRST] [WORD]
#        same.sh OLD_SUMS NEW_BUILD [FIRST] [WORD]
#
# For changes that are to leave numbers alone. Links tests/guards/print_sums.c with each build's library, runs both on one device
# (CLNORM_TEST_DEVICE, OCL_ICD_VENDORS), and compares the sums of all outputs line by line. Exit 0 where no line differs and
# none is missing; 1 otherwise, the first ones being named. OLD_SUMS is a file that print_sums wrote: NEW_BUILD/same/old.sums of a
# run before. FIRST and WORD, as print_sums takes them, make it a shorter run.
# It is no part of make check: what the bits of a build should be, only another build can say.
set -u
LC_ALL=C
export LC_ALL
if [ $# -lt 2 ] || [ ! -e "$1" ] || [ ! -r "$2/config.status" ]; then
	echo "usage: same.sh OLD_BUILD|OLD_SUMS NEW_BUILD [FIRST] [WORD]" >&2
	exit 2
fi
tests=$(cd "$(dirname "$0")" && pwd)
old=$1
new=$2
shift 2
: "${CC:=cc}" "${AWK:=awk}"
: "${CLNORM_TUNING_DIR=}"
export CLNORM_TUNING_DIR
work=$new/same
mkdir -p "$work" || exit 1

# sums BUILD OUT ARGUMENT...: with the headers that the build's library was made from.
sums()
{
	build=$(cd "$1" && pwd)
	out=$2
	shift 2
	source=$(cd "$build" && cd "$(sed -n 's/^srcdir = //p' Makefile)" && pwd) || return 1
	$CC -std=c11 -O2 -D_XOPEN_SOURCE=700 -DCL_TARGET_OPENCL_VERSION=120 -I"$build/include" -I"$source/include" -I"$tests/.." \
		"$tests/guards/print_sums.c" "$tests/kit/knob_extremes.c" -o "$work/print_sums" -L"$build/.libs" -lclnorm -lOpenCL \
		-Wl,-rpath,"$build/.libs" || return 1
	"$work/print_sums" "$@" >"$out"
}

if [ -d "$old" ]; then
	sums "$old" "$work/old.sums" "$@" || { echo "same: $old: no sums"; exit 1; }
	old=$work/old.sums
fi
sums "$new" "$work/new.sums" "$@" || { echo "same: $new: no sums"; exit 1; }

# A line is a name and, its last word, a sum.
$AWK '
	{ sum = $NF; sub(/ [^ ]*$/, "") }
	FILENAME == ARGV[1] { before[$0] = sum; next }
	{ seen[$0] = 1 }
	!($0 in before) { print "new: " $0; ++fresh; next }
	before[$0] == sum { ++equal; next }
	{ print "differs: " $0; ++differ }
	END {
		for (name in before)
			if (!(name in seen)) {
				print "missing: " name
				++missing
			}
		printf "same: %d lines are equal, %d differ, %d are missing, %d are new\n", equal, differ, missing, fresh
		exit differ + missing + fresh > 0
	}' "$old" "$work/new.sums" >"$work/found"
status=$?
[ $status -eq 0 ] || grep -v '^same:' "$work/found" | head -n 20
tail -n 1 "$work/found"
[ $status -eq 0 ] || echo "same: all of them are in $work/found"
exit $status
