#!/bin/sh
# train.sh: the training example on small pictures: gradient, loss, resumed run, files; and what it refuses.
# SPDX-License-Identifier: Apache-2.0
test=train
. "$(dirname "$0")/guard.sh"
scratch_make

for part in CLBLAST HDF5; do
	grep -q "^#define HAVE_$part 1" "$top_builddir/config.h" || skip "built without $part"
done
has_device || skip "no device"
(cd "$top_builddir" && $MAKE examples/picture examples/train/train) >"$scratch/build.log" 2>&1 || {
	cat "$scratch/build.log"
	fail "the example does not build"
	finish
}
cd "$scratch" || exit 1
train=$top_builddir/examples/train/train

# ended CODE ARGUMENT...: runs it, and finds fault with another exit code.
ended()
{
	expected=$1
	shift
	"$train" "$@" >out 2>err
	code=$?
	[ $code -eq "$expected" ] || {
		cat out err
		fail "train $*: exit $code, not $expected"
	}
}

# A pair that it draws; the figures go to the log.
ended 0 --size 64 --steps 200 --every 40 --out drawn
cat out
for line in '^gradient check on .* pixels: relative error' '^step   200  loss ' '^loss: .* times less$' '^resumed run: the same bits'; do
	grep -q "$line" out || fail "no line like \"$line\""
done
for file in input.png target.png before.png after.png layer.h5 loss.txt; do
	[ -s "drawn/$file" ] || fail "drawn/$file is missing"
done
[ "$(wc -l <drawn/loss.txt)" -eq 7 ] || fail "loss.txt has $(wc -l <drawn/loss.txt) points, not 7"

# A pair of files, another seed, and no gnuplot: a curve of characters.
mkdir path
ln -s /usr/bin/* /bin/* path/ 2>/dev/null
rm -f path/gnuplot*
PATH=$PWD/path
ended 0 --steps 60 --every 20 --seed 7 --out given drawn/input.png drawn/target.png
grep -q '^     0 .*####' out || fail "no curve of characters without gnuplot"
[ ! -e given/loss.png ] || fail "a loss.png without gnuplot"

# What it says no to: one line on stderr.
refused()
{
	ended "$@"
	[ "$(wc -l <err)" -eq 1 ] || fail "train $*: $(wc -l <err) lines on stderr, not one"
	grep -q '^train: ' err || fail "train $*: the error does not begin with the program's name"
}
refused 2 --steps many
refused 2 --no-such-option 3
refused 2 --steps
refused 2 drawn/input.png
refused 1 --out given drawn/input.png none.png
refused 1 --out given drawn/input.png drawn/loss.txt
refused 1 --out none/none
refused 1 --out given --device no-such-device
"$top_builddir/examples/picture" other.png haze 20 20
refused 1 --out given drawn/input.png other.png
grep -q '20 x 20' err || fail "pictures of two sizes: $(cat err)"
ended 0 --help
finish
