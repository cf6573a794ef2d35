#!/bin/sh
# systems.sh: clnorm on other systems: each is made from nothing, then a newcomer types what README.md shows.
# SPDX-License-Identifier: Apache-2.0
#
# usage: systems.sh [--again] [--into FOLDER] [--keep] [--no-check] SUITE...
#
# SUITE is a release of the archive that apt reads here (trixie, forky, bookworm). debootstrap makes the least of it in
# FOLDER/SUITE, build/systems by default; the tree, without its build, is put there, and in it run ./quickstart as a user
# who may install nothing, ./quickstart as root, the commands that README.md prints (newcomer.sh), and ./quickstart check.
# A system is of 2 GB and more by then.
#   --again      where systems.sh has made the system before, only the tree is put there anew; packages and build stay
#   --keep       the lines go to tests/SYSTEMS.md too
#   --no-check   without ./quickstart check
# One line a system; all output is in FOLDER/SUITE.log. Exit 0: all is right; 1: not; 2: an unknown option or suite;
# 77: no system can be made here, and why.
#
# What a network needs is handed in, whatever it is: apt's proxies and certificates, pip's settings, variables that name
# certificates or proxies, and the files that they name.
test=systems
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
. "$top_srcdir/tests/guards/guard.sh"
cd "$top_srcdir" || exit 1

again=no
check=yes
keep=no
into=$top_builddir/systems
suites=
scripts=/usr/share/debootstrap/scripts
handed='PIP_[A-Z_]*|[A-Za-z_]*(proxy|PROXY)|[A-Z_]*(CERT|CA_BUNDLE)[A-Z_]*'

usage()
{
	echo "systems: $*; see the head of tests/systems.sh" >&2
	exit 2
}

read_options()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--again) again=yes ;;
		--keep) keep=yes ;;
		--no-check) check=no ;;
		--into)
			[ $# -gt 1 ] || usage "--into needs a folder"
			into=$2
			shift
			;;
		*[!a-z0-9]* | "") usage "\"$1\" is no option and no suite" ;;
		*) suites="$suites $1" ;;
		esac
		shift
	done
	[ -n "$suites" ] || usage "which suite?"
	[ $keep$check != yesno ] || usage "--keep needs the check"
}

# ---- What must be here --------------------------------------------------------------------------------------------

need_program()
{
	command -v "$1" >/dev/null 2>&1 || skip "there is no $1 (Debian, Ubuntu: apt install $2)"
}

look_around()
{
	[ "$(id -u)" -eq 0 ] || skip "only root can make a system"
	need_program debootstrap debootstrap
	need_program wget wget
	need_program git git
	unshare --mount --pid --fork true 2>/dev/null || skip "this root may not mount (unshare --mount --pid)"
	mirror=$(apt-get indextargets --format '$(LABEL) $(COMPONENT) $(SITE)' 2>/dev/null |
		$AWK '$1 !~ /[Ss]ecurity/ && $2 == "main" { print $NF; exit }')
	[ -n "$mirror" ] || skip "apt has no lists of an archive here (apt-get update)"
	# wget knows no settings of apt's.
	for protocol in http https; do
		eval "proxy=\${${protocol}_proxy:-}"
		[ -n "$proxy" ] || eval "$(apt-config shell proxy "Acquire::$protocol::Proxy")"
		[ -z "$proxy" ] || export "${protocol}_proxy=$proxy"
	done
}

# All suites before the first is made. wget: 8 is an answer, but not the file.
look_for_suites()
{
	for suite in $suites; do
		wget -q --tries=2 --timeout=30 --spider "$mirror/dists/$suite/Release"
		case $? in
		0) ;;
		8) usage "$mirror has no suite $suite" ;;
		*) skip "$mirror cannot be reached" ;;
		esac
	done
}

# ---- A system -----------------------------------------------------------------------------------------------------

# alone COMMAND...: with a table of mounts and processes of its own, which end with it, whatever ends it or this script.
alone()
{
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@" &
	child=$!
	wait $child
}

stop_child()
{
	[ -z "${child:-}" ] || kill -KILL "$child" 2>/dev/null
	exit "$1"
}

# enter COMMAND...: in the system, in the tree.
enter()
{
	# shellcheck disable=SC2016
	alone sh -c '
		root=$1
		shift
		mount -t proc proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" || exit 1
		exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LANG=C.UTF-8 sh -c ". /srv/handed && cd /srv/clnorm && exec \"\$@\"" - "$@"' - "$root" "$@"
}

is_mounted_below()
{
	$AWK -v root="$1/" '{ gsub(/\\040/, " ", $5) } index($5, root) == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo
}

# Nothing is removed that this script has not made, or that holds something of another place.
remove_system()
{
	if [ ! -e "$root/made-by-systems.sh" ]; then
		echo "$root is there, and was not made by systems.sh: left alone"
		return 1
	fi
	if is_mounted_below "$root"; then
		echo "something is mounted below $root: left alone"
		return 1
	fi
	rm -rf --one-file-system "$root"
}

make_system()
{
	if [ -e "$root" ]; then
		[ $again = no ] || [ ! -e "$root/srv/handed" ] || return 0
		remove_system || return 1
	fi
	mkdir -p "$root" && : >"$root/made-by-systems.sh" || return 1
	# A release that is newer than debootstrap is made as the newest that it knows.
	script=
	[ -e "$scripts/$suite" ] || script=$scripts/sid
	include=
	case $mirror in
	https:*) include=--include=ca-certificates ;;
	esac
	# shellcheck disable=SC2086
	alone debootstrap --variant=minbase $include "$suite" "$root" "$mirror" $script >>"$log" 2>&1 ||
		{ echo "debootstrap failed" && return 1; }
}

hand_in()
{
	apt-config dump | grep -Ei '^Acquire::.*(proxy|CaInfo|CaPath|Verify)' >"$root/etc/apt/apt.conf.d/90handed"
	for file in /etc/pip.conf /etc/hosts /etc/resolv.conf; do
		[ ! -f "$file" ] || { mkdir -p "$root$(dirname "$file")" && cp "$file" "$root$file"; } || return 1
	done
	export -p | grep -E "^export ($handed)=" >"$root/srv/handed"
	# A file that a variable names lies where no package of the system writes: ca-certificates makes its bundle anew.
	env | sed -nE "s/^($handed)=(\/.*)/\\1 \\4/p" | while read -r name file; do
		[ ! -f "$file" ] || { cp "$file" "$root/srv/handed-$name" &&
			echo "export $name=/srv/handed-$name" >>"$root/srv/handed"; } || exit 1
	done || return 1
	return 0
}

put_tree()
{
	tree=$root/srv/clnorm
	mkdir -p "$tree"
	find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf --one-file-system '{}' +
	git ls-files -co --exclude-standard -z | tar --null --ignore-failed-read -T - -cf - 2>>"$log" | tar -xf - -C "$tree"
}

# ---- What is tried there ------------------------------------------------------------------------------------------

minutes()
{
	printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
}

# step WANTED COMMAND...: its exit code must be that; $took are its seconds.
step()
{
	wanted=$1
	shift
	echo "==== $*" >>"$log"
	took=$(date +%s)
	enter "$@" >>"$log" 2>&1
	code=$?
	took=$(($(date +%s) - took))
	echo "==== exit $code, $(minutes $took)" >>"$log"
	[ $code -eq "$wanted" ] || fail "$suite: $*: exit $code, not $wanted; see $log"
}

# In a copy that is not root's: what is missing, and who may install it.
try_without_right()
{
	# shellcheck disable=SC2016
	step 1 sh -c 'rm -rf /tmp/clnorm && cp -a . /tmp/clnorm && rm -rf /tmp/clnorm/build && chown -R 1000:1000 /tmp/clnorm &&
		cd /tmp/clnorm && HOME=/tmp exec setpriv --reuid 1000 --regid 1000 --clear-groups ./quickstart'
	grep -q 'you must be root, and there is no sudo. As root:' "$log" ||
		fail "$suite: ./quickstart without the right to install does not say so; see $log"
}

try_system()
{
	root=$into/$suite
	log=$into/$suite.log
	: >"$log"
	why=$(make_system 2>&1 && hand_in 2>&1 && put_tree 2>&1) || { fail "$suite: $why; see $log" && return; }
	# Where packages are there from a former time, a user needs none.
	[ $again = yes ] || try_without_right
	step 0 ./quickstart
	quickstart_took=$took
	step 0 sh tests/newcomer.sh
	check_took=0
	rm -f "$root/srv/clnorm/build/totals"
	[ $check = no ] || { step 0 ./quickstart check && check_took=$took; }
	tell_system
}

# ---- The table ----------------------------------------------------------------------------------------------------

# version PACKAGE: the one of its authors, without Debian's additions.
version()
{
	chroot "$root" dpkg-query -W -f '${source:Upstream-Version}\n' "$1" 2>/dev/null | sed -e 's/[+~].*//' -e '/^$/d' | head -n 1 |
		grep . || echo -
}

# llvm PACKAGE: of the LLVM that it is made with, which is linked to it, or whose clang it starts.
llvm()
{
	number=$(chroot "$root" dpkg-query -W -f '${Depends}\n' "$1" 2>/dev/null | grep -oE '(libllvm|clang-)[0-9]+' | head -n 1 |
		grep -o '[0-9]*$')
	[ -z "$number" ] || version "libllvm$number"
}

# The largest of what the tests of numbers say of a variant and type, in parts of what is allowed there.
worst()
{
	find "$root/srv/clnorm/build/tests" "$root/srv/clnorm/build/devices" -name '*.log' -exec \
		sed -n 's/.*worst share of the tolerance \([0-9.]*\).*/\1/p' '{}' + 2>/dev/null | sort -g | tail -n 1 | grep . || echo -
}

tell_system()
{
	pocl=$(version pocl-opencl-icd)
	pocl_llvm=$(llvm 'libpocl*')
	mesa=$(version mesa-opencl-icd)
	mesa_llvm=$(llvm mesa-opencl-icd)
	gcc=$(chroot "$root" gcc -dumpfullversion 2>/dev/null || echo -)
	clblast=$(version libclblast-dev)
	hdf5=$(version libhdf5-dev)
	loader=$(version ocl-icd-libopencl1)
	commands=$(sed -n 's/^newcomer: \([0-9]* of [0-9]*\) .*/\1/p' "$log" | tail -n 1)
	counted=$(tail -n 1 "$root/srv/clnorm/build/totals" 2>/dev/null)
	[ $check = yes ] && [ -n "$counted" ] || counted="not checked"
	error=$(worst)
	echo "$suite: PoCL $pocl (LLVM ${pocl_llvm:--}), Mesa $mesa (LLVM ${mesa_llvm:--}), GCC $gcc, CLBlast $clblast, HDF5 $hdf5," \
		"ocl-icd $loader: $counted; worst error $error of what is allowed; README's commands ${commands:--};" \
		"quickstart $(minutes $quickstart_took), check $(minutes $check_took)"
	[ $keep = no ] || keep_row "| $suite | $(date +%Y-%m-%d), $(git rev-parse --short HEAD) | $pocl, ${pocl_llvm:--} |" \
		"$mesa, ${mesa_llvm:--} | $gcc | $clblast | $hdf5 | $loader | ${commands:--} | $counted | $error |" \
		"$(minutes $quickstart_took), $(minutes $check_took) |"
}

# In the place of the suite's own row, or at the end.
keep_row()
{
	row=$* $AWK -v suite="| $suite |" '
		index($0, suite) == 1 { $0 = ENVIRON["row"]; done = 1 }
		{ print }
		END { if (!done) print ENVIRON["row"] }' tests/SYSTEMS.md >"$into/SYSTEMS.md" && cp "$into/SYSTEMS.md" tests/SYSTEMS.md
}

read_options "$@"
look_around
look_for_suites
mkdir -p "$into" || exit 1
into=$(cd "$into" && pwd)
trap 'stop_child 129' HUP
trap 'stop_child 130' INT
trap 'stop_child 143' TERM
for suite in $suites; do
	try_system
done
finish
