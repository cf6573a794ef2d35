#!/bin/sh
# devices.sh: the device tests on every OpenCL implementation present, on a checking interpreter, and under sanitizers.
# SPDX-License-Identifier: Apache-2.0
#
# usage: devices.sh BUILD [--list | --rest | NAME...]
#
# NAME is one of those that devices.sh BUILD --list prints: the drivers in /etc/OpenCL/vendors, intel-cpu (Intel's CPU
# runtime, in BUILD/venv-intel where quickstart put it), oclgrind, sanitizers. All of them by default; with
# --rest those that make check did not run on. Each one is a process environment of its own, as several drivers in one
# process can break each other. Logs are BUILD/devices/NAME/*.log with .trs beside them; exit 0: none failed.
set -u
LC_ALL=C
export LC_ALL

if [ $# -lt 1 ] || [ ! -f "$1/Makefile" ]; then
	echo "usage: devices.sh BUILD [--list | --rest | NAME...]" >&2
	exit 2
fi
source_folder=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
shift
make=${MAKE:-make}
vendors=${OCL_ICD_VENDORS:-/etc/OpenCL/vendors}
jobs=$(nproc 2>/dev/null || echo 2)

list_names()
{
	for icd in "$vendors"/*.icd; do
		[ -r "$icd" ] && basename "$icd" .icd
	done
	echo intel-cpu
	echo oclgrind
	echo sanitizers
}

is_long()
{
	[ "${CLNORM_TEST_LONG:-0}" = 1 ]
}

# For what interprets kernels, or compiles each for seconds: the small cases, of few programs, and no long sweeps.
take_small_cases()
{
	CLNORM_TEST_SMALL=1
	CLNORM_TEST_LONG=
	export CLNORM_TEST_SMALL CLNORM_TEST_LONG
}

# set_up NAME: exports what a process needs to see that implementation alone; where it is not present, why is in $reason.
set_up()
{
	reason=
	leave_out=
	never=
	folder=$build/devices/$1
	rm -rf "$folder"
	mkdir -p "$folder/icd"
	OCL_ICD_VENDORS=$folder/icd
	POCL_CACHE_DIR=$folder/cache
	MESA_SHADER_CACHE_DIR=$folder/cache
	CLNORM_CACHE_DIR=$folder/cache
	mkdir -p "$folder/cache"
	export OCL_ICD_VENDORS POCL_CACHE_DIR MESA_SHADER_CACHE_DIR CLNORM_CACHE_DIR
	case $1 in
	intel-cpu)
		# quickstart unpacks it here; CLNORM_INTEL_CPU names another place.
		intel=${CLNORM_INTEL_CPU:-$build/venv-intel}
		library=$intel/lib/libintelocl.so
		[ -r "$library" ] || { reason="Intel's CPU runtime is not in $intel"; return 1; }
		echo "$library" >"$folder/icd/intel.icd"
		LD_LIBRARY_PATH=$intel/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
		export LD_LIBRARY_PATH
		;;
	oclgrind)
		interpreter=$(sh "$source_folder/tests/oclgrind.sh" "$build" --version) || { reason=$interpreter; return 1; }
		# Times and refusals do not hang on numbers: two programs run kernels over memory that nobody has filled, which it
		# reports. Every answer of the backward pass is of kernels that other programs run as well; sets by
		# every variant are for long runs.
		never="search refusals"
		is_long || leave_out="backward_answers constant elsewhere_plans groups valid"
		take_small_cases
		;;
	*)
		cp "$vendors/$1.icd" "$folder/icd/" 2>/dev/null || { reason="there is no $vendors/$1.icd"; return 1; }
		# Mesa shows its processor device only where it is asked for.
		# Programs that compile most for what is the same on every device are left for a long run.
		if [ "$1" = rusticl ]; then
			is_long || leave_out="backward_answers backward_ways constant elsewhere_plans groups guard layer layer_shapes probes"
			is_long || leave_out="$leave_out running_backward search slices strided tuned valid"
			RUSTICL_ENABLE=${RUSTICL_ENABLE:-llvmpipe}
			export RUSTICL_ENABLE
			take_small_cases
		fi
		;;
	esac
	# oclgrind is no driver that could be asked.
	[ "$1" = oclgrind ] && echo "* 0:0 an interpreter, with its checks of data races and uninitialized reads: $interpreter" \
		>"$folder/info" && return 0
	"$build/clnorm-info" --list >"$folder/info" 2>"$folder/why" ||
		{ reason=$(tail -n 1 "$folder/why"); return 1; }
}

# Of clnorm-info's list, the chosen device without its number, which depends on what else is there.
device_line()
{
	sed -n 's/^\* *[0-9:]* *//p' | head -n 1
}

# tell_why NAME LOG: the lines that say what failed: Check's, a sanitizer's with the frames below it, or the last ones.
tell_why()
{
	{ grep -E -A 12 ':[FE]:|runtime error:|ERROR: [A-Za-z]*Sanitizer|^SUMMARY:' "$2" || tail -n 5 "$2"; } | head -n 30 |
		cut -c 1-240 | sed "s/^/$1:     /"
}

# run_test NAME PROGRAM: one log and one result.
run_test()
{
	log=$build/devices/$1/$(basename "$2")
	began=$(date +%s)
	if [ "$1" = oclgrind ]; then
		# Its interpreter does not know a word that its own compiler leaves in inlined functions. Groups of two warps can
		# race as larger ones do, in a fifth of the time.
		sh "$source_folder/tests/oclgrind.sh" "$build" --build-options "-cl-opt-disable -DINLINE=static" --max-wgsize 64 \
			--data-races --uninitialized --log "$log.findings" "$build/$2" >"$log.log" 2>&1
		code=$?
		if [ -s "$log.findings" ]; then
			echo "oclgrind's findings:" >>"$log.log"
			cat "$log.findings" >>"$log.log"
			code=1
		fi
	else
		"$build/$2" >"$log.log" 2>&1
		code=$?
	fi
	case $code in
	0) result=PASS ;;
	77) result=SKIP ;;
	*) result=FAIL ;;
	esac
	echo "exit $code after $(($(date +%s) - began)) s" >>"$log.log"
	echo ":test-result: $result" >"$log.trs"
	echo "$1: $result: $2 ($(($(date +%s) - began)) s)"
	[ $result = FAIL ] || return 0
	tell_why "$1" "$log.log"
	return 1
}

# takes NAME PROGRAM: whether it is tried there: all but what $never lists and, but in a long run, $leave_out. What is left
# out is told.
takes()
{
	case " $never : $leave_out " in
	*" ${2##*/test_} "*:*) echo "$1: left out: $2" ;;
	*:*" ${2##*/test_} "*) echo "$1: left out but in a long run: $2" ;;
	*) return 0 ;;
	esac
	return 1
}

# Runs in a process of its own, so that what it exports stays there.
run_device()
(
	name=$1
	set_up "$name" || {
		echo "$name: skipped: $reason"
		echo "skipped: $reason" >"$build/devices/$name/present.log"
		echo ":test-result: SKIP" >"$build/devices/$name/present.trs"
		exit 0
	}
	device=$(device_line <"$build/devices/$name/info")
	echo "$name: $device"
	if [ -n "${done_already:-}" ] && [ "$done_already" = "$device" ]; then
		echo "$name: left out: make check ran on it"
		exit 0
	fi
	# All programs have run on that one: the small cases tell another compiler from it.
	[ -z "${done_already:-}" ] || is_long || take_small_cases
	bad=0
	for program in $programs; do
		takes "$name" "$program" || continue
		run_test "$name" "$program" || bad=1
	done
	exit $bad
)

# What is tried under sanitizers: the library's calls, once each. Numbers of a device are the same as without.
sanitizers_tests()
{
	never=
	leave_out=
	is_long || leave_out="backward backward_answers constant determinism dtypes elsewhere_plans forward groups guard"
	is_long || leave_out="$leave_out known_bugs layer_shapes slices strided tuned valid"
	$make -s -C "$build" print-host-tests
	for program in $programs; do
		takes sanitizers "$program" >&2 && echo "$program"
	done
}

# A second build: the whole of the library and the tests, with every error fatal, on the default device.
run_sanitizers()
{
	folder=$build/devices/sanitizers
	other=$build/sanitizers
	rm -rf "$folder"
	mkdir -p "$folder" "$other"
	echo "sanitizers: address and undefined behaviour, in $other"
	flags='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined'
	if [ ! -f "$other/Makefile" ]; then
		(cd "$other" && "$source_folder/configure" --disable-shared CC="${CC:-cc}" CFLAGS="$flags") >"$folder/build.out" 2>&1
	fi
	$make -C "$other" -j"$jobs" >>"$folder/build.out" 2>&1 &&
		$make -C "$other" -j"$jobs" check TESTS= >>"$folder/build.out" 2>&1 || {
		tail -n 20 "$folder/build.out" | sed 's/^/sanitizers:     /'
		echo "sanitizers: the build failed" | tee "$folder/build.log"
		echo ":test-result: FAIL" >"$folder/build.trs"
		return 1
	}
	# PoCL alone, where it is: other drivers leak in modules that are unloaded before the leaks are named. What PoCL and its
	# compiler keep until the process ends is theirs. Their code is not instrumented, so the small cases say as much, in the
	# long sweeps too.
	if [ -r "$vendors/pocl.icd" ]; then
		mkdir -p "$folder/icd"
		cp "$vendors/pocl.icd" "$folder/icd/"
		export OCL_ICD_VENDORS="$folder/icd" POCL_CACHE_DIR="$build/tests/cache-pocl"
	fi
	export CLNORM_TEST_SMALL=1
	# GCC up to 13 takes a driver's thread-local block that malloc() happens to begin 16 bytes into a page for one with the
	# header that glibc had before 2.25, and its search for leaks then reads at that header's address: a crash now and then
	# at the end of a run that passed. Without the interceptor no such block is searched.
	export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:intercept_tls_get_addr=0
	export LSAN_OPTIONS="suppressions=$source_folder/tests/lsan.supp:print_suppressions=0"
	export UBSAN_OPTIONS=print_stacktrace=1
	tests=$(sanitizers_tests | tr '\n' ' ')
	{ $make -C "$other" -j"$jobs" check TESTS="$tests" 2>&1 && : >"$folder/passed"; } | tee "$folder/check.out" |
		grep --line-buffered -E '^(PASS|FAIL|SKIP|ERROR):' | sed -u 's/^/sanitizers: /'
	(cd "$other" && find tests -name '*.trs' -exec sh -c 'cp "$1" "${1%.trs}.log" "$2"' - '{}' "$folder" ';')
	grep -l '^:test-result: [FE]' "$folder"/*.trs | while read -r trs; do
		echo "sanitizers: $(basename "$trs" .trs):"
		tell_why sanitizers "${trs%.trs}.log"
	done
	[ -e "$folder/passed" ]
}

[ "${1:-}" = --list ] && { list_names; exit 0; }

# One of them, in a process of its own; each line begins with its name, as several speak at once.
if [ "${1:-}" = --one ]; then
	programs=$($make -s -C "$build" print-device-tests)
	mkdir -p "$build/devices/$2"
	if [ "$2" = sanitizers ]; then
		run_sanitizers
	else
		run_device "$2"
	fi
	exit $?
fi

for target in all check; do
	$make -C "$build" -j"$jobs" $target TESTS= >"$build/devices.out" 2>&1 || {
		tail -n 20 "$build/devices.out"
		exit 1
	}
done

done_already=
if [ "${1:-}" = --rest ]; then
	done_already=$("$build/clnorm-info" --list 2>/dev/null | device_line)
	shift
fi
export done_already
[ $# -gt 0 ] || set -- $(list_names)

# As many side by side as there are cores: most of the time compilers and interpreters work on one.
mkdir -p "$build/devices"
printf '%s\n' "$@" | xargs -P "$jobs" -n 1 sh "$0" "$build" --one 2>&1 || exit 1
