/* tree.h: a JSON file read into memory as a tree of values.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TREE_H
#define TOOL_TREE_H

#include "tools/base/report.h"

enum tool_tree_kind {
	TOOL_TREE_NULL = 0,
	TOOL_TREE_FLAG,
	TOOL_TREE_NUMBER,
	TOOL_TREE_TEXT,
	TOOL_TREE_ARRAY,
	TOOL_TREE_OBJECT
};

/* A value. Members of an array or object hang from its first, each from the one before. */
struct tool_tree {
	enum tool_tree_kind kind;
	char *key;  /* within an object; else NULL */
	char *text; /* of TOOL_TREE_TEXT, in UTF-8 */
	double number;
	bool flag;
	struct tool_tree *first, *next;
};

/* Reads a file of one JSON value (RFC 8259), at most 64 MB and 64 levels deep. Reasons name file and line. */
TOOL_CHECKED bool tool_tree_load(const char *path, struct tool_tree **tree);

/* The same of a text; `name` stands in the place of the path in reasons. */
TOOL_CHECKED bool tool_tree_parse(const char *name, const char *text, struct tool_tree **tree);

/* Frees a tree with all that hangs from it; NULL is fine. */
void tool_tree_destroy(struct tool_tree *tree);

/* An object's member; NULL where there is none of this key and kind, and where tree is no object. */
const struct tool_tree *tool_tree_get(const struct tool_tree *tree, const char *key, enum tool_tree_kind kind);

/* A member's text, "" where there is none; a member's number, NaN where there is none. */
const char *tool_tree_text(const struct tool_tree *tree, const char *key);
double tool_tree_number(const struct tool_tree *tree, const char *key);

#endif
