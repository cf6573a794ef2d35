#!/bin/sh
# apply.sh: clnorm-apply on tensors and pictures, good and bad: right numbers, right exit codes, no half-written file.
# SPDX-License-Identifier: Apache-2.0
test=apply
. "$(dirname "$0")/guard.sh"
. "$(dirname "$0")/npy.sh"
. "$(dirname "$0")/applied.sh"
scratch_make
cd "$scratch" || exit 1

CLNORM_DEVICE=${CLNORM_TEST_DEVICE-}
export CLNORM_DEVICE
has_device || skip "no device"

# ---- Tensors --------------------------------------------------------------------------------------------------------

# Mean 3 and variance 5, so with epsilon 4 the divisor is exactly 3.
npy_make x.npy '<f4' False '(1, 2, 2, 2)' 0 0 2 2 4 4 6 6
done_by -i x.npy -o y.npy -l nhwc -e 4
npy_is_near y.npy f4 2e-7 -1 -1 -0.33333334 -0.33333334 0.33333334 0.33333334 1 1 || fail "nhwc: $(npy_values y.npy f4 8)"
npy_make x.npy '<f4' False '(1, 2, 2, 2)' 0 2 4 6 0 2 4 6
done_by -i x.npy -o y.npy -e 4 --save-mean mean.npy --save-rstd rstd.npy
npy_is_near y.npy f4 2e-7 -1 -0.33333334 0.33333334 1 -1 -0.33333334 0.33333334 1 || fail "nchw: $(npy_values y.npy f4 8)"
npy_is_near mean.npy f4 0 3 3 || fail "mean: $(npy_values mean.npy f4 2)"
npy_is_near rstd.npy f4 4e-8 0.33333334 0.33333334 || fail "rstd: $(npy_values rstd.npy f4 2)"
grep -q "'shape': (1, 2), " mean.npy || fail "mean: not of shape (1, 2)"

# The same numbers in every form of the file are the same input.
for version in 1 2 3; do
	for type in '<f4' '>f4'; do
		npy_version=$version
		npy_make form.npy "$type" False '(1, 2, 2, 2)' 0 2 4 6 0 2 4 6
		done_by -i form.npy -o form-y.npy -e 4
		same y.npy form-y.npy
		npy_make form.npy "$type" True '(1, 2, 2, 2)' 0 0 4 4 2 2 6 6
		done_by -i form.npy -o form-y.npy -e 4
		same y.npy form-y.npy
	done
done
npy_version=1
npy_make wide.npy '>f8' False '(1, 2, 2, 2)' 0 2 4 6 0 2 4 6
done_by -i wide.npy -o wide-y.npy -e 4 -t f32
grep -q "'descr': '<f8'" wide-y.npy || fail "an f8 input does not give an f8 output"
npy_is_near wide-y.npy f8 2e-7 -1 -0.33333333 0.33333333 1 -1 -0.33333333 0.33333333 1 || fail "f8 through f32"
npy_make half.npy '<f2' False '(1, 2, 2, 2)' 0 2 4 6 0 2 4 6
done_by -i half.npy -o half-y.npy -e 4
grep -q "'descr': '<f2'" half-y.npy || fail "an f2 input does not give an f2 output"
for type in f32 f16 bf16; do
	done_by -i x.npy -o typed.npy -e 4 -t $type --check
	grep -q "^check: ok, largest error .*bound 5e-07" out || fail "--check -t $type prints: $(cat out)"
done

# bfloat16, as NumPy writes it: raw records, which --dtype says the meaning of, in any order and for any operand.
npy_make raw-wanted.npy '<V2' False '(1, 2, 2, 2)' -1 -0.333984375 0.333984375 1 -1 -0.333984375 0.333984375 1
npy_make raw.npy '<V2' False '(1, 2, 2, 2)' 0 2 4 6 0 2 4 6
npy_make raw-big.npy '>V2' False '(1, 2, 2, 2)' 0 2 4 6 0 2 4 6
npy_make raw-fortran.npy '<V2' True '(1, 2, 2, 2)' 0 0 4 4 2 2 6 6
tail -c 16 raw-wanted.npy >wanted
for form in raw raw-big raw-fortran; do
	done_by -i $form.npy -o raw-y.npy -e 4 -t bf16 --save-mean mean.npy
	grep -q "'descr': '<V2', 'fortran_order': False, 'shape': (1, 2, 2, 2), }" raw-y.npy || fail "$form.npy does not give its own type"
	tail -c 16 raw-y.npy | cmp -s - wanted || fail "$form.npy: $(tail -c 16 raw-y.npy | od -An -tx2)"
	npy_is_near mean.npy f4 0 3 3 || fail "mean of $form.npy: $(npy_values mean.npy f4 2)"
done
npy_make raw-gamma.npy '|V2' False '(2,)'
npy_octal '<V2' 3 6 >octal && printf "$(cat octal)" >>raw-gamma.npy
done_by -i x.npy -o y.npy -e 4 -t bf16 -g raw-gamma.npy -b raw-gamma.npy -r raw.npy
npy_is_near y.npy f4 0 0 4 8 12 0 6 12 18 || fail "gamma, beta, residual of bfloat16: $(npy_values y.npy f4 8)"
done_by -i raw.npy --grad raw.npy --dx dx.npy --dbeta dbeta.npy -t bf16 --check
grep -q "'descr': '<V2'" dx.npy || fail "dx of bfloat16 is of another type"
npy_is_near dbeta.npy f4 0 12 12 || fail "dbeta of bfloat16: $(npy_values dbeta.npy f4 2)"
done_by -i raw.npy -o y.npy -e 0 -s raw.npy -t bf16
tail -c 16 raw.npy >wanted
tail -c 16 y.npy | cmp -s - wanted || fail "own style of bfloat16: $(tail -c 16 y.npy | od -An -tx2)"

# gamma and beta of C and of N*C, one long and one short, of any float type.
npy_make batch.npy '<f4' False '(2, 2, 4)' 0 2 4 6 0 2 4 6 0 2 4 6 0 2 4 6
npy_make short.npy '<f8' False '(2,)' 3 6
npy_make long.npy '>f2' False '(2, 2)' 1 2 3 4
done_by -i batch.npy -o y.npy -e 4 -g short.npy -b long.npy
npy_is_near y.npy f4 2e-6 -2 0 2 4 -4 0 4 8 0 2 4 6 -2 2 6 10 || fail "gamma, beta: $(npy_values y.npy f4 16)"
done_by -i batch.npy -o y.npy -e 4 -b short.npy -a relu -r batch.npy
npy_is_near y.npy f4 2e-6 2 4.6666667 7.3333333 10 5 7.6666667 10.333333 13 2 4.6666667 7.3333333 10 5 7.6666667 \
	10.333333 13 || fail "residual, relu: $(npy_values y.npy f4 16)"

# Style: of its own statistics every instance is itself; one of N = 1 serves all.
done_by -i batch.npy -o y.npy -e 0 -s batch.npy
npy_is_near y.npy f4 2e-6 0 2 4 6 0 2 4 6 0 2 4 6 0 2 4 6 || fail "own style: $(npy_values y.npy f4 16)"
npy_make style.npy '<f4' False '(1, 2, 3)' -3 0 3 7 7 7
done_by -i batch.npy -o y.npy -e 0 -s style.npy --save-mean mean.npy
done_by -i y.npy --save-mean mean.npy
npy_is_near mean.npy f4 2e-6 0 7 0 7 || fail "style of another size: $(npy_values mean.npy f4 4)"

# Gradients: of a constant dy, dbeta counts elements, and dx and dgamma vanish.
npy_make dy.npy '<f4' False '(2, 2, 4)' 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
done_by -i batch.npy --grad dy.npy --dx dx.npy --dgamma dgamma.npy --dbeta dbeta.npy --check
[ "$(grep -c ok out)" -eq 2 ] || fail "--check of gradients prints: $(cat out)"
npy_is_near dx.npy f4 1e-6 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 || fail "dx: $(npy_values dx.npy f4 16)"
npy_is_near dgamma.npy f4 1e-5 0 0 || fail "dgamma: $(npy_values dgamma.npy f4 2)"
npy_is_near dbeta.npy f4 0 8 8 || fail "dbeta: $(npy_values dbeta.npy f4 2)"
done_by -i batch.npy --grad dy.npy --dbeta dbeta.npy -b long.npy
npy_is_near dbeta.npy f4 0 4 4 4 4 || fail "dbeta of N*C: $(npy_values dbeta.npy f4 4)"

# What the reference holds in double and the device in float: an epsilon that is nearly 0, a gamma that is infinite.
npy_make plane.npy '<f4' False '(1, 2, 2)' 7 7 7 7
done_by -i plane.npy -o y.npy -e 1e-320 -b short.npy --save-rstd rstd.npy --check
npy_is_near y.npy f4 0 3 3 6 6 || fail "a constant plane, epsilon 1e-320: $(npy_values y.npy f4 4)"
npy_make infinite.npy '<f8' False '(2,)' 1e300 1
done_by -i batch.npy -o y.npy -e 4 -g infinite.npy --check

# Standard files that are closed: their numbers go to no file of ours, so nothing for the user lands in an output.
for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
	rm -f y.npy
	eval "\"\$top_builddir/clnorm-apply\" -i x.npy -o y.npy -e 4 $closed" >out 2>err
	[ $? -eq 0 ] || fail "$closed: exit other than 0: $(cat err)"
	npy_is_near y.npy f4 2e-7 -1 -0.33333334 0.33333334 1 -1 -0.33333334 0.33333334 1 || fail "$closed: $(od -c y.npy)"
done
"$top_builddir/clnorm-apply" --quiet -i x.npy -o never.npy --check >&- 2>err
[ $? -eq 1 ] && grep -q '^clnorm-apply: standard output: cannot write' err || fail "--check >&-: $(cat err)"
[ ! -e never.npy ] || fail "--check >&-: leaves an output although it fails"
if [ -w /dev/full ]; then
	"$top_builddir/clnorm-apply" --quiet -i x.npy -o never.npy --check >/dev/full 2>err
	[ $? -eq 1 ] && [ "$(grep -c 'standard output: cannot write' err)" -eq 1 ] || fail "--check >/dev/full: $(cat err)"
	[ ! -e never.npy ] || fail "--check >/dev/full: leaves an output although it fails"
fi

# In place of the input; and nothing in, nothing out.
cp x.npy place.npy
done_by -i place.npy -o place.npy -e 4
npy_is_near place.npy f4 2e-7 -1 -0.33333334 0.33333334 1 -1 -0.33333334 0.33333334 1 || fail "output over input"
npy_make empty.npy '<f4' False '(0, 3, 4)'
done_by -i empty.npy -o empty-y.npy --check --grad empty.npy --dbeta dbeta.npy
grep -q "'shape': (0, 3, 4)" empty-y.npy || fail "an empty input does not give an empty output"
npy_is_near dbeta.npy f4 0 0 0 0 || fail "dbeta of nothing: $(npy_values dbeta.npy f4 3)"

# ---- Pictures -------------------------------------------------------------------------------------------------------

"$top_builddir/examples/picture" picture.png haze 64 48 || fail "no picture to try"
done_by -i picture.png -o shown.png --check
grep -q "^check: ok" out || fail "picture: $(cat out)"
done_by -i shown.png --save-mean mean.npy
npy_values mean.npy f4 3 | $AWK '{ if ($1 < 120 || $1 > 135) exit 1 }' || fail "shown: means $(npy_values mean.npy f4 3)"
done_by -i shown.png -o back.png --style picture.png
done_by -i picture.png --save-mean first.npy
done_by -i back.png --save-mean second.npy
npy_is_near second.npy f4 1 $(npy_values first.npy f4 3) || fail "style of a picture: means differ"
done_by -i shown.png -o last.png --style picture.png -l nhwc
done_by -i last.png --save-mean second.npy
npy_is_near second.npy f4 1 $(npy_values first.npy f4 3) || fail "style of a picture, channels last: means differ"
done_by -i picture.png -o tensor.npy
grep -q "'shape': (1, 3, 48, 64)" tensor.npy || fail "a picture as a tensor: another shape"

# png_chunk NAME TEXT: a chunk of a PNG file; gzip's trailer has the same checksum, its low byte first.
png_chunk()
{
	png_length=$(printf '\\%03o' ${#2})
	png_sum=$(printf %s%s "$1" "$2" | gzip -c | tail -c 8 | od -An -v -to1 | $AWK '{ printf "\\%s\\%s\\%s\\%s", $4, $3, $2, $1 }')
	printf "\\000\\000\\000$png_length%s%s$png_sum" "$1" "$2"
}

# What a picture carries is in its result byte for byte, before the pixels as it was; what would be untrue is not, nor is
# anything of a style. A damaged chunk is told of.
png_chunk eXIf 'MM, turned to the right' >turned
png_chunk tEXt 'Title of it' >title
png_chunk tIME 'long   ' >time
{
	head -c 33 picture.png
	cat turned time title
	tail -c +34 picture.png
} >carrying.png
done_by -i carrying.png -o carried.png
cat turned title >wanted
tail -c +34 carried.png | head -c "$(wc -c <wanted)" | cmp -s - wanted || fail "the result does not carry what the picture did"
[ "$(grep -c tIME carried.png)" -eq 0 ] || fail "the result has the time when another picture was changed"
done_by -i picture.png -o styled.png --style carrying.png
done_by -i picture.png -o plain.png --style picture.png
same styled.png plain.png
{
	head -c 33 picture.png
	sed 's/Title/title/' title
	cat turned
	tail -c +34 picture.png
} >damaged.png
"$top_builddir/clnorm-apply" -i damaged.png -o carried.png 2>err || fail "a damaged chunk: $(cat err)"
grep -q '^clnorm-apply: damaged.png: 1 chunk with a wrong checksum is left out' err || fail "a damaged chunk: $(cat err)"
tail -c +34 carried.png | head -c "$(wc -c <turned)" | cmp -s - turned || fail "what follows a damaged chunk is gone"

# ---- Refused: files ----------------------------------------------------------------------------------------------------

head -c 40 x.npy >cut.npy
refused 1 'cut.npy: is cut short: it ends after 40 bytes' -i cut.npy -o kept.npy
head -c 100 x.npy >cut.npy
refused 1 'cut.npy: is cut short' -i cut.npy -o kept.npy
cat x.npy x.npy >twice.npy
refused 1 'twice.npy: is too long' -i twice.npy -o kept.npy
npy_make huge.npy '<f4' False '(1000000, 1000000)' 1
refused 1 'huge.npy: is cut short' -i huge.npy -o kept.npy
npy_make huge.npy '<f4' False '(4294967296, 4294967296)' 1
refused 1 'more bytes than' -i huge.npy -o kept.npy
npy_make object.npy '|O' False '(1, 2)'
refused 1 'object.npy: holds Python objects' -i object.npy -o kept.npy
npy_make integer.npy '<i4' False '(1, 2)'
refused 1 'integer.npy: holds integers' -i integer.npy -o kept.npy
npy_make flat.npy '<f4' False '(4,)' 1 2 3 4
refused 1 'flat.npy: has 1 dimension' -i flat.npy -o kept.npy
npy_make scalar.npy '<f4' False '()' 1
refused 1 'scalar.npy: has no dimension, one number' -i scalar.npy -o kept.npy
refused 1 "raw.npy: holds raw records of 2 bytes ('<V2'); with --dtype bf16" -i raw.npy -o kept.npy
for option in -g -b -r -s; do
	refused 1 'raw.npy: holds raw records of 2 bytes' -i x.npy -o kept.npy $option raw.npy
done
refused 1 'raw.npy: holds raw records of 2 bytes' -i x.npy --grad raw.npy --dx kept.npy -t f16
: >nothing.npy
refused 1 'nothing.npy: is empty' -i nothing.npy -o kept.npy
echo text >text.npy
refused 1 'text.npy: is neither' -i text.npy -o kept.npy
head -c 200 picture.png >broken.png
refused 1 'broken.png: is broken' -i broken.png -o kept.npy
refused 1 'absent.npy: cannot read' -i absent.npy -o kept.npy
refused 1 'is a folder' -i . -o kept.npy
refused 1 'flat.npy: has 4 elements; C is 2' -i x.npy -o kept.npy --gamma flat.npy
refused 1 'batch.npy: its shape is (2, 2, 4)' -i x.npy -o kept.npy --residual batch.npy
refused 1 'batch.npy: its shape is (2, 2, 4)' -i x.npy --grad batch.npy --dx kept.npy
npy_make three.npy '<f4' False '(1, 3, 2)' 1 2 3 4 5 6
refused 1 'three.npy: has 3 channels; the input has 2' -i x.npy -o kept.npy --style three.npy
npy_make many.npy '<f4' False '(3, 2, 1)' 1 2 3 4 5 6
refused 1 'many.npy: N is 3' -i x.npy -o kept.npy --style many.npy
npy_make void.npy '<f4' False '(1, 2, 0)'
refused 1 'void.npy: has no elements' -i x.npy -o kept.npy --style void.npy
refused 1 'no/y.npy: cannot write' -i x.npy -o no/y.npy
refused 1 'is a folder' -i x.npy -o "$scratch"
refused 1 'not a regular file' -i x.npy -o /dev/null
refused 1 'is named for two outputs' -i x.npy -o kept.npy --save-mean ./kept.npy
refused 1 'is named for two outputs' -i x.npy -o new.npy --save-mean "$scratch/./new.npy"
refused 1 'only the result of a picture' -i x.npy -o y.png
refused 1 'new.jpg: .jpg is not written; .png and .npy can be' -i picture.png -o new.jpg
refused 1 'new.JPEG: .jpeg is not written' -i picture.png -o new.JPEG
refused 1 'new.npz: .npz is not written; .npy alone can be' -i x.npy -o new.npz
refused 1 'new.tif: .tif is not written; .npy alone can be' -i picture.png -o shown.png --save-mean new.tif
refused 1 'new.txt: .txt is not written' -i x.npy --grad x.npy --dx new.txt

# ---- Refused: the command line ---------------------------------------------------------------------------------------

refused 2 'no input is given' -o kept.npy
refused 2 'nothing is asked for' -i x.npy
refused 2 'finite number' -i x.npy -o kept.npy --epsilon -1
refused 2 'finite number' -i x.npy -o kept.npy --epsilon nan
refused 2 'finite number' -i x.npy -o kept.npy --epsilon inf
refused 2 'finite number' -i x.npy -o kept.npy --epsilon 1e400
refused 1 'epsilon is 1e+39; it must be finite in f32' -i x.npy -o kept.npy --epsilon 1e39
refused 1 'slope of leaky-relu is -1e+39; it must be finite in f32' -i x.npy -o kept.npy -t bf16 --activation leaky-relu:-1e39
refused 2 'not a number' -i x.npy -o kept.npy --epsilon 1e-5x
refused 2 "'f8' is not" -i x.npy -o kept.npy --dtype f8
refused 2 "'chw' is not" -i x.npy -o kept.npy --layout chw
refused 2 "'tanh' is not" -i x.npy -o kept.npy --activation tanh
refused 2 "'fast' is no variant; there are" -i x.npy -o kept.npy --variant fast
refused 2 'takes the place' -i x.npy -o kept.npy --style x.npy --gamma short.npy
refused 2 'need --grad' -i x.npy --dx kept.npy
refused 2 '--grad needs' -i x.npy -o kept.npy --grad x.npy
refused 2 '--output needs FILE' -i x.npy -o
refused 2 '--input is given twice; it takes one FILE' -i x.npy --input y.npy -o kept.npy
refused 2 '--epsilon is given twice' -i x.npy -o kept.npy -e 1 -e 1
done_by -q -q --check --check -i x.npy -o y.npy
for option in -i -g -b -r -s --grad; do
	refused 2 "'-' would be standard input" -o kept.npy $option -
done
for option in -o --save-mean --save-rstd --dx --dgamma --dbeta; do
	refused 2 "'-' would be standard input or output" -i x.npy $option -
done
refused 2 'unexpected argument' -i x.npy -o kept.npy more
refused 2 'unknown option' -i x.npy -o kept.npy --fast

# ---- Refused: devices -------------------------------------------------------------------------------------------------

refused 1 'no such device' -i x.npy -o kept.npy --device 'no such device'
mkdir -p none
OCL_ICD_VENDORS=$scratch/none
export OCL_ICD_VENDORS
refused 1 'platform' -i x.npy -o kept.npy

finish
