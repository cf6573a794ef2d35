#!/bin/sh
# bench.sh: clnorm-bench: options taken and refused, its JSON, comparison with made-up results, pictures; no time is judged.
# SPDX-License-Identifier: Apache-2.0
test=bench
. "$(dirname "$0")/guard.sh"
scratch_make
cd "$scratch" || exit 1

CLNORM_DEVICE=${CLNORM_TEST_DEVICE-}
export CLNORM_DEVICE

# refused CODE WORD ARGUMENT...: a run that must fail with one line that has the word, no product and no new file.
refused()
{
	expected=$1
	word=$2
	shift 2
	ls -A >files-before
	"$top_builddir/clnorm-bench" "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq "$expected" ] || fail "$*: exit $code, not $expected: $(cat err)"
	[ ! -s out ] || fail "$*: prints a product although it fails"
	[ "$(grep -v MESA err | wc -l)" -eq 1 ] || fail "$*: not one line on stderr: $(cat err)"
	grep -q -e "$word" err || fail "$*: no '$word' in: $(cat err)"
	ls -A >files-after
	cmp -s files-before files-after || fail "$*: leaves or removes files: $(diff files-before files-after)"
}
touch out err files-before files-after

# done_by CODE ARGUMENT...: a run that must end so; its product is in out, its notes in err.
done_by()
{
	expected=$1
	shift
	"$top_builddir/clnorm-bench" "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq "$expected" ] || fail "$*: exit $code, not $expected: $(cat err)"
}

# silent WORD...: nothing was noted by the run before, but for what a driver says.
silent()
{
	[ "$(grep -v MESA err | wc -l)" -eq 0 ] || fail "$*: on stderr: $(cat err)"
}

# noted WORD: the run before said so, in one line.
noted()
{
	[ "$(grep -c "^clnorm-bench: .*$1" err)" -eq 1 ] || fail "no note of '$1' in: $(cat err)"
}

# ---- Command lines that are wrong ------------------------------------------------------------------------------------

refused 2 'no shape'
refused 2 'no shape' --json
refused 2 "--shape: '5'" --shape 5
refused 2 "--shape: '0,3,4'" --shape 0,3,4
refused 2 'too many dimensions' -s 1,2,3,4,5,6,7,8,9
refused 2 '--shapes: none.csv' -f none.csv
echo 'id,n,c,spatial
a,1,x,4' >bad.csv
refused 2 "bad.csv:2: 'x'" -f bad.csv
echo 'id,n,c,spatial' >head.csv
refused 2 '--shapes: head.csv:2: no shape follows' -f head.csv
refused 2 "--sweep: 'h' is not s, n or c" -w h
refused 2 'makes its own shapes' -w s -s 5,3,4
refused 2 'not for a sweep' -w n --plan
refused 2 'not for all' -s 5,3,4 -v all --plan
refused 2 '--baseline FILE' -s 5,3,4 --strict
refused 2 "--op: 'sideways'" -s 5,3,4 -o sideways
refused 2 "--dtype: 'f8'" -s 5,3,4 -t f8
refused 2 "--layout: 'chwn'" -s 5,3,4 -l chwn
refused 2 "--variant: 'quick' is no variant; there are rows" -s 5,3,4 -v quick
refused 2 '--device needs' -s 5,3,4 --device
for count in 0 -1 1.5 ten 99999999999 ''; do
	refused 2 "--repeat: '$count'" -s 5,3,4 -n "$count"
done
for bytes in 0 -1 1.5 K 1KB 4Q 99999999999999999999 16777216T ' 1'; do
	refused 2 "--max-bytes: '$bytes'" -s 5,3,4 -m "$bytes"
done
for groups in 0 -1 1.5 two ''; do
	refused 2 "--groups: '$groups' is not a whole number from 1" -s 5,4,4 --groups "$groups"
done
refused 2 '5,4,4: --groups is 3; it must divide C, which is 4' -s 5,3,4 -s 5,4,4 --groups 3
echo 'id,n,c,spatial,groups
a,1,8,4,3' >bad.csv
refused 2 '--shapes: bad.csv:2: groups is 3; it must divide C, which is 8' -f bad.csv
echo 'id,n,c,spatial
a,1,x,4' >bad.csv
refused 2 '--baseline: the argument is empty' -s 5,3,4 -b ''

refused 2 '--baseline: none.json: ' -s 5,3,4 -b none.json
echo '{"results": [' >cut.json
refused 2 'cut.json:2: ends' -s 5,3,4 -b cut.json
refused 2 'bad.csv:1: ' -s 5,3,4 -b bad.csv
echo '{"version": 3}' >other.json
refused 2 'has no "results"' -s 5,3,4 -b other.json
echo '{"results": [{"id": "a", "shape": [5, 3, 4], "op": "forward"}]}' >few.json
refused 2 'few.json: result 1 has no dtype' -s 5,3,4 -b few.json
echo '{"results": []}' >none-left.json
refused 2 '--baseline is given twice' -s 5,3,4 -b none-left.json -b none.json
refused 2 '--plot: the argument is empty' -s 5,3,4 -P ''
for name in a.pdf png a.PNG a.svg/ .pn; do
	refused 2 "--plot: $name: a picture's name ends in .png or .svg" -s 5,3,4 -P $name
done
for name in .png .svg none/.png; do
	refused 2 "--plot: $name: the file's name is empty before .${name#*.}" -s 5,3,4 -P $name
done

# ---- Pictures that cannot be: known before anything is measured -------------------------------------------------------

# A PATH of its own, where a gnuplot is not, or is one that fails.
mkdir -p empty fake folder.png
with_path()
{
	path=$1
	shift
	PATH=$path "$@"
}
bench=$top_builddir/clnorm-bench
[ ! -x "$top_builddir/.libs/clnorm-bench" ] || bench=$top_builddir/.libs/clnorm-bench
LD_LIBRARY_PATH=$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
with_path "$scratch/empty" "$bench" -s 5,3,4 -P a.png >out 2>err
[ $? -eq 1 ] || fail "--plot without gnuplot: exit other than 1"
noted 'a.png: gnuplot is not installed'
[ ! -s out ] && [ ! -e a.png ] || fail "--plot without gnuplot: goes on"

# A gnuplot that answers --version, and then does what the file "way" says.
cat >fake/gnuplot <<'END'
#!/bin/sh
[ "$1" = --version ] && exit 0
case $(/bin/cat "${0%/*}/way") in
draw) /bin/cat >"${0%/*}/script" && echo picture ;;
nothing) /bin/cat >/dev/null ;;
fail) echo half && echo "line 7: no such terminal" >&2 && exit 3 ;;
killed) echo half && kill -9 $$ ;;
esac
END
chmod +x fake/gnuplot
PATH=$scratch/fake:$PATH
export PATH
refused 1 'folder.png: is a folder' -s 5,3,4 -P folder.png
refused 1 'none/a.png: ' -s 5,3,4 -P none/a.png
if [ "$(id -u)" -ne 0 ]; then
	mkdir -p closed && chmod a-w closed
	refused 1 'closed/a.png: cannot write' -s 5,3,4 -P closed/a.png
fi

has_device || { [ $findings -eq 0 ] && skip "no device for the rest" || finish; }

# ---- Results ---------------------------------------------------------------------------------------------------------

# json_is EXPRESSION...: each holds of the product d, where a Python is there to say; it must be JSON by all means.
json_is()
{
	command -v python3 >/dev/null 2>&1 || return 0
	python3 - "$@" <<'END' >wrong 2>&1 || fail "$(tail -n 1 wrong); of $(head -c 1500 out)"
import json, sys
d = json.load(open("out"))
r = d["results"]
for holds in sys.argv[1:]:
    if not eval(holds):
        sys.exit("does not hold: " + holds)
END
}

done_by 0 -s 5,3,4,4 -s 2,3,7 -n 3 --json
silent json
json_is "list(d) == ['device', 'platform', 'driver', 'version', 'date', 'results']" \
	"d['version'] == '$version' and len(d['device']) > 0 and [x['id'] for x in r] == ['5,3,4,4', '2,3,7']" \
	"list(r[0])[:9] == ['id', 'shape', 'op', 'dtype', 'layout', 'affine', 'activation', 'groups', 'variant']" \
	"list(r[0])[9:13] == ['median_ms', 'min_ms', 'copy_ms', 'share']" \
	"all((x['affine'], x['activation'], x['groups']) == ('channel', 'none', 0) for x in r)" \
	"r[1]['shape'] == [2, 3, 7] and r[1]['rounds'] == 3 and not r[1]['stable'] and 'verdict' not in r[1]" \
	"all(0 < x['min_ms'] <= x['q1_ms'] <= x['median_ms'] <= x['q3_ms'] for x in r)" \
	"all(x['median_low_ms'] <= x['median_ms'] <= x['median_high_ms'] for x in r)" \
	"all(x['launch_us'] > 0 and x['host_us'] > 0 and x['host_launch_us'] > 0 and x['copy_way'] for x in r)" \
	"all(abs(x['ns_per_element'] * n / x['median_ms'] / 1e6 - 1) < 1e-4 for x, n in zip(r, [240, 42]))" \
	"all(abs(x['share'] * x['median_ms'] / x['copy_ms'] - 1) < 1e-4 for x in r)"
cp out now.json

done_by 0 -s 2,3,7 -n 2 -o backward -t f16 -l nhwc -v all --json
silent all variants
json_is "len(r) > 1 and len({x['variant'] for x in r}) == len(r) and sum(x['chosen'] for x in r) == 1" \
	"all((x['op'], x['dtype'], x['layout']) == ('backward', 'f16', 'nhwc') for x in r)"

done_by 0 -w c -m 4K -n 1 --json
json_is "[x['shape'] for x in r] == [[1, 1, 16, 16], [1, 2, 16, 16], [1, 4, 16, 16]]"
refused 1 'a sweep begins at 1024 bytes; 1000 are allowed' -w s -m 1000 -n 1

# Group norm and layer norm beside instance norm; a table has groups where a shape has them.
echo 'id,n,c,spatial,groups
own,2,8,4x4,4
rows,5,12,,1
none,2,8,4x4,' >groups.csv
done_by 0 -f groups.csv -n 1 --json
json_is "[(x['id'], x['groups']) for x in r] == [('own', 4), ('rows', 1), ('none', 0)]" "r[1]['shape'] == [5, 12]"
done_by 0 -f groups.csv -s 2,4,3 -n 1 -o backward --groups 2
silent groups
[ "$($AWK '$2 == "backward" { printf "%s %s ", $1, $5 }' out)" = 'own 4 rows 1 none 2 2,4,3 2 ' ] ||
	fail "no such table of groups: $(cat out)"
done_by 0 -f groups.csv -n 1
grep -q '^none  *forward  *f32  *nchw  *- ' out || fail "instance norm is not told in a table of groups: $(cat out)"
done_by 0 -w c -m 8K -n 1 --groups 4 --json
json_is "[(x['shape'][1], x['groups']) for x in r] == [(4, 4), (8, 4)]"
refused 1 '--groups is 3; it must divide C, as it does in no shape 1,4,S' -w s -m 8K -n 1 --groups 3

# The table says the same shapes, a line each, with the median beside.
done_by 0 -s 5,3,4,4 -n 3
silent table
[ "$(grep -c '^5,3,4,4  *forward  *f32  *nchw  *[a-z-]*  *[0-9.]* ' out)" -eq 1 ] || fail "no such table: $(cat out)"

done_by 0 -s 5,3,4,4 -s 2,3,7 -n 2 -v all
[ "$(grep -c '^[257,34]*  *forward .* [a-z-]*\* ' out)" -eq 2 ] || fail "not a star a shape: $(cat out)"
grep -q "^clnorm's choice .* on [0-2] of 2 shapes" out || fail "no word about choices: $(cat out)"

# Large shapes are passed over, by wish and for want of memory; others that do not fit are failures, and the rest goes on.
echo 'id,n,c,spatial,set
small,1,2,8,g
huge,1000000,1000000,1000,g' >sets.csv
done_by 0 -f sets.csv -n 1 --json
noted 'huge: passed over: x has 4000000000000000 bytes'
json_is "[x['id'] for x in r] == ['small']"
sed 's/,g$/,s/' sets.csv >all.csv
done_by 1 -f all.csv -n 1 --json
noted 'huge: '
json_is "[x['id'] for x in r] == ['small']"
done_by 0 -f all.csv -m 1G -n 1 --json
noted 'huge: passed over: .* --max-bytes allows 1073741824'

# ---- Comparison ------------------------------------------------------------------------------------------------------

# made_up FILE TIMES: the results of the first run, but with these times.
made_up()
{
	sed -e "s/\"median_ms\".*/$2},/" -e '$!b' now.json | sed -e 's/},$/}/' -e 's/^  {"id": "5,3,4,4".*[^,]$/&,/' >"$1"
}
made_up long.json '"median_ms": 1e9, "min_ms": 1e9, "q1_ms": 1e9, "q3_ms": 1e9'
made_up short.json '"median_ms": 1e-9, "min_ms": 1e-9, "q1_ms": 1e-9, "q3_ms": 1e-9'
made_up wide.json '"median_ms": 1e-9, "min_ms": 1e-9, "q1_ms": 1e-9, "q3_ms": 1e9'
cp long.json out
json_is "[x['median_ms'] for x in r] == [1e9, 1e9]"

done_by 0 -s 5,3,4,4 -n 6 -b long.json --strict --json
silent baseline
json_is "r[0]['verdict'] == 'faster' and r[0]['before_ms'] == 1e9" \
	"d['baseline'] == {'file': 'long.json', 'new': 0, 'same': 0, 'faster': 1, 'slower': 0}"
done_by 0 -s 5,3,4,4 -n 6 -b short.json --json
json_is "r[0]['verdict'] == 'slower'"
done_by 1 -s 5,3,4,4 -n 6 -b short.json --json --strict
silent strict
json_is "r[0]['verdict'] == 'slower'"
done_by 0 -s 5,3,4,4 -s 1,2,3 -n 6 -b wide.json --strict
grep -q '^5,3,4,4 .* same$' out || fail "not the same: $(cat out)"
grep -q '^1,2,3 .* - new$' out || fail "not new: $(cat out)"
grep -q '^against wide.json: 0 faster, 0 slower, 1 the same, 1 new$' out || fail "no such sum: $(cat out)"
sed 's/"device": "[^"]*"/"device": "Abacus"/' long.json >elsewhere.json
done_by 0 -s 5,3,4,4 -n 6 -b elsewhere.json
noted 'elsewhere.json: measured on Abacus'

# Other work of the same name and shape is not the same line. Results without affine and activation are of what shapes
# have by themselves.
echo 'id,n,c,spatial,affine,activation
"5,3,4,4",5,3,4x4,channel,none' >same.csv
{
	cat same.csv
	sed -n 's/none$/gelu/p' same.csv
	sed -n 's/channel/instance/p' same.csv
} >works.csv
sed -e 's/"affine": "[a-z]*", //' -e 's/"activation": "[a-z]*", //' short.json >former.json
grep -q 'affine\|activation' former.json && fail "former.json names affine or activation"
for file in short.json former.json; do
	done_by 1 -f works.csv -n 6 -b $file --json --strict
	json_is "[(x['affine'], x['activation'], x['verdict']) for x in r] == [
		('channel', 'none', 'slower'), ('channel', 'gelu', 'new'), ('instance', 'none', 'new')]"
done

sed 's/none$/none,1/' same.csv | sed 's/activation$/activation,groups/' >grouped.csv
done_by 0 -f grouped.csv -n 6 -b short.json --json --strict
json_is "(r[0]['groups'], r[0]['verdict']) == (1, 'new')"
sed 's/"groups": 0/"groups": 1/' short.json >former.json
done_by 1 -f grouped.csv -n 6 -b former.json --json --strict
json_is "(r[0]['groups'], r[0]['verdict']) == (1, 'slower')"
done_by 0 -f same.csv -n 6 -b former.json --json --strict
json_is "(r[0]['groups'], r[0]['verdict']) == (0, 'new')"

# ---- Plans -----------------------------------------------------------------------------------------------------------

mkdir -p temporary
TMPDIR=$scratch/temporary
export TMPDIR
done_by 0 -s 5,3,4,4 -n 1 --plan --json
silent plan
json_is "r[0]['plan_cold_ms'] > 0 and r[0]['plan_warm_ms'] > 0"
rmdir temporary || fail "--plan leaves files in TMPDIR"
TMPDIR=$scratch/no-such-folder
done_by 1 -s 5,3,4,4 -n 1 --plan
noted '5,3,4,4: .*no-such-folder'
grep -q '^5,3,4,4 .*[0-9]  *-  *-$' out || fail "--plan without a cost: $(cat out)"
done_by 1 -s 5,3,4,4 -n 1 --plan --json
json_is "r[0]['plan_cold_ms'] is None and r[0]['plan_warm_ms'] is None"
unset TMPDIR

# ---- Pictures --------------------------------------------------------------------------------------------------------

echo draw >fake/way
done_by 0 -s 5,3,4,4 -n 6 -P a.svg
silent plot
[ "$(cat a.svg)" = picture ] || fail "a.svg is not what gnuplot drew"
grep -q '^"5,3,4,4" [0-9.]* [0-9.]* [0-9.]*$' fake/script || fail "no bar in the script: $(cat fake/script)"
grep -q '^set terminal svg ' fake/script || fail "no terminal for .svg in the script"
for way in fail killed nothing; do
	echo $way >fake/way
	done_by 1 -s 5,3,4,4 -n 1 -P a.svg
	case $way in
	fail) noted 'a.svg: gnuplot failed with exit status 3: line 7: no such terminal$' ;;
	killed) noted 'a.svg: gnuplot was killed by signal 9$' ;;
	nothing) noted 'a.svg: gnuplot drew nothing$' ;;
	esac
	[ "$(cat a.svg)" = picture ] || fail "a gnuplot that does '$way' spoils the picture that was there"
done
ls -A | grep -q '^\.clnorm' && fail "a temporary file is left: $(ls -A)"

# A shape's name is the user's text: nothing in it may be a command to gnuplot or to a shell.
echo draw >fake/way
printf 'id,n,c,spatial\n`touch pwned`"; system("touch pwned") #$(touch pwned)\\,1,2,8\n' >names.csv
done_by 0 -f names.csv -n 1 -P b.png
[ "$(grep -c '[`$\\]*touch pwned' fake/script)" -eq 1 ] || fail "no bar of the name"
grep 'touch pwned' fake/script | grep -q '^"[^"`$\\]*" [0-9. ]*$' || fail "the name is not plain: $(grep pwned fake/script)"

# The real one, where it is.
PATH=${PATH#"$scratch/fake:"}
if command -v gnuplot >/dev/null 2>&1; then
	done_by 0 -f names.csv -n 6 -P c.png
	silent png
	[ "$(head -c 4 c.png | tail -c 3)" = PNG ] || fail "c.png is no PNG"
	done_by 0 -w n -m 2K -v all -n 6 -P c.svg
	silent sweep
	grep -q '<svg' c.svg || fail "c.svg is no SVG"
	[ ! -e pwned ] || fail "a shape's name was run as a command"
fi

finish
