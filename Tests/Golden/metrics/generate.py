"""Writes metrics.json: scikit-learn's values of every metric on small arrays, whole and readable.

Run: python3 generate.py (needs numpy and scikit-learn). A value that scikit-learn leaves undefined (NaN, an error, or
a stand-in that it warns about) is null.
"""
import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.exceptions import UndefinedMetricWarning

rng = np.random.default_rng(20240501)


def value(compute):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UndefinedMetricWarning)
        warnings.filterwarnings("error", message="No positive class")
        warnings.filterwarnings("ignore", message="y_pred contains classes")
        warnings.filterwarnings("ignore", message="A single label was found")
        try:
            result = float(compute())
        except (ValueError, ZeroDivisionError, UserWarning):
            return None
    return result if math.isfinite(result) else None


def one_hot(truth, labels):
    return np.eye(labels)[truth]


def classification(name, truth, probabilities, weights=None, positive=1):
    truth, probabilities = np.asarray(truth), np.asarray(probabilities, dtype=float)
    labels = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    names = list(range(labels))
    w = dict(sample_weight=weights)
    if labels == 2:
        binary = (truth == positive).astype(int)
        roc = lambda: m.roc_auc_score(binary, probabilities[:, positive], **w)
        precision = lambda: m.average_precision_score(binary, probabilities[:, positive], **w)
    else:
        roc = lambda: m.roc_auc_score(truth, probabilities, multi_class="ovr", labels=names, **w)
        # As indicators, because the multiclass form refuses a label that the truth lacks.
        precision = lambda: m.average_precision_score(one_hot(truth, labels), probabilities, **w)
    return {
        "name": name, "labels": labels, "positive": positive, "truth": truth.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "weights": None if weights is None else np.asarray(weights, dtype=float).tolist(),
        "expected": {
            "accuracy": value(lambda: m.accuracy_score(truth, predicted, **w)),
            "balanced_accuracy": value(lambda: m.balanced_accuracy_score(truth, predicted, **w)),
            "f1_macro": value(lambda: m.f1_score(truth, predicted, average="macro", zero_division=0, **w)),
            "roc_auc": value(roc),
            "average_precision": value(precision),
            "log_loss": value(lambda: m.log_loss(truth, probabilities, labels=names, **w)),
            "brier_score_loss": value(lambda: m.brier_score_loss(truth, probabilities, labels=names, **w)),
        },
    }


def multilabel(name, truth, probabilities, weights=None):
    truth, probabilities = np.asarray(truth), np.asarray(probabilities, dtype=float)
    predicted = (probabilities >= 0.5).astype(int)
    labels = truth.shape[1]
    w = dict(sample_weight=weights)

    def f1(average):
        return lambda: m.f1_score(truth, predicted, average=average, zero_division=0, **w)

    def by_label(metric):
        return lambda: np.mean([metric(label) for label in range(labels)])

    return {
        "name": name, "labels": labels, "truth": truth.ravel().tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "weights": None if weights is None else np.asarray(weights, dtype=float).tolist(),
        "expected": {
            "roc_auc": value(lambda: m.roc_auc_score(truth, probabilities, average="macro", **w)),
            "roc_auc_micro": value(lambda: m.roc_auc_score(truth, probabilities, average="micro", **w)),
            "label_ranking_average_precision": value(
                lambda: m.label_ranking_average_precision_score(truth, probabilities, **w)),
            "log_loss": value(by_label(lambda k: m.log_loss(truth[:, k], probabilities[:, k], labels=[0, 1], **w))),
            "hamming_loss": value(lambda: m.hamming_loss(truth, predicted, **w)),
            "subset_accuracy": value(lambda: m.accuracy_score(truth, predicted, **w)),
            "f1_micro": value(f1("micro")),
            "f1_macro": value(f1("macro")),
            "f1_weighted": value(f1("weighted")),
        },
    }


def regression(name, truth, predictions, weights=None):
    truth, predictions = np.asarray(truth, dtype=float), np.asarray(predictions, dtype=float)
    w = dict(sample_weight=weights)
    return {
        "name": name, "truth": truth.tolist(), "predictions": predictions.tolist(),
        "weights": None if weights is None else np.asarray(weights, dtype=float).tolist(),
        "expected": {
            "root_mean_squared_error": value(lambda: m.root_mean_squared_error(truth, predictions, **w)),
            "mean_absolute_error": value(lambda: m.mean_absolute_error(truth, predictions, **w)),
            "r2": value(lambda: m.r2_score(truth, predictions, **w)),
            "median_absolute_error": value(lambda: m.median_absolute_error(truth, predictions, **w)),
        },
    }


def two(p):
    p = np.asarray(p, dtype=float)
    return np.stack([1 - p, p], axis=1)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


n = 60
truth = rng.integers(0, 2, n)
smooth = 1 / (1 + np.exp(-(truth - 0.5 + rng.normal(0, 1.2, n))))
tied = np.round(smooth, 1)
weights = rng.gamma(1.5, 1, n).round(3)
weights[::7] = 0
four = rng.integers(0, 4, 80)
scores = rng.normal(0, 1, (80, 4)) + 1.3 * one_hot(four, 4)
four_smooth = softmax(scores)
four_tied = one_hot((four + (rng.random(80) < 0.4)) % 4, 4) * 0.5 + 0.125
four_weights = rng.gamma(1.5, 1, 80).round(3)
three_of_four = np.where(four == 3, 0, four)

classes = [
    classification("two labels", truth, two(smooth)),
    classification("two labels, tied scores", truth, two(tied)),
    classification("two labels, weights, some 0", truth, two(smooth), weights),
    classification("two labels, tied scores, weights", truth, two(tied), weights),
    classification("two labels, the first is positive", truth, two(tied), weights, positive=0),
    classification("two labels, all scores equal", truth, two(np.full(n, 0.5))),
    classification("two labels, perfect", truth, two(truth)),
    classification("two labels, perfectly wrong", truth, two(1 - truth)),
    classification("two labels, only the negative occurs", np.zeros(5, int), two(smooth[:5])),
    classification("two labels, only the positive occurs", np.ones(5, int), two(smooth[:5])),
    classification("two labels, positive rows weigh nothing", truth, two(smooth), np.where(truth == 1, 0.0, 1.0)),
    classification("two labels, one row", [1], two([0.75])),
    classification("four labels", four, four_smooth),
    classification("four labels, tied scores", four, four_tied),
    classification("four labels, weights", four, four_smooth, four_weights),
    classification("four labels, tied scores, weights", four, four_tied, four_weights),
    classification("four labels, one does not occur", three_of_four, four_smooth),
    classification("four labels, only one occurs", np.full(6, 2), four_smooth[:6]),
    classification("four labels, perfect", four, one_hot(four, 4)),
    classification("four labels, one row", [3], four_smooth[:1]),
]

y = rng.normal(20, 5, n)
p = y + rng.normal(0, 2, n)
numbers = [
    regression("plain", y, p),
    regression("odd number of rows", y[:-1], p[:-1]),
    regression("weights, some 0", y, p, weights),
    regression("whole weights, the median between two rows", y[:8], p[:8], [1, 2, 1, 2, 1, 2, 1, 2]),
    regression("tied errors", np.round(y), np.round(p)),
    regression("far from zero", 1e9 + y, 1e9 + p),
    regression("tiny", 1e-9 * y, 1e-9 * p),
    regression("perfect", y, y),
    regression("constant truth", np.full(9, 3.25), p[:9]),
    regression("constant truth, perfect", np.full(9, 3.25), np.full(9, 3.25)),
    regression("predicts the mean", y, np.full(n, y.mean())),
    regression("one row", [2.0], [3.5]),
]

flags = (rng.random((50, 5)) < [0.5, 0.3, 0.2, 0.8, 0.4]).astype(int)
flags_smooth = 1 / (1 + np.exp(-(2 * flags - 1 + rng.normal(0, 1.5, flags.shape))))
flags_tied = np.round(flags_smooth, 1)
flags_weights = rng.gamma(1.5, 1, 50).round(3)
flags_weights[::9] = 0
never = flags.copy()
never[:, 2] = 0

several = [
    multilabel("plain", flags, flags_smooth),
    multilabel("tied scores", flags, flags_tied),
    multilabel("weights, some 0", flags, flags_smooth, flags_weights),
    multilabel("tied scores, weights", flags, flags_tied, flags_weights),
    multilabel("a label never holds", never, flags_smooth),
    multilabel("perfect", flags, flags),
    multilabel("nothing is said to hold", flags, 0.4 * flags_smooth),
    multilabel("one row", flags[:1], flags_smooth[:1]),
    multilabel("two labels", flags[:, :2], flags_tied[:, :2]),
]

target = pathlib.Path(__file__).with_name("metrics.json")
versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__}
target.write_text(json.dumps({"versions": versions, "classification": classes, "regression": numbers, "multilabel": several}) + "\n")
