# applied.sh: runs of clnorm-apply that must end well or be refused; sourced after guard.sh and npy.sh.
# SPDX-License-Identifier: Apache-2.0

# done_by ARGUMENT...: a run that must work, and say nothing but its product.
done_by()
{
	"$top_builddir/clnorm-apply" --quiet "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq 0 ] || fail "$*: exit $code: $(cat err)"
	[ ! -s err ] || grep -q MESA err || fail "$*: on stderr: $(cat err)"
}

# refused CODE WORD ARGUMENT...: a run that must fail with one line that has the word, no product and no new file.
refused()
{
	expected=$1
	word=$2
	shift 2
	echo before >kept.npy
	touch out err files-before files-after
	ls -A >files-before
	"$top_builddir/clnorm-apply" --quiet "$@" >out 2>err </dev/null
	code=$?
	[ $code -eq "$expected" ] || fail "$*: exit $code, not $expected: $(cat err)"
	[ ! -s out ] || fail "$*: prints a product although it fails"
	[ "$(grep -v MESA err | wc -l)" -eq 1 ] || fail "$*: not one line on stderr: $(cat err)"
	grep -q -e "$word" err || fail "$*: no '$word' in: $(cat err)"
	ls -A >files-after
	cmp -s files-before files-after || fail "$*: leaves or removes files: $(diff files-before files-after)"
	[ "$(cat kept.npy)" = before ] || fail "$*: touches the output"
}

# same FILE FILE: the same bytes.
same()
{
	cmp -s "$1" "$2" || fail "$1 and $2 differ"
}
