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
# behaviour is nothing to. For each fault the tests that are likely to see it come first: that of the last table
# (tests/MUTANTS.md), that of the file's name, then all others; other implementations and sanitizers where all of these
# pass. The first that fails ends it; so does a test that takes longer than any does (the watch). Before a test counts
# it has passed without a fault. Standard output is the table, as it is kept in tests/MUTANTS.md, and
# "N of M noticed by the short run"; what happens meanwhile is told on standard error. Exit 0, also where faults go
# unnoticed; 1: a fault of the table does not apply or build; 2: wrong use, or a test fails without a fault.
set -u
LC_ALL=C
export LC_ALL

# Seconds: no test takes as long, nor does one more implementation.
test_limit=1200
other_limit=5400

source_folder=$(cd "$(dirname "$0")/.." && pwd)
table=$source_folder/tests/mutants.txt
last_table=$source_folder/tests/MUTANTS.md
awk=${AWK:-awk}
make=${MAKE:-make}

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

# ---- Copies of the tree -------------------------------------------------------------------------------------------

# copy_tree K: BUILD/mutants/K/source and build, built; copy 0 never has a fault. Builds of earlier runs are kept.
copy_tree()
{
	copy=$work/$1
	rm -rf "$copy/new"
	mkdir -p "$copy/source" "$copy/build" "$copy/new"
	(cd "$source_folder" && tar -cf - --exclude=./build --exclude=./.git --exclude=./quickstart-out .) |
		(cd "$copy/new" && tar -xf -) || return 1
	[ -x "$copy/new/configure" ] || (cd "$copy/new" && autoreconf -fi >"$copy/autoreconf.log" 2>&1) || return 1
	# Only what differs is put in place, so that make builds no more than that.
	(cd "$copy/source" && find . -type f) | while read -r path; do
		[ -f "$copy/new/$path" ] || rm -f "$copy/source/$path"
	done
	(cd "$copy/new" && find . -type f) | while read -r path; do
		cmp -s "$copy/new/$path" "$copy/source/$path" && continue
		mkdir -p "$copy/source/$(dirname "$path")"
		cp -p "$copy/new/$path" "$copy/source/$path"
		touch "$copy/source/$path"
	done
	rm -rf "$copy/new"
	if [ ! -f "$copy/build/Makefile" ]; then
		(cd "$copy/build" && ../source/configure -q --disable-shared ${CC:+CC="$CC"}) >"$copy/configure.log" 2>&1 || return 1
	fi
	$make -s -C "$copy/build" -j"$(nproc 2>/dev/null || echo 2)" >"$copy/make.log" 2>&1
}

# A fresh start with the kernels that copy 0 has built. Entries of caches appear whole and never change: links will do.
take_caches()
{
	for cache in cache-pocl cache-clnorm cache-mesa; do
		rm -rf "$copy/build/tests/$cache"
		[ -d "$work/0/build/tests/$cache" ] || continue
		cp -al "$work/0/build/tests/$cache" "$copy/build/tests/" 2>/dev/null ||
			cp -R "$work/0/build/tests/$cache" "$copy/build/tests/"
	done
}

# ---- Tests --------------------------------------------------------------------------------------------------------

# list_parts VARIABLE: the tests of one of Makefile.am's lists, by name.
list_parts()
{
	# shellcheck disable=SC2016
	$make -s -C "$work/0/build" --eval='print-parts:;@echo $($(PARTS))' print-parts PARTS="$1" | tr ' ' '\n' |
		sed 's,^tests/,,'
}

# What the short run is made of; guards that read names, sources and lists of files are left out.
list_tests()
{
	for kind in pure fake device; do
		list_parts ${kind}_tests >"$work/$kind"
	done
	list_parts guards | grep -v -x -E '(floors|style|symbols|dist|version|readme|install|examples|kernels)\.sh' \
		>"$work/scripts"
	sh "$source_folder/tests/devices.sh" "$work/0/build" --list | grep -v -x pocl >"$work/others"
	cat "$work/pure" "$work/fake" "$work/device" "$work/scripts" "$work/others" >"$work/known"
}

# tests_for NAME FILE: the tests, likely ones first, each once. What runs no kernel is not asked about one.
tests_for()
{
	base=$(basename "$2" | sed 's/\.[a-z0-9]*$//')
	{
		[ ! -f "$last_table" ] || $awk -F ' *[|] *' -v name="$1" '$2 == name { print $4 }' "$last_table"
		printf '%s\n' "test_$base" "$base.sh"
		case $2 in
		cl/*back* | cl/gradient.cl) printf '%s\n' test_guard test_backward_calls test_backward_ways test_backward ;;
		cl/*) printf '%s\n' test_guard test_determinism test_dtypes test_forward ;;
		*) cat "$work/pure" "$work/fake" "$work/scripts" ;;
		esac
		cat "$work/device"
		case $2 in
		cl/*) printf '%s\n' tools.sh traffic.sh apply.sh oclgrind ;;
		*) printf '%s\n' sanitizers ;;
		esac
		cat "$work/others"
	} | $awk -v known="$work/known" '
		BEGIN { while ((getline name <known) > 0) is_known[name] = 1 }
		is_known[$1] && !seen[$1]++ { print $1 }'
}

# run_watched COPY LIMIT COMMAND...: sets $code to how it ended. Check tells of each case when it has run (the TAP file),
# devices.sh of each program: the first that fails ends all, $code is then "failed" and $detail names it.
run_watched()
{
	cases=$1/build/cases.mutants
	log=$1/build/output.mutants
	limit=$2
	shift 2
	: >"$cases"
	CK_TAP_LOG_FILE_NAME=$cases timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null &
	process=$!
	until grep -q '^not ok' "$cases" || grep -q ': FAIL:' "$log" || ! kill -0 $process 2>/dev/null; do
		sleep 0.2
	done
	failed=$(sed -n 's/^not ok [0-9]* - [^:]*:[^:]*:\([^:]*\):.*/\1/p' "$cases" | head -n 1)
	failed=${failed:-$(sed -n 's/.*: FAIL: tests\/\([a-z_]*\).*/\1/p' "$log" | head -n 1)}
	# timeout hands the signal on to all that it has started.
	[ -z "$failed" ] || kill $process 2>/dev/null
	wait $process 2>/dev/null
	code=$?
	if [ -n "$failed" ]; then
		code=failed
		detail=" ($failed)"
	elif [ $code -eq 124 ] || [ $code -eq 137 ]; then
		code=failed
		detail=" (the watch)"
	fi
}

# Programs that a test wants built.
list_needs()
{
	case $1 in
	*.sh)
		echo all
		for helper in print_programs print_traffic print_vendors weights_tool; do
			! grep -q "$helper" "$source_folder/tests/$1" || echo "tests/$helper"
		done
		;;
	*) echo "tests/$1" ;;
	esac
}

# run_other COPY NAME: the tests on another implementation, or under sanitizers.
run_other()
{
	run_watched "$1" "$other_limit" sh "$1/source/tests/devices.sh" "$1/build" "$2"
	case $code:$(grep -c "^$2: skipped:" "$log") in
	0:0) result=passed ;;
	0:*) result=skipped ;;
	*) result=failed ;;
	esac
}

# run_test COPY TEST: one program or script, by the rule that make check has for it.
run_test()
{
	trs=$1/build/tests/${2%.sh}.trs
	# shellcheck disable=SC2046
	$make -s -C "$1/build" $(list_needs "$2") >"$1/build/build.mutants" 2>&1 || {
		result=unbuilt
		return
	}
	rm -f "${trs%.trs}.log" "$trs"
	run_watched "$1" "$test_limit" "$make" -s -C "$1/build" "tests/${2%.sh}.log"
	case $code:$(sed -n 's/^:test-result: //p' "$trs" 2>/dev/null) in
	0:PASS*) result=passed ;;
	0:SKIP*) result=skipped ;;
	*) result=failed ;;
	esac
}

# run_part COPY TEST: sets $result (passed, failed, skipped or unbuilt) and $detail, what there is to say of a failure.
run_part()
{
	detail=
	if grep -q -x "$2" "$work/others"; then
		run_other "$1" "$2"
	else
		run_test "$1" "$2"
	fi
}

# Whether a test passes without a fault: found out once, in copy 0, by one worker at a time. Where it fails, all end.
prove()
{
	until mkdir "$work/lock" 2>/dev/null; do
		[ ! -e "$work/stop" ] || exit 2
		sleep 1
	done
	key=$work/proved/$1${CLNORM_TEST_LONG:+.long}
	if [ ! -e "$key" ]; then
		run_part "$work/0" "$1"
		echo "$result" >"$key"
	fi
	proved=$(cat "$key")
	case $proved in
	passed | skipped) ;;
	*)
		tell "$1: $proved without a fault; see $work/0/build"
		rm "$key"
		: >"$work/stop"
		;;
	esac
	rmdir "$work/lock"
	[ ! -e "$work/stop" ] || exit 2
	[ "$proved" = passed ]
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
	take_caches
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
	cat "$work"/results/* /dev/null | $awk -F '\t' -v column="$1" '
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
for folder in begun results unbuilt lock; do
	rm -rf "${work:?}/$folder"
done
rm -f "$work/stop"
mkdir -p "$work/begun" "$work/results" "$work/unbuilt" "$work/proved"
list_faults >"$work/faults"
check_table || exit 1

# Tests go by what they find in the copies, not by what the caller has set for others; copies share what ccache knows.
unset MAKEFLAGS MFLAGS MAKELEVEL POCL_CACHE_DIR CLNORM_CACHE_DIR MESA_SHADER_CACHE_DIR CLNORM_TUNING_DIR CLNORM_DEVICE \
	CLNORM_TEST_DEVICE CLNORM_TEST_SMALL CLNORM_TEST_LONG CLNORM_CACHE
CCACHE_NOHASHDIR=1
export CCACHE_NOHASHDIR
copy_tree 0 || stop "the tree does not build; see $work/0/make.log"
sum=$(cd "$work/0/source" && find . -type f | sort | xargs cat | cksum)
if [ "$sum" != "$(cat "$work/sum" 2>/dev/null)" ]; then
	rm -f "$work"/proved/*
	echo "$sum" >"$work/sum"
fi
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
