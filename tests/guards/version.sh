#!/bin/sh
# version.sh: configure, header macros, pkg-config, the library at run time and every program name one version.
# SPDX-License-Identifier: Apache-2.0
test=version
. "$(dirname "$0")/guard.sh"
. "$top_srcdir/tests/guards/installed.sh"
scratch_make

[ "$(installed_pkg --modversion clnorm)" = "$version" ] ||
	fail "pkg-config says $(installed_pkg --modversion clnorm); configure says $version"

cat >"$scratch/version.c" <<'END'
#include <stdio.h>
#include <clnorm/clnorm.h>

int main(void)
{
	printf("%s\n%d.%d.%d\n%s\n", CLNORM_VERSION, CLNORM_VERSION_MAJOR, CLNORM_VERSION_MINOR, CLNORM_VERSION_PATCH,
	       clnorm_version());
	return 0;
}
END
installed_build "$scratch/version" "$scratch/version.c" >"$scratch/log" || {
	cat "$scratch/log"
	fail "a program of one call does not build"
	finish
}
for said in $(installed_run "$scratch/version"); do
	[ "$said" = "$version" ] || fail "header or library says $said; configure says $version"
done

for program in $(find "$installed" -path '*/bin/*' -type f -name 'clnorm-*'); do
	said=$(installed_run "$program" --version 2>&1 | head -n 1)
	case $said in
	*" $version" | *" $version "*) ;;
	*) fail "$(basename "$program") --version says \"$said\"; configure says $version" ;;
	esac
done

finish
