#!/bin/sh
# tune.sh: clnorm-tune: options taken and refused, its record, merging, Ctrl-C, and what clnorm-info says; no time is judged.
# SPDX-License-Identifier: Apache-2.0
test=tune
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$scratch" || exit 1

CLNORM_DEVICE=${CLNORM_TEST_DEVICE-}
CLNORM_TUNING_DIR=$scratch/own
export CLNORM_DEVICE CLNORM_TUNING_DIR

# refused CODE WORD ARGUMENT...: a run that must fail with one line that has the word, and writes nothing.
refused()
{
	expected=$1
	word=$2
	shift 2
	ls -AR >files-before
	"$top_builddir/clnorm-tune" "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq "$expected" ] || fail "$*: exit $code, not $expected: $(cat err)"
	[ ! -s out ] || fail "$*: prints a product although it fails"
	[ "$(grep -v MESA err | wc -l)" -eq 1 ] || fail "$*: not one line on stderr: $(cat err)"
	grep -q -e "$word" err || fail "$*: no '$word' in: $(cat err)"
	ls -AR >files-after
	cmp -s files-before files-after || fail "$*: leaves or removes files: $(diff files-before files-after)"
}
touch out err files-before files-after

refused 2 'no shape'
refused 2 'no shape' --quiet
refused 2 "--shape: '5'" --shape 5
refused 2 "--shape: '0,3,4'" --shape 0,3,4
refused 2 '--shapes: none.csv' -f none.csv
refused 2 "--op: 'sideways'" -s 5,3,4 -o sideways
refused 2 "--dtype: 'f8'" -s 5,3,4 -t f8
refused 2 "--layout: 'chwn'" -s 5,3,4 -l chwn
refused 2 "--repeat: '0'" -s 5,3,4 -n 0
refused 2 "--output: the argument is empty" -s 5,3,4 -O ''
refused 2 '--device needs' -s 5,3,4 --device
refused 2 "--output: '-' would be" -s 5,3,4 -O -
refused 2 "--shapes: '-' would be" -f -
refused 2 '--repeat is given twice' -s 5,3,4 -n 1 --repeat 2
refused 2 "--groups: '0'" -s 5,3,4 --groups 0
refused 2 '5,3,4: --groups is 2; it must divide C, which is 3' -s 5,3,4 --groups 2
has_device || finish

refused 1 'none/x' -s 5,3,4 -O none/x
refused 1 'nonesuch' -s 5,3,4 -d nonesuch
mkdir folder
refused 1 'folder: is a folder' -s 5,3,4 -O folder
refused 1 '/dev/null: is no regular file' -s 5,3,4 -O /dev/null
mkfifo pipe
refused 1 'pipe: is no regular file' -s 5,3,4 -O pipe
ln -s /nowhere/at/all dangling
refused 1 'dangling: is a link that leads nowhere' -s 5,3,4 -O dangling
rm pipe dangling
echo 'a letter to a friend' >letter
refused 1 'letter: is there and is no tuning record' -s 5,3,4 -O letter
grep -q friend letter || fail "a file that is no record was written over"
CLNORM_TUNING_DIR=
refused 1 'no place' -s 5,3,4
# A place that nothing can be written to is told before the search, not after.
CLNORM_TUNING_DIR=$scratch/letter/own
refused 1 'own/.*: cannot be written: Not a directory' -s 5,3,4
CLNORM_TUNING_DIR=$scratch/own

# said WORD: clnorm-info's line about the record.
said()
{
	"$top_builddir/clnorm-info" --no-measure >info 2>err || fail "clnorm-info: exit $?: $(cat err)"
	sed -n '/^Tuning record$/{n;p;}' info | grep -q -e "$1" || fail "clnorm-info does not say '$1': $(cat info)"
}
said 'none: .*own/.*tuning: it is not there'
"$top_builddir/clnorm-info" --no-measure --json >info 2>err || fail "clnorm-info --json: exit $?: $(cat err)"
tr -d ' \n' <info | grep -q '"tuning":{"path":".*/own/.*","found":false,"loaded":false,"entries":0,"reason":"it' ||
	fail "clnorm-info --json does not say it: $(cat info)"

# tuned ARGUMENT...: a run that must end well.
tuned()
{
	"$top_builddir/clnorm-tune" "$@" >out 2>err </dev/null || fail "$*: exit $?: $(cat err)"
}

# The user's own record: made with its folder, found by clnorm-info, merged by a second run.
tuned -s 2,3,5 -o forward -n 2
record=$(ls own/*.tuning)
grep -q '^2,3,5 *forward *f32 *nchw ' out || fail "no line of the answer: $(cat out)"
grep -q "^1 entry in $scratch/$record" out || fail "the record is not named: $(cat out)"
grep -q '^entry forward f32 nchw 2 3 5 ' "$record" || fail "no entry: $(cat "$record")"
said '1 entries in .*own/'
tuned -s 2,3,5 -o both -t f16 -n 1 --quiet
[ ! -s out ] || fail "--quiet prints: $(cat out)"
[ "$(grep -c '^entry' "$record")" -eq 3 ] || fail "not merged: $(cat "$record")"
tuned -s 2,3,5 -o forward -n 1 -q
[ "$(grep -c '^entry' "$record")" -eq 3 ] || fail "an entry for the same is there twice: $(cat "$record")"

# The same shape with groups is another one, and so is a file's row with groups of its own.
printf 'id,n,c,spatial,groups\nown,2,4,5,1\nnone,2,4,5,\n' >groups.csv
tuned -f groups.csv -o forward -n 1 -O grouped
grep -q '^own *forward *f32 *nchw *1 ' out && grep -q '^none *forward *f32 *nchw *- ' out || fail "no groups in the table: $(cat out)"
tuned -s 2,4,5 -o forward -n 1 --groups 2 -O grouped
grep -q '^2,4,5 *forward *f32 *nchw *2 ' out || fail "no groups in the table: $(cat out)"
for groups in 1 2 4; do
	[ "$(grep -c "^entry forward f32 nchw 2 4 5 $groups " grouped)" -eq 1 ] || fail "not one entry of groups $groups: $(cat grouped)"
done

# A record from before entries had groups is read and written anew with them.
sed -e 's/^clnorm-tuning 2/clnorm-tuning 1/' -e 's/^\(entry .* 2 4 5\) 4 /\1 /' -e '/^entry .* 2 4 5 [12] /d' -e 's/^end .*/end 1/' grouped >former
tuned -s 2,3,5 -o forward -n 1 -q -O former
grep -q '^clnorm-tuning 2$' former && grep -q '^entry forward f32 nchw 2 4 5 4 ' former && grep -q '^entry forward f32 nchw 2 3 5 3 ' former ||
	fail "a record without groups is not taken over: $(cat former)"

# A damaged one is ignored, with the reason, and made anew.
sed 's/^entry forward f32/entry forward f99/' "$record" >broken && cat broken >"$record"
said 'ignored: .*line [0-9]*: an op, dtype or layout'
"$top_builddir/clnorm-tune" -s 2,3,5 -o forward -n 1 -q >out 2>err </dev/null || fail "over a broken record: exit $?"
grep -q 'made anew: .*an op, dtype[^;]*$' err || fail "it is not said that the record was broken: $(cat err)"
[ "$(grep -c '^entry' "$record")" -eq 1 ] || fail "not made anew: $(cat "$record")"
said '1 entries'

# One of another version.
sed 's/^clnorm .*/clnorm 0.0.0/' "$record" >broken && cat broken >"$record"
said 'ignored: .*it is for clnorm 0.0.0; this is'

# A name of one's own; a shape that has no room is said, and the others are kept.
"$top_builddir/clnorm-tune" -s 2,3,5 -s 1,1,100000000000000 -o forward -n 1 -O mine -q >out 2>err </dev/null
[ $? -eq 1 ] || fail "a shape without room: exit other than 1"
grep -q '1,1,100000000000000: x has' err || fail "no word of the shape without room: $(cat err)"
[ "$(grep -c '^entry' mine)" -eq 1 ] || fail "the other shape is not kept"

# A named one of another device stays as it is; a link to a record is as good as the record.
sed 's/^device .*/device something else/' mine >theirs
refused 1 'theirs: .*device.*; it is not written over' -s 2,3,5 -O theirs
mv "$record" there.tuning
ln -s "$scratch/there.tuning" "$record"
tuned -s 2,3,6 -o forward -n 1 -q
grep -q '^entry forward f32 nchw 2 3 6 ' there.tuning || fail "a record behind a link is not written"
said 'entries in .*own/'

# Runs that end together: none takes another's answer with it, in a file of one's own and in a folder that is not there yet.
CLNORM_TUNING_DIR=$scratch/fresh
for output in '-O together' ''; do
	pids=
	for size in 5 6 7; do
		# shellcheck disable=SC2086
		"$top_builddir/clnorm-tune" -s 2,3,$size -o forward -n 1 -q $output >out 2>err </dev/null &
		pids="$pids $!"
	done
	for pid in $pids; do
		wait "$pid" || fail "one of three runs at once: exit $?: $(cat err)"
	done
done
for file in together fresh/*.tuning; do
	[ "$(grep -c '^entry' "$file")" -eq 3 ] || fail "three runs at once kept $(grep -c '^entry' "$file") answers: $(cat "$file")"
done
head -c 300 /dev/zero >zeros && cat zeros >"$(echo fresh/*.tuning)"
"$top_builddir/clnorm-tune" -s 2,3,5 -o forward -n 1 -q >out 2>err </dev/null || fail "over zeros: exit $?: $(cat err)"
[ "$(grep -c '^entry' fresh/*.tuning)" -eq 1 ] || fail "a record of zeros is not made anew"
CLNORM_TUNING_DIR=$scratch/own

# started ARGUMENT...: a run in the background whose lines come through descriptor 3, so that the script goes on by what it
# says and by its end, and by no clock.
rm -f lines
mkfifo lines
started()
{
	$heard "$top_builddir/clnorm-tune" "$@" >lines 2>err </dev/null &
	job=$!
	exec 3<lines
}

# said_first PATTERN: reads until a line begins so; the run's end is a failure.
said_first()
{
	while read -r line <&3; do
		case $line in
		$1*) return 0 ;;
		esac
	done
	fail "it ends without a line $1: $(cat err)"
}

# One of another device that comes while the search goes on stays, too, and that is said.
heard=
: >late
started -s 2,3,5 -o forward -n 1 -O late
said_first 'shape '
cat theirs >late
cat <&3 >/dev/null
wait $job
code=$?
exec 3<&-
cmp -s late theirs || fail "a record of another device that came meanwhile is gone"
[ $code -eq 1 ] && grep -q 'late: .*device.*; it is not written over' err || fail "exit $code: $(cat err)"

# Nobody reads on: what was found is kept all the same.
{
	"$top_builddir/clnorm-tune" -s 2,3,5 -s 2,3,6 -o forward -n 1 -O unread 2>err </dev/null
	echo $? >code
} | head -n 1 >/dev/null
[ "$(cat code)" -eq 1 ] || fail "a closed pipe: exit $(cat code): $(cat err)"
[ "$(grep -c '^entry' unread)" -eq 2 ] || fail "a closed pipe: not both answers are kept"

# Ctrl-C after the first answer: it is kept, the rest, which is more than any machine does meanwhile, is not waited for. A
# shell starts a job in the background with SIGINT ignored, which stays so; GNU env undoes it.
signals=TERM
if env --default-signal=INT true 2>/dev/null; then
	signals='INT TERM'
fi
$AWK 'BEGIN {
	print "id,n,c,spatial"
	for (i = 5; i < 2005; i++) {
		printf "2x3x%d,2,3,%d\n", i, i
	}
}' >many.csv
for signal in $signals; do
	rm -f stopped
	heard="env --default-signal=$signal"
	[ $signal = INT ] || heard=
	started -f many.csv -o forward -n 1 -O stopped
	said_first '2x3x5 '
	kill -$signal $job
	cat <&3 >/dev/null
	wait $job
	code=$?
	exec 3<&-
	[ $code -eq 1 ] || fail "SIG$signal: exit $code, not 1: $(cat err)"
	grep -q 'interrupted: [1-9][0-9]* of 2000 are kept' err || fail "SIG$signal: $(cat err)"
	grep -q '^entry forward f32 nchw 2 3 5 ' stopped || fail "SIG$signal: what was found is not kept"
	tail -n 1 stopped | grep -q '^end ' || fail "SIG$signal: the record is not whole"
done
ls -A | grep -q '^\.clnorm' && fail "a temporary file is left: $(ls -A)"

finish
