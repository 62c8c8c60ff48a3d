"""Seconds an epoch of scikit-learn's MLPClassifier (2 × 256 hidden units, Adam, batches of 200, 100,000 × 100) and
SGDClassifier (log loss, 500,000 × 100): the best of some.

usage: networks.py [EPOCHS]
"""

import sys
import time

import numpy
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 4
random = numpy.random.default_rng(1)


def data(rows, kind):
    x = random.uniform(-1.73, 1.73, (rows, 100)).astype(kind)
    return x, (x[:, 0] - x[:, 1] + 0.3 * random.uniform(-1.73, 1.73, rows) > 0).astype(int)


def report(name, model, x, y):
    best = float("inf")
    for _ in range(epochs):
        start = time.perf_counter()
        model.partial_fit(x, y, classes=[0, 1])
        best = min(best, time.perf_counter() - start)
    print(f"{name}, {x.dtype}: epoch {best:.3f} s", flush=True)


for kind in (numpy.float32, numpy.float64):
    report("MLPClassifier", MLPClassifier((256, 256), batch_size=200, random_state=1), *data(100_000, kind))
report("SGDClassifier", SGDClassifier(loss="log_loss", random_state=1), *data(500_000, numpy.float64))
