# clnorm_warnings.m4: add a compiler or linker flag where it is understood.
# SPDX-License-Identifier: Apache-2.0

# CLN_COMPILER_FLAGS(VARIABLE, FLAGS): appends to VARIABLE each of FLAGS that the C compiler takes without complaint.
# -Werror turns the "unknown option" warning of clang into the failure that gcc reports by itself.
AC_DEFUN([CLN_COMPILER_FLAGS], [
	AC_LANG_ASSERT([C])
	for cln_flag in $2; do
		AC_MSG_CHECKING([whether $CC takes $cln_flag])
		cln_cflags_saved=$CFLAGS
		CFLAGS="$CFLAGS -Werror $cln_flag"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes])
			$1="$$1 $cln_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$cln_cflags_saved
	done
	AC_SUBST([$1])
])

# CLN_LINKER_FLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([CLN_LINKER_FLAGS], [
	AC_LANG_ASSERT([C])
	for cln_flag in $2; do
		AC_MSG_CHECKING([whether the linker takes $cln_flag])
		cln_ldflags_saved=$LDFLAGS
		LDFLAGS="$LDFLAGS $cln_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes])
			$1="$$1 $cln_flag"],
			[AC_MSG_RESULT([no])])
		LDFLAGS=$cln_ldflags_saved
	done
	AC_SUBST([$1])
])
