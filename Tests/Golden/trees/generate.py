"""Writes single_tree.json: regression trees of scikit-learn, grown best-first, with their answers for every row.

The columns hold few distinct values, so that binning loses nothing; the target is continuous, so that no two splits tie.
usage: python generate.py
"""
import json
import os

import numpy as np
import sklearn
from sklearn.tree import DecisionTreeRegressor

cases = []
for seed, (rows, leaves, least) in enumerate([(60, 4, 1), (200, 8, 5), (500, 31, 3), (400, 16, 20)]):
    random = np.random.default_rng(seed)
    x = np.stack([random.integers(0, k, rows) * 0.25 - 1 for k in (3, 10, 40)], axis=1)
    y = np.round(np.sin(3 * x[:, 2]) + x[:, 0] * x[:, 1] + random.normal(size=rows) * 0.3, 6)
    tree = DecisionTreeRegressor(max_leaf_nodes=leaves, min_samples_leaf=least, random_state=0).fit(x, y)
    cases.append({
        "leaves": leaves, "min_samples_leaf": least, "columns": x.T.tolist(), "target": y.tolist(),
        "leaves_grown": int(tree.get_n_leaves()), "prediction": tree.predict(x).tolist(),
    })
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "single_tree.json")
with open(path, "w") as file:
    json.dump({"scikit_learn": sklearn.__version__, "numpy": np.__version__, "cases": cases}, file)
    file.write("\n")
