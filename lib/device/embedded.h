/* embedded.h: the kernel sources of cl/, as cl/embed.sh puts them into the library.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLN_EMBEDDED_H
#define CLN_EMBEDDED_H

#include <stddef.h>

/* One file. Lines, as C11 promises only 4095 characters a literal; each ends in a newline. The first one is
 * #line 1 "cl/x.cl", so that a compiler's log names the file and its own line numbers. */
struct cln_source {
	const char *name;         /* "cl/types.cl" */
	const char *const *lines; /* what clCreateProgramWithSource() takes */
	size_t line_count;
};

/* All files, in the order of Makefile.am. */
extern const struct cln_source cln_sources[];
extern const size_t cln_source_count;

/* Hexadecimal digest of all of them, taken at build time: part of the key of whatever is kept of a compiled program. */
extern const char cln_sources_digest[];

#endif
