#!/bin/sh
# tools.sh: what holds for every program: --help, --version, exit codes, stdout for the product alone, one line of reason.
# SPDX-License-Identifier: Apache-2.0
test=tools
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$scratch" || exit 1

# called CODE PROGRAM ARGUMENT...: runs it, keeps out and err, and finds fault with another exit code.
called()
{
	expected=$1
	shift
	program=$1
	shift
	"$top_builddir/$program" "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq "$expected" ] || {
		cat err
		fail "$program $*: exit $code, not $expected"
	}
}

# refused CODE PROGRAM ARGUMENT...: the same for a call that must fail: no product, one line of reason with the program's name.
refused()
{
	called "$@"
	shift
	[ ! -s out ] || fail "$*: prints to stdout although it fails"
	[ "$(wc -l <err)" -eq 1 ] || fail "$*: $(wc -l <err) lines on stderr, not one"
	grep -q "^$1: " err || fail "$*: the error does not begin with the program's name"
}

programs=$(cd "$top_builddir" && ls clnorm-info clnorm-selftest clnorm-apply clnorm-bench clnorm-tune 2>/dev/null)
for program in $programs; do
	called 0 "$program" --help
	[ ! -s err ] || fail "$program --help: prints to stderr"
	grep -q -- --version out || fail "$program --help does not name --version"
	for option in $(grep -o -e '--[a-z][a-z0-9-]*' out | sort -u); do
		if [ -f "$top_srcdir/man/$program.1" ] && ! sed 's/\\-/-/g' "$top_srcdir/man/$program.1" | grep -q -e "$option"; then
			fail "$program: $option is in --help, but not in man/$program.1"
		fi
	done
	cp out help
	called 0 "$program" -h
	cmp -s help out || fail "$program: -h and --help differ"
	called 0 "$program" --version
	[ ! -s err ] || fail "$program --version: prints to stderr"
	grep -q "^$program.* $version" out || fail "$program --version says \"$(head -n 1 out)\""
	refused 2 "$program" --no-such-option
	refused 2 "$program" -Z
	refused 2 "$program" --help=yes
	refused 2 "$program" surplus-word
	refused 2 "$program" --device cpu -d gpu
	grep -q -e '--device is given twice' err || fail "$program --device cpu -d gpu: says \"$(cat err)\""

	# A full disk is a failure, also where only the product's last block does not fit.
	if [ -w /dev/full ]; then
		"$top_builddir/$program" --help >/dev/full 2>err
		[ $? -eq 1 ] || fail "$program --help >/dev/full: exit other than 1"
	fi
done
[ -n "$programs" ] || fail "no program is built"

# Counts are 1 or more.
for program in clnorm-bench clnorm-tune; do
	[ ! -x "$top_builddir/$program" ] || refused 2 "$program" --repeat 0
done

# Completion offers the options that --help prints.
if command -v bash >/dev/null 2>&1; then
	for program in $programs; do
		offered=$(PATH=$top_builddir:$PATH bash -c '. "$1"; _clnorm "$2" --h ""; echo "${COMPREPLY[*]}"' - \
			"$top_srcdir/tools/completion.bash" "$program")
		[ "$offered" = --help ] || fail "completion of $program --h is \"$offered\""
	done
fi

# TAP: the plan comes before the first case, and is true.
CLNORM_DEVICE=${CLNORM_TEST_DEVICE-}
export CLNORM_DEVICE
if [ -x "$top_builddir/clnorm-selftest" ] && has_device; then
	called 0 clnorm-selftest --quick --dtype f32 --variant rows
	grep -v '^#' out | head -n 1 | grep -q '^1\.\.[1-9][0-9]*$' || fail "clnorm-selftest: no plan before the cases: $(cat out)"
	[ "$(sed -n 's/^1\.\.//p' out)" -eq "$(grep -c '^ok' out)" ] || fail "clnorm-selftest: another number than planned: $(cat out)"
	for case in '2x8x31x31 groups 4' '5x768 groups 1'; do
		[ "$(grep -c "^ok [0-9]* - $case f32 nchw rows [a-z]* none$" out)" -eq 2 ] || fail "clnorm-selftest: not both of $case: $(cat out)"
	done
fi

# No device: said in one line, told apart from other failures.
if [ -x "$top_builddir/clnorm-info" ]; then
	OCL_ICD_VENDORS=$scratch/none
	export OCL_ICD_VENDORS
	mkdir -p "$scratch/none"
	called 1 clnorm-info
	grep -q "OCL_ICD_VENDORS is $scratch/none" err || fail "the variable that hides all drivers is not named: $(cat err)"
	grep -q '^Program cache$' out || fail "clnorm-info without a device: does not tell of the program cache"

	# The cache is emptied without a device; what else lies there stays, and a folder that cannot be used is a failure.
	CLNORM_CACHE_DIR=$scratch/kept
	export CLNORM_CACHE_DIR
	called 0 clnorm-info --clear-cache
	[ "$(cat out)" = "removed 0 programs" ] || fail "clnorm-info --clear-cache, nothing there: says \"$(cat out)\""
	mkdir -m 700 kept
	: >kept/0123456789abcdef0123456789abcdef.program
	: >kept/mine.program
	called 0 clnorm-info -c
	[ "$(cat out)" = "removed 1 program" ] || fail "clnorm-info -c: says \"$(cat out)\""
	[ "$(ls kept)" = mine.program ] || fail "clnorm-info -c: leaves \"$(ls kept)\" of the folder"
	called 0 clnorm-info -cj
	grep -q '"removed": 0,' out || fail "clnorm-info -cj: says $(cat out)"
	chmod 777 kept
	refused 1 clnorm-info -c
	grep -q 'kept: others may write in the folder$' err || fail "clnorm-info -c: others may write: says $(cat err)"
	unset CLNORM_CACHE_DIR OCL_ICD_VENDORS
fi

finish
