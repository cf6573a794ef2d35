# clnorm_opencl.m4: find OpenCL: pkg-config first, then header and library.
# SPDX-License-Identifier: Apache-2.0

# CLN_CHECK_OPENCL: sets OPENCL_CFLAGS, OPENCL_LIBS and cln_opencl (how it was found, for the summary), and what
# clnorm.pc says of it: CLNORM_PC_REQUIRES where OpenCL.pc exists, else CLNORM_PC_LIBS. Ends configure where there is none.
# OPENCL_CFLAGS and OPENCL_LIBS given by the user win (PKG_CHECK_MODULES honours them).
AC_DEFUN([CLN_CHECK_OPENCL], [
	CLNORM_PC_REQUIRES=
	CLNORM_PC_LIBS=
	PKG_CHECK_MODULES([OPENCL], [OpenCL],
		[CLNORM_PC_REQUIRES=OpenCL
		cln_opencl="pkg-config OpenCL, version `$PKG_CONFIG --modversion OpenCL 2>/dev/null`"],
		[case $host_os in
		darwin*) OPENCL_LIBS="-framework OpenCL" ;;
		*) OPENCL_LIBS=-lOpenCL ;;
		esac
		CLNORM_PC_LIBS=$OPENCL_LIBS
		cln_opencl="header and library, without pkg-config"])

	cln_cppflags_saved=$CPPFLAGS
	cln_libs_saved=$LIBS
	CPPFLAGS="$CPPFLAGS -DCL_TARGET_OPENCL_VERSION=120 $OPENCL_CFLAGS"
	LIBS="$OPENCL_LIBS $LIBS"
	AC_MSG_CHECKING([whether a program with OpenCL links])
	AC_LINK_IFELSE(
		[AC_LANG_PROGRAM([[
			#ifdef __APPLE__
			#include <OpenCL/cl.h>
			#else
			#include <CL/cl.h>
			#endif]],
			[[cl_uint count; return clGetPlatformIDs(0, 0, &count) != CL_SUCCESS;]])],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([OpenCL is needed: its header CL/cl.h and an ICD loader to link with.
  Debian and Ubuntu: apt install ocl-icd-opencl-dev
  elsewhere: set OPENCL_CFLAGS and OPENCL_LIBS])])
	CPPFLAGS=$cln_cppflags_saved
	LIBS=$cln_libs_saved

	AC_SUBST([CLNORM_PC_REQUIRES])
	AC_SUBST([CLNORM_PC_LIBS])
])
