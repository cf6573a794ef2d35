#!/bin/sh
# style.sh: what can be counted of the house rules: first lines, lengths of files, functions and lines, open ends.
# SPDX-License-Identifier: Apache-2.0
test=style
. "$(dirname "$0")/guard.sh"
cd "$top_srcdir" || exit 1

files=$(ls include/clnorm/*.h include/clnorm/*.in lib/*/*.[ch] cl/*.cl tools/*.[ch] tools/*/*.[ch] examples/*.[ch] examples/*/*.[ch] tests/*/*.[ch] bench/*.[ch] 2>/dev/null)

for file in $files; do
	$AWK -v file="$file" '
		function width(text,    i, column) {
			column = 0
			for (i = 1; i <= length(text); i++) {
				column += substr(text, i, 1) == "\t" ? 8 - column % 8 : 1
			}
			return column
		}
		BEGIN {
			name = file
			sub(/.*\//, "", name)
			sub(/\.in$/, "", name)
		}
		FNR == 1 && index($0, "/* " name ": ") != 1 && index($0, "/* clnorm/" name ": ") != 1 {
			print file ":1: does not begin with /* " name ": what it is."
		}
		FNR <= 6 && /SPDX-License-Identifier: Apache-2\.0/ { licensed = 1 }
		width($0) > 120 { print file ":" FNR ": " width($0) " columns; 120 are allowed" }
		/[ \t]$/ { print file ":" FNR ": blanks at the end of the line" }
		/(TODO|FIXME)/ { print file ":" FNR ": an open end; finish it or file it" }
		/^\{/ { start = FNR }
		/^\}/ {
			if (start && FNR - start + 1 > 62) {
				print file ":" start ": a function of " FNR - start - 1 " lines; 60 are allowed"
			}
			start = 0
		}
		END {
			if (!licensed) {
				print file ": no SPDX line at its head"
			}
			if (FNR > 400) {
				print file ": " FNR " lines; 400 are allowed"
			}
		}' "$file"
done >"${TMPDIR:-/tmp}/clnorm-style.$$"
while read -r line; do
	fail "$line"
done <"${TMPDIR:-/tmp}/clnorm-style.$$"
rm -f "${TMPDIR:-/tmp}/clnorm-style.$$"

# Names are words of ASCII in every locale: lib/base/ascii.h. Numbers that machines read have a point: lib/base/number.h.
# Programs stay in the C locale, so that theirs have one as well.
locale_words='is(alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit)|isw[a-z]+|tow?(lower|upper)|strn?casecmp|strcoll|strxfrm'
for found in $(grep -nE "(^|[^a-z_A-Z0-9])($locale_words)(_l)? ?\\(" $files | cut -d: -f1,2); do
	fail "$found: a function that follows the locale; names are ASCII"
done
for found in $(grep -nE '(^|[^a-z_A-Z0-9])(strto(d|f|ld)|ato[fil]l?|localeconv) ?\(' lib/*/*.[ch] | cut -d: -f1,2 | grep -v '^lib/base/number\.c:'); do
	fail "$found: a number whose point is the locale's; lib/base/number.h reads it"
done
for found in $(grep -nE '(^|[^a-z_A-Z0-9])(setlocale|newlocale|uselocale) ?\(' lib/*/*.[ch] tools/*.[ch] tools/*/*.[ch] | cut -d: -f1,2); do
	fail "$found: the locale is the program's that calls the library, and the programs' is C"
done

finish
