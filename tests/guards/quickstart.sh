#!/bin/sh
# quickstart.sh: quickstart installs what apt has, once, leaves out what it does not have, and says what it cannot do.
# SPDX-License-Identifier: Apache-2.0
#
# It runs with programs of this script's own: a fake apt that writes down what it is asked and installs nothing, and no
# compiler, so that it ends where the build would begin.
test=quickstart
. "$(dirname "$0")/guard.sh"
scratch_make
mkdir -p "$scratch/bin" "$scratch/tree/tests"
cp "$top_srcdir/quickstart" "$scratch/tree/"
cp "$top_srcdir/tests/oclgrind.sh" "$scratch/tree/tests/"
cd "$scratch/tree" || exit 1

for program in sh cat cmp cp date dirname grep head ls mkdir mv rm sed sort tail uname wc; do
	ln -s "$(command -v $program)" "$scratch/bin/$program"
done

# fake NAME: a program of stdin's lines, after those that set $work and $unknown.
fake()
{
	{ echo "#!/bin/sh" && echo "work='$scratch'" && cat; } >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}

# Knows every package but those in the file unknown; its lists are empty until update.
fake apt-get <<'END'
simulate=
words=
for word; do
	case $word in
	-s) simulate=yes ;;
	update | install) action=$word ;;
	-o | -*) ;;
	*::*) ;;
	*) words="$words $word" ;;
	esac
done
[ -n "$simulate" ] || echo "$action$words" >>"$work/asked"
if [ $action = update ]; then
	: >"$work/lists"
	exit 0
fi
for word in $words; do
	if [ ! -e "$work/lists" ] || grep -qx "$word" "$work/unknown"; then
		echo "E: Unable to locate package $word"
		exit 100
	fi
done
[ -n "$simulate" ] || [ ! -e "$work/broken" ]
END
fake id <<'END'
cat "$work/user"
END
fake env <<'END'
while [ "${1#*=}" != "$1" ]; do shift; done
exec "$@"
END
fake dpkg-query <<'END'
exit 1
END

# quick CODE ARGUMENT...: runs it; what it said is in $scratch/said.
quick()
{
	wanted=$1
	shift
	rm -f "$scratch/asked" && : >"$scratch/asked"
	PATH=$scratch/bin CC=no-compiler OCL_ICD_VENDORS= ./quickstart "$@" >"$scratch/said" 2>&1
	code=$?
	[ $code -eq "$wanted" ] || { cat "$scratch/said" && fail "quickstart $*: exit $code, not $wanted"; }
}

said()
{
	grep -qF -- "$1" "$scratch/said" || { cat "$scratch/said" && fail "not said: $1"; }
}

said_not()
{
	! grep -F -- "$1" "$scratch/said" || fail "said: $1"
}

# asked N PATTERN: so many of apt's calls that change something are of this form.
asked()
{
	count=$(grep -c -- "$2" "$scratch/asked")
	[ "$count" -eq "$1" ] || { cat "$scratch/asked" && fail "\"$2\" is asked of apt $count times, not $1"; }
}

echo 0 >"$scratch/user"
echo oclgrind >"$scratch/unknown"

# A new system: one look at the lists, one installation, of all but what apt does not have.
rm -f "$scratch/lists"
quick 1 check
said "oclgrind "
said "apt does not have all of it here; left out: oclgrind"
said "this failed: autoreconf"
asked 1 "^update$"
asked 1 "^install .*gcc .*check .*gnuplot-nox"
asked 0 "^install .*oclgrind"
asked 2 ""

# What was left out is not asked for again, in one line.
quick 1 check
said "Going on without what apt does not have here: oclgrind."
said_not "  oclgrind "
said_not "left out"
asked 0 "^install .*oclgrind"

# Where apt has it by now, it is.
: >"$scratch/unknown"
quick 1 check
said "  oclgrind "
asked 1 "^install .*oclgrind"

# What nothing goes without.
rm -rf build
printf '%s\n' oclgrind libpng-dev >"$scratch/unknown"
quick 1
said "apt cannot install libpng-dev, which is needed"
said "E: Unable to locate package libpng-dev"
asked 0 "^install"
: >"$scratch/unknown"
: >"$scratch/broken"
quick 1
said "apt could not install what is needed: gcc"
asked 1 "^install"
rm -f "$scratch/broken"

# Nobody who may install.
quick 1 --no-install
said "Nothing is installed because of --no-install"
asked 0 ""
echo 1000 >"$scratch/user"
quick 1
said "you must be root, and there is no sudo. As root:"
said "apt-get install --no-install-recommends gcc"
asked 0 ""
rm -f "$scratch/bin/apt-get"
quick 1
said "this system has no apt"

finish
