"""Writes the synthetic table of the tree benchmarks as train.csv and test.csv (a fifth as many rows).

usage: synthetic.py FOLDER [ROWS [COLUMNS [SEED [additive | one_hot]]]]

Half of the columns are normal, half are skewed and positive; the target `y` is a class of two that hangs on eight of
them, among them the product of two that show nothing alone. Greedy trees find such a product by luck: instead of it, an
additive table has a little of every column, which leaves nothing to luck. A one_hot table has flags instead, of which one
in twenty is 1.
"""

import pathlib
import sys

import numpy
import polars

folder = pathlib.Path(sys.argv[1])
rows, columns, seed = (int(sys.argv[k]) if len(sys.argv) > k else v for k, v in ((2, 1_000_000), (3, 28), (4, 1)))
total, half = rows + rows // 5, columns // 2
random = numpy.random.default_rng(seed)


def write(x, y):
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in (("train.csv", slice(0, rows)), ("test.csv", slice(rows, total))):
        table = polars.DataFrame({f"f{k}": x[part, k] for k in range(columns)} | {"y": y[part]})
        table.write_csv(folder / name)


if "one_hot" in sys.argv[5:]:
    levels = 20
    groups = columns // levels
    codes = random.integers(0, levels, (total, groups))
    weights = random.normal(0, 0.5, (groups, levels))
    score = weights[numpy.arange(groups), codes].sum(axis=1)
    x = numpy.zeros((total, columns), numpy.int8)
    x[numpy.arange(total)[:, None], levels * numpy.arange(groups) + codes] = 1
    write(x, (score + random.logistic(size=total) > numpy.median(score)).astype(numpy.int32))
    sys.exit()
x = random.standard_normal((total, columns)).astype(numpy.float32)
x[:, half:] = numpy.abs(x[:, half:]) ** 1.3
product = 0.1 * x.sum(axis=1) if "additive" in sys.argv[5:] else x[:, 0] * x[:, 1]
score = (product + numpy.sin(2 * x[:, 2]) + 0.7 * (x[:, 3] > 0) * x[:, 4] + 0.5 * x[:, half] * x[:, 5]
         - 0.3 * x[:, half + 1] ** 2 + 0.4 * x[:, 6])
write(x, (score + random.logistic(size=total) > numpy.median(score)).astype(numpy.int32))
