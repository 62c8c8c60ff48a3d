"""Multinomial logistic regression with an L1 penalty, as scikit-learn's saga does it.

usage: softmax.py data FILE.csv ROWS COLUMNS CLASSES     writes normal columns, and classes that a third of them decide
       softmax.py fit FILE.csv TOL                       fits; one line of JSON
       softmax.py objective FILE.csv MODEL.apus          the objective that an artifact reaches

The class is the last column; the others are standardised. The objective is the mean log loss and the penalty of the
coefficients, a row, at C = 1.
"""

import json
import sys
import time
import warnings

import numpy
from sklearn.linear_model import LogisticRegression

from sparse import tensors


def data(path, *sizes):
    rows, columns, classes = map(int, sizes)
    random = numpy.random.default_rng(0)
    x = random.standard_normal((rows, columns))
    slopes = random.standard_normal((columns, classes)) * (random.random((columns, classes)) < 0.3)
    labels = (x @ slopes * 0.5 + random.gumbel(size=(rows, classes))).argmax(axis=1)
    numpy.savetxt(path, numpy.column_stack([x, labels]), delimiter=",", fmt=["%.6g"] * columns + ["%d"],
                  header=",".join(f"x{k}" for k in range(columns)) + ",class", comments="")


def table(path):
    values = numpy.loadtxt(path, delimiter=",", skiprows=1)
    x, deviations = values[:, :-1] - values[:, :-1].mean(axis=0), values[:, :-1].std(axis=0)
    return x / numpy.where(deviations > 0, deviations, 1), values[:, -1].astype(int)


def loss(x, labels, slopes, intercepts):
    scores = x @ slopes.T + intercepts
    totals = numpy.logaddexp.reduce(scores, axis=1)
    return float((totals - scores[numpy.arange(len(labels)), labels]).mean() + abs(slopes).sum() / len(labels))


def fit(path, tol):
    warnings.filterwarnings("ignore")
    x, labels = table(path)
    model = LogisticRegression(l1_ratio=1, solver="saga", C=1, tol=float(tol), max_iter=100_000)
    start = time.perf_counter()
    model.fit(x, labels)
    seconds = time.perf_counter() - start
    print(json.dumps({"fit": seconds, "objective": loss(x, labels, model.coef_, model.intercept_),
                      "epochs": int(max(model.n_iter_))}))


def objective(path, artifact):
    x, labels = table(path)
    found = {name.split(".")[-1].split("/")[-1]: values for name, values in tensors(artifact).items()}
    slopes = found["coefficients"].reshape(-1, x.shape[1])
    print(json.dumps({"objective": loss(x, labels, slopes, found["intercepts"])}))


if __name__ == "__main__":
    {"data": data, "fit": fit, "objective": objective}[sys.argv[1]](*sys.argv[2:])
