# mutants_copy.sh: a copy of the tree and its build, and the tests of the short run in it; sourced by mutants.sh.
# SPDX-License-Identifier: Apache-2.0
#
# Names that it takes from there: $work (BUILD/mutants), $source_folder, $table, $awk, $make; tell(), field().

# Seconds: no test takes as long, nor does one more implementation.
test_limit=1200
other_limit=5400

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

# take_caches FILE: a fresh start with the kernels that copy 0 has built; entries of caches appear whole and never change,
# so links will do. Where the fault is in a kernel the caches are kept: a changed program has an entry of its own.
take_caches()
{
	for cache in cache-pocl cache-clnorm cache-mesa; do
		case $1 in
		cl/*) [ ! -d "$copy/build/tests/$cache" ] || continue ;;
		esac
		rm -rf "$copy/build/tests/$cache"
		[ -d "$work/0/build/tests/$cache" ] || continue
		cp -al "$work/0/build/tests/$cache" "$copy/build/tests/" 2>/dev/null ||
			cp -R "$work/0/build/tests/$cache" "$copy/build/tests/"
	done
}

# ---- Tests --------------------------------------------------------------------------------------------------------

# list_parts VARIABLE: the tests of one of Makefile.am's lists, by name; their paths are kept in $work/paths.
list_parts()
{
	# shellcheck disable=SC2016
	$make -s -C "$work/0/build" --eval='print-parts:;@echo $($(PARTS))' print-parts PARTS="$1" | tr ' ' '\n' |
		tee -a "$work/paths" | sed 's,.*/,,'
}

# What the short run is made of; guards that read names, sources and lists of files are left out.
list_tests()
{
	: >"$work/paths"
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
		field "$1" first
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
	failed=${failed:-$(sed -n 's/.*: FAIL: tests\/[a-z]*\/\([a-z_]*\).*/\1/p' "$log" | head -n 1)}
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

# path_of TEST: where it is, from the top.
path_of()
{
	grep "/$1\$" "$work/paths"
}

# Programs that a test wants built.
list_needs()
{
	case $1 in
	*.sh)
		echo all
		for helper in print_programs print_traffic print_vendors weights_tool; do
			! grep -q "$helper" "$source_folder/$(path_of "$1")" || echo "tests/guards/$helper"
		done
		;;
	*) path_of "$1" ;;
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
	stem=$(path_of "$2")
	stem=${stem%.sh}
	trs=$1/build/$stem.trs
	# shellcheck disable=SC2046
	$make -s -C "$1/build" $(list_needs "$2") >"$1/build/build.mutants" 2>&1 || {
		result=unbuilt
		return
	}
	rm -f "${trs%.trs}.log" "$trs"
	run_watched "$1" "$test_limit" "$make" -s -C "$1/build" "$stem.log"
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

# find_out TEST KEY: how a test ends without a fault, in copy 0, by one worker at a time.
find_out()
{
	until mkdir "$work/lock" 2>/dev/null; do
		[ ! -e "$work/stop" ] || exit 2
		sleep 1
	done
	if [ ! -e "$2" ]; then
		run_part "$work/0" "$1"
		echo "$result" >"$2.new" && mv "$2.new" "$2"
	fi
	rmdir "$work/lock"
}

# Whether a test passes without a fault: found out once. Where it fails, all end.
prove()
{
	key=$work/proved/$1${CLNORM_TEST_LONG:+.long}
	[ -e "$key" ] || find_out "$1" "$key"
	proved=$(cat "$key")
	case $proved in
	passed | skipped) ;;
	*)
		tell "$1: $proved without a fault; see $work/0/build"
		rm "$key"
		: >"$work/stop"
		;;
	esac
	[ ! -e "$work/stop" ] || exit 2
	[ "$proved" = passed ]
}
