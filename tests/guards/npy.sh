# npy.sh: makes and reads small .npy files with sh, awk and od alone; sourced after guard.sh.
# SPDX-License-Identifier: Apache-2.0

# npy_octal TYPE NUMBER...: octal escapes of the numbers in IEEE 754; TYPE is <f2 >f2 <f4 >f4 <f8 >f8, or <V2 >V2 for bfloat16;
# or of whole numbers: |b1 |u1 <u4 >i8 and so on. Numbers that the type holds exactly, and that are normal there.
npy_octal()
{
	$AWK -v type="$1" '
		function put(bit) {
			byte = byte * 2 + bit
			if (++filled == 8) {
				bytes[++count] = byte
				byte = filled = 0
			}
		}
		function number(value,    sign, exponent, bias, i) {
			sign = value < 0
			value = sign ? -value : value
			bias = 2 ^ (exponent_bits - 1) - 1
			exponent = 0
			if (value != 0) {
				while (value >= 2) {
					value /= 2
					exponent++
				}
				while (value < 1) {
					value *= 2
					exponent--
				}
				value -= 1
				exponent += bias
			}
			put(sign)
			for (i = exponent_bits - 1; i >= 0; i--) {
				put(int(exponent / 2 ^ i) % 2)
			}
			for (i = 0; i < fraction_bits; i++) {
				value *= 2
				put(value >= 1)
				value -= value >= 1
			}
		}
		# Whole numbers: the lowest byte first; of negative ones the complement.
		function whole(value, size,    i) {
			for (i = size; i >= 1; i--) {
				bytes[i] = value < 0 ? 255 - (-value - 1) % 256 : value % 256
				value = value < 0 ? -int((-value - 1) / 256) - 1 : int(value / 256)
			}
		}
		BEGIN {
			size = substr(type, 3, 1)
			exponent_bits = size == 8 ? 11 : size == 4 || type ~ /V/ ? 8 : 5
			fraction_bits = size * 8 - 1 - exponent_bits
			for (k = 2; k < ARGC; k++) {
				count = 0
				if (type ~ /[bui]/) {
					whole(ARGV[k] + 0, size)
				} else {
					number(ARGV[k] + 0)
				}
				for (i = 1; i <= size; i++) {
					printf "\\%03o", bytes[type ~ /^[<|]/ ? size + 1 - i : i]
				}
			}
		}' "$@"
}

# npy_make FILE TYPE FORTRAN SHAPE NUMBER...: version 1.0 unless $npy_version says 2 or 3.
npy_make()
{
	npy_file=$1
	npy_header="{'descr': '$2', 'fortran_order': $3, 'shape': $4, }"
	npy_type=$2
	shift 4
	npy_length=$(printf '\\%03o\\000' ${#npy_header})
	[ "${npy_version:-1}" = 1 ] || npy_length="$npy_length\\000\\000"
	{
		printf "\\223NUMPY\\00${npy_version:-1}\\000$npy_length%s" "$npy_header"
		[ $# -eq 0 ] || printf "$(npy_octal "$npy_type" "$@")"
	} >"$npy_file"
}

# npy_values FILE TYPE COUNT: the last COUNT numbers of the file, one a line; TYPE f4 or f8.
npy_values()
{
	[ "$3" -eq 0 ] || tail -c $(($3 * ${2#f})) "$1" | od -An -v -t"$2" | tr -s ' ' '\n' | sed '/^$/d'
}

# npy_is_near FILE TYPE TOLERANCE NUMBER...: whether the file's numbers are these.
npy_is_near()
{
	npy_near_file=$1
	npy_near_type=$2
	npy_tolerance=$3
	shift 3
	npy_values "$npy_near_file" "$npy_near_type" $# | $AWK -v tolerance="$npy_tolerance" -v wanted="$*" '
		BEGIN { count = split(wanted, number, " ") }
		{
			error = $1 - number[NR]
			if (!(error <= tolerance && -error <= tolerance)) {
				bad = 1
			}
		}
		END { exit bad || NR != count }'
}
