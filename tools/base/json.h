/* json.h: prints JSON: commas, escapes and line breaks in one place.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdbool.h>
#include <stdio.h>

#define TOOL_JSON_DEPTH_MAX 16

/* Start from {.file = ...}. Values of an object are given with their key; values of an array with key NULL. */
struct tool_json {
	FILE *file;
	unsigned depth;                      /* of open objects and arrays */
	bool has_value[TOOL_JSON_DEPTH_MAX]; /* whether the level has one already */
};

void tool_json_open(struct tool_json *json, const char *key, char bracket); /* '{' or '[' */
void tool_json_close(struct tool_json *json, char bracket);                 /* '}' or ']' */

/* Bytes that are no UTF-8 become '?'. NULL becomes null. */
void tool_json_text(struct tool_json *json, const char *key, const char *text);
void tool_json_whole(struct tool_json *json, const char *key, unsigned long long value);
/* Six digits; null for NaN and infinity, which JSON does not have. */
void tool_json_number(struct tool_json *json, const char *key, double value);
void tool_json_flag(struct tool_json *json, const char *key, bool value);

#endif
