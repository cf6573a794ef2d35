#!/bin/sh
# libtool-fast-math.sh: libtool 2.4.7 drops -ffast-math where it links a library, and with it flush-to-zero.
# SPDX-License-Identifier: Apache-2.0
#
# Version: libtool 2.4.7 and gcc-12 12.2.0 of Debian 12, on x86_64.
# Guess:   a shared library that libtool makes with CFLAGS="-O2 -ffast-math" behaves as the one that gcc -shared
#          makes.
# Seen:    gcc adds code that sets flush-to-zero for the whole process when the library is loaded, so 1e-38 * 0.1 in
#          the program (compiled without the flag) is 0. libtool takes the flag for compiling and drops it for
#          linking: 1e-39. Beside a library that libtool links with -Wc,-ffast-math it is 0 again.
# Why:     what a numeric library does to a caller's small numbers is not seen in its CFLAGS nor in its objects. A
#          build that links by the compiler and one by libtool differ, and so do a host's reference and a device that
#          keeps subnormals.
# Exit:    0 still so, 1 it changed, 77 cannot run here.
set -u
LC_ALL=C
export LC_ALL

skip()
{
	echo "libtool-fast-math: skipped: $*"
	exit 77
}

# $1: package, $2: its version
version()
{
	case $(dpkg-query -W -f '${Version}' "$1" 2>/dev/null) in
	"$2"-*) ;;
	*) skip "$1 $2 is not installed" ;;
	esac
}
version libtool 2.4.7
version gcc-12 12.2.0
[ "$(uname -m)" = x86_64 ] || skip "not an x86_64"
work=$(mktemp -d) || skip "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 77' HUP INT TERM
cd "$work" || skip "no temporary folder"

cat >configure.ac <<'END'
AC_INIT([scale], [1])
AC_CONFIG_MACRO_DIRS([m4])
AC_PROG_CC
LT_INIT([disable-static])
AC_OUTPUT
END
cat >scale.c <<'END'
float scale(float x);
float scale(float x)
{
	return x * 0.5f;
}
END
cat >main.c <<'END'
#include <stdio.h>

float scale(float x);

int main(void)
{
	volatile float small = 1e-38f;

	printf("%g\n", (double)(small * 0.1f));
	return scale(2.0f) != 1.0f;
}
END
{
	mkdir m4 && libtoolize -ci && aclocal -I m4 && autoconf && CC=gcc-12 ./configure &&
		gcc-12 -O2 -c main.c && gcc-12 -O2 -ffast-math -fPIC -shared -o libplain.so scale.c &&
		gcc-12 -o plain main.o ./libplain.so &&
		./libtool --mode=compile gcc-12 -O2 -ffast-math -c scale.c &&
		./libtool --mode=link gcc-12 -O2 -ffast-math -rpath "$work" -o libdropped.la scale.lo &&
		./libtool --mode=link gcc-12 -O2 -Wc,-ffast-math -rpath "$work" -o libkept.la scale.lo &&
		./libtool --mode=link gcc-12 -o dropped main.o libdropped.la &&
		./libtool --mode=link gcc-12 -o kept main.o libkept.la
} >log 2>&1 || skip "the three libraries cannot be built"

echo "1e-38 * 0.1 beside a library linked by gcc -shared: $(./plain)" >seen
echo "1e-38 * 0.1 beside a library linked by libtool: $(./dropped)" >>seen
echo "1e-38 * 0.1 beside a library linked by libtool with -Wc,-ffast-math: $(./kept)" >>seen
cat >expected <<'END'
1e-38 * 0.1 beside a library linked by gcc -shared: 0
1e-38 * 0.1 beside a library linked by libtool: 1e-39
1e-38 * 0.1 beside a library linked by libtool with -Wc,-ffast-math: 0
END
cat seen
cmp -s expected seen && exit 0
echo "libtool-fast-math: it is no longer so"
exit 1
