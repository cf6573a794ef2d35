#!/bin/sh
# install.sh: make install puts a whole tree under DESTDIR and make uninstall takes all of it away again.
# SPDX-License-Identifier: Apache-2.0
#
# The tree stays in tests/scratch/install/root for the tests of what users do with it.
test=install
. "$(dirname "$0")/guard.sh"
scratch_make

install_into()
{
	$MAKE -C "$top_builddir" install DESTDIR="$1" >"$scratch/log" 2>&1 || {
		tail -20 "$scratch/log"
		fail "make install DESTDIR=... failed"
		finish
	}
}

install_into "$scratch/passing"
$MAKE -C "$top_builddir" uninstall DESTDIR="$scratch/passing" >>"$scratch/log" 2>&1 || fail "make uninstall failed"
for left in $(find "$scratch/passing" ! -type d); do
	fail "left by make uninstall: $left"
done
rm -rf "$scratch/passing"

install_into "$scratch/root"
for name in clnorm.h types.h version.h clnorm.pc clnorm-info clnorm-selftest clnorm-apply clnorm-bench; do
	[ -n "$(find "$scratch/root" -name "$name" ! -type d)" ] || fail "not installed: $name"
done
[ -n "$(find "$scratch/root" -name 'libclnorm.*')" ] || fail "no library is installed"

# A program's man page comes with it, and no page without a program.
for program in $(cd "$top_srcdir" && ls man/*.1 2>/dev/null | sed -e 's,.*/,,' -e 's,\.1$,,'); do
	[ -n "$(find "$scratch/root" -path '*/bin/*' -name "$program")" ] || fail "a man page without a program: $program"
done
for program in $(find "$scratch/root" -path '*/bin/*' -type f -name 'clnorm-*'); do
	[ -n "$(find "$scratch/root" -name "$(basename "$program").1")" ] || fail "no man page: $(basename "$program")"
done

finish
