"""Writes the reference values of linear models and naive Bayes on sparse rows (scipy CSR) with scikit-learn:
python generate.py, in this folder."""

import json
import sys

import numpy as np
import scipy
import scipy.sparse
import sklearn
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB

random = np.random.default_rng(5)
rows, width = 90, 60


def rounded(array):
    return np.array([float(f"{v:.6g}") for v in np.ravel(array)]).reshape(np.shape(array))


dense = np.where(random.random((rows, width)) < 0.12, rounded(random.exponential(size=(rows, width))), 0)
dense[:, 0] = 0  # never there
dense[:, 1] = 1.5  # the same in every row
dense[:, 2] = rounded(5 + random.normal(size=rows))  # there in every row
x = scipy.sparse.csr_matrix(dense)
slopes = random.normal(size=(3, width)) * (random.random((3, width)) < 0.3)
scores = dense @ slopes.T + random.normal(size=(rows, 3)) * 0.3
scores -= scores.mean(axis=0)
weights = np.round(random.uniform(0.1, 3, rows), 3)
binary = (scores[:, 0] > 0).astype(int)
classes = scores.argmax(axis=1)
y = rounded(100 + 7 * scores[:, 0])

cases = {}


def linear(name, model, target, weighted=False):
    model.fit(x, target, sample_weight=weights if weighted else None)
    cases[name] = {
        "coefficients": np.atleast_2d(model.coef_).tolist(),
        "intercepts": np.atleast_1d(model.intercept_).tolist(),
    }


# lsqr on centred sparse rows; ridge has a unique optimum at any strength.
linear("ridge", Ridge(alpha=2.5, solver="sparse_cg", tol=1e-15, max_iter=100000), y)
linear("ridge_weighted", Ridge(alpha=2.5, solver="lsqr", tol=1e-15, max_iter=100000), y, True)
linear("ridge_no_intercept", Ridge(alpha=2.5, solver="lsqr", tol=1e-15, max_iter=100000, fit_intercept=False), y)
# The constant column takes nothing in ours; in the others' least norm it shares the intercept, so only answers compare.
ols = LinearRegression().fit(dense, y)
cases["ols"] = {"answers": ols.predict(dense).tolist()}
for name, model in {
    "lasso": Lasso(alpha=0.1, tol=1e-14, max_iter=1000000),
    "lasso_positive": Lasso(alpha=0.05, tol=1e-14, max_iter=1000000, positive=True),
    "lasso_no_intercept": Lasso(alpha=0.3, tol=1e-14, max_iter=1000000, fit_intercept=False),
    "elastic_net": ElasticNet(alpha=0.1, l1_ratio=0.4, tol=1e-14, max_iter=1000000),
}.items():
    linear(name, model, y)
linear("lasso_weighted", Lasso(alpha=0.1, tol=1e-14, max_iter=1000000), y, True)
linear("logistic", LogisticRegression(C=0.7, solver="newton-cg", tol=1e-13, max_iter=10000), binary)
linear("logistic_weighted", LogisticRegression(C=0.7, solver="newton-cg", tol=1e-13, max_iter=10000), binary, True)
linear("multinomial", LogisticRegression(C=0.7, solver="newton-cg", tol=1e-13, max_iter=10000), classes)
saga = dict(solver="saga", tol=1e-14, max_iter=1000000)
linear("logistic_l1", LogisticRegression(C=1.5, l1_ratio=1.0, **saga), binary)
linear("logistic_elastic_net", LogisticRegression(C=1.5, l1_ratio=0.4, **saga), binary)
linear("multinomial_l1", LogisticRegression(C=1.5, l1_ratio=1.0, **saga), classes)

bayes = {}
for name, model, data in [
    ("multinomial_naive_bayes", MultinomialNB(alpha=0.5), x),
    ("bernoulli_naive_bayes", BernoulliNB(alpha=0.5, binarize=0.8), x),
    ("gaussian_naive_bayes", GaussianNB(var_smoothing=1e-2), dense),
]:
    # The smoothing of GaussianNB is a share of a variance that knows no weights.
    model.fit(data, classes, sample_weight=None if name.startswith("gaussian") else weights)
    bayes[name] = model.predict_proba(data).tolist()

json.dump(
    {
        "versions": {
            "python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "width": width, "offsets": x.indptr.tolist(), "indices": x.indices.tolist(), "values": x.data.tolist(),
        "weights": weights.tolist(), "binary": binary.tolist(), "classes": classes.tolist(), "y": y.tolist(),
        "cases": cases, "bayes": bayes,
    },
    open("scikit_learn.json", "w"),
)
