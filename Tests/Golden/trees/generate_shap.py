"""Writes shap.json: small models of LightGBM, their trees node by node, rows with missing values, and what LightGBM says
that each feature contributes to each row (pred_contrib); the last number of a row is the mean.

Some models are fitted with weights: LightGBM counts rows, not weights, as the shares of unknown values.
usage: python generate_shap.py
"""
import json
import os

import lightgbm
import numpy as np

random = np.random.default_rng(3)
rows, columns = 600, 6
x = random.normal(size=(rows, columns))
x[:, 4] = np.round(x[:, 4])
score = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + (x[:, 3] > 0.3) * x[:, 4] + 0.1 * random.normal(size=rows)
x[random.random((rows, columns)) < 0.1] = np.nan
classes = np.digitize(score, [-0.5, 0.7])
weights = np.exp(random.normal(size=rows))
some = x[:40]


def node(tree, nodes, place):
    """Children stand side by side, behind their parent."""
    if "leaf_value" in tree:
        nodes[place] = {"value": tree["leaf_value"], "count": tree.get("leaf_count", rows)}
        return
    assert tree["decision_type"] == "<=" and tree["missing_type"] == "NaN"
    child = len(nodes)
    nodes.extend([None, None])
    nodes[place] = {"column": tree["split_feature"], "threshold": tree["threshold"], "count": tree["internal_count"],
                    "missing_left": tree["default_left"], "child": child}
    node(tree["left_child"], nodes, child)
    node(tree["right_child"], nodes, child + 1)


def case(name, objective, target, scores, **more):
    settings = {"objective": objective, "verbose": -1, "num_threads": 1, "learning_rate": 0.3, "seed": 1} | more
    if scores > 1:
        settings["num_class"] = scores
    weight = settings.pop("weight", None)
    model = lightgbm.train(settings, lightgbm.Dataset(x, target, weight=weight), settings.pop("trees"))
    trees = []
    for tree in model.dump_model()["tree_info"]:
        nodes = [None]
        node(tree["tree_structure"], nodes, 0)
        trees.append(nodes)
    found = model.predict(some, pred_contrib=True).reshape(len(some), scores, columns + 1)
    return {"name": name, "scores": scores, "trees": trees, "contributions": found.transpose(1, 0, 2).tolist()}


cases = [
    case("regression", "regression", score, 1, trees=12, num_leaves=15),
    case("weighted", "regression", score, 1, trees=12, num_leaves=15, weight=weights),
    case("deep", "binary", (score > 0).astype(int), 1, trees=6, num_leaves=63, min_data_in_leaf=2, weight=weights),
    case("classes", "multiclass", classes, 3, trees=5, num_leaves=7),
]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shap.json")
with open(path, "w") as file:
    json.dump({"lightgbm": lightgbm.__version__, "numpy": np.__version__,
               "rows": [[None if value != value else value for value in row] for row in some.tolist()],
               "cases": cases}, file)
    file.write("\n")
