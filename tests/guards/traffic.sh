#!/bin/sh
# traffic.sh: every variant loads x and dy, and stores y or dx, as often as its row of the variant table claims.
# SPDX-License-Identifier: Apache-2.0
#
# oclgrind interprets the kernels and counts their instructions; no device is needed, and no time is measured. Loads and
# stores of halves are all of x, dy, y and dx (tests/guards/print_traffic.c), and their count must be the claim, beside the first
# element, which every work-item takes to begin with: exactly where x is kept; elsewhere sampled vectors come on top, less
# than a sixteenth of a sweep. Other loads are of what is merged; no sweep can hide among them, as there may be no more than
# the work-items and chunks make.
test=traffic
. "$(dirname "$0")/guard.sh"
sh "$top_srcdir/tests/oclgrind.sh" "$top_builddir" --version >/dev/null || skip "no oclgrind"
[ -x "$top_builddir/tests/guards/print_traffic" ] || skip "tests/guards/print_traffic is not built"
scratch_make
unset CLNORM_DEVICE
CLNORM_CACHE=off
CLNORM_PROBE=off
export CLNORM_CACHE CLNORM_PROBE

# Its interpreter does not know a word that its own optimizer leaves in inlined functions.
sh "$top_srcdir/tests/oclgrind.sh" "$top_builddir" --inst-counts --build-options "-cl-opt-disable -DINLINE=static" \
	"$top_builddir/tests/guards/print_traffic" >"$scratch/counted" 2>&1 || {
	tail -n 5 "$scratch/counted"
	fail "tests/guards/print_traffic failed"
	finish
}

$AWK '
	function report() {
		if (variant == "")
			return
		loads = vectors[1] / elements
		stores = vectors[0] / elements
		printf "%-13s %-8s  x and dy loaded %.4f times, claimed %d + %d; y or dx stored %.4f times, claimed %d\n", variant,
			operation, loads, x, dy, stores, y
		over = firsts + (keeps ? 0 : elements / 16)
		if (vectors[1] < (x + dy) * elements || vectors[1] > (x + dy) * elements + over)
			print "FAIL " variant " " operation ": " vectors[1] " elements of x and dy are loaded, not " (x + dy) * elements
		if (vectors[0] != y * elements)
			print "FAIL " variant " " operation ": " vectors[0] " elements are stored, not " y * elements
		if (single[1] > singles || single[0] >= elements / 4)
			print "FAIL " variant " " operation ": " single[1] " single loads, not " singles " at most; " single[0] \
				" single stores"
		count++
	}
	$1 == "claim" {
		report()
		variant = $2; operation = $3; elements = $5; x = $7; dy = $9; y = $11; keeps = $13; firsts = $15; singles = $17
		vectors[0] = vectors[1] = single[0] = single[1] = 0
	}
	# A call of vload_halfN from, or vstore_halfN to, global memory: address space 1.
	$2 == "-" && $3 == "call" && $4 ~ /v(load|store)_half[0-9]*.*PU3AS1/ {
		match($4, /(load|store)_half[0-9]*/)
		name = substr($4, RSTART, RLENGTH)
		width = name
		gsub(/[a-z_]/, "", width)
		vectors[name ~ /load/] += $1 * (width == "" ? 1 : width)
	}
	$2 == "-" && $4 == "global" && /bytes/ {
		sub(/\(/, "", $5)
		single[$3 == "load"] += $5 / 4
	}
	END {
		report()
		print count + 0 " claims"
	}' "$scratch/counted" >"$scratch/said"
cat "$scratch/said"
grep -q '^[1-9][0-9]* claims' "$scratch/said" || fail "nothing was counted"
while read -r line; do
	case $line in
	"FAIL "*) fail "${line#FAIL }" ;;
	esac
done <"$scratch/said"
finish
