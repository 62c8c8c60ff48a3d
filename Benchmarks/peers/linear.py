"""The dense rivals: writes the data that both sides fit on, and fits scikit-learn's models, plain or accelerated.

usage: linear.py data FOLDER [ROWS [COLUMNS [CONDITION]]]     writes x.bin (by column), y.bin, c.bin, x.npy
       linear.py LIBRARY FOLDER THREADS [TASK ...]            LIBRARY: sklearn or sklearnex; one JSON line a task

Tasks: linear_regression, ridge, lasso, logistic_regression, pca, gaussian_naive_bayes. The best of two fits counts;
objectives are per row, as `linear` computes them. With a CONDITION the columns are mixed so that their matrix has that condition number.
"""

import json
import os
import pathlib
import sys
import time
import warnings

mode, folder = sys.argv[1], pathlib.Path(sys.argv[2])
if mode != "data":
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = sys.argv[3]

import numpy as np

if mode == "data":
    rows, columns = (int(sys.argv[k]) if len(sys.argv) > k else v for k, v in ((3, 500_000), (4, 100)))
    random = np.random.default_rng(0)
    x = random.standard_normal((rows, columns))
    w = random.standard_normal(columns)
    y = x @ w + random.standard_normal(rows)
    c = (x @ w * 0.3 + random.logistic(size=rows) > 0).astype(float)
    if len(sys.argv) > 5:
        left, right = (np.linalg.qr(random.standard_normal((columns, columns)))[0] for _ in range(2))
        x = x @ (left * np.geomspace(1, 1 / float(sys.argv[5]), columns)) @ right
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "x.npy", x)
    np.asfortranarray(x).T.tofile(folder / "x.bin")
    y.tofile(folder / "y.bin")
    c.tofile(folder / "c.bin")
    sys.exit()

warnings.filterwarnings("ignore")
if mode == "sklearnex":
    from sklearnex import patch_sklearn

    patch_sklearn(verbose=False)
from sklearn.decomposition import PCA
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB

x, y, c = np.load(folder / "x.npy"), np.fromfile(folder / "y.bin"), np.fromfile(folder / "c.bin")
rows = len(y)


def squares(model):
    return np.sum((model.predict(x) - y) ** 2)


def logistic_loss(model):
    z = x @ model.coef_.ravel() + model.intercept_
    return np.mean(np.logaddexp(0, z) - c * z) + 0.5 * np.sum(model.coef_**2) / rows


TASKS = {
    "linear_regression": (lambda: LinearRegression().fit(x, y), lambda m: squares(m) / rows),
    "ridge": (lambda: Ridge().fit(x, y), lambda m: (squares(m) + np.sum(m.coef_**2)) / rows),
    "lasso": (lambda: Lasso(0.01).fit(x, y), lambda m: squares(m) / (2 * rows) + 0.01 * np.sum(np.abs(m.coef_))),
    "logistic_regression": (lambda: LogisticRegression(C=1.0, max_iter=200).fit(x, c), logistic_loss),
    # The variance that is left out.
    "pca": (lambda: PCA(10).fit(x), lambda m: np.sum(np.var(x, 0, ddof=1)) - np.sum(m.explained_variance_)),
    "gaussian_naive_bayes": (
        lambda: GaussianNB().fit(x, c), lambda m: -np.mean(np.log1p(-m.predict_proba(x)[np.arange(rows), 1 - c.astype(int)]))),
}
for task in sys.argv[4:] or TASKS:
    fit, objective = TASKS[task]
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        model = fit()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"task": task, "fit": min(seconds), "objective": float(objective(model))}), flush=True)
