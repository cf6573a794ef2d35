/* options.h: a program's command line as a table: parsing, --help, --version, and readers of the common values.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include "tools/base/report.h"

struct tool_option {
	const char *name;                           /* long name, without dashes */
	int letter;                                 /* short name; 0: none */
	const char *argument;                       /* what help calls the argument; NULL: the option takes none */
	const char *help;                           /* one line */
	bool (*read)(const char *text, void *into); /* stores the value; text is NULL without an argument */
	void *into;
};

struct tool_command {
	const char *program;
	const char *about; /* one line: what it does */
	const char *usage; /* what follows the program's name */
	const struct tool_option *options;
	size_t count;           /* of options; --help and --version are added */
	const char *more;       /* printed below the options in --help, or NULL */
	const char *repeatable; /* letters of options that may be given again; of others a second argument is refused */
};

#define TOOL_OPTIONS_MAX 32

/* A parse that leaves the program running. Any other result is the code to exit with; --help and --version are
 * answered here, and a usage error is printed here. */
#define TOOL_OPTIONS_GO (-1)
TOOL_CHECKED int tool_options_parse(const struct tool_command *command, int argc, char **argv);

/* Prints the kept reason as a usage error; returns TOOL_USAGE. */
int tool_options_refuse(const struct tool_command *command);

/* The value of a --layout, --dtype and so on, with a flag where "not given" is not one of the values. */
struct tool_dtype_choice {
	bool is_given;
	clnorm_dtype dtype;
};
struct tool_activation_choice {
	clnorm_activation activation;
	double slope;
};

struct tool_outside_choice {
	bool is_given;
	clnorm_outside outside;
};

/* What every program says of its device choice. */
#define TOOL_DEVICE_WORDS "gpu, cpu, accelerator, P:D or a part of a name"

/* Readers; `into` points to: */
bool tool_options_flag(const char *text, void *into);       /* bool, becomes true */
bool tool_options_text(const char *text, void *into);       /* const char *; "" is refused */
bool tool_options_file(const char *text, void *into);       /* the same of a path; "-" is refused too */
bool tool_options_choice(const char *text, void *into);     /* const char *; "" is a value: a device choice */
bool tool_options_count(const char *text, void *into);      /* size_t, 1 or more */
bool tool_options_bytes(const char *text, void *into);      /* unsigned long long, 1 or more; 64M, 2G: powers of 1024 */
bool tool_options_seed(const char *text, void *into);       /* unsigned long long */
bool tool_options_epsilon(const char *text, void *into);    /* double, finite, 0 or more */
bool tool_options_ddof(const char *text, void *into);       /* unsigned, 0 or 1 */
bool tool_options_outside(const char *text, void *into);    /* struct tool_outside_choice */
bool tool_options_dtype(const char *text, void *into);      /* struct tool_dtype_choice */
bool tool_options_layout(const char *text, void *into);     /* clnorm_layout */
bool tool_options_activation(const char *text, void *into); /* struct tool_activation_choice */
bool tool_options_variant(const char *text, void *into);    /* const char *, a name in the variant table */
bool tool_options_geometry(const char *text, void *into);   /* const char *, such a name, and settings of its knobs */

#endif
