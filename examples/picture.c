/* picture.c: draws a lake in the mountains, through haze or in evening light: a picture to normalize, and one for
 * style. SPDX-License-Identifier: Apache-2.0
 *
 * usage: picture OUT.png [haze | evening | dusk [WIDTH HEIGHT]]
 *
 * The scene is computed in full colour first and then put behind haze: each channel is pressed into a narrow band
 * around a level of its own. Instance normalization takes exactly that away: the level is the channel's mean, the band
 * its standard deviation. 16 bits, so that the narrow band still holds thousands of steps.
 * The evening is another view of the place; its means and deviations carry its colours over to the first one.
 * Dusk is the first view in the evening's light: what a network can learn to make of the haze. */
#include <math.h>
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct colour {
	double red, green, blue;
};

static struct colour mix(struct colour a, struct colour b, double share)
{
	double t = share < 0 ? 0 : share > 1 ? 1 : share;
	return (struct colour){a.red + t * (b.red - a.red), a.green + t * (b.green - a.green),
	                       a.blue + t * (b.blue - a.blue)};
}

static double smooth(double low, double high, double value)
{
	double t = (value - low) / (high - low);
	t = t < 0 ? 0 : t > 1 ? 1 : t;
	return t * t * (3 - 2 * t);
}

/* A fixed pseudo-random number in 0..1 for each lattice point. */
static double lattice(int x, int y)
{
	uint32_t h = (uint32_t)x * 0x8da6b343u ^ (uint32_t)y * 0xd8163841u;
	h = (h ^ (h >> 13)) * 0x9e3779b1u;
	h = (h ^ (h >> 16)) * 0x85ebca6bu;
	return (double)(h ^ (h >> 15)) / 4294967295.0;
}

static double noise(double x, double y)
{
	int column = (int)floor(x), row = (int)floor(y);
	double u = smooth(0, 1, x - column), v = smooth(0, 1, y - row);
	double top = lattice(column, row) * (1 - u) + lattice(column + 1, row) * u;
	double bottom = lattice(column, row + 1) * (1 - u) + lattice(column + 1, row + 1) * u;
	return top * (1 - v) + bottom * v;
}

/* Noise of halving size and weight, about 0..1. */
static double cloudiness(double x, double y, int octaves)
{
	double sum = 0, weight = 0.5;
	for (int i = 0; i < octaves; i++) {
		sum += weight * noise(x, y);
		x = 2 * x + 17.3;
		y = 2 * y + 9.1;
		weight /= 2;
	}
	return sum;
}

#define HORIZON 0.64 /* where the lake begins; x runs from 0 to the aspect ratio, y from 0 (top) to 1 */
#define SUN_X 0.94
#define SUN_Y 0.14

static struct colour sky_at(double x, double y)
{
	const struct colour zenith = {0.10, 0.30, 0.72}, low = {0.98, 0.74, 0.46}, cloud = {1.0, 0.93, 0.88};
	double height = y / HORIZON, from_sun = hypot(x - SUN_X, y - SUN_Y);
	struct colour c = mix(zenith, low, pow(height, 1.3));
	c = mix(c, cloud, 0.85 * smooth(0.46, 0.72, cloudiness(2.2 * x, 7 * y, 6)) * (1 - 0.5 * height));
	c = mix(c, (struct colour){1.0, 0.90, 0.62}, 0.75 * exp(-from_sun * from_sun / 0.018));
	return mix((struct colour){1.0, 0.98, 0.88}, c, smooth(0.045, 0.052, from_sun));
}

/* Four chains of mountains, far to near; snow on the far ones, woods on the near ones. */
static struct colour mountains_at(double x, double y, struct colour behind)
{
	static const struct colour rock[] = {
		{0.46, 0.52, 0.68}, {0.33, 0.38, 0.52}, {0.16, 0.33, 0.27}, {0.06, 0.19, 0.11}};
	static const double foot[] = {0.40, 0.47, 0.54, 0.60}, rise[] = {0.34, 0.26, 0.16, 0.10};
	struct colour c = behind;
	for (int i = 0; i < 4; i++) {
		double ridge =
			foot[i] + 0.12 - rise[i] * 1.6 * cloudiness((2.0 + i) * x + 31 * i, 5.7 * i, 7 - (i == 3));
		double depth = y - ridge, grain = cloudiness(40 * x + 20 * y + 5 * i, 34 * y - 9 * i, 5);
		if (depth < 0) {
			continue;
		}
		c = mix(rock[i], (struct colour){0, 0, 0}, 0.45 * smooth(0.30, 0.62, grain));
		if (i < 2) {
			double snow = 0.9 * smooth(0.29 - 0.05 * i, 0.15 - 0.05 * i,
			                           ridge + depth * (0.6 + 3 * grain) - 0.03);
			c = mix(c, (struct colour){0.97, 0.97, 1.0}, snow);
		}
		c = mix(c, (struct colour){0.80, 0.78, 0.80}, smooth(0.0, 0.22, depth) * (0.40 - 0.11 * i));
	}
	return c;
}

/* A balloon with red and white panels at (cx, cy); radius r. */
static struct colour balloon_at(double x, double y, double cx, double cy, double r, struct colour behind)
{
	double u = (x - cx) / r, v = (y - cy) / r;
	double width = v < 0 ? sqrt(fmax(0, 1 - v * v)) : fmax(0, 1 - 0.36 * v * v - 0.16 * v * v * v);
	if (v > -1 && v < 1.35 && fabs(u) < width) {
		double panel = sin(9 * asin(fmin(1, fmax(-1, u / width))));
		struct colour c = panel > 0 ? (struct colour){0.86, 0.10, 0.10} : (struct colour){0.98, 0.92, 0.80};
		return mix(c, (struct colour){0.15, 0.05, 0.05}, 0.6 * smooth(0.1, -1.1, u / width + 0.2));
	}
	if (v > 1.62 && v < 1.95 && fabs(u) < 0.19) {
		return (struct colour){0.32, 0.18, 0.07};
	}
	return behind;
}

static struct colour land_at(double x, double y)
{
	struct colour c = mountains_at(x, y, sky_at(x, y));
	c = balloon_at(x, y, 0.36, 0.22, 0.075, c);
	return balloon_at(x, y, 0.62, 0.35, 0.030, c);
}

/* The lake mirrors the land, darker and broken by waves that grow towards the shore on this side. */
static struct colour lake_at(double x, double y)
{
	double near = (y - HORIZON) / (1 - HORIZON), wave = noise(30 * x, 20 + 260 * (y - HORIZON) / (0.3 + near));
	double mirrored = 2 * HORIZON - y + 0.05 * near * (wave - 0.5);
	struct colour c = land_at(x + 0.02 * near * (wave - 0.5), fmax(0, mirrored));
	c = mix(c, (struct colour){0.05, 0.22, 0.30}, 0.30 + 0.35 * near);
	return mix(c, (struct colour){1.0, 0.93, 0.75},
	           0.55 * smooth(0.72, 0.90, wave) * exp(-pow((x - SUN_X) / 0.16, 2)));
}

/* Firs on the near shore: stacked triangles, dark green. */
static struct colour firs_at(double x, double y, struct colour behind)
{
	for (int i = 0; i < 26; i++) {
		double where = 1.40 * i / 26 + 0.05 * lattice(i, 3), middle = fabs(where - 0.72);
		double tall = (0.08 + 0.42 * smooth(0.12, 0.7, middle)) * (0.7 + 0.5 * lattice(i, 5));
		double up = 1.02 - y, branch = 0.55 + 0.45 * fmod(up * 28 + lattice(i, 7), 1.0);
		if (up < tall && fabs(x - where) < 0.19 * (tall - up) * (1.25 - branch)) {
			return mix((struct colour){0.02, 0.10, 0.05}, (struct colour){0.10, 0.30, 0.12},
			           noise(180 * x, 180 * y) * smooth(-0.02, 0.03, x - where));
		}
	}
	return behind;
}

/* Haze: what is left of the contrast, and the level that each channel is pressed around. */
static struct colour haze(struct colour c, double grain)
{
	return (struct colour){0.66 + 0.17 * (c.red - 0.5) + grain, 0.56 + 0.14 * (c.green - 0.5) + grain,
	                       0.38 + 0.10 * (c.blue - 0.5) + grain};
}

/* Evening: violet shadows, orange light, by how bright the day was there. */
static struct colour evening(struct colour c)
{
	double light = 0.30 * c.red + 0.59 * c.green + 0.11 * c.blue;
	struct colour dark = mix((struct colour){0.10, 0.05, 0.22}, (struct colour){0.62, 0.24, 0.34}, light / 0.45);
	return mix(dark, (struct colour){1.0, 0.80, 0.46}, (light - 0.40) / 0.50);
}

static struct colour scene_at(double x, double y)
{
	struct colour c = y < HORIZON ? land_at(x, y) : lake_at(x, y);
	return firs_at(x, y, c);
}

/* What is drawn, and one row of it. */
struct canvas {
	int width, height, is_evening, is_mirrored;
	png_bytep pixels;
};

static void store(png_bytep at, double value)
{
	double level = floor(65535 * (value < 0 ? 0 : value > 1 ? 1 : value) + 0.5);
	at[0] = (png_byte)((unsigned)level >> 8);
	at[1] = (png_byte)((unsigned)level & 255u);
}

/* One row of pixels, each the mean of 2x2 points; a point's y is a share of the height, and so is its x. The evening
 * looks from the other side. */
static void draw_row(const struct canvas *canvas, int row)
{
	const int width = canvas->width, height = canvas->height;
	for (int column = 0; column < width; column++) {
		struct colour sum = {0, 0, 0};
		for (int i = 0; i < 4; i++) {
			struct colour c = scene_at((column + 0.25 + 0.5 * (i % 2)) / height,
			                           (row + 0.25 + 0.5 * (i / 2)) / height);
			sum = (struct colour){sum.red + c.red / 4, sum.green + c.green / 4, sum.blue + c.blue / 4};
		}
		sum = canvas->is_evening ? evening(sum) : haze(sum, 0.002 * (lattice(column, row + 7919) - 0.5));
		png_bytep at = canvas->pixels + 6 * (canvas->is_mirrored ? width - 1 - column : column);
		store(at, sum.red);
		store(at + 2, sum.green);
		store(at + 4, sum.blue);
	}
}

/* libpng leaves by longjmp where it fails; everything that is freed afterwards was set before. */
static int write_picture(FILE *file, const struct canvas *canvas)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return 0;
	}
	png_init_io(png, file);
	png_set_IHDR(png, info, (png_uint_32)canvas->width, (png_uint_32)canvas->height, 16, PNG_COLOR_TYPE_RGB,
	             PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int row = 0; row < canvas->height; row++) {
		draw_row(canvas, row);
		png_write_row(png, canvas->pixels);
	}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	return 1;
}

/* False where the arguments say nothing sensible. */
static int read_arguments(struct canvas *canvas, int argc, char **argv)
{
	if (argc != 2 && argc != 3 && argc != 5) {
		return 0;
	}
	canvas->is_mirrored = argc > 2 && strcmp(argv[2], "evening") == 0;
	canvas->is_evening = canvas->is_mirrored || (argc > 2 && strcmp(argv[2], "dusk") == 0);
	if (argc > 2 && !canvas->is_evening && strcmp(argv[2], "haze") != 0) {
		return 0;
	}
	canvas->width = argc == 5 ? atoi(argv[3]) : 640;
	canvas->height = argc == 5 ? atoi(argv[4]) : 480;
	return canvas->width >= 1 && canvas->height >= 1 && canvas->width <= 16384 && canvas->height <= 16384;
}

int main(int argc, char **argv)
{
	struct canvas canvas = {0};
	if (!read_arguments(&canvas, argc, argv)) {
		fprintf(stderr, "usage: picture OUT.png [haze | evening | dusk [WIDTH HEIGHT]]\n");
		return 2;
	}
	canvas.pixels = malloc(6 * (size_t)canvas.width);
	FILE *file = canvas.pixels ? fopen(argv[1], "wb") : NULL;
	int done = file && write_picture(file, &canvas);
	if (file && fclose(file) != 0) {
		done = 0;
	}
	free(canvas.pixels);
	if (!done) {
		fprintf(stderr, "picture: %s: could not be written\n", argv[1]);
	}
	return !done;
}
