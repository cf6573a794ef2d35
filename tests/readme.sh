#!/bin/sh
# readme.sh: the C programs printed in README.md build against the installed tree and run as printed.
# SPDX-License-Identifier: Apache-2.0
test=readme
. "$(dirname "$0")/guard.sh"
. "$top_srcdir/tests/installed.sh"
scratch_make
cd "$scratch" || exit 1

[ -f "$top_srcdir/README.md" ] || skip "no README.md"

# Each block between ```c and ``` that has a main() is a program; others are fragments.
$AWK '
	/^```c$/ { inside = 1; count++; file = "program" count ".c"; next }
	/^```/ { if (inside) close(file); inside = 0; next }
	inside { print >file }' "$top_srcdir/README.md"

programs=0
for source in program*.c; do
	[ -f "$source" ] && grep -q 'int main(' "$source" || continue
	programs=$((programs + 1))
	name=${source%.c}
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

# Every program of ours that README.md names is there.
for program in $(grep -o 'clnorm-[a-z]*' "$top_srcdir/README.md" | sort -u); do
	case $program in
	clnorm-info | clnorm-selftest | clnorm-apply | clnorm-bench | clnorm-tune) ;;
	*) continue ;;
	esac
	[ -x "$top_builddir/$program" ] || fail "README.md names $program, which is not built"
done

finish
