# oracle.py: instance normalization and its gradients in float64, and how far a result is from it.
# SPDX-License-Identifier: Apache-2.0
#
#     mean = sum(x)/S    var = sum((x-mean)^2)/S    rstd = 1/sqrt(var + epsilon)    xhat = (x - mean)*rstd
#     y = gamma*xhat + beta                         dgamma = sum(dy*xhat)           dbeta = sum(dy)
#     dx = gamma*rstd*(dy - mean(dy) - xhat*mean(dy*xhat))
#
# (Ulyanov, Vedaldi, Lempitsky 2016; Ioffe, Szegedy 2015, section 3.) Errors are in the measures of clnorm's contract:
# y by max(1, |gamma*xhat| + |beta|), dx by |gamma|*rstd*max|dy| of its instance, dgamma by sum|dy*xhat|, dbeta by
# sum|dy|.
import concurrent.futures
import os

import numpy

BLOCK_ELEMENTS = 1 << 17  # a few float64 arrays of it stay in a second-level cache


def by_blocks(work, rows, length):
    """work(slice of rows) for all of them, on all cores."""
    step = max(1, BLOCK_ELEMENTS // length)
    blocks = [slice(first, min(first + step, rows)) for first in range(0, rows, step)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, blocks))


def as_rows(array):
    return array.reshape(array.shape[0] * array.shape[1], -1)


def standard(x, epsilon):
    """xhat and rstd of rows of x."""
    x = x.astype(numpy.float64)
    x -= x.mean(1, keepdims=True)
    rstd = 1 / numpy.sqrt(numpy.square(x).mean(1, keepdims=True) + epsilon)
    return x * rstd, rstd


class Forward:
    def __init__(self, data, epsilon):
        x, images = as_rows(data["x"]), data["x"].shape[0]
        self.gamma, self.beta = (numpy.tile(data[name].astype(numpy.float64), images)[:, None]
                                 for name in ("gamma", "beta"))
        self.y = numpy.empty(x.shape)

        def work(rows):
            self.y[rows] = standard(x[rows], epsilon)[0] * self.gamma[rows] + self.beta[rows]
        by_blocks(work, *x.shape)

    def errors(self, outputs):
        y = as_rows(outputs["y"])

        def work(rows):
            scale = numpy.abs(self.y[rows] - self.beta[rows]) + numpy.abs(self.beta[rows])
            return (numpy.abs(y[rows] - self.y[rows]) / numpy.maximum(1, scale)).max()
        return {"y": float(numpy.max(by_blocks(work, *y.shape)))}


class Backward:
    def __init__(self, data, epsilon):
        x, dy = as_rows(data["x"]), as_rows(data["dy"])
        images, channels = data["x"].shape[:2]
        gamma = numpy.tile(data["gamma"].astype(numpy.float64), images)[:, None]
        self.dx, self.unit = numpy.empty(x.shape), numpy.empty((x.shape[0], 1))
        sums = numpy.empty((4, x.shape[0]))

        def work(rows):
            xhat, rstd = standard(x[rows], epsilon)
            g = dy[rows].astype(numpy.float64)
            product = g * xhat
            sums[:, rows] = product.sum(1), g.sum(1), numpy.abs(product).sum(1), numpy.abs(g).sum(1)
            self.unit[rows] = numpy.abs(gamma[rows]) * rstd * numpy.abs(g).max(1, keepdims=True)
            g -= g.mean(1, keepdims=True) + xhat * product.mean(1, keepdims=True)
            self.dx[rows] = gamma[rows] * rstd * g
        by_blocks(work, *x.shape)
        self.dgamma, self.dbeta, self.gamma_unit, self.beta_unit = sums.reshape(4, images, channels).sum(1)

    def errors(self, outputs):
        dx = as_rows(outputs["dx"])

        def work(rows):
            return (numpy.abs(dx[rows] - self.dx[rows]) / self.unit[rows]).max()
        parameters = [numpy.abs(outputs["dgamma"] - self.dgamma) / self.gamma_unit,
                      numpy.abs(outputs["dbeta"] - self.dbeta) / self.beta_unit]
        return {"dx": float(numpy.max(by_blocks(work, *dx.shape))), "parameters": float(numpy.max(parameters))}
