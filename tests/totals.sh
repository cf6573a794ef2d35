#!/bin/sh
# totals.sh: adds up what the logs under the given folders say; the last line is "N passed, N failed, N skipped".
# SPDX-License-Identifier: Apache-2.0
#
# usage: totals.sh FOLDER...
#
# A test's .trs has its result, its .log what it printed. A Check program counts as many as its summary says, any other
# test as one. A program that ends badly after a good summary (a sanitizer's last word) counts one failure more.
set -u
LC_ALL=C
export LC_ALL

find "$@" -name '*.trs' | sort | while read -r trs; do
	result=$(sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' "$trs" | head -n 1)
	${AWK:-awk} -v result="$result" -v name="${trs%.trs}" '
		/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ {
			gsub(/,/, "")
			checks += $3
			bad += $5 + $7
		}
		END {
			if (result == "SKIP") {
				print name, 0, 0, 1
			} else if (result == "PASS") {
				print name, (checks ? checks - bad : 1), bad + 0, 0
			} else {
				print name, checks - bad, (bad ? bad : 1), 0
			}
		}' "${trs%.trs}.log"
done | ${AWK:-awk} '
	{ passed += $2; failed += $3; skipped += $4 }
	$3 > 0 { print "failed: " $1 ".log" }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }'
