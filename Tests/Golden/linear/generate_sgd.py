"""Coefficients of scikit-learn's SGDRegressor and SGDClassifier after a few passes in the order of the rows.

usage: python generate_sgd.py > sgd.json        (scikit-learn 1.9, numpy 2.4)
"""

import json

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor

random = np.random.default_rng(3)
x = random.normal(size=(60, 4))
y = x @ [1.0, -2.0, 0.5, 0.0] + 0.1 * random.normal(size=60)
labels = (y + random.normal(size=60) > 0).astype(int)
common = dict(fit_intercept=False, shuffle=False, tol=None, max_iter=5)
cases = []
for loss, objective, parameters in [
    ("squared_error", "squared", dict(learning_rate="constant", eta0=0.01, alpha=0.1)),
    ("squared_error", "squared", dict(learning_rate="invscaling", eta0=0.05, power_t=0.3, alpha=0.1, average=True)),
    ("log_loss", "logistic", dict(learning_rate="constant", eta0=0.1, alpha=0.01)),
    ("log_loss", "logistic", dict(learning_rate="invscaling", eta0=0.5, power_t=0.5, alpha=0.01)),
    ("hinge", "hinge", dict(learning_rate="constant", eta0=0.03, alpha=0.01)),
]:
    kind = SGDRegressor if loss == "squared_error" else SGDClassifier
    model = kind(loss=loss, **common, **parameters).fit(x, y if kind is SGDRegressor else labels)
    cases.append({"loss": objective, "parameters": parameters, "coefficients": model.coef_.ravel().tolist()})
print(json.dumps({"x": x.tolist(), "y": y.tolist(), "labels": labels.tolist(), "cases": cases}))
