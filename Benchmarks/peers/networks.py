"""Seconds an epoch of scikit-learn's MLPClassifier (2 × 256 hidden units, Adam, batches of 200, 100,000 × 100), of the
matrix products in one by NumPy, and of SGDClassifier (log loss, 500,000 × 100): the best of some, as JSON.

usage: networks.py [EPOCHS]
"""

import json
import sys
import time

import numpy
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 4
random = numpy.random.default_rng(1)
ROWS, BATCH, WIDTHS = 100_000, 200, (100, 256, 256, 1)


def data(rows, kind):
    x = random.uniform(-1.73, 1.73, (rows, 100)).astype(kind)
    return x, (x[:, 0] - x[:, 1] + 0.3 * random.uniform(-1.73, 1.73, rows) > 0).astype(int)


def best(run):
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def fit(model, x, y):
    return best(lambda: model.partial_fit(x, y, classes=[0, 1]))


def products():
    """Forth, the gradient by the weights and, but for the first layer, back; whole batches, NumPy's own threads."""
    layers = []
    for index, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        shapes = ((BATCH, inputs), (inputs, outputs), (BATCH, outputs), (inputs, outputs), (BATCH, inputs))
        layers.append((index, *(numpy.full(shape, 0.5, numpy.float32) for shape in shapes)))

    def run():
        for _ in range(ROWS // BATCH):
            for _, values, weights, sums, _, _ in layers:
                numpy.matmul(values, weights, out=sums)
            for index, values, weights, slopes, gradient, back in reversed(layers):
                numpy.matmul(values.T, slopes, out=gradient)
                if index:
                    numpy.matmul(slopes, weights.T, out=back)

    return best(run)


print(json.dumps({
    "perceptron_single": fit(MLPClassifier(WIDTHS[1:-1], batch_size=BATCH, random_state=1), *data(ROWS, numpy.float32)),
    "perceptron_double": fit(MLPClassifier(WIDTHS[1:-1], batch_size=BATCH, random_state=1), *data(ROWS, numpy.float64)),
    "products": products(),
    "sgd": fit(SGDClassifier(loss="log_loss", random_state=1), *data(500_000, numpy.float64)),
}))
