/* knobs.c: the table of tuned numbers, their defaults and limits; settings from text and back.
 * SPDX-License-Identifier: Apache-2.0 */
#include "decide/knobs.h"

#include <string.h>

/* Longest name and longest number of a setting, with room to spare. */
#define MOST_SETTING 48

static const size_t units[] = {1, 2, 4, 8, 16, 32, 64};
static const size_t unit_elements[] = {1024, 4096, 16384, 65536};
static const size_t chunks[] = {4096, 8192, 16384, 32768, 65536, 131072};
static const size_t blocks[] = {1024, 2048, 4096, 8192, 16384};
static const size_t pixel_blocks[] = {256, 512, 1024};
static const size_t vectors[] = {2, 4, 8, 16};
static const size_t nontemporal[] = {CLN_NONTEMPORAL_NEVER, CLN_NONTEMPORAL_ALWAYS};
static const size_t waves[] = {512, 1024, 4096, 16384, 65536, 1u << 30};
static const size_t groups[] = {64, 128, 256, 512, 1024};
static const size_t items[] = {1, 2, 4, 8};
static const size_t tiles[] = {2, 4, 8, 16, 32, 64};
static const size_t columns[] = {4, 8, 16, 32};

#define VALUES(list) list, sizeof(list) / sizeof((list)[0])

/* Defaults were measured with PoCL 3.1 and Intel's CPU runtime on two cores of a server CPU, f32, by the shapes of the
 * design's table; those of work-groups on an H200, f32 (bench/H200.md).
 * Limits: a block beyond 16384 elements, or 1024 pixels, would make its sums longer than the error bound was shown for,
 * one below 256 pixels the sums over blocks. */
const clnorm_knob_info cln_knob_table[CLN_KNOBS] = {
	[CLN_UNITS] = {"units", "work-items a core at most; enough that a slow core leaves its share to others", 16, 1,
                       256, 1, VALUES(units)},
	[CLN_UNIT_ELEMENTS] = {"unit-elements", "a work-item below this many elements costs more to start than to run",
                               16384, 256, 1u << 22, 1, VALUES(unit_elements)},
	[CLN_CHUNK] = {"chunk", "least elements of a chunk, all channels of a vector counted", 16384, 1024, 1u << 28, 1,
                       VALUES(chunks)},
	[CLN_BLOCK] = {"block", "elements that stay in the first-level cache between two sweeps", 4096, 512, 16384, 64,
                       VALUES(blocks)},
	[CLN_BLOCK_PIXELS] = {"block-pixels", "channels last: pixels that stay in the first-level cache", 256, 256,
                              1024, 16, VALUES(pixel_blocks)},
	[CLN_VECTOR] = {"vector", "elements a load: 2, 4, 8 or 16; 0: as wide as registers, 16 bytes on a GPU", 0, 2,
                        16, 0, VALUES(vectors)},
	[CLN_NONTEMPORAL] = {"nontemporal",
                             "stores past the caches: 1 never, 2 always; 0: where y would not stay there", 0, 1, 2, 1,
                             VALUES(nontemporal)},
	[CLN_WAVE_KIB] = {"wave-kib",
                          "KiB that a launch reads, so that a second read is served by a cache; 0: by its size", 0, 64,
                          1u << 30, 1, VALUES(waves)},
	[CLN_GROUP] = {"group", "work-items a group, as far as the device allows; 0: 32 to 1024 by the variant", 0, 1,
                       4096, 1, VALUES(groups)},
	[CLN_ITEMS] = {"items", "vectors that a work-item keeps; 0: 1 to 8 by the variant", 0, 1, 8, 1, VALUES(items)},
	[CLN_TILES] = {"tiles", "tiles of a group (group x items x vector) in a chunk, of which an instance has 256",
                       32, 1, 1024, 1, VALUES(tiles)},
	[CLN_COLUMNS] = {"columns",
                         "channels last, groups: work-items that take neighbouring vectors of a pixel; 0: 128 bytes", 0,
                         1, 1024, 1, VALUES(columns)},
};

struct cln_knobs cln_knobs_usual(void)
{
	struct cln_knobs knobs;
	for (size_t i = 0; i < CLN_KNOBS; ++i) {
		knobs.of[i] = cln_knob_table[i].usual;
	}
	return knobs;
}

/* The row that the setting's first `length` characters name; CLN_KNOBS: none. */
static size_t knob_find(const char *name, size_t length)
{
	size_t i = 0;
	while (i < CLN_KNOBS &&
	       (strlen(cln_knob_table[i].name) != length || memcmp(cln_knob_table[i].name, name, length) != 0)) {
		++i;
	}
	return i;
}

/* A step of 0 stands for powers of two. */
static bool is_within(const clnorm_knob_info *knob, size_t value)
{
	bool fits = knob->step == 0 ? (value & (value - 1)) == 0 : value % knob->step == 0;
	return value >= knob->least && value <= knob->most && fits;
}

/* A whole number of `length` digits without a leading zero; 0 for anything else, which no knob takes. */
static size_t number_parse(const char *digits, size_t length)
{
	size_t value = 0;
	if (length == 0 || length > 10 || digits[0] == '0') {
		return 0;
	}
	for (size_t i = 0; i < length; ++i) {
		if (digits[i] < '0' || digits[i] > '9') {
			return 0;
		}
		value = value * 10 + (size_t)(digits[i] - '0');
	}
	return value;
}

/* One setting, name=value, of `length` characters. */
static const char *setting_parse(const char *chars, size_t length, unsigned allowed, unsigned *seen,
                                 struct cln_knobs *knobs)
{
	const char *equals = memchr(chars, '=', length);
	size_t name_length = equals ? (size_t)(equals - chars) : length;
	size_t knob = length < MOST_SETTING ? knob_find(chars, name_length) : CLN_KNOBS;
	if (!equals || knob == CLN_KNOBS) {
		return "a setting is not knob=value with a known knob";
	}
	if (!(allowed & (1u << knob))) {
		return "the variant has no such knob";
	}
	if (*seen & (1u << knob)) {
		return "a knob is set twice";
	}
	size_t value = number_parse(equals + 1, length - name_length - 1);
	if (!is_within(&cln_knob_table[knob], value)) {
		return "a value is not within the knob's limits";
	}
	*seen |= 1u << knob;
	knobs->of[knob] = value;
	return NULL;
}

bool cln_knobs_parse(const char *chars, unsigned allowed, struct cln_knobs *knobs, const char **why_not)
{
	struct cln_knobs made = *knobs;
	unsigned seen = 0;
	while (*chars != '\0') {
		size_t length = strcspn(chars, " ");
		const char *fault = setting_parse(chars, length, allowed, &seen, &made);
		if (fault) {
			*why_not = fault;
			return false;
		}
		chars += length;
		if (*chars == ' ' && *++chars == '\0') {
			*why_not = "a blank at the end";
			return false;
		}
	}
	*knobs = made;
	return true;
}

void cln_knobs_print(const struct cln_knobs *knobs, struct cln_text *text)
{
	for (size_t i = 0; i < CLN_KNOBS; ++i) {
		if (knobs->of[i] != cln_knob_table[i].usual) {
			cln_text_add(text, " %s=%zu", cln_knob_table[i].name, knobs->of[i]);
		}
	}
}
