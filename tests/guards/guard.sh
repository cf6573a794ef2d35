# guard.sh: what the shell tests share; sourced, with $test naming the sourcing one.
# SPDX-License-Identifier: Apache-2.0
#
# A guard reports every finding, not the first one alone: fail says one, finish ends with 1 where there was any.
set -u
LC_ALL=C
export LC_ALL

# make check sets these; by hand, from the source folder: top_builddir=build sh tests/guards/floors.sh
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
: "${CC:=cc}" "${CFLAGS=-g -O2}" "${NM:=nm}" "${AWK:=awk}" "${MAKE:=make}" "${PKG_CONFIG:=pkg-config}"
: "${version:=$("$top_srcdir/configure" --version 2>/dev/null | sed -n "s/^clnorm configure //p")}"

# Programs under test are started alone, not as a part of the make that started this script.
unset MAKEFLAGS MFLAGS MAKELEVEL

findings=0
scratch=$top_builddir/tests/scratch/$test

fail()
{
	echo "$test: $*"
	findings=$((findings + 1))
}

skip()
{
	echo "$test: skipped: $*"
	exit 77
}

finish()
{
	if [ $findings -gt 0 ]; then
		echo "$test: $findings findings"
		exit 1
	fi
	exit 0
}

# An empty folder of this guard's own, in the build tree.
scratch_make()
{
	chmod -R u+w "$scratch" 2>/dev/null
	rm -rf "$scratch"
	mkdir -p "$scratch"
}

# Is there a device to run on? The tools themselves say.
has_device()
{
	"$top_builddir/clnorm-info" --list >/dev/null 2>&1
}
