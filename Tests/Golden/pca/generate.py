"""Writes the reference values of PCA with scikit-learn: python generate.py, in this folder."""

import json
import sys

import numpy as np
import sklearn
from sklearn.decomposition import PCA

random = np.random.default_rng(3)


def rounded(array):
    return np.array([float(f"{v:.6g}") for v in np.ravel(array)]).reshape(np.shape(array))


mixing = random.normal(size=(5, 5))
tall = rounded(random.normal(size=(40, 5)) * [5, 3, 1, 0.5, 0.1] @ mixing + [0, 100, -3, 1e4, 0.5])
wide = rounded(random.normal(size=(6, 9)) * np.arange(9, 0, -1))

cases = []
for name, x, parameters in [
    ("tall", tall, {}),
    ("two components", tall, {"n_components": 2}),
    ("nine tenths of the variance", tall, {"n_components": 0.9}),
    ("whitened", tall, {"n_components": 3, "whiten": True}),
    ("wide", wide, {"n_components": 3}),
    ("wide, a share, whitened", wide, {"n_components": 0.8, "whiten": True}),
]:
    model = PCA(svd_solver="full", **parameters).fit(x[:-2])
    cases.append({"name": name, "parameters": parameters, "rows": x.tolist(), "result": model.transform(x).tolist()})

versions = {"python": sys.version.split()[0], "numpy": np.__version__, "scikit-learn": sklearn.__version__}
with open("scikit_learn.json", "w") as file:
    json.dump({"versions": versions, "cases": cases}, file)
    file.write("\n")
