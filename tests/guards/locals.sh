#!/bin/sh
# locals.sh: no kernel uses a value that it read from local memory once that memory has been written again past a barrier, and
# every function with a barrier in it is inlined (cl/README.md). SPDX-License-Identifier: Apache-2.0
test=locals
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$scratch" || exit 1
walker=$top_srcdir/tests/guards/locals.awk

# findings_of NAME: what the walker says of NAME.cl, to NAME.said.
findings_of()
{
	$CC -E -P -undef -x c "$1.cl" >"$1.i" 2>log && $AWK -f "$walker" "$1.i" >"$1.said" && grep -q '^checked' "$1.said" || {
		cat log
		fail "$1.cl is not walked through"
	}
}

# flagged NAME WORD... / passed NAME: a kernel on stdin, of which the walker must say each WORD, or nothing.
flagged()
{
	name=$1
	cat >"$name.cl"
	findings_of "$name"
	shift
	for word; do
		grep -q "$word" "$name.said" || fail "$name.cl: nothing is said of $word: $(cat "$name.said")"
	done
}

passed()
{
	cat >"$1.cl"
	findings_of "$1"
	[ "$(wc -l <"$1.said")" -eq 1 ] || fail "$1.cl is right: $(cat "$1.said")"
}

# ---- The walker itself ------------------------------------------------------------------------------------------------

# Two sums with one array, which PoCL 7.1 takes wrongly: mean is the second sum where it is used last.
flagged one_array 'two_sums(): mean comes from scratch' <<'END'
__kernel void two_sums(const __global float *x, __global float *y)
{
	__local float scratch[64];
	uint lid = get_local_id(0), team = lid / 8 * 8;
	scratch[lid] = x[lid];
	barrier(CLK_LOCAL_MEM_FENCE);
	if (lid == team)
		for (uint k = 1; k < 8; ++k)
			scratch[lid] += scratch[lid + k];
	barrier(CLK_LOCAL_MEM_FENCE);
	float mean = scratch[team] / 8;
	barrier(CLK_LOCAL_MEM_FENCE);
	scratch[lid] = (x[lid] - mean) * (x[lid] - mean);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (lid == team)
		for (uint k = 1; k < 8; ++k)
			scratch[lid] += scratch[lid + k];
	barrier(CLK_LOCAL_MEM_FENCE);
	y[lid] = (x[lid] - mean) / sqrt(scratch[team] / 8);
}
END

# The same with an array each, and a barrier fewer.
passed two_arrays <<'END'
__kernel void two_sums(const __global float *x, __global float *y)
{
	__local float first[64], second[64];
	uint lid = get_local_id(0), team = lid / 8 * 8;
	first[lid] = x[lid];
	barrier(CLK_LOCAL_MEM_FENCE);
	if (lid == team)
		for (uint k = 1; k < 8; ++k)
			first[lid] += first[lid + k];
	barrier(CLK_LOCAL_MEM_FENCE);
	float mean = first[team] / 8;
	second[lid] = (x[lid] - mean) * (x[lid] - mean);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (lid == team)
		for (uint k = 1; k < 8; ++k)
			second[lid] += second[lid + k];
	barrier(CLK_LOCAL_MEM_FENCE);
	y[lid] = (x[lid] - mean) / sqrt(second[team] / 8);
}
END

# Through functions, a struct of results, pointers and a loop over slabs; and a value kept from one slab to the next.
functions='
struct result { float sum, square; };
struct scratch { float tree[64]; float total[8], other[8]; };
static __attribute__((always_inline)) float sum(float v, __local float *tree, __local float *total)
{
	__local float *mine = tree + get_local_id(0);
	*mine = v;
	for (uint n = 8; n > 1; n = (n + 1) / 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (get_local_id(0) % 8 + (n + 1) / 2 < n)
			mine[0] += mine[(n + 1) / 2];
	}
	if (get_local_id(0) % 8 == 0)
		total[get_local_id(0) / 8] = mine[0];
	barrier(CLK_LOCAL_MEM_FENCE);
	return total[get_local_id(0) / 8];
}
static __attribute__((always_inline)) struct result sums(const __global float *x, float *kept, __local struct scratch *scratch)
{
	struct result r;
	*kept = x[get_global_id(0)];
	r.sum = sum(*kept, scratch->tree, scratch->total);
	r.square = sum((*kept - r.sum) * (*kept - r.sum), scratch->tree, scratch->SECOND);
	return r;
}
'
loop='
__kernel void slabs(const __global float *x, __global float *y, uint n)
{
	__local struct scratch scratch;
	float last = 0;
	for (uint slab = 0; slab < n; ++slab) {
		float kept;
		struct result r = sums(x + slab, &kept, &scratch);
		y[slab] = (kept - r.sum) * r.square + last;
		last = LAST;
	}
}
'
printf '#define SECOND other\n#define LAST 0\n%s%s' "$functions" "$loop" | passed places
printf '#define SECOND total\n#define LAST 0\n%s%s' "$functions" "$loop" | flagged one_place 'r comes from scratch.total'
printf '#define SECOND other\n#define LAST r.square\n%s%s' "$functions" "$loop" | flagged next_slab 'last comes from scratch.other'
printf '#define SECOND other\n#define LAST 0\n%s%s' "$functions" "$loop" | sed 's/static __att.*float sum/static float sum/' |
	flagged called 'sum() has a barrier and is not always inlined'

# ---- The kernels ------------------------------------------------------------------------------------------------------

# One program for each list of files that plans ask for; options change sizes and types alone.
printer=$top_builddir/tests/guards/print_programs
[ -x "$printer" ] || skip "tests/guards/print_programs is not built"
"$printer" >printed || fail "tests/guards/print_programs failed"
sort -t : -k 2 -u printed >programs
count=0 reads=0
while IFS=: read -r options files; do
	definitions=
	for option in $options; do
		case $option in -D*) definitions="$definitions $option" ;; esac
	done
	for file in $files; do
		cat "$top_srcdir/$file"
	done >source.cl
	# shellcheck disable=SC2086
	$CC -E -P -undef -x c $definitions source.cl >program.cl 2>log || fail "$files: $(cat log)"
	findings_of program
	grep -v '^checked' program.said >log && fail "$files: $(cat log)"
	count=$((count + 1))
	reads=$((reads + $(sed -n 's/^checked .* \([0-9]*\) reads$/\1/p' program.said)))
done <programs
[ "$count" -gt 20 ] && [ "$reads" -gt 500 ] || fail "$count programs with $reads reads of local memory are too few to be all"
echo "$test: $count programs, $reads reads of local memory"
finish
