/* tensor.c: writes a float .npy tensor whose instances lie far from zero: the case that careless statistics lose.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: tensor OUT.npy [N C H W]      (8 64 64 64 unless given)
 *
 * Instance i has a mean between -10000 and 10000 and a standard deviation of about 1. Same arguments, same file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 0x243f6a8885a308d3u;

/* 0..1, by a 64-bit xorshift generator. */
static double draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

/* The sum of four uniform numbers is close to a bell curve; its variance of 4/12 is scaled to 1. */
static double draw_bell(void)
{
	return (draw() + draw() + draw() + draw() - 2) * 1.7320508075688772;
}

/* The header of version 1.0: magic, version, length, and a text that fills 128 bytes. */
static int write_header(FILE *file, const size_t dims[4])
{
	const union {
		uint16_t number;
		unsigned char bytes[2];
	} order = {1};
	char text[118];
	int length = snprintf(text, sizeof text,
	                      "{'descr': '%cf4', 'fortran_order': False, 'shape': (%zu, %zu, %zu, %zu), }",
	                      order.bytes[0] ? '<' : '>', dims[0], dims[1], dims[2], dims[3]);
	if (length < 0 || (size_t)length >= sizeof text) {
		return 0;
	}
	memset(text + length, ' ', sizeof text - (size_t)length - 1);
	text[sizeof text - 1] = '\n';
	const unsigned char head[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, sizeof text, 0};
	return fwrite(head, sizeof head, 1, file) == 1 && fwrite(text, sizeof text, 1, file) == 1;
}

static int write_instance(FILE *file, float *values, size_t count)
{
	double mean = 20000 * draw() - 10000;
	for (size_t i = 0; i < count; i++) {
		values[i] = (float)(mean + draw_bell());
	}
	return fwrite(values, sizeof *values, count, file) == count;
}

int main(int argc, char **argv)
{
	size_t dims[4] = {8, 64, 64, 64};
	int sane = argc == 2 || argc == 6;
	for (int i = 0; sane && i < argc - 2; i++) {
		dims[i] = (size_t)strtoul(argv[i + 2], NULL, 10);
		sane = dims[i] > 0 && dims[i] <= 65536;
	}
	if (!sane) {
		fprintf(stderr, "usage: tensor OUT.npy [N C H W]\n");
		return 2;
	}
	size_t count = dims[2] * dims[3];
	float *values = malloc(count * sizeof *values);
	FILE *file = values ? fopen(argv[1], "wb") : NULL;
	int done = file && write_header(file, dims);
	for (size_t i = 0; done && i < dims[0] * dims[1]; i++) {
		done = write_instance(file, values, count);
	}
	if (file && fclose(file) != 0) {
		done = 0;
	}
	free(values);
	if (!done) {
		fprintf(stderr, "tensor: %s: could not be written\n", argv[1]);
	}
	return !done;
}
