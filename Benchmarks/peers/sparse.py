"""Linear models and naive Bayes on sparse rows, as scikit-learn does them on scipy's CSR matrices.

usage: sparse.py data FOLDER ROWS WIDTH ENTRIES     writes train.svm and test.svm (a fifth as many rows)
       sparse.py fit MODEL TRAIN.svm TEST.svm       reads, fits, judges; one line of JSON
       sparse.py objective TRAIN.svm MODEL.apus C   the objective of logistic regression that an artifact reaches
       sparse.py texts TEXTS.tsv FOLDER             writes train.tsv and test.tsv (a fifth of the rows)
       sparse.py words MODEL TRAIN.tsv TEST.tsv     hashes words to 2^18 elements, fits, judges; one line of JSON
"""

import json
import pathlib
import struct
import sys
import time

import numpy
from sklearn.datasets import load_svmlight_file
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.naive_bayes import MultinomialNB

MODELS = {
    "logistic_regression": lambda: LogisticRegression(C=1, tol=1e-4, max_iter=1000),
    "multinomial_naive_bayes": MultinomialNB,
    "sgd_linear": lambda: SGDClassifier(
        loss="log_loss", alpha=1e-4, learning_rate="adaptive", eta0=0.1, max_iter=5, tol=None, random_state=0),
}


def data(folder, rows, width, entries):
    """Counts of 1 to 3 at random places; the class follows from weights of a tenth of the columns."""
    folder, rows, width, entries = pathlib.Path(folder), int(rows), int(width), int(entries)
    random = numpy.random.default_rng(3)
    weights = random.standard_normal(width) * (random.random(width) < 0.1)
    for name, count in (("train.svm", rows), ("test.svm", rows // 5)):
        with open(folder / name, "w") as file:
            for first in range(0, count, 2000):
                part = min(2000, count - first)
                # Some columns are much more frequent than others, as words are.
                places = numpy.sort((random.random((part, entries)) ** 1.5 * width).astype(int), axis=1)
                counts = random.integers(1, 4, (part, entries))
                kept = numpy.diff(places, axis=1, prepend=-1) > 0
                scores = (weights[places] * counts * kept).sum(axis=1)
                labels = scores + random.logistic(size=part) > 0
                for label, row, number, keep in zip(labels, places, counts, kept):
                    pairs = " ".join(f"{k + 1}:{v}" for k, v in zip(row[keep].tolist(), number[keep].tolist()))
                    file.write(f"{int(label)} {pairs}\n")


def judged(model, x, y, x_test, y_test, start, read):
    begin = time.perf_counter()
    model.fit(x, y)
    fitted = time.perf_counter()
    probability = model.predict_proba(x_test)[:, 1]
    return {
        "read": read - start, "fit": fitted - begin, "log_loss": log_loss(y_test, probability),
        "roc_auc": roc_auc_score(y_test, probability), "f1": f1_score(y_test, probability > 0.5),
        "f1_macro": f1_score(y_test, probability > 0.5, average="macro"),
    }


def fit(name, train, test):
    start = time.perf_counter()
    x, y = load_svmlight_file(train)
    x_test, y_test = load_svmlight_file(test, n_features=x.shape[1])
    for rows in (x, x_test):  # descent takes no others
        rows.indices, rows.indptr = rows.indices.astype(numpy.int32), rows.indptr.astype(numpy.int32)
    model = MODELS[name]()
    result = judged(model, x, y, x_test, y_test, start, time.perf_counter())
    if name == "logistic_regression":
        result["objective"] = logistic_objective(x, y, model.coef_[0], model.intercept_[0], 1)
    print(json.dumps(result))


def logistic_objective(x, y, slopes, intercept, c):
    margins = x @ slopes + intercept
    return float(c * (numpy.logaddexp(0, margins) - y * margins).sum() + 0.5 * slopes @ slopes)


def tensors(path):
    """The tensors of an artifact: the safetensors layout."""
    content = open(path, "rb").read()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size])
    types = {"F64": numpy.float64, "F32": numpy.float32, "I64": numpy.int64, "U8": numpy.uint8}
    return {
        name: numpy.frombuffer(content[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]],
                               types[entry["dtype"]])
        for name, entry in header.items() if name != "__metadata__" and entry["dtype"] in types}


def objective(train, artifact, c):
    x, y = load_svmlight_file(train, zero_based=True)
    found = {name.split(".")[-1].split("/")[-1]: values for name, values in tensors(artifact).items()}
    slopes = found["coefficients"]
    intercept = found["intercepts"][0] - found["means"] @ slopes
    print(json.dumps({"objective": logistic_objective(x, y, slopes[:x.shape[1]], intercept, float(c))}))


def texts(path, folder):
    header, *lines = open(path, encoding="utf-8").read().splitlines()
    order = numpy.random.default_rng(7).permutation(len(lines))
    border = len(lines) * 4 // 5
    for name, part in (("train.tsv", order[:border]), ("test.tsv", order[border:])):
        (pathlib.Path(folder) / name).write_text(
            "\n".join([header] + [lines[k] for k in part]) + "\n", encoding="utf-8")


def words(name, train, test):
    start = time.perf_counter()
    # Naive Bayes counts, logistic regression weighs.
    counts = name == "multinomial_naive_bayes"
    vectorizer = HashingVectorizer(
        n_features=2**18, alternate_sign=not counts, norm=None if counts else "l2", ngram_range=(1, 2))
    parts = []
    for path in (train, test):
        rows = [line.split("\t", 1) for line in open(path, encoding="utf-8").read().splitlines()[1:]]
        parts += [vectorizer.transform([text for _, text in rows]), numpy.array([label == "spam" for label, _ in rows])]
    print(json.dumps(judged(MODELS[name](), *parts, start, time.perf_counter())))


if __name__ == "__main__":
    {"data": data, "fit": fit, "objective": objective, "texts": texts, "words": words}[sys.argv[1]](*sys.argv[2:])
