/* invented_devices.c: devices that nobody has to own, and shapes, for tests of the planner.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/kit/invented_devices.h"

#include <stdint.h>

const struct invented invented_devices[INVENTED_COUNT] = {
	{"server CPU", {true, true, 64, 4096, 1 << 20, 1 << 20, 64 << 20, (size_t)64 << 30, 30, 200, true, false, 0}},
	{"two cores", {true, true, 2, 4096, 2 << 20, 1 << 20, 32 << 20, (size_t)4 << 30, 30, 24, true, false, 0}},
	{"vectors lane by lane",
         {true, true, 2, 4096, 2 << 20, 1 << 20, 32 << 20, (size_t)4 << 30, 30, 24, false, true, 65535}},
	{"one core, groups of one", {true, false, 1, 1, 32 << 10, 256 << 10, 0, 1 << 30, 30, 12, false, false, 0}},
	{"large GPU",
         {false, true, 132, 1024, 48 << 10, 32 << 10, 50 << 20, (size_t)80 << 30, 5, 3000, false, false, 0}},
	{"small GPU", {false, false, 8, 256, 32 << 10, 16 << 10, 1 << 20, (size_t)1 << 30, 10, 60, false, false, 0}},
	{"GPU with tiny local memory",
         {false, true, 16, 1024, 1 << 10, 16 << 10, 2 << 20, (size_t)1 << 30, 5, 100, false, false, 0}},
	{"GPU with groups of one",
         {false, true, 16, 1, 16 << 10, 16 << 10, 2 << 20, (size_t)1 << 30, 5, 100, false, false, 0}},
	{"GPU with odd groups",
         {false, true, 7, 99, 16 << 10, 16 << 10, 3 << 20, (size_t)1 << 30, 5, 100, false, false, 0}},
	{"huge", {false, true, 100000, 65536, 1 << 30, 1 << 20, (size_t)1 << 40, SIZE_MAX, 1, 1e6, false, false, 0}},
};

const size_t plan_shapes[PLAN_SHAPE_COUNT][3] = {
	{1, 1, 1},
	{5, 3, 16},
	{1, 64, 196},
	{1, 512, 961},
	{64, 1024, 2},
	{2, 320, 64},
	{16, 256, 1024},
	{8, 64, 4096},
	{4, 64, 65536},
	{1, 3, 2073600},
	{1, 32, 262144},
	{2, 32, 2097152},
	{1, 1, 1 << 24},
	{3200000, 2, 2},
	{1, 33, 131841},
	{70, 32, 1000000},
	{1, 1, 1023},
	{1, 7, 1025},
	{1, 1, 1u << 31},
	{2, 2, (size_t)1 << 33},
	{1, 1, (size_t)1 << 40},
	{1, 1, (size_t)1 << 56},
};
