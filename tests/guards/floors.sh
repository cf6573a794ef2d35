#!/bin/sh
# floors.sh: includes point down, as lib/FLOORS and tools/FLOORS say; OpenCL's header enters lib/ at one place; programs see
# include/ alone of the library.
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

# check_floors TREE PREFIX: every include in a folder of TREE that TREE/FLOORS does not allow, and what is wrong with
# FLOORS itself. PREFIX stands before a floor's name where the tree's headers are included.
check_floors()
{
	includes "$1"/*/*.[ch] | $AWK -F: -v tree="$1" -v prefix="$2" '
		FNR == NR {
			sub(/#.*/, "")
			count = split($0, word, " ")
			if (count == 0) {
				next
			}
			floor[word[1]] = may[word[1], word[1]] = 1
			for (i = 2; i <= count; i++) {
				may[word[1], word[i]] = 1
				if (!(word[i] in floor) && word[i] != "public" && word[i] != "cl") {
					print tree "/FLOORS: " word[1] " may include " word[i] ", which is no lower floor"
				}
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
				if (to != "clnorm") {
					next
				}
				to = "public"
			} else if (header == "config.h") {
				next
			} else if (header ~ /^\.\.\/\.\.\/cl\//) {
				to = "cl"
			} else if (substr(header, 1, length(prefix)) != prefix || header !~ /\//) {
				print $1 ":" $2 ": \"" header "\" must be written with its floor: " prefix "FLOOR/NAME.h"
				next
			} else {
				to = substr(header, length(prefix) + 1)
				sub(/\/.*/, "", to)
			}
			if (!(from in floor)) {
				print $1 ": " tree "/FLOORS has no floor " from
			} else if (!((from, to) in may)) {
				print $1 ":" $2 ": floor " from " may not include " $3
			}
		}' "$1/FLOORS" - >"${TMPDIR:-/tmp}/clnorm-floors.$$"
	while read -r line; do
		fail "$line"
	done <"${TMPDIR:-/tmp}/clnorm-floors.$$"
	rm -f "${TMPDIR:-/tmp}/clnorm-floors.$$"
	for floor in $(sed -e 's/#.*//' -e 's/ .*//' "$1/FLOORS"); do
		[ -d "$1/$floor" ] || fail "$1/FLOORS names $floor; there is no such folder"
	done
}

check_floors lib ''
check_floors tools tools/

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

# The programs: any floor of tools/, and the public header.
for found in $(includes tools/*.[ch] | grep '"' | tr -d '"'); do
	case ${found##*:} in
	config.h) ;;
	tools/*/*.h) [ -f "${found##*:}" ] || fail "${found%%:*}: there is no ${found##*:}" ;;
	*) fail "${found%%:*}: includes \"${found##*:}\"; a program sees only include/ and the floors of tools/" ;;
	esac
done

# Examples stand alone: the public header, their own folder, and systems' headers.
for found in $(includes examples/*.[ch] examples/*/*.[ch] | grep '"' | tr -d '"'); do
	file=${found%%:*}
	header=${found##*:}
	case $header in
	*/*) fail "$file: includes \"$header\"; an example sees only include/ and its own folder" ;;
	config.h) fail "$file: an example stands alone, without config.h" ;;
	*) [ -f "$(dirname "$file")/$header" ] || fail "$file: \"$header\" is not beside it" ;;
	esac
done

finish
