/* test_tuning.c: knobs and tuning records as text: round trips, look-ups, merges, and every kind of bad record.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/tuning.h"
#include "tests/kit/expect.h"
#include "tests/kit/main.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct cln_identity identity = {"9.8.7", "00112233", "A platform", "A device (R)", "1.2 beta", 12};

/* By hand, so that the expectations are not the printer's. */
#define FACTS(version)                                                                                                 \
	"clnorm-tuning " version "\nclnorm 9.8.7\nsources 00112233\nplatform A platform\ndevice A device (R)\n"        \
	"driver 1.2 beta\nunits 12\n"
#define OLD_HEAD FACTS("1")
#define HEAD FACTS("2")
#define ROWS "entry forward f32 nchw 4 64 65536 64 5470.5 5012 rows units=8 block=2048\n"
#define SPLIT "entry backward f16 nchw 1 3 2073600 3 90 80 rows-split chunk=65536 nontemporal=2\n"
#define SCAN "entry apply bf16 nhwc 2 2 2147483647 2 0 0 scan-split\n"

static struct cln_text said;

static void setup(void)
{
	said = (struct cln_text){0};
}

static void teardown(void)
{
	cln_text_clear(&said);
}

static bool parse(struct cln_tuning *tuning, const char *record)
{
	cln_text_clear(&said);
	return cln_tuning_parse(tuning, record, strlen(record), &identity, &said);
}

static struct cln_problem problem_of(size_t n, size_t c, size_t s)
{
	return (struct cln_problem){.n = n, .c = c, .s = s, .groups = c, .dtype = CLNORM_F32, .layout = CLNORM_NCHW};
}

START_TEST(record_is_read)
{
	struct cln_tuning tuning = {0};
	struct cln_problem p = problem_of(4, 64, 65536), other = p;
	ck_assert_msg(parse(&tuning, HEAD "# a remark\n" ROWS SPLIT SCAN "end 3\n"), "%s", cln_text_chars(&said));
	ck_assert_str_eq(cln_text_chars(&said), "");
	ck_assert_uint_eq(tuning.count, 3);
	const struct cln_tuned *entry = cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD);
	ck_assert_ptr_nonnull(entry);
	ck_assert_str_eq(entry->variant->info.name, "rows");
	ck_assert_uint_eq(entry->knobs.of[CLN_UNITS], 8);
	ck_assert_uint_eq(entry->knobs.of[CLN_BLOCK], 2048);
	ck_assert_uint_eq(entry->knobs.of[CLN_CHUNK], cln_knobs_usual().of[CLN_CHUNK]);
	ck_assert(entry->usual_us == 5470.5 && entry->tuned_us == 5012);
	/* Anything else about it, and it is another problem. */
	ck_assert_ptr_null(cln_tuning_find(&tuning, &p, CLNORM_OP_BACKWARD));
	other.n = 5;
	ck_assert_ptr_null(cln_tuning_find(&tuning, &other, CLNORM_OP_FORWARD));
	other = p;
	other.s = 65535;
	ck_assert_ptr_null(cln_tuning_find(&tuning, &other, CLNORM_OP_FORWARD));
	other = p;
	other.dtype = CLNORM_F16;
	ck_assert_ptr_null(cln_tuning_find(&tuning, &other, CLNORM_OP_FORWARD));
	other = p;
	other.layout = CLNORM_NHWC;
	ck_assert_ptr_null(cln_tuning_find(&tuning, &other, CLNORM_OP_FORWARD));
	other = p;
	other.groups = 32;
	ck_assert_ptr_null(cln_tuning_find(&tuning, &other, CLNORM_OP_FORWARD));
	cln_tuning_clear(&tuning);
	ck_assert_ptr_null(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD));
}
END_TEST

/* Entries of the same shape and other groups, side by side. */
START_TEST(groups)
{
	struct cln_tuning tuning = {0};
	struct cln_problem p = problem_of(4, 64, 65536);
	ck_assert_msg(parse(&tuning, HEAD "entry forward f32 nchw 4 64 65536 1 5 4 rows-split\n" ROWS
	                                  "entry forward f32 nchw 4 64 65536 32 5 4 resident\nend 3\n"),
	              "%s", cln_text_chars(&said));
	ck_assert_uint_eq(tuning.count, 3);
	ck_assert_str_eq(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD)->variant->info.name, "rows");
	p.groups = 32;
	ck_assert_str_eq(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD)->variant->info.name, "resident");
	p.groups = 1;
	ck_assert_str_eq(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD)->variant->info.name, "rows-split");
	p.groups = 2;
	ck_assert_ptr_null(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD));
	cln_tuning_clear(&tuning);
}
END_TEST

/* A record from before there were groups is of instance norm, and is written anew with them. */
START_TEST(record_without_groups)
{
	struct cln_tuning tuning = {0};
	struct cln_text text = {0};
	struct cln_problem p = problem_of(4, 64, 65536);
	ck_assert_msg(parse(&tuning, OLD_HEAD "entry forward f32 nchw 4 64 65536 5470.5 5012 rows units=8 block=2048\n"
	                                      "end 1\n"),
	              "%s", cln_text_chars(&said));
	ck_assert_str_eq(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD)->variant->info.name, "rows");
	p.groups = 1;
	ck_assert_ptr_null(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD));
	cln_tuning_print(&tuning, &identity, &text);
	ck_assert_ptr_nonnull(strstr(text.chars, HEAD));
	ck_assert_ptr_nonnull(strstr(text.chars, "\n" ROWS "end 1 "));
	cln_text_clear(&text);
	cln_tuning_clear(&tuning);
}
END_TEST

/* What is printed reads as it was, entries in their order, and prints the same again. */
START_TEST(round_trip)
{
	struct cln_tuning tuning = {0}, again = {0};
	struct cln_text one = {0}, two = {0};
	ck_assert(parse(&tuning, HEAD SPLIT SCAN ROWS "end 3\n"));
	cln_tuning_print(&tuning, &identity, &one);
	ck_assert_int_eq(strncmp(one.chars, HEAD, strlen(HEAD)), 0);
	ck_assert_ptr_nonnull(strstr(one.chars, ROWS SCAN SPLIT "end 3 "));
	ck_assert_msg(parse(&again, one.chars), "%s", cln_text_chars(&said));
	cln_tuning_print(&again, &identity, &two);
	ck_assert_str_eq(one.chars, two.chars);
	cln_text_clear(&one);
	cln_text_clear(&two);
	cln_tuning_clear(&tuning);
	cln_tuning_clear(&again);
}
END_TEST

/* A name with a line's end in it cannot forge a line. */
START_TEST(strange_names)
{
	struct cln_tuning tuning = {0};
	struct cln_text text = {0};
	struct cln_identity strange = identity;
	strange.device = "A\nend 0\x7f\x01 device";
	cln_tuning_print(&tuning, &strange, &text);
	ck_assert_ptr_nonnull(strstr(text.chars, "device A?end 0?? device\n"));
	ck_assert(cln_tuning_parse(&tuning, text.chars, text.length, &strange, &said));
	cln_text_clear(&text);
}
END_TEST

START_TEST(merging)
{
	struct cln_tuning tuning = {0};
	struct cln_problem p = problem_of(4, 64, 65536);
	ck_assert(parse(&tuning, HEAD ROWS SPLIT "end 2\n"));
	ck_assert(parse(&tuning, HEAD "entry forward f32 nchw 4 64 65536 64 10 9 rows-split\n" SCAN "end 2\n"));
	ck_assert_uint_eq(tuning.count, 3);
	ck_assert_str_eq(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD)->variant->info.name, "rows-split");
	/* A record that is refused leaves all as it was. */
	ck_assert(!parse(&tuning, HEAD ROWS "end 2\n"));
	ck_assert_uint_eq(tuning.count, 3);
	ck_assert_str_eq(cln_tuning_find(&tuning, &p, CLNORM_OP_FORWARD)->variant->info.name, "rows-split");
	cln_tuning_clear(&tuning);
}
END_TEST

START_TEST(too_many)
{
	struct cln_tuning tuning = {0};
	struct cln_text text = {0};
	cln_text_add(&text, "%s", HEAD);
	for (size_t i = CLN_TUNING_ENTRIES + 1; i > 0; i--) {
		cln_text_add(&text, "entry forward f32 nchw 1 1 %zu 1 2 1 rows\n", i);
	}
	cln_text_add(&text, "end %d\n", CLN_TUNING_ENTRIES + 1);
	ck_assert(!parse(&tuning, text.chars));
	ck_assert_ptr_nonnull(strstr(said.chars, "too many"));
	ck_assert_uint_eq(tuning.count, 0);
	cln_text_clear(&text);
}
END_TEST

static const struct {
	const char *record, *says;
} bad_records[] = {
	{"", "line 1: the record is cut off"},
	{"clnorm-tuning 1", "line 1: it has no end"},
	{"clnorm-tuning 3\n", "line 1: it is neither clnorm-tuning 2 nor clnorm-tuning 1"},
	{"clnorm-tuning 0\n", "line 1: it is neither"},
	{"clnorm-tuning 2 \n", "line 1: it is neither"},
	{"\x7f"
         "ELF\x02\x01\n",
         "line 1: it is not text"},
	{"clnorm-tuning 1\nclnorm 9.8.6\n", "it is for clnorm 9.8.6; this is 9.8.7"},
	{"clnorm-tuning 1\nclnorm 9.8.7\nsources 4711\n", "it is for sources 4711; this is 00112233"},
	{"clnorm-tuning 1\nclnorm 9.8.7\nsources 00112233\nplatform Other\n", "for platform Other; this is A platform"},
	{"clnorm-tuning 1\nclnorm 9.8.7\nsources 00112233\nplatform A platform\ndevice Foe\n", "for device Foe; this"},
	{"clnorm-tuning 1\nclnorm 9.8.7\nsources 00112233\nplatform A platform\ndevice A device (R)\ndriver 1.3\n",
         "for driver 1.3; this is 1.2 beta"},
	{"clnorm-tuning 1\nclnorm 9.8.7\nsources 00112233\nplatform A platform\ndevice A device (R)\n"
         "driver 1.2 beta\nunits 2\n",
         "for units 2; this is 12"},
	{"clnorm-tuning 1\nsources 00112233\n", "line 2: a line of the head is missing"},
	{HEAD, "line 8: the record is cut off"},
	{HEAD ROWS, "line 9: the record is cut off"},
	{HEAD ROWS "end 1", "line 9: it has no end"},
	{HEAD ROWS "end 2\n", "line 9: it does not have as many entries"},
	{HEAD ROWS "end -1\n", "line 9: it does not have as many entries"},
	{HEAD ROWS "end 1 0000000000000000\n", "line 9: the record is damaged"},
	{HEAD ROWS "end 1\nend 1\n", "line 9: something follows the end"},
	{HEAD "\nend 0\n", "line 8: it begins with an unknown word"},
	{HEAD "Entry forward\nend 1\n", "line 8: it begins with an unknown word"},
	{HEAD "entry\nend 1\n", "line 8: an op, dtype or layout is unknown"},
	{HEAD "entry sideways f32 nchw 4 64 65536 64 2 1 rows\nend 1\n", "line 8: an op, dtype or layout"},
	{HEAD "entry forward f31 nchw 4 64 65536 2 1 rows\nend 1\n", "line 8: an op, dtype or layout"},
	{HEAD "entry forward f32 nchw 0 64 65536 2 1 rows\nend 1\n", "line 8: a shape is not"},
	{HEAD "entry forward f32 nchw -4 64 65536 2 1 rows\nend 1\n", "line 8: a shape is not"},
	{HEAD "entry forward f32 nchw 4 064 65536 2 1 rows\nend 1\n", "line 8: a shape is not"},
	{HEAD "entry forward f32 nchw 4 64 18446744073709551616 2 1 rows\nend 1\n", "line 8: a shape is not"},
	{HEAD "entry forward f32 nchw 4 64 18446744073709551617 2 1 rows\nend 1\n", "line 8: a shape is not"},
	{HEAD "entry forward f32 nchw 4 64 1e4 2 1 rows\nend 1\n", "line 8: a shape is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 0 2 1 rows\nend 1\n",
         "line 8: groups is not a whole number that divides C"},
	{HEAD "entry forward f32 nchw 4 64 65536 5 2 1 rows\nend 1\n", "line 8: groups is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 128 2 1 rows\nend 1\n", "line 8: groups is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 -1 2 1 rows\nend 1\n", "line 8: groups is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 2.5 1 rows\nend 1\n", "line 8: groups is not"},
	{OLD_HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows\nend 1\n", "line 8: there is no variant named 1"},
	{OLD_HEAD "entry forward f32 nchw 4 0 65536 2 1 rows\nend 1\n", "line 8: a shape is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 nan 1 rows\nend 1\n", "line 8: a time is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 1e999 1 rows\nend 1\n", "line 8: a time is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 -1 rows\nend 1\n", "line 8: a time is not"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1\nend 1\n", "line 8: there is no variant named "},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 columns\nend 1\n", "line 8: there is no variant named columns"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 scan\nend 1\n", "line 8: the variant cannot do this"},
	{HEAD "entry apply f32 nchw 4 64 65536 64 2 1 rows\nend 1\n", "line 8: the variant cannot do this"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows chunk=4096\nend 1\n",
         "line 8: rows chunk=4096: the variant has"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=8 units=8\nend 1\n", "a knob is set twice"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units\nend 1\n", "a setting is not knob=value"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows  units=8\nend 1\n", "a setting is not knob=value"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=8 \nend 1\n", "a blank at the end"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=0\nend 1\n", "a value is not within"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=-1\nend 1\n", "a value is not within"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=08\nend 1\n", "a value is not within"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=NaN\nend 1\n", "a value is not within"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=257\nend 1\n", "a value is not within"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows units=99999999999999999999\nend 1\n",
         "a value is not within"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows block=1000\nend 1\n", "a value is not within"},
	{HEAD "entry forward f32 nchw 4 64 65536 64 2 1 rows vector=3\nend 1\n", "a value is not within"},
};

START_TEST(bad_record)
{
	struct cln_tuning tuning = {0};
	ck_assert_msg(!parse(&tuning, bad_records[_i].record), "it was taken");
	ck_assert_msg(strstr(cln_text_chars(&said), bad_records[_i].says) != NULL, "no '%s' in: %s",
	              bad_records[_i].says, cln_text_chars(&said));
	ck_assert_uint_eq(tuning.count, 0);
}
END_TEST

/* A line of any length, of letters or of zeros; a reason stays one line of text. */
START_TEST(long_lines)
{
	const size_t lengths[] = {CLN_TUNING_LINE - 10, CLN_TUNING_LINE + 1, 100000};
	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (int zero = 0; zero < 2; zero++) {
			struct cln_tuning tuning = {0};
			char *record = malloc(sizeof(HEAD) + lengths[i] + 16);
			strcpy(record, HEAD);
			memset(record + strlen(HEAD), zero ? 0 : 'e', lengths[i]);
			strcpy(record + sizeof(HEAD) - 1 + lengths[i], "\nend 1\n");
			cln_text_clear(&said);
			ck_assert(!cln_tuning_parse(&tuning, record, sizeof(HEAD) - 1 + lengths[i] + 7, &identity,
			                            &said));
			ck_assert_ptr_nonnull(strstr(said.chars, "line 8: it "));
			ck_assert_uint_lt(said.length, 300);
			ck_assert_ptr_null(strchr(said.chars, '\n'));
			free(record);
		}
	}
}
END_TEST

/* Every bit of every byte turned over, and every length cut off: none is taken, and none harms. */
START_TEST(every_bit)
{
	struct cln_tuning tuning = {0}, none = {0};
	struct cln_text record = {0};
	ck_assert(parse(&tuning, HEAD "# remark\n" ROWS SPLIT SCAN "end 3\n"));
	cln_tuning_print(&tuning, &identity, &record);
	for (size_t at = 0; at < record.length; at++) {
		for (int bit = 0; bit < 8; bit++) {
			record.chars[at] ^= (char)(1 << bit);
			cln_text_clear(&said);
			ck_assert_msg(!cln_tuning_parse(&none, record.chars, record.length, &identity, &said),
			              "bit %d of byte %zu", bit, at);
			ck_assert_uint_gt(said.length, 0);
			record.chars[at] ^= (char)(1 << bit);
		}
		cln_text_clear(&said);
		ck_assert_msg(!cln_tuning_parse(&none, record.chars, at, &identity, &said), "%zu bytes", at);
	}
	ck_assert_uint_eq(none.count, 0);
	cln_text_clear(&record);
	cln_tuning_clear(&tuning);
}
END_TEST

/* The table itself: names are words, and what is worth trying may be set. */
START_TEST(knobs)
{
	for (size_t i = 0; i < CLN_KNOBS; i++) {
		const clnorm_knob_info *knob = &cln_knob_table[i];
		ck_assert_uint_eq(strspn(knob->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(knob->name));
		ck_assert_uint_gt(strlen(knob->text), 0);
		ck_assert(knob->usual == 0 || (knob->usual >= knob->least && knob->usual <= knob->most));
		ck_assert_uint_gt(knob->value_count, 0);
		for (size_t k = 0; k <= knob->value_count; k++) {
			struct cln_knobs set = cln_knobs_usual();
			const char *why = "";
			char text[64];
			size_t value = k < knob->value_count ? knob->values[k] : knob->most;
			snprintf(text, sizeof(text), "%s=%zu", knob->name, value);
			ck_assert_msg(cln_knobs_parse(text, ~0u, &set, &why), "%s: %s", text, why);
			ck_assert_uint_eq(set.of[i], value);
		}
	}
	/* Every knob is some variant's, and no variant has an unknown one. */
	unsigned all = 0;
	for (size_t i = 0; i < CLN_VARIANT_COUNT; i++) {
		all |= cln_variants[i]->info.knobs;
	}
	ck_assert_uint_eq(all, (1u << CLN_KNOBS) - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning");
	TCase *records = tcase_create("records");
	tcase_add_checked_fixture(records, setup, teardown);
	tcase_add_test(records, record_is_read);
	tcase_add_test(records, groups);
	tcase_add_test(records, record_without_groups);
	tcase_add_test(records, round_trip);
	tcase_add_test(records, strange_names);
	tcase_add_test(records, merging);
	tcase_add_test(records, too_many);
	tcase_add_loop_test(records, bad_record, 0, COUNT(bad_records));
	tcase_add_test(records, long_lines);
	tcase_add_test(records, every_bit);
	tcase_add_test(records, knobs);
	suite_add_tcase(suite, records);
	return main_run(suite);
}
