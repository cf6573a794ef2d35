#!/bin/sh
# embed.sh: prints the C file that holds the kernel sources as arrays of lines (lib/device/embedded.h).
# SPDX-License-Identifier: Apache-2.0
#
# usage: embed.sh FOLDER NAME...     (NAME is relative to FOLDER and is the name that compilers will report)
#
# Needs sh, sed and awk, and sha256sum, shasum or cksum for the digest.
set -eu
LC_ALL=C
export LC_ALL
awk=${AWK:-awk}

if [ $# -lt 2 ]; then
	echo "usage: embed.sh FOLDER NAME..." >&2
	exit 2
fi
folder=$1
shift

for name; do
	if [ ! -r "$folder/$name" ]; then
		echo "embed.sh: $folder/$name: cannot be read" >&2
		exit 1
	fi
done

# What the digest covers: names and contents, so that neither a moved line nor a renamed file keeps it.
contents()
{
	for name; do
		echo "$name"
		cat "$folder/$name"
	done
}

digest()
{
	if command -v sha256sum >/dev/null 2>&1; then
		contents "$@" | sha256sum | sed 's/ .*//'
	elif command -v shasum >/dev/null 2>&1; then
		contents "$@" | shasum -a 256 | sed 's/ .*//'
	else
		contents "$@" | cksum | $awk '{ printf "%08x%08x\n", $1, $2 }'
	fi
}

# One file as an array. A question mark is escaped because ?? may begin a trigraph in C11. 1000 characters can become 2000
# in the literal: far from the 4095 that C11 promises. awk copies the file so that its last line ends in a newline.
lines()
{
	if [ "$($awk 'length($0) > 1000' "$1" | wc -l)" -gt 0 ]; then
		echo "embed.sh: $1: a line of more than 1000 characters" >&2
		exit 1
	fi
	printf '\nstatic const char *const lines_%d[] = {\n' "$3"
	printf '\t"#line 1 \\"%s\\"\\n",\n' "$2"
	$awk '{ sub(/\r$/, ""); print }' "$1" | sed -e 's/[\\"?]/\\&/g' -e 's/.*/	"&\\n",/'
	printf '};\n'
}

cat <<'END'
/* embedded.c: the kernel sources; made by cl/embed.sh, not to be edited.
 * SPDX-License-Identifier: Apache-2.0 */
#include "device/embedded.h"
END

i=0
for name; do
	lines "$folder/$name" "$name" $i
	i=$((i + 1))
done

echo
echo "const struct cln_source cln_sources[] = {"
i=0
for name; do
	echo "	{\"$name\", lines_$i, sizeof lines_$i / sizeof lines_$i[0]},"
	i=$((i + 1))
done
echo "};"
echo
echo "const size_t cln_source_count = $i;"
echo
echo "const char cln_sources_digest[] = \"$(digest "$@")\";"
