#!/bin/sh
# apply_masks.sh: clnorm-apply with masks, lengths, --ddof, --min-std, given statistics: by the formulas in awk; bad input.
# SPDX-License-Identifier: Apache-2.0
test=apply_masks
. "$(dirname "$0")/guard.sh"
. "$(dirname "$0")/npy.sh"
. "$(dirname "$0")/applied.sh"
scratch_make
cd "$scratch" || exit 1

CLNORM_DEVICE=${CLNORM_TEST_DEVICE-}
export CLNORM_DEVICE
has_device || skip "no device"

# masked WHAT N C A B G LAYOUT KIND OUTSIDE DDOF LEAST: made-up operands (N, C, A, B) or (N, A, B, C) and what they give by the
# formulas, epsilon 4, in double. WHAT: x dy y mean rstd dx dgamma dbeta, mask (of KIND full, channels, spatial) or lengths
# (KIND lengths). gamma is 1 + k/2, beta k - 1.
masked()
{
	$AWK -v what="$1" -v n="$2" -v c="$3" -v a="$4" -v b="$5" -v g="$6" -v layout="$7" -v kind="$8" -v outside="$9" -v ddof="${10}" \
		-v least="${11}" 'BEGIN {
		s = a * b
		for (i = 0; i < n; i++) {
			v["lengths", i] = (i * 2 + 1) % (a + 1)
		}
		for (i = 0; i < n * c * s; i++) {
			sample[i] = int(i / s / c)
			channel[i] = layout == "nhwc" ? i % c : int(i / s) % c
			place[i] = layout == "nhwc" ? int(i / c) % s : i % s
			set[i] = sample[i] * g + int(channel[i] / (c / g))
			v["x", i] = i * 37 % 17 + 3 * channel[i]
			v["dy", i] = i * 11 % 7 - 3
			if (kind == "lengths") {
				inside[i] = place[i] < v["lengths", sample[i]] * b
			} else {
				k = kind == "spatial" ? place[i] : kind == "channels" ? channel[i] * s + place[i] : i
				at = kind == "spatial" ? place[i] : kind == "full" ? i : layout == "nhwc" ? place[i] * c + channel[i] : k
				v["mask", at] = k * 7 % 5 < 2 ? 0 : k % 3 + 1
				inside[i] = v["mask", at] != 0
			}
			m[set[i]] += inside[i]
			total[set[i]] += inside[i] * v["x", i]
		}
		for (k = 0; k < n * g; k++) {
			v["mean", k] = m[k] ? total[k] / m[k] : 0
		}
		for (i = 0; i < n * c * s; i++) {
			squares[set[i]] += inside[i] * (v["x", i] - v["mean", set[i]]) ^ 2
		}
		for (k = 0; k < n * g; k++) {
			free[k] = m[k] - ddof
			root = sqrt((free[k] > 0 ? squares[k] / free[k] : 0) + 4)
			constant[k] = free[k] <= 0 || root < least
			v["rstd", k] = m[k] ? 1 / (root < least ? least : root) : 0
		}
		for (i = 0; i < n * c * s; i++) {
			k = set[i]
			gamma = 1 + channel[i] / 2
			xhat[i] = (v["x", i] - v["mean", k]) * v["rstd", k]
			counts[i] = inside[i] || outside == "normalize"
			v["y", i] = counts[i] ? gamma * xhat[i] + channel[i] - 1 : outside == "keep" ? v["x", i] : 0
			if (counts[i]) {
				v["dgamma", channel[i]] += v["dy", i] * xhat[i]
				v["dbeta", channel[i]] += v["dy", i]
				A[k] += gamma * v["dy", i]
				B[k] += gamma * v["dy", i] * xhat[i]
			}
		}
		for (i = 0; i < n * c * s; i++) {
			k = set[i]
			d = (1 + channel[i] / 2) * v["dy", i]
			if (inside[i]) {
				d -= A[k] / m[k] + (constant[k] ? 0 : xhat[i] * B[k] / free[k])
			}
			v["dx", i] = counts[i] ? v["rstd", k] * d : outside == "keep" ? v["dy", i] : 0
		}
		for (i = 0; (what, i) in v; i++) {
			printf "%.9g ", v[what, i]
		}
	}'
}

# Masks of every shape and type, lengths, what is outside, ddof and a least deviation, that counts or does not.
for case in '2 3 4 5 3 nchw full normalize 0 0 |u1' '2 4 3 4 2 nhwc full keep 1 0 |b1' '2 4 3 4 1 nchw channels zero 0 0 <i4' \
	'3 2 3 5 2 nchw spatial normalize 1 50 >u2' '2 3 3 5 3 nhwc spatial zero 0 4.5 <f4' '2 4 3 4 4 nhwc channels keep 0 0 <f8' \
	'3 2 4 5 2 nchw lengths zero 0 0 <i8' '3 4 4 2 2 nhwc lengths keep 1 0 <u4' '4 2 3 3 1 nchw lengths normalize 0 5 >i2'; do
	# shellcheck disable=SC2086
	set -- $case
	outside=$8 ddof=$9 kind=$7
	shift 9
	least=$1 type=$2
	# shellcheck disable=SC2086
	set -- $case
	shape="($1, $2, $3, $4)" plane="$3, $4" channels="(1, $2, $3, $4)"
	[ "$6" = nchw ] || { shape="($1, $3, $4, $2)" channels="(1, $3, $4, $2)"; }
	numbers="$1 $2 $3 $4 $5 $6 $kind $outside $ddof $least"
	for what in x dy; do
		# shellcheck disable=SC2046,SC2086
		npy_make masked-$what.npy '<f4' False "$shape" $(masked $what $numbers)
	done
	# shellcheck disable=SC2046
	npy_make gamma.npy '<f4' False "($2,)" $(seq 1 0.5 $(($2 / 2 + 1)).5 | head -n "$2")
	# shellcheck disable=SC2046
	npy_make beta.npy '<f4' False "($2,)" $(seq -1 $(($2 - 2)))
	case $kind in full) mask=$shape ;; channels) mask=$channels ;; spatial) mask="($plane)" ;; lengths) mask="($1,)" ;; esac
	what=mask
	[ $kind != lengths ] || what=lengths
	# shellcheck disable=SC2046,SC2086
	npy_make given.npy "$type" False "$mask" $(masked $what $numbers)
	done_by -i masked-x.npy -g gamma.npy -b beta.npy --groups "$5" -l "$6" -e 4 --$what given.npy --outside $outside --ddof $ddof \
		--min-std $least -o got-y.npy --save-mean got-mean.npy --save-rstd got-rstd.npy --grad masked-dy.npy --dx got-dx.npy \
		--dgamma got-dgamma.npy --dbeta got-dbeta.npy --check
	[ "$(grep -c ': ok, ' out)" -eq 2 ] || fail "$case: --check prints: $(cat out)"
	for what in y mean rstd dx dgamma dbeta; do
		# shellcheck disable=SC2046,SC2086
		npy_is_near got-$what.npy f4 2e-5 $(masked $what $numbers) || fail "$case: $what: $(tail -c 80 got-$what.npy | od -An -tf4)"
	done
	valid="--$([ $kind = lengths ] && echo lengths || echo mask) given.npy --outside $outside"
	case $case in
	*'|b1' | *'>u2' | *'<i8')
		# shellcheck disable=SC2086
		done_by -i masked-x.npy -b beta.npy -r masked-dy.npy --groups "$5" -l "$6" -t f16 -a silu $valid --grad masked-dy.npy --dx got-dx.npy --check
		;;
	esac

	# The statistics that were written give the same y; without a mask that is there for what is outside alone.
	[ $outside != normalize ] || valid=
	# shellcheck disable=SC2086
	done_by -i masked-x.npy -g gamma.npy -b beta.npy --groups "$5" -l "$6" --mean got-mean.npy --rstd got-rstd.npy $valid -o y.npy --check
	[ "$(grep -c ': ok, ' out)" -eq 1 ] || fail "$case: --check with given statistics prints: $(cat out)"
	# shellcheck disable=SC2046,SC2086
	npy_is_near y.npy f4 2e-5 $(masked y $numbers) || fail "$case: y of given statistics: $(tail -c 80 y.npy | od -An -tf4)"
done

# A mask of N samples that are the same for all channels; every element, and none.
# shellcheck disable=SC2046
npy_make x.npy '<f4' False '(2, 2, 3)' 1 2 9 4 5 9 7 8 9 1 1 9
npy_make mask.npy '|u1' False '(2, 1, 3)' 1 1 0 0 0 0
done_by -i x.npy -o y.npy -e 0 --mask mask.npy --save-mean mean.npy --save-rstd rstd.npy --check
npy_is_near mean.npy f4 1e-6 1.5 4.5 0 0 || fail "mask of samples: means $(npy_values mean.npy f4 4)"
npy_is_near rstd.npy f4 1e-6 2 2 0 0 || fail "mask of samples: rstd $(npy_values rstd.npy f4 4)"
npy_is_near y.npy f4 1e-5 -1 1 15 -1 1 9 0 0 0 0 0 0 || fail "mask of samples: $(npy_values y.npy f4 12)"
npy_make whole.npy '|b1' False '(1, 1, 3)' 1 1 1
done_by -i x.npy -o y.npy
done_by -i x.npy -o masked.npy --mask whole.npy --outside zero
same y.npy masked.npy
# Padding that is no number; -0 and a NaN in a mask of floats.
npy_make mask.npy '<f4' False '(3,)' 3 -1 -0.0
npy_make lengths.npy '|u1' False '(2,)' 2 2
npy_make half.npy '<f2' False '(3,)' 1 1 0
for outside in keep zero normalize; do
	done_by -i x.npy -o y.npy --mask mask.npy --outside $outside --check
	for way in '--lengths lengths.npy' '--mask half.npy'; do
		# shellcheck disable=SC2086
		done_by -i x.npy -o masked.npy $way --outside $outside
		same y.npy masked.npy
	done
done

# Pictures: a mask that is one; what is kept is kept to the byte. Lengths are rows.
"$top_builddir/examples/picture" picture.png haze 64 48 || fail "no picture to try"
done_by -i picture.png -o y.png --mask picture.png --outside keep --check
done_by -i picture.png -o y.npy --mask picture.png --save-mean mean.npy
npy_make none.npy '|u1' False '(1,)' 0
done_by -i picture.png -o kept.png --lengths none.npy --outside keep --check
done_by -i kept.png --save-mean kept.npy
done_by -i picture.png --save-mean mean.npy
same kept.npy mean.npy

# Bad masks, lengths and statistics: one line, with both shapes or the number.
npy_make x.npy '<f4' False '(2, 3, 4)' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24
npy_make ones.npy '|u1' False '(4,)' 1 1 1 1
npy_make wide.npy '|u1' False '(2, 2, 4)' 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
npy_make short.npy '|u1' False '(3,)' 1 1 1
npy_make long.npy '<i4' False '(2,)' 4 5
npy_make below.npy '<i4' False '(2,)' 4 -1
npy_make three.npy '<i4' False '(3,)' 4 1 1
npy_make real.npy '<f4' False '(2,)' 4 1
npy_make good.npy '<i4' False '(2,)' 4 1
npy_make text.npy '<S4' False '(4,)'
npy_make ones-f.npy '<f4' False '(4,)' 1 1 1 1
npy_make six.npy '<f4' False '(2, 3)' 1 1 1 1 1 1
npy_make rows.npy '<f4' False '(2, 3)' 1 2 3 4 5 6
refused 1 '(2, 2, 4).*(2, 3, 4)' -i x.npy -o kept.npy --mask wide.npy
refused 1 '(3,).*(2, 3, 4)' -i x.npy -o kept.npy --mask short.npy
refused 1 'length 1 is 5.*0 to 4' -i x.npy -o kept.npy --lengths long.npy
refused 1 'length 1 is -1.*0 to 4' -i x.npy -o kept.npy --lengths below.npy
refused 1 '(3,).*N is 2' -i x.npy -o kept.npy --lengths three.npy
refused 1 'f32.*whole numbers' -i x.npy -o kept.npy --lengths real.npy
refused 1 'no spatial\|has none' -i rows.npy -o kept.npy --lengths good.npy
refused 1 'text' -i x.npy -o kept.npy --mask text.npy
refused 1 'missing.npy' -i x.npy -o kept.npy --mask missing.npy
refused 1 'neither' -i x.npy -o kept.npy --mask out
refused 1 'not a .npy' -i x.npy -o kept.npy --lengths err
refused 1 '4 elements; N is 2 .* 3' -i x.npy -o kept.npy --mean ones-f.npy --rstd six.npy
refused 2 'both are given' -i x.npy -o kept.npy --mask ones.npy --lengths good.npy
refused 2 '--outside needs' -i x.npy -o kept.npy --outside keep
refused 2 'normalize, keep or zero' -i x.npy -o kept.npy --mask ones.npy --outside none
refused 2 '0 or 1' -i x.npy -o kept.npy --ddof 2
refused 2 '0 or more' -i x.npy -o kept.npy --min-std -1
refused 2 '--rstd FILE is missing' -i x.npy -o kept.npy --mean six.npy
refused 2 '--mean FILE is missing' -i x.npy -o kept.npy --rstd six.npy
refused 2 '--outside keep or zero' -i x.npy -o kept.npy --mean six.npy --rstd six.npy --mask ones.npy
refused 2 '--ddof' -i x.npy -o kept.npy --mean six.npy --rstd six.npy --ddof 1
refused 2 '--save-mean' -i x.npy --save-mean kept.npy --mean six.npy --rstd six.npy
refused 2 '--grad' -i x.npy --grad x.npy --dx kept.npy --mean six.npy --rstd six.npy

finish
