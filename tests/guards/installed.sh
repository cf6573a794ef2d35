# installed.sh: compile and run against the tree that tests/guards/install.sh left, by pkg-config alone; sourced after guard.sh.
# SPDX-License-Identifier: Apache-2.0

installed=$top_builddir/tests/scratch/install/root
installed_pc=$(find "$installed" -name clnorm.pc 2>/dev/null | head -n 1)
[ -n "$installed_pc" ] || skip "tests/guards/install.sh left no tree"
installed_lib=$(dirname "$(dirname "$installed_pc")")

# The tree is a system root whose other parts are this system's own.
for folder in include lib lib64; do
	if [ -d /usr/$folder ] && [ ! -e "$installed/usr/$folder" ]; then
		mkdir -p "$installed/usr"
		ln -s /usr/$folder "$installed/usr/$folder"
	fi
done

installed_pkg()
{
	PKG_CONFIG_PATH=$(dirname "$installed_pc") PKG_CONFIG_SYSROOT_DIR=$installed $PKG_CONFIG "$@"
}

# installed_build OUT SOURCE: as a user would, warnings shown. The flags are words, so they are not quoted.
installed_build()
{
	$CC -Wall $CFLAGS -o "$1" "$2" $(installed_pkg --cflags --libs clnorm) 2>&1
}

# The same with the static library: libtool installs both, and a linker prefers the shared one, so that one is hidden.
installed_build_static()
{
	hidden=$scratch/static
	mkdir -p "$hidden"
	cp "$installed_lib/libclnorm.a" "$hidden/" || return 1
	flags=$(installed_pkg --static --cflags --libs clnorm | sed "s,-L$installed_lib\\>,-L$hidden,g")
	$CC -Wall $CFLAGS -o "$1" "$2" $flags 2>&1
}

installed_run()
{
	LD_LIBRARY_PATH=$installed_lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"
}
