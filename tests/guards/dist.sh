#!/bin/sh
# dist.sh: the tarball holds every file of the git tree but bench/, findings/ and the tests of other systems, and no file
# that git does not know or Autotools make.
# SPDX-License-Identifier: Apache-2.0
test=dist
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$top_srcdir" || exit 1

# A tarball has no .git, and says so by itself; a worktree's .git is a file.
[ -e .git ] && command -v git >/dev/null 2>&1 || skip "no git tree to compare with"
git ls-files >"$scratch/unsorted" 2>/dev/null || skip "git cannot read this tree"
# bench/ compares clnorm with what other projects publish, which changes by the week, findings/ is about other software
# altogether, and systems.sh tries other systems, from git: they belong to the tree, not to a release.
grep -Ev '^(bench/|findings/|tests/(systems|newcomer)\.sh$|tests/SYSTEMS\.md$)' "$scratch/unsorted" | sort -u >"$scratch/git"
[ -s "$scratch/git" ] || skip "git knows no file here"

$MAKE -s -C "$top_builddir" print-dist-files | sed 's,^\./,,' | sort -u >"$scratch/dist"
for file in $(comm -23 "$scratch/git" "$scratch/dist"); do
	fail "in git, but not in the tarball: $file"
done
for file in $(comm -13 "$scratch/git" "$scratch/dist"); do
	case $file in
	aclocal.m4 | configure | config.h.in | Makefile.in | build-aux | build-aux/* | m4/libtool.m4 | m4/lt*.m4) ;;
	*) [ -d "$file" ] || fail "in the tarball, but not in git: $file" ;;
	esac
done
finish
