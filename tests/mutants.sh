#!/bin/sh
# mutants.sh: makes the faults of tests/mutants.txt one after the other, and says which of them the tests notice.
# SPDX-License-Identifier: Apache-2.0
#
# usage: mutants.sh [BUILD] [--only PATTERN] [--list] [--long] [--jobs N]
#
#   BUILD           the copies of the tree and their builds go to BUILD/mutants; ./build of the source tree by default
#   --only PATTERN  the faults whose name matches, as in the shell: 'team-*'
#   --list          names and files, and nothing else
#   --long          what the short run does not notice is tried with the long sweeps too
#   --jobs N        so many faults side by side, each in a copy of its own; 1 by default
#
# The short run is ./quickstart check but its guards of text (names, floors, exports, the tarball), which a fault of
# behaviour is nothing to. For each fault the tests that are likely to see it come first: the one that its row names,
# that of the file's name, then all others; other implementations and sanitizers where all of these pass. The first
# that fails ends it; so does a test that takes longer than any does (the watch). Before a test counts it has passed
# without a fault. A run that was interrupted goes on, if the tree is the same. Standard output is the table, as it is
# kept in tests/MUTANTS.md, and "N of M noticed by the short run"; what happens meanwhile is told on standard error.
# Exit 0, also where faults go unnoticed; 1: a fault of the table does not apply or build; 2: wrong use, or a test fails
# without a fault.
set -u
LC_ALL=C
export LC_ALL

source_folder=$(cd "$(dirname "$0")/.." && pwd)
table=$source_folder/tests/mutants.txt
awk=${AWK:-awk}
make=${MAKE:-make}

. "$(dirname "$0")/mutants_copy.sh"

tell()
{
	printf '%s\n' "mutants: $*" >&2
}

stop()
{
	tell "$*"
	exit 2
}

# ---- The table of faults ------------------------------------------------------------------------------------------

# field NAME WORD: what stands behind the word in the fault's lines.
field()
{
	$awk -v name="$1" -v word="$2" '
		/^[a-z]/ { inside = $1 == name; next }
		inside && $1 == word { sub(/^ *[a-z]+ ?/, ""); print; exit }' "$table"
}

# make_fault NAME FILE FROM TO: FROM with the fault in it is written to TO; where it does not apply, why is told.
make_fault()
{
	place=$(field "$1" in) before=$(field "$1" before) after=$(field "$1" after) \
		$awk -v name="$1" -v file="$2" '
		BEGIN { place = ENVIRON["place"]; before = ENVIRON["before"]; after = ENVIRON["after"] }
		place != "" && index($0, place) { places++ }
		(place == "" || places) && !done && before != "" && (at = index($0, before)) {
			$0 = substr($0, 1, at - 1) after substr($0, at + length(before))
			done = 1
		}
		{ print }
		END {
			why = place != "" && places != 1 ? places + 0 " lines hold \"" place "\"" : \
				!done ? "no line there holds \"" before "\"" : ""
			if (why == "")
				exit 0
			print "mutants: " name " does not apply to " file ": " why >"/dev/stderr"
			exit 1
		}' "$3" >"$4"
}

# All faults that were asked for, before the first is tried.
check_table()
{
	bad=0
	while read -r name file; do
		[ -f "$source_folder/$file" ] || {
			tell "$name: there is no $file"
			bad=1
			continue
		}
		make_fault "$name" "$file" "$source_folder/$file" "$work/tried" || bad=1
		if cmp -s "$source_folder/$file" "$work/tried" || [ -z "$(field "$name" user)" ]; then
			tell "$name: it changes nothing, or does not say what a user would meet"
			bad=1
		fi
	done <"$work/faults"
	rm -f "$work/tried"
	return $bad
}

# ---- Faults -------------------------------------------------------------------------------------------------------

# try_tests NAME FILE: sets $noticed to the first test that fails; "-": none; "unbuilt".
try_tests()
{
	noticed=-
	for part in $(tests_for "$1" "$2"); do
		prove "$part" || continue
		run_part "$copy" "$part"
		# A kernel that the compiler refuses is a mistake of the table.
		case $2 in
		cl/*) ! grep -q "kernels did not build on" "$copy/build/cases.mutants" || result=unbuilt ;;
		esac
		case $result in
		failed) noticed=$part$detail ;;
		unbuilt) noticed=unbuilt ;;
		*) continue ;;
		esac
		break
	done
}

# try_fault NAME FILE: a line in results/NAME: the short run's test, seconds, the long run's test.
try_fault()
{
	began=$(date +%s)
	make_fault "$1" "$2" "$work/0/source/$2" "$copy/source/$2"
	take_caches "$2"
	try_tests "$1" "$2"
	short=$noticed
	seconds=$(($(date +%s) - began))
	if [ "$noticed" = - ] && [ $with_long = yes ]; then
		CLNORM_TEST_LONG=1
		export CLNORM_TEST_LONG
		try_tests "$1" "$2"
		unset CLNORM_TEST_LONG
	fi
	cp "$work/0/source/$2" "$copy/source/$2"
	if [ "$short" = unbuilt ]; then
		cat "$copy/build/build.mutants" "$copy/build/cases.mutants" >"$work/unbuilt/$1"
		tell "$1 does not build; see $work/unbuilt/$1"
		return
	fi
	printf '%s\t%s\t%s\n' "$short" $seconds "$noticed" >"$work/results/$1"
	tell "$1: $([ "$short" = - ] && echo "not noticed" || echo "noticed by $short"), $seconds s"
}

# A worker takes whatever fault nobody has begun.
work_through()
{
	copy_tree "$1" || {
		tell "a copy of the tree does not build; see $work/$1/make.log"
		: >"$work/stop"
	}
	while read -r name file; do
		[ ! -e "$work/stop" ] || exit 2
		mkdir "$work/begun/$name" 2>/dev/null || continue
		try_fault "$name" "$file" </dev/null
	done <"$work/faults"
}

# count_noticed COLUMN: "N of M".
count_noticed()
{
	while read -r name file; do
		cat "$work/results/$name" 2>/dev/null
	done <"$work/faults" | $awk -F '\t' -v column="$1" '
		$column != "-" { n++ }
		END { printf "%d of %d", n, NR }'
}

print_table()
{
	tab=$(printf '\t')
	echo "| fault | file | short run | s | long run | what a user would meet |"
	echo "| --- | --- | --- | --- | --- | --- |"
	while read -r name file; do
		[ -f "$work/results/$name" ] || continue
		IFS=$tab read -r short seconds long <"$work/results/$name"
		[ $with_long = yes ] || [ "$long" != - ] || long=
		echo "| $name | $file | $short | $seconds | $long | $(field "$name" user) |"
	done <"$work/faults"
	echo
	echo "Commit $(git -C "$source_folder" rev-parse --short HEAD 2>/dev/null || echo unknown)."
	[ $with_long = no ] || echo "$(count_noticed 3) noticed by the long run"
	echo "$(count_noticed 1) noticed by the short run"
}

# ---- What was asked for -------------------------------------------------------------------------------------------

refuse()
{
	tell "$*"
	echo "usage: mutants.sh [BUILD] [--only PATTERN] [--list] [--long] [--jobs N]" >&2
	exit 2
}

build=
pattern='*'
mode=run
with_long=no
jobs=1
while [ $# -gt 0 ]; do
	case $1 in
	--list) mode=list ;;
	--long) with_long=yes ;;
	--only | --jobs)
		[ $# -gt 1 ] || refuse "$1 needs $([ "$1" = --only ] && echo "a pattern" || echo "a number")"
		[ "$1" != --only ] || pattern=$2
		[ "$1" != --jobs ] || jobs=$2
		shift
		;;
	-*) refuse "there is no option $1" ;;
	*)
		[ -z "$build" ] || refuse "one build folder, not $build and $1"
		build=$1
		;;
	esac
	shift
done
case $jobs in
[1-9] | [1-9][0-9]) ;;
*) refuse "--jobs $jobs is not a number from 1 to 99" ;;
esac

# "NAME FILE" of each fault that was asked for.
list_faults()
{
	$awk '/^[a-z]/ { print $1, $2 }' "$table" | while read -r name file; do
		# shellcheck disable=SC2254
		case $name in
		$pattern) echo "$name $file" ;;
		esac
	done
}

[ -n "$(list_faults)" ] || refuse "no fault's name matches $pattern"
if [ $mode = list ]; then
	list_faults
	exit 0
fi
build=${build:-$source_folder/build}
mkdir -p "$build/mutants" || exit 2
work=$(cd "$build/mutants" && pwd)
rm -rf "$work/lock" "$work/stop"
mkdir -p "$work/begun" "$work/results" "$work/unbuilt" "$work/proved"
list_faults >"$work/faults"
check_table || exit 1

# Tests go by what they find in the copies, not by what the caller has set for others; copies share what ccache knows.
unset MAKEFLAGS MFLAGS MAKELEVEL POCL_CACHE_DIR CLNORM_CACHE_DIR MESA_SHADER_CACHE_DIR CLNORM_TUNING_DIR CLNORM_DEVICE \
	CLNORM_TEST_DEVICE CLNORM_TEST_SMALL CLNORM_TEST_LONG CLNORM_CACHE
CCACHE_NOHASHDIR=1
export CCACHE_NOHASHDIR
copy_tree 0 || stop "the tree does not build; see $work/0/make.log"
# Autoconf writes its own cache in another order each time.
sum=$(cd "$work/0/source" && find . -name autom4te.cache -prune -o -type f -print | sort | xargs cat | cksum)
if [ "$sum" != "$(cat "$work/sum" 2>/dev/null)" ]; then
	rm -f "$work"/proved/* "$work"/results/*
	echo "$sum" >"$work/sum"
fi
# What was asked for by name is tried again; so is what was not finished, or not tried for long.
rm -rf "${work:?}/begun" "$work"/unbuilt/*
mkdir "$work/begun"
while read -r name file; do
	[ "$pattern" = '*' ] || rm -f "$work/results/$name"
	[ $with_long = no ] || ! grep -q -s "^-.*-$" "$work/results/$name" || rm -f "$work/results/$name"
	[ ! -e "$work/results/$name" ] || mkdir "$work/begun/$name"
done <"$work/faults"
list_tests
workers=
for k in $(seq "$jobs"); do
	work_through "$k" &
	workers="$workers $!"
done
for worker in $workers; do
	wait "$worker"
done
[ ! -e "$work/stop" ] || exit 2
print_table
[ -z "$(ls "$work/unbuilt")" ]
