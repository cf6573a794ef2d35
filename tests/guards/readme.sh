#!/bin/sh
# readme.sh: the C programs printed in README.md build against the installed tree and run as printed.
# SPDX-License-Identifier: Apache-2.0
test=readme
. "$(dirname "$0")/guard.sh"
. "$top_srcdir/tests/guards/installed.sh"
scratch_make
cd "$scratch" || exit 1

[ -f "$top_srcdir/README.md" ] || skip "no README.md"

# Each block between ```c and ``` that has a main() is a program; the others are of a function, on objects of the user's.
$AWK '
	/^```c$/ { inside = 1; count++; file = "program" count ".c"; next }
	/^```/ { if (inside) close(file); inside = 0; next }
	inside { print >file }' "$top_srcdir/README.md"

programs=0
for source in program*.c; do
	[ -f "$source" ] || continue
	name=${source%.c}
	grep -q 'int main(' "$source" || {
		cat - "$source" >fragment.c <<-'END'
			#define CL_TARGET_OPENCL_VERSION 120
			#include <clnorm/clnorm.h>
			clnorm_status fragment(cl_context context, cl_device_id device, cl_command_queue queue, cl_mem buffer, cl_event ready);
			clnorm_status fragment(cl_context context, cl_device_id device, cl_command_queue queue, cl_mem buffer, cl_event ready) {
			clnorm_status st; clnorm_desc desc = clnorm_desc_2d(1, 1, 1, 1); clnorm_context *ctx; clnorm_plan *plan; cl_event done;
		END
		echo 'return st; }' >>fragment.c
		$CC -Wall $CFLAGS -fsyntax-only fragment.c $(installed_pkg --cflags clnorm) >fragment.log 2>&1 && [ ! -s fragment.log ] || {
			cat fragment.log
			fail "block $name of README.md is not C"
		}
		continue
	}
	programs=$((programs + 1))
	installed_build "$name" "$source" >"$name.log" || {
		cat "$name.log"
		fail "block $name of README.md does not build"
		continue
	}
	if grep -i 'warning:' "$name.log"; then
		fail "block $name of README.md builds with warnings"
	fi
	has_device || continue
	installed_run "./$name" >"$name.out" 2>"$name.err"
	code=$?
	if [ $code -ne 0 ]; then
		cat "$name.out" "$name.err"
		fail "block $name of README.md: exit $code"
	fi
done
[ $programs -gt 0 ] || fail "README.md prints no C program"

# The first one with the build folder alone, as README.md shows it too.
in_build=
[ -e "$top_builddir/.libs/libclnorm.so" ] || in_build=--static
flags=$(PKG_CONFIG_PATH=$top_builddir/lib $PKG_CONFIG $in_build --cflags --libs clnorm)
if ! $CC -Wall $CFLAGS -o in_build program1.c $flags >in_build.log 2>&1; then
	cat in_build.log
	fail "program1 does not build with $top_builddir/lib/clnorm-uninstalled.pc"
elif has_device && ! ./in_build >in_build.log 2>&1; then
	cat in_build.log
	fail "program1 does not run with $top_builddir/lib/clnorm-uninstalled.pc"
fi

# Every program of ours that README.md names is there.
for program in $(grep -o 'clnorm-[a-z]*' "$top_srcdir/README.md" | sort -u); do
	case $program in
	clnorm-info | clnorm-selftest | clnorm-apply | clnorm-bench | clnorm-tune) ;;
	*) continue ;;
	esac
	[ -x "$top_builddir/$program" ] || fail "README.md names $program, which is not built"
done

finish
