#!/bin/sh
# table.sh: tests/vendors.tsv is of the programs that the planner chooses now; what compilers say of them is vendors.sh's.
# SPDX-License-Identifier: Apache-2.0
#
# No compiler is needed: both sides are names of programs. After a change of the planner or of a kernel's options the table
# is made anew with sh tests/vendors.sh BUILD --update, where the vendors' compilers are.
test=table
. "$(dirname "$0")/guard.sh"
[ -x "$top_builddir/tests/guards/print_vendors" ] || skip "tests/guards/print_vendors is not built"
scratch_make

"$top_builddir/tests/guards/print_vendors" >"$scratch/printed" || fail "tests/guards/print_vendors failed"
$AWK -F '\t' -v OFS='\t' '{ gsub(/-cl-std=CL1\.2 |-D(CLN_)?/, "", $5); print $1, $2, $3, $5 }' "$scratch/printed" |
	sort -u >"$scratch/chosen"
$AWK -F '\t' -v OFS='\t' '/^#/ || $1 == "target" { next } { print $1, $2, $3, $4 }' "$top_srcdir/tests/vendors.tsv" |
	sort -u >"$scratch/told"
[ -s "$scratch/chosen" ] || fail "tests/guards/print_vendors prints nothing"
comm -23 "$scratch/chosen" "$scratch/told" >"$scratch/new"
comm -13 "$scratch/chosen" "$scratch/told" >"$scratch/gone"
[ ! -s "$scratch/new" ] ||
	fail "$(wc -l <"$scratch/new") programs are chosen and not in tests/vendors.tsv: $(head -n 1 "$scratch/new")"
[ ! -s "$scratch/gone" ] ||
	fail "$(wc -l <"$scratch/gone") programs of tests/vendors.tsv are not chosen any more: $(head -n 1 "$scratch/gone")"
finish
