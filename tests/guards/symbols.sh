#!/bin/sh
# symbols.sh: the library exports what the public header declares, all of it and nothing else, and cannot print or exit.
# SPDX-License-Identifier: Apache-2.0
test=symbols
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$scratch" || exit 1

shared=$(ls "$top_builddir"/.libs/libclnorm.so 2>/dev/null)
static=$top_builddir/.libs/libclnorm.a

# A function's declaration begins at the margin or after CLNORM_CHECKED and its name is followed by a bracket.
sed -e 's,/\*.*\*/,,' -e '/^[ \t*#/]/d' "$top_srcdir"/include/clnorm/*.h |
	grep -o '\<clnorm_[a-z0-9_]*(' | tr -d '(' | sort -u >declared
[ "$(wc -l <declared)" -gt 30 ] || fail "only $(wc -l <declared) functions found in the headers; the guard cannot read them"

if [ -n "$shared" ]; then
	$NM -D --defined-only "$shared" | $AWK '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >exported
	for name in $(comm -13 declared exported); do
		fail "exported, but not in the public header: $name"
	done
	for name in $(comm -23 declared exported); do
		fail "in the public header, but not exported: $name"
	done
	$NM -D --undefined-only "$shared" | $AWK '{ sub(/@.*/, "", $2); print $2 }' | sort -u >wanted
	for name in printf vprintf fprintf vfprintf puts fputs fputc putchar putc perror stdout stderr exit _exit quick_exit abort \
		__printf_chk __fprintf_chk __vprintf_chk __vfprintf_chk atexit __cxa_atexit signal sigaction setlocale; do
		if grep -qx "$name" wanted; then
			fail "the library calls $name: it never prints, exits or changes the process"
		fi
	done
fi

if [ -f "$static" ]; then
	$NM -g --defined-only "$static" 2>/dev/null | $AWK 'NF == 3 { print $3 }' | sort -u >archived
	for name in $(grep -v -e '^clnorm_' -e '^cln_' archived); do
		fail "the static library defines $name without a prefix of ours"
	done
fi

[ -n "$shared" ] || [ -f "$static" ] || skip "no ELF library in $top_builddir/.libs"
finish
