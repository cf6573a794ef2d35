/* input.c: opens a file for reading, with its size and what its first bytes say it is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tools/base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	enum tool_input_kind kind;
	size_t length;
	const char *bytes;
} magics[] = {
	{TOOL_INPUT_NPY, 6, "\x93NUMPY"},
	{TOOL_INPUT_PNG, 8, "\x89PNG\r\n\x1a\n"},
	{TOOL_INPUT_ZIP, 4, "PK\x03\x04"},
};

static enum tool_input_kind kind_of(const char *first, size_t length)
{
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; ++i) {
		if (length >= magics[i].length && memcmp(first, magics[i].bytes, magics[i].length) == 0) {
			return magics[i].kind;
		}
	}
	return TOOL_INPUT_OTHER;
}

bool tool_input_open(const char *path, struct tool_input *input)
{
	struct tool_input opened = {0};
	struct stat facts;
	char first[8];
	bool is_done = false;
	/* Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &facts) != 0) {
		tool_report_fail("%s: cannot read: %s", path, strerror(errno));
		goto done;
	}
	if (!S_ISREG(facts.st_mode)) {
		tool_report_fail("%s: %s", path, S_ISDIR(facts.st_mode) ? "is a folder" : "is not a regular file");
		goto done;
	}
	opened.file = fdopen(fd, "rb");
	if (opened.file == NULL) {
		tool_report_fail("%s: cannot read: %s", path, strerror(errno));
		goto done;
	}
	fd = -1; /* the FILE owns it */
	opened.bytes = (unsigned long long)facts.st_size;
	opened.kind = kind_of(first, fread(first, 1, sizeof first, opened.file));
	rewind(opened.file);
	*input = opened;
	opened = (struct tool_input){0};
	is_done = true;
done:
	if (fd >= 0) {
		close(fd);
	}
	tool_input_clear(&opened);
	return is_done;
}

void tool_input_clear(struct tool_input *input)
{
	if (input->file != NULL) {
		fclose(input->file);
	}
	*input = (struct tool_input){0};
}
