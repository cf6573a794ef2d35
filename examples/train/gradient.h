/* gradient.h: the device's gradient against finite differences of the device's loss.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_GRADIENT_H
#define TRAIN_GRADIENT_H

#include "net.h"

/* Says of each pixel whether every ReLU of the network is far from its kink there: clear[pixel] is 1 or 0. A step
 * across a kink is no small change of the loss, so that differences are taken over clear pixels alone. Returns how many
 * are clear. For a new network, whose gamma is 1 and beta 0. WAITS. */
size_t gradient_clear(struct net *net, unsigned char *clear);

/* Length of (gradient - differences), over all weights of the network, relative to the length of the gradient; and the
 * same of each part. The network is as it was afterwards, but for its moves. WAITS, often. */
double gradient_check(struct net *net, double errors[NET_PARTS]);

#endif
