/* train.c: trains a small network with an instance normalization layer to turn one picture into another.
 * SPDX-License-Identifier: Apache-2.0
 *
 * cc curve.c fail.c gradient.c image.c net.c pair.c train.c $(pkg-config --cflags --libs clnorm clblast libpng) -lm -o
 * train
 *
 * The network (net.h) sees a picture pixel by pixel, normalized over the whole of it. It checks its gradient, learns
 * for some steps, is saved half-way, and goes on; a second network made of what was saved must end with the same bits.
 */
#include "curve.h"
#include "fail.h"
#include "gradient.h"
#include "net.h"
#include "pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CROP 16            /* pixels a side that the gradient is checked on, but for those near a kink */
#define ROUNDS 8           /* at most, of leaving such pixels out */
#define GRADIENT_MOST 1e-3 /* its relative error, all of it from the differences: gradient.c */
#define FALL_LEAST 10      /* times that the loss must fall */

struct settings {
	const char *device, *folder, *input, *target;
	unsigned steps, every, size, seed;
	double rate, momentum;
};

static const char usage[] = "usage: train [OPTION]... [INPUT.png TARGET.png]\n"
			    "Trains a network to make TARGET of INPUT; draws a pair where none is given.\n"
			    "  --steps N       training steps (600)\n"
			    "  --every N       steps from one look at the loss to the next (50)\n"
			    "  --size N        width of the pictures it draws (96)\n"
			    "  --seed N        of the weights (1)\n"
			    "  --rate R        learning rate (0.1)\n"
			    "  --momentum M    share of the last step in the next (0.9)\n"
			    "  --out FOLDER    for pictures, curve and weights (train-out)\n"
			    "  --device CHOICE gpu, cpu, accelerator, P:D or a part of a name\n";

static void refuse(const char *what)
{
	fprintf(stderr, "train: %s; see train --help\n", what);
	exit(2);
}

static double number(const char *text, double least, double most)
{
	char *end;
	const double value = strtod(text, &end);
	if (end == text || *end || !(value >= least && value <= most)) {
		fprintf(stderr, "train: \"%s\" is no number from %g to %g; see train --help\n", text, least, most);
		exit(2);
	}
	return value;
}

/* Takes one option with its value; 0 where there is none of that name. */
static int option_take(struct settings *set, const char *name, const char *value)
{
	const struct {
		const char *name;
		unsigned *whole;
		double *real;
		const char **text;
		double least, most;
	} rows[] = {
		{"--steps", &set->steps, NULL, NULL, 2, 1e6}, {"--every", &set->every, NULL, NULL, 1, 1e6},
		{"--size", &set->size, NULL, NULL, 16, 8192}, {"--seed", &set->seed, NULL, NULL, 0, 4e9},
		{"--rate", NULL, &set->rate, NULL, 0, 100},   {"--momentum", NULL, &set->momentum, NULL, 0, 0.999},
		{"--out", NULL, NULL, &set->folder, 0, 0},    {"--device", NULL, NULL, &set->device, 0, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(name, rows[i].name) != 0) {
			continue;
		}
		if (!value) {
			refuse("the last option lacks its value");
		}
		if (rows[i].whole) {
			*rows[i].whole = (unsigned)number(value, rows[i].least, rows[i].most);
		} else if (rows[i].real) {
			*rows[i].real = number(value, rows[i].least, rows[i].most);
		} else {
			*rows[i].text = value;
		}
		return 1;
	}
	return 0;
}

static void arguments_read(struct settings *set, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			exit(0);
		}
		if (option_take(set, argv[i], argv[i + 1])) {
			i++;
		} else if (argv[i][0] == '-') {
			refuse("there is no such option");
		} else if (!set->input) {
			set->input = argv[i];
		} else if (!set->target) {
			set->target = argv[i];
		} else {
			refuse("two pictures are enough");
		}
	}
	if (set->input && !set->target) {
		refuse("TARGET.png is missing");
	}
}

/* ---- Training ------------------------------------------------------------------------------------------------ */

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A look at the loss that is under way: the device goes on with the next steps while the residual comes to the host. */
struct look {
	cl_event done;
	unsigned step;
	float *residual;
	unsigned last_step; /* of the look before, and when that was over: for steps a second */
	double last_time;
};

static void look_begin(struct look *look, struct net *net, unsigned step)
{
	look->step = step;
	net_read_residual(net, look->residual, &look->done);
}

/* Waits for it, if there is one; the loss goes to the curve, where there is one, and onto a line. */
static double look_end(struct look *look, const struct net *net, struct curve *curve)
{
	if (!look->done) {
		return 0;
	}
	need_cl(clWaitForEvents(1, &look->done), "clWaitForEvents");
	clReleaseEvent(look->done);
	look->done = NULL;
	const double loss = net_loss(net, look->residual), now = seconds_now();
	if (curve) {
		curve_add(curve, look->step, loss);
		printf("step %5u  loss %.3e", look->step, loss);
		if (look->step > look->last_step) {
			printf("  %.0f steps/s", (look->step - look->last_step) / (now - look->last_time));
		}
		printf("\n");
		fflush(stdout);
	}
	look->last_step = look->step;
	look->last_time = now;
	return loss;
}

/* Steps `from` to `to`-1, and the forward pass of step `to`. Only every `every` steps does anything come back to the
 * host, and even then the next steps are queued before it is waited for. Returns the last loss. */
static double train(struct net *net, const struct settings *set, unsigned from, unsigned to, struct curve *curve)
{
	struct look look = {.residual = need_memory(NET_COLOURS * net->pixels, sizeof(float)),
	                    .last_step = from,
	                    .last_time = seconds_now()};
	for (unsigned step = from; step < to; step++) {
		net_forward(net);
		if (step % set->every == 0 && (step == 0 || step > from)) {
			(void)look_end(&look, net, curve);
			look_begin(&look, net, step);
		}
		net_backward(net, step == 0 ? 0 : set->momentum);
		net_update(net, set->rate);
	}
	(void)look_end(&look, net, curve);
	net_forward(net);
	look_begin(&look, net, to);
	const double loss = look_end(&look, net, curve);
	free(look.residual);
	return loss;
}

/* ---- Half-way ------------------------------------------------------------------------------------------------ */

/* Weights and moves of all parts. */
struct snapshot {
	float values[NET_PARTS][NET_COLOURS * NET_CHANNELS], moves[NET_PARTS][NET_COLOURS * NET_CHANNELS];
};

static void snapshot_take(struct snapshot *snapshot, const struct net *net)
{
	memset(snapshot, 0, sizeof(*snapshot));
	for (int part = 0; part < NET_PARTS; part++) {
		net_read(net, (enum net_part)part, snapshot->values[part], snapshot->moves[part]);
	}
}

/* Into a network that was never trained. The layer's gamma and beta come from its file, all else from the snapshot. */
static void resume(struct net *net, struct snapshot *snapshot, const char *path)
{
	struct snapshot fresh;
	need_clnorm(clnorm_layer_load(net->layer, net->queue, path));
	snapshot_take(&fresh, net);
	for (int part = 0; part < NET_PARTS; part++) {
		const float *values = part <= NET_BIAS ? snapshot->values[part] : fresh.values[part];
		net_write(net, (enum net_part)part, values, snapshot->moves[part]);
	}
}

/* Trains on to the end twice, in this network and in a new one; says whether all weights have the same bits. */
static int is_resumed_the_same(struct net *net, const struct settings *set, const struct pair *pair,
                               struct curve *curve, double *loss)
{
	struct snapshot half, one, other;
	struct net again;
	char path[4200];

	snprintf(path, sizeof(path), "%s/layer.h5", set->folder);
	need_clnorm(clnorm_layer_save(net->layer, net->queue, path));
	snapshot_take(&half, net);
	*loss = train(net, set, set->steps / 2, set->steps, curve);
	snapshot_take(&one, net);

	net_create(&again, net->ctx, net->queue, net->pixels, pair->input.planes, pair->target.planes, set->seed + 1);
	resume(&again, &half, path);
	(void)train(&again, set, set->steps / 2, set->steps, NULL);
	snapshot_take(&other, &again);
	net_destroy(&again);
	return memcmp(&one, &other, sizeof(one)) == 0;
}

/* ---- The whole ----------------------------------------------------------------------------------------------- */

/* Only the pixels that are marked, in one row. The network looks at one pixel at a time, so that any set of them is a
 * picture. */
static void pixels_keep(struct image *image, const unsigned char *keep, size_t count)
{
	struct image kept = image_make(count, 1);
	const size_t all = image->width * image->height;
	for (size_t i = 0, k = 0; i < NET_COLOURS * all; i++) {
		if (keep[i % all]) {
			kept.planes[k++] = image->planes[i];
		}
	}
	image_clear(image);
	*image = kept;
}

/* A network on the middle of the pair, less the pixels where a ReLU is near its kink. Leaving some out moves the means,
 * so it takes rounds; on pictures that are almost of one colour it ends early. */
static void small_net_create(struct net *net, clnorm_context *ctx, cl_command_queue queue, const struct settings *set,
                             const struct pair *pair)
{
	struct image input = image_crop(&pair->input, CROP), target = image_crop(&pair->target, CROP);
	unsigned char clear[CROP * CROP];
	for (unsigned round = 0;; round++) {
		const size_t pixels = input.width * input.height;
		net_create(net, ctx, queue, pixels, input.planes, target.planes, set->seed);
		const size_t count = gradient_clear(net, clear);
		if (count == pixels || count < pixels / 4 || round == ROUNDS) {
			break;
		}
		net_destroy(net);
		pixels_keep(&input, clear, count);
		pixels_keep(&target, clear, count);
	}
	image_clear(&input);
	image_clear(&target);
}

static void check_gradient(clnorm_context *ctx, cl_command_queue queue, const struct settings *set,
                           const struct pair *pair)
{
	static const char *const names[NET_PARTS] = {"first", "second", "bias", "gamma", "beta"};
	struct net net;
	double errors[NET_PARTS];

	small_net_create(&net, ctx, queue, set, pair);
	const size_t pixels = net.pixels;
	const double error = gradient_check(&net, errors);
	printf("gradient check on %zu pixels: relative error %.2g (", pixels, error);
	for (int part = 0; part < NET_PARTS; part++) {
		printf("%s%s %.2g", part ? ", " : "", names[part], errors[part]);
	}
	printf(")\n");
	net_destroy(&net);
	if (!(error <= GRADIENT_MOST)) {
		fail("the gradient is not that of the loss: its relative error is %g", error);
	}
}

/* What the network makes of the input now: the residual of its last forward pass, and the target. */
static void picture_write(struct net *net, const struct pair *pair, const char *folder, const char *name)
{
	struct image image = image_make(pair->target.width, pair->target.height);
	cl_event done = NULL;
	char path[4200];

	net_read_residual(net, image.planes, &done);
	need_cl(clWaitForEvents(1, &done), "clWaitForEvents");
	clReleaseEvent(done);
	for (size_t i = 0; i < NET_COLOURS * net->pixels; i++) {
		image.planes[i] += pair->target.planes[i];
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	image_write(&image, path);
	printf("picture: %s\n", path);
	image_clear(&image);
}

static void learn(clnorm_context *ctx, cl_command_queue queue, const struct settings *set, const struct pair *pair)
{
	struct net net;
	struct curve curve = {0};
	double last = 0;

	net_create(&net, ctx, queue, pair->input.width * pair->input.height, pair->input.planes, pair->target.planes,
	           set->seed);
	net_forward(&net);
	picture_write(&net, pair, set->folder, "before.png");
	(void)train(&net, set, 0, set->steps / 2, &curve);
	const int same = is_resumed_the_same(&net, set, pair, &curve, &last);
	picture_write(&net, pair, set->folder, "after.png");
	curve_write(&curve, set->folder);
	const double first = curve.points[0].loss;
	printf("loss: %.3e to %.3e, %.0f times less\n", first, last, first / last);
	printf("resumed run: %s\n", same ? "the same bits as the uninterrupted one" : "OTHER bits");
	curve_clear(&curve);
	net_destroy(&net);
	if (!same) {
		fail("the resumed run ended with other weights than the uninterrupted one");
	}
	if (!(first >= FALL_LEAST * last)) {
		fail("the loss fell from %g to %g only", first, last);
	}
}

int main(int argc, char **argv)
{
	struct settings set = {
		.folder = "train-out", .steps = 600, .every = 50, .size = 96, .seed = 1, .rate = 0.1, .momentum = 0.9};
	clnorm_context *ctx = NULL;
	clnorm_device_info info;
	struct pair pair;
	cl_int err;

	arguments_read(&set, argc, argv);
	if (mkdir(set.folder, 0777) != 0 && errno != EEXIST) {
		fail("%s: %s", set.folder, strerror(errno));
	}
	if (set.input) {
		pair_read(&pair, set.input, set.target);
	} else {
		pair_draw(&pair, argv[0], set.folder, set.size);
	}
	need_clnorm(clnorm_context_open(set.device, &ctx));
	need_clnorm(clnorm_context_info(ctx, &info));
	cl_command_queue queue = clCreateCommandQueue(clnorm_context_cl(ctx), clnorm_context_device(ctx), 0, &err);
	need_cl(err, "clCreateCommandQueue");
	printf("%s: %zu x %zu pixels, %u steps\n", info.name, pair.input.width, pair.input.height, set.steps);

	check_gradient(ctx, queue, &set, &pair);
	learn(ctx, queue, &set, &pair);

	clReleaseCommandQueue(queue);
	clnorm_context_destroy(ctx);
	pair_clear(&pair);
	return 0;
}
