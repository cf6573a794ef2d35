#!/bin/sh
# floors.sh: includes point down, as lib/FLOORS says; OpenCL's header enters lib/ at one place; tools see include/ alone.
# SPDX-License-Identifier: Apache-2.0
test=floors
. "$(dirname "$0")/guard.sh"
cd "$top_srcdir" || exit 1

# "file:line:header" of every include of the given files; quotes or angle brackets stay on the header.
includes()
{
	$AWK '/^[ \t]*#[ \t]*include[ \t]/ {
		sub(/^[ \t]*#[ \t]*include[ \t]*/, "")
		sub(/[ \t\r].*$/, "")
		print FILENAME ":" FNR ":" $0
	}' "$@" /dev/null
}

# Prints a line for each include of lib/ that FLOORS does not allow.
includes lib/*/*.[ch] | $AWK -F: '
	FNR == NR {
		sub(/#.*/, "")
		count = split($0, word, " ")
		if (count == 0) {
			next
		}
		floor[word[1]] = 1
		for (i = 1; i <= count; i++) {
			may[word[1], word[i]] = 1
		}
		next
	}
	{
		split($1, part, "/")
		from = part[2]
		header = $3
		gsub(/["<>]/, "", header)
		to = header
		sub(/\/.*/, "", to)
		if ($3 ~ /^</) {
			if (to == "clnorm") {
				to = "public"
			} else {
				next
			}
		} else if (header == "config.h") {
			next
		} else if (header ~ /^\.\.\/\.\.\/cl\//) {
			to = "cl"
		} else if (header !~ /\//) {
			print $1 ":" $2 ": \"" header "\" must be written with its floor"
			next
		}
		if (!(from in floor)) {
			print $1 ": lib/FLOORS has no floor " from
		} else if (!((from, to) in may)) {
			print $1 ":" $2 ": floor " from " may not include " $3
		}
	}' lib/FLOORS - >"${TMPDIR:-/tmp}/clnorm-floors.$$"
while read -r line; do
	fail "$line"
done <"${TMPDIR:-/tmp}/clnorm-floors.$$"
rm -f "${TMPDIR:-/tmp}/clnorm-floors.$$"

for found in $(includes lib/*/*.[ch] include/clnorm/*.h* | grep -E '[<"](CL|OpenCL)/' | cut -d: -f1 | sort -u); do
	case $found in
	lib/opencl/opencl.h | include/clnorm/clnorm.h) ;;
	*) fail "$found: includes OpenCL's header; only lib/opencl/opencl.h and the public header do" ;;
	esac
done

# Which headers of other projects each floor may see.
for found in $(includes lib/*/*.[ch] | grep -E '[<"]clblast' | cut -d: -f1 | grep -v '^lib/layer/'); do
	fail "$found: CLBlast belongs to lib/layer"
done
for found in $(includes lib/*/*.[ch] | grep -E '[<"](hdf5|H5)' | cut -d: -f1 | grep -v '^lib/layer/'); do
	fail "$found: HDF5 belongs to lib/layer"
done

# Tools and examples: the public header, their own folder, and systems' headers.
for found in $(includes tools/*.[ch] examples/*.[ch] examples/*/*.[ch] 2>/dev/null | grep '"' | tr -d '"'); do
	file=${found%%:*}
	header=${found##*:}
	case $header in
	*/*) fail "$file: includes \"$header\"; a program sees only include/ and its own folder" ;;
	config.h)
		case $file in
		examples/*) fail "$file: an example stands alone, without config.h" ;;
		esac
		;;
	*) [ -f "$(dirname "$file")/$header" ] || fail "$file: \"$header\" is not beside it" ;;
	esac
done

# The map and the folders are the same.
for floor in $(sed -e 's/#.*//' -e 's/ .*//' lib/FLOORS); do
	[ -d "lib/$floor" ] || fail "lib/FLOORS names $floor; there is no such folder"
done

finish
