#!/bin/sh
# newcomer.sh: the commands that README.md prints, one after another, as who has just run ./quickstart types them.
# SPDX-License-Identifier: Apache-2.0
#
# They install, so only in a system that systems.sh has made. A block between ```sh and ``` is commands, a line each,
# typed in the tree; one between ```c and ``` that has a main() is program.c from there on. Lines that begin with
# ./quickstart are left to systems.sh. Of make check one test is run: quickstart check runs all.
set -u
cd "$(dirname "$0")/.." || exit 1
[ -e /made-by-systems.sh ] || {
	echo "newcomer: this installs; it is for systems that tests/systems.sh makes" >&2
	exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Root is asked for nothing, and whoever is asked says yes.
mkdir "$work/bin"
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
chmod +x "$work/bin/sudo"
PATH=$work/bin:$PATH
MAKEFLAGS=TESTS=tests/pure/test_types
DEBIAN_FRONTEND=noninteractive
export PATH MAKEFLAGS DEBIAN_FRONTEND

${AWK:-awk} -v work="$work" '
	/^```sh$/ { kind = "sh"; next }
	/^```c$/ { kind = "c"; count++; file = work "/program" count ".c"; next }
	/^```/ {
		if (kind == "c") {
			close(file)
			if (whole)
				print "cp " file " program.c"
		}
		kind = ""
		whole = 0
		next
	}
	kind == "c" { print >file; whole = whole || /int main\(/ }
	kind == "sh" && !/^\.\/quickstart/ { print }' README.md >"$work/commands"

count=0
right=0
while read -r line <&3; do
	count=$((count + 1))
	printf '$ %s\n' "$line"
	yes 2>/dev/null | sh -c "$line"
	code=$?
	if [ $code -eq 0 ]; then
		right=$((right + 1))
	else
		printf 'newcomer: exit %d: %s\n' $code "$line"
	fi
done 3<"$work/commands"

echo "newcomer: $right of $count commands of README.md work"
[ $count -gt 0 ] && [ $right -eq $count ]
