#!/bin/sh
# apply_sets.sh: clnorm-apply --groups: group norm and layer norm by the formulas in awk; pictures, styles, empty and bad input.
# SPDX-License-Identifier: Apache-2.0
test=apply_sets
. "$(dirname "$0")/guard.sh"
. "$(dirname "$0")/npy.sh"
. "$(dirname "$0")/applied.sh"
scratch_make
cd "$scratch" || exit 1

CLNORM_DEVICE=${CLNORM_TEST_DEVICE-}
export CLNORM_DEVICE
has_device || skip "no device"

# sets WHAT N C S G LAYOUT: made-up operands and what they give by the formulas, epsilon 4, in double: x dy gamma beta y mean
# rstd dx dgamma dbeta.
sets()
{
	$AWK -v what="$1" -v n="$2" -v c="$3" -v s="$4" -v g="$5" -v layout="$6" 'BEGIN {
		length_of_set = c / g * s
		for (i = 0; i < n * c * s; i++) {
			channel[i] = layout == "nhwc" ? i % c : int(i / s) % c
			set[i] = int(i / s / c) * g + int(channel[i] / (c / g))
			v["x", i] = i * 37 % 17 + 3 * channel[i]
			v["dy", i] = i * 11 % 7 - 3
			v["mean", set[i]] += v["x", i] / length_of_set
		}
		for (k = 0; k < c; k++) {
			v["gamma", k] = 1 + k / 2
			v["beta", k] = k - 1
		}
		for (i = 0; i < n * c * s; i++) {
			variance[set[i]] += (v["x", i] - v["mean", set[i]]) ^ 2 / length_of_set
		}
		for (k = 0; k < n * g; k++) {
			v["rstd", k] = 1 / sqrt(variance[k] + 4)
		}
		for (i = 0; i < n * c * s; i++) {
			k = channel[i]
			xhat[i] = (v["x", i] - v["mean", set[i]]) * v["rstd", set[i]]
			v["y", i] = v["gamma", k] * xhat[i] + v["beta", k]
			v["dgamma", k] += v["dy", i] * xhat[i]
			v["dbeta", k] += v["dy", i]
			a[set[i]] += v["gamma", k] * v["dy", i] / length_of_set
			b[set[i]] += v["gamma", k] * v["dy", i] * xhat[i] / length_of_set
		}
		for (i = 0; i < n * c * s; i++) {
			k = set[i]
			v["dx", i] = v["rstd", k] * (v["gamma", channel[i]] * v["dy", i] - a[k] - xhat[i] * b[k])
		}
		for (i = 0; (what, i) in v; i++) {
			printf "%.9g ", v[what, i]
		}
	}'
}

# Group norm, layer norm and instance norm by name, channels first and last; and rows of which the last axis is a set.
for sets in '2 6 4 3 nchw' '2 6 4 2 nhwc' '2 6 4 1 nchw' '2 6 4 6 nchw' '1 4 9 2 nchw' '3 8 1 1 nchw' '3 8 1 4 nhwc'; do
	# shellcheck disable=SC2086
	set -- $sets
	shape="($1, $2, $3)"
	[ $5 = nchw ] || shape="($1, $3, $2)"
	[ $3 -ne 1 ] || shape="($1, $2)"
	for what in x dy; do
		# shellcheck disable=SC2046
		npy_make sets-$what.npy '<f4' False "$shape" $(sets $what "$@")
	done
	for what in gamma beta; do
		# shellcheck disable=SC2046
		npy_make sets-$what.npy '<f4' False "($2,)" $(sets $what "$@")
	done
	done_by -i sets-x.npy -g sets-gamma.npy -b sets-beta.npy --groups "$4" -l "$5" -e 4 -o got-y.npy --save-mean got-mean.npy \
		--save-rstd got-rstd.npy --grad sets-dy.npy --dx got-dx.npy --dgamma got-dgamma.npy --dbeta got-dbeta.npy --check
	[ "$(grep -c ': ok, ' out)" -eq 2 ] || fail "$sets: --check prints: $(cat out)"
	for what in y mean rstd dx dgamma dbeta; do
		# shellcheck disable=SC2046
		npy_is_near got-$what.npy f4 4e-6 $(sets $what "$@") || fail "$sets: $what: $(tail -c 80 got-$what.npy | od -An -tf4)"
	done
	for what in mean rstd; do
		grep -q "'shape': ($1, $4), " got-$what.npy || fail "$sets: $what is not of shape ($1, $4)"
	done
	case $sets in *' 4 3 nchw' | *' 4 2 nhwc') types='f16 bf16' ;; *) types= ;; esac
	for type in $types; do
		done_by -i sets-x.npy -b sets-beta.npy -r sets-dy.npy --groups "$4" -l "$5" -t $type -a silu --grad sets-dy.npy --dx got-dx.npy --check
	done
done
done_by -i sets-x.npy -o y.npy -l nhwc --groups 8
done_by -i sets-x.npy -o got-y.npy -l nhwc
same y.npy got-y.npy

# A style's statistics are of its sets too: of its own, every set is itself.
# shellcheck disable=SC2046
npy_make sets-x.npy '<f4' False '(2, 6, 4)' $(sets x 2 6 4 2 nchw)
done_by -i sets-x.npy -o y.npy -e 0 --groups 2 -s sets-x.npy
# shellcheck disable=SC2046
npy_is_near y.npy f4 4e-6 $(sets x 2 6 4 2 nchw) || fail "own style of sets: $(npy_values y.npy f4 48)"
npy_make sets-style.npy '<f4' False '(1, 6, 1)' -3 0 3 7 7 7
done_by -i sets-x.npy -o y.npy -e 0 --groups 2 -s sets-style.npy
done_by -i y.npy --groups 2 -e 0 --save-mean mean.npy --save-rstd rstd.npy
npy_is_near mean.npy f4 4e-6 0 7 0 7 || fail "style of sets: means $(npy_values mean.npy f4 4)"
npy_values rstd.npy f4 4 | $AWK 'NR % 2 == 1 && ($1 < 0.408247 || $1 > 0.408250) { bad = 1 } END { exit bad }' ||
	fail "style of sets: rstd $(npy_values rstd.npy f4 4)"
for groups in 4 5 7 12 1000000000; do
	refused 1 "sets-x.npy: --groups is $groups; it must divide C, which is 6\$" -i sets-x.npy -o kept.npy --groups $groups
done

# Nothing in, nothing out; and a picture, whose colours are one set.
npy_make empty.npy '<f4' False '(0, 3, 4)'
done_by -i empty.npy --groups 3 --save-mean mean.npy
grep -q "'shape': (0, 3)" mean.npy || fail "an empty input with groups: means of another shape"
"$top_builddir/examples/picture" picture.png haze 64 48 || fail "no picture to try"
done_by -i picture.png --save-mean first.npy
done_by -i picture.png -o shown.png --groups 1 --save-mean mean.npy --check
npy_is_near mean.npy f4 0.01 "$(npy_values first.npy f4 3 | $AWK '{ sum += $1 } END { print sum / 3 }')" || fail "the mean of all colours: $(npy_values mean.npy f4 1)"
refused 1 'picture.png: --groups is 2; it must divide C, which is 3' -i picture.png -o kept.npy --groups 2

for groups in 0 -1 1.5 two '' 99999999999; do
	refused 2 "--groups: '$groups' is not a whole number from 1" -i sets-x.npy -o kept.npy --groups "$groups"
done
refused 2 '--groups is given twice' -i sets-x.npy -o kept.npy --groups 1 --groups 2

finish
