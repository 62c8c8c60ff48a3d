"""Writes the reference values of the linear models with scikit-learn: python generate.py, in this folder.

Inputs are drawn here and stored beside the results, so that the tests read one file. Optima are refined far beyond the
library's defaults: tol 1e-12 and many iterations.
"""

import json
import sys

import numpy as np
import scipy
import sklearn
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge

versions = {
    "python": sys.version.split()[0],
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}
random = np.random.default_rng(7)


def rounded(array):
    """Six digits are enough variety and keep the file small."""
    return np.array([float(f"{v:.6g}") for v in np.ravel(array)]).reshape(np.shape(array))


x = rounded(random.normal(size=(90, 5)) * [1, 10, 0.01, 300, 1] + [0, 50, 1, -7, 1000])
x[:, 4] = rounded(x[:, 4] + 0.8 * x[:, 0])
noise = random.normal(size=90)
y = rounded(3 * x[:, 0] - 0.2 * x[:, 1] + 40 * x[:, 2] + 0.01 * x[:, 3] + 2 + noise)
weights = rounded(random.uniform(0.1, 3, size=90))
score = x[:, 0] + 0.1 * (x[:, 1] - 50) + random.logistic(size=90)
binary = (score > 0.3).astype(int)
classes = np.digitize(score, [-0.8, 0.9])

cases = {}


def regression(name, model, weights_used):
    model.fit(x, y, sample_weight=weights if weights_used else None)
    cases[name] = {
        "coefficients": np.atleast_2d(model.coef_).tolist(),
        "intercepts": np.atleast_1d(model.intercept_).tolist(),
        "prediction": model.predict(x[:10]).reshape(-1, 1).tolist(),
    }


regression("ols", LinearRegression(), False)
regression("ols_weighted", LinearRegression(), True)
regression("ols_no_intercept", LinearRegression(fit_intercept=False), False)
regression("ridge", Ridge(alpha=2.5, solver="svd"), False)
regression("ridge_weighted", Ridge(alpha=2.5, solver="svd"), True)


def sparse(name, alpha, l1_ratio, weights_used=False, **settings):
    regression(name, ElasticNet(alpha=alpha, l1_ratio=l1_ratio, tol=1e-15, max_iter=10_000_000, **settings), weights_used)


sparse("lasso", 0.3, 1)
sparse("lasso_weighted", 0.3, 1, True)
sparse("lasso_no_intercept", 0.3, 1, fit_intercept=False)
sparse("lasso_positive", 0.05, 1, positive=True)
sparse("elastic_net", 0.2, 0.4)
sparse("elastic_net_weighted", 0.2, 0.4, True)
sparse("elastic_net_positive", 0.05, 0.7, positive=True)


def newton(target, c, weights_used, class_weight, fit_intercept=True):
    """The minimum of scikit-learn's objective, to the last digits: Newton's method converges quadratically."""
    model = LogisticRegression(
        C=c,
        tol=1e-13,
        max_iter=10_000,
        solver="newton-cholesky",
        class_weight=class_weight,
        fit_intercept=fit_intercept,
    )
    # Coefficients do not depend on where the columns' zero is; the search is better conditioned at their means.
    mean = x.mean(axis=0) if fit_intercept else np.zeros(x.shape[1])
    model.fit(x - mean, target, sample_weight=weights if weights_used else None)
    model.intercept_ = model.intercept_ - model.coef_ @ mean
    return model


def classification(name, target, **settings):
    model = newton(target, **settings)
    cases[name] = {
        "coefficients": model.coef_.tolist(),
        "intercepts": model.intercept_.tolist(),
        "prediction": model.predict_proba(x[:10]).tolist(),
    }


classification("binary", binary, c=1.0, weights_used=False, class_weight=None)
classification("binary_weighted", binary, c=0.3, weights_used=True, class_weight=None)
classification("binary_balanced", binary, c=1.0, weights_used=False, class_weight="balanced")
classification("binary_no_intercept", binary, c=1.0, weights_used=False, class_weight=None, fit_intercept=False)
classification("softmax", classes, c=1.0, weights_used=False, class_weight=None)
classification("softmax_weighted", classes, c=0.3, weights_used=True, class_weight=None)
classification("softmax_balanced", classes, c=1.0, weights_used=False, class_weight="balanced")

# An L1 penalty hangs on the units of the columns, and the reference's search converges on standardised ones only.
z = rounded((x - x.mean(axis=0)) / x.std(axis=0))


def corners(name, target, c, l1_ratio, weights_used=False, **settings):
    model = LogisticRegression(C=c, l1_ratio=l1_ratio, solver="saga", tol=1e-15, max_iter=200_000, **settings)
    model.fit(z, target, sample_weight=weights if weights_used else None)
    if len(model.intercept_) > 1:
        # The same number added to all changes no probability.
        model.intercept_ -= model.intercept_.mean()
    cases[name] = {
        "coefficients": model.coef_.tolist(),
        "intercepts": model.intercept_.tolist(),
        "prediction": model.predict_proba(z[:10]).tolist(),
    }


corners("l1_binary", binary, 0.2, 1)
corners("l1_binary_weighted", binary, 0.2, 1, True)
corners("l1_binary_no_intercept", binary, 0.2, 1, fit_intercept=False)
corners("elastic_net_binary", binary, 0.1, 0.5)
corners("l1_softmax", classes, 0.2, 1)
corners("elastic_net_softmax", classes, 0.1, 0.5, True)


def each_against_the_rest(name, class_weight):
    models = [newton((classes == k).astype(int), 1.0, False, class_weight) for k in range(3)]
    shares = np.column_stack([model.predict_proba(x[:10])[:, 1] for model in models])
    cases[name] = {
        "coefficients": np.vstack([model.coef_ for model in models]).tolist(),
        "intercepts": np.concatenate([model.intercept_ for model in models]).tolist(),
        "prediction": (shares / shares.sum(axis=1, keepdims=True)).tolist(),
    }


each_against_the_rest("ovr", None)
each_against_the_rest("ovr_balanced", "balanced")

with open("scikit_learn.json", "w") as file:
    json.dump(
        {
            "versions": versions,
            "x": x.tolist(),
            "z": z.tolist(),
            "y": y.tolist(),
            "weights": weights.tolist(),
            "binary": binary.tolist(),
            "classes": classes.tolist(),
            "cases": cases,
        },
        file,
        indent=None,
        separators=(",", ":"),
    )
    file.write("\n")
