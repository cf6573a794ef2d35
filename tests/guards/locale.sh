#!/bin/sh
# locale.sh: names and numbers are read and written alike in every locale: whole test programs in a Turkish one, where
# the small letter of I is none of ASCII, and in a German one, whose decimal point is a comma.
# SPDX-License-Identifier: Apache-2.0
test=locale
. "$(dirname "$0")/guard.sh"
scratch_make

command -v localedef >/dev/null 2>&1 || skip "no localedef to make locales with"
for locale in tr_TR de_DE; do
	localedef -i $locale -f UTF-8 "$scratch/$locale.UTF-8" >/dev/null 2>&1 ||
		skip "localedef cannot make $locale.UTF-8 (Debian's package locales has what it is made of)"
done
LOCPATH=$scratch
CLNORM_TEST_LOCALE=1
export LOCPATH CLNORM_TEST_LOCALE
unset LC_ALL LANGUAGE

cd "$scratch" || exit 1
for locale in tr_TR de_DE; do
	for program in pure/test_activation pure/test_ascii \
		fake/test_discovery pure/test_number fake/test_records pure/test_settings pure/test_tuning pure/test_types; do
		log=${program##*/}.log
		LC_ALL=$locale.UTF-8 "$top_builddir/tests/$program" >"$log" 2>&1 ||
			fail "$program in $locale.UTF-8: $(tail -n 1 "$log")"
	done
done
finish
