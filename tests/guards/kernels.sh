#!/bin/sh
# kernels.sh: every specialisation of every kernel passes an offline OpenCL C front end, alone and without a warning.
# SPDX-License-Identifier: Apache-2.0
test=kernels
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$scratch" || exit 1

for front in clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14; do
	if command -v $front >/dev/null 2>&1 && echo 'kernel void f(void) {}' >probe.cl &&
		$front -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only probe.cl 2>/dev/null; then
		break
	fi
	front=
done
[ -n "$front" ] || skip "no clang with an OpenCL C front end"

# All kernels of a stage have one signature, and a word of the language may give more than is used: so -Wno-unused.
# One line a program: the -D options, a colon, the files in order. The variant table prints them, so that a new row is
# checked by being there.
printer=$top_builddir/tests/guards/print_programs
[ -x "$printer" ] || skip "tests/guards/print_programs is not built"
"$printer" >printed || fail "tests/guards/print_programs failed"
sort -u printed >programs
[ -s programs ] || fail "tests/guards/print_programs printed nothing"

count=0
while IFS=: read -r options files; do
	count=$((count + 1))
	for file in $files; do
		printf '#line 1 "%s"\n' "$file"
		cat "$top_srcdir/$file"
	done >program.cl
	$front -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only -Wall -Wextra -Werror \
		-Wno-unused -Wno-unused-parameter -Wno-unused-but-set-parameter $options program.cl >log 2>&1 || {
		cat log
		fail "$files with $options"
	}
done <programs
echo "$test: $count programs by $front"

# The contract of a family: a name that is missing from a program is told by an #error that has it, and cl/README.md has it
# too. Of pieces, and of parts that are shared out: so two families.
lacks()
{
	options=${2%%:*}
	for file in ${2#*:}; do
		case $file in
		*/$3.cl) printf '#undef %s\n' "$1" ;;
		esac
		cat "$top_srcdir/$file"
	done >program.cl
	! $front -x cl -cl-std=CL1.2 -E $options program.cl >/dev/null 2>log && grep "error.* family .*\<$1\>" log >/dev/null
}

pieces=$(grep 'scan_back\.cl.*back_fused\.cl' programs | head -n 1)
shared=$(grep 'tiles_back\.cl.*back_fused\.cl' programs | head -n 1)
[ -n "$pieces" ] && [ -n "$shared" ] || fail "tests/guards/print_programs printed no backward program of scan or tiles"
for head in stage back; do
	for name in $(sed -n 's/^#error "a family .*: \(.*\)"$/\1/p' "$top_srcdir/cl/$head.cl" | tr -d ,); do
		lacks $name "$shared" $head || lacks $name "$pieces" $head || fail "cl/$head.cl does not ask for $name"
		grep "\`$name\`" "$top_srcdir/cl/README.md" >/dev/null || fail "cl/README.md has no $name"
	done
done
finish
