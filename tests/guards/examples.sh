#!/bin/sh
# examples.sh: every example builds against the installed tree with pkg-config alone, shared and static, and runs.
# SPDX-License-Identifier: Apache-2.0
test=examples
. "$(dirname "$0")/guard.sh"
. "$top_srcdir/tests/guards/installed.sh"
scratch_make
cd "$scratch" || exit 1

# examples/picture.c and tensor.c make data and do not use clnorm: the build itself makes them.
for source in "$top_srcdir"/examples/*.c; do
	grep -q 'clnorm/clnorm\.h' "$source" || continue
	name=$(basename "$source" .c)
	for kind in shared static; do
		if [ $kind = static ]; then
			[ -f "$installed_lib/libclnorm.a" ] || continue
			installed_build_static "$name-static" "$source" >"$name-static.log"
		else
			[ -n "$(ls "$installed_lib"/libclnorm.so* 2>/dev/null)" ] || continue
			installed_build "$name-shared" "$source" >"$name-shared.log"
		fi || {
			cat "$name-$kind.log"
			fail "examples/$name.c does not build with the $kind library"
			continue
		}
		if grep -i 'warning:' "$name-$kind.log"; then
			fail "examples/$name.c builds with warnings"
		fi
		has_device || continue
		installed_run "./$name-$kind" >"$name-$kind.out" 2>"$name-$kind.err"
		code=$?
		if [ $code -ne 0 ]; then
			cat "$name-$kind.out" "$name-$kind.err"
			fail "examples/$name, $kind library: exit $code"
		fi
	done
done

# The header in the languages that include it.
printf '#include <clnorm/clnorm.h>\nint main(void) { return clnorm_version() == 0; }\n' >header.c
for standard in c99 c11 gnu17; do
	$CC -std=$standard -pedantic -Wall -Wextra -Werror -fsyntax-only header.c $(installed_pkg --cflags clnorm) \
		>header.log 2>&1 || { cat header.log; fail "the header does not compile as $standard"; }
done
if command -v "${CXX:-c++}" >/dev/null 2>&1; then
	"${CXX:-c++}" -x c++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only header.c $(installed_pkg --cflags clnorm) \
		>header.log 2>&1 || { cat header.log; fail "the header does not compile as C++11"; }
fi

[ $findings -gt 0 ] || has_device || skip "built; no device to run on"
finish
