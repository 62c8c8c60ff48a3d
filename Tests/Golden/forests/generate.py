"""Writes decision_trees.json, scikit-learn's trees with their answers for every row, and forests.json, the scores of
its forests over ten seeds on real data.

Columns of the single trees hold few distinct values, so that binning loses nothing. scikit-learn breaks ties between
columns at random: only cases on which eight seeds agree are written.
usage: python generate.py [FOLDER OF THE DATA [only]]      (only: leave decision_trees.json as it is)
"""
import json
import os
import sys

import numpy as np
import sklearn
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

here = os.path.dirname(os.path.abspath(__file__))
versions = {"scikit_learn": sklearn.__version__, "numpy": np.__version__}


def save(name, content):
    with open(os.path.join(here, name), "w") as file:
        json.dump(versions | content, file)
        file.write("\n")


def features(random, rows, missing):
    x = np.stack([random.integers(0, k, rows) * 0.25 - 1 for k in (4, 12, 40, 200)], axis=1)
    if missing:
        x[random.random(rows) < 0.2, 2] = np.nan
        x[random.random(rows) < 0.1, 3] = np.nan
    return x


def case(seed, task, rows, missing=False, weighted=False, **settings):
    """The first data set from `seed` on whose tree does not hang on the order of its columns."""
    while True:
        random = np.random.default_rng(seed)
        x = features(random, rows, missing)
        known = np.nan_to_num(x)
        score = np.sin(3 * known[:, 2]) + known[:, 0] * known[:, 1] + 0.05 * known[:, 3] + random.normal(size=rows) * 0.3
        y = {
            "regression": lambda: np.round(score, 6),
            "binary": lambda: (score > 0.4).astype(int),
            "multiclass": lambda: np.digitize(score, [-1, 0.5, 2]),
            "multilabel": lambda: np.stack([score > 0.4, known[:, 2] + random.normal(size=rows) > 2], axis=1).astype(int),
        }[task]()
        weights = np.round(random.random(rows) + 0.1, 4) if weighted else None
        kind = DecisionTreeRegressor if task == "regression" else DecisionTreeClassifier
        theirs = dict(settings)
        if isinstance(settings.get("class_weight"), dict):
            theirs["class_weight"] = {int(label): weight for label, weight in settings["class_weight"].items()}
        fits = [kind(random_state=state, **theirs).fit(x, y, weights) for state in range(8)]
        parts = fits[0].tree_
        # Weights that cancel leave crumbs, for which it may split nodes that are pure.
        crumbs = (parts.children_left >= 0) & (parts.impurity < 1e-9)
        same = all(np.allclose(fit.feature_importances_, fits[0].feature_importances_, 0, 1e-12) for fit in fits)
        if same and not crumbs.any():
            break
        seed += 100
        assert seed < 10_000, (task, settings)
    tree = fits[0]
    if task == "regression":
        answers = tree.predict(x)[:, None]
    elif task == "multilabel":
        answers = np.stack([part[:, 1] for part in tree.predict_proba(x)], axis=1)
    else:
        answers = tree.predict_proba(x)
    return {
        "task": task, "settings": settings, "columns": [[None if np.isnan(v) else v for v in c] for c in x.T],
        "target": y.tolist() if task == "multilabel" else y[:, None].tolist(),
        "weights": None if weights is None else weights.tolist(), "leaves": int(tree.get_n_leaves()),
        "depth": int(tree.get_depth()), "importances": np.round(tree.feature_importances_, 12).tolist(),
        "answers": np.round(answers, 12).tolist(),
    }


def trees():
    return [
        case(1, "binary", 300, weighted=True, min_samples_leaf=12),
        case(2, "binary", 300, weighted=True, min_samples_leaf=12, criterion="entropy"),
        case(3, "binary", 400, weighted=True, max_depth=4, min_samples_leaf=12),
        case(4, "binary", 400, weighted=True, max_leaf_nodes=9, criterion="entropy"),
        case(5, "binary", 400, weighted=True, missing=True, max_leaf_nodes=12),
        case(6, "multiclass", 400, weighted=True, max_depth=5, min_samples_leaf=8),
        case(7, "multiclass", 400, weighted=True, criterion="log_loss", min_samples_leaf=8),
        case(8, "multiclass", 400, weighted=True, missing=True, max_leaf_nodes=16),
        case(9, "regression", 300, min_samples_leaf=10),
        case(10, "regression", 500, max_leaf_nodes=20, min_samples_leaf=6),
        case(11, "regression", 300, weighted=True, min_samples_leaf=8, max_depth=6),
        case(12, "regression", 400, missing=True, min_samples_leaf=9),
        case(13, "regression", 400, min_impurity_decrease=0.01, min_samples_leaf=5),
        case(14, "regression", 300, min_samples_split=60, min_samples_leaf=6),
        case(15, "multilabel", 300, weighted=True, max_leaf_nodes=12),
        case(16, "multilabel", 300, weighted=True, criterion="entropy", min_samples_leaf=6),
        case(17, "binary", 300, class_weight="balanced", min_samples_leaf=12, criterion="entropy"),
        case(18, "multiclass", 400, class_weight="balanced", max_depth=5, min_samples_leaf=8),
        case(19, "multiclass", 400, weighted=True, class_weight={"0": 3, "2": 0.5}, max_leaf_nodes=16),
    ]


def digits(folder):
    parts = [
        np.loadtxt(os.path.join(folder, "digits_8x8", name), delimiter=",", skiprows=1)
        for name in ("optdigits.tra", "optdigits.tes")]
    return [part for table in parts for part in (table[:, :-1], table[:, -1])]


def california(folder):
    import pandas
    table = pandas.read_csv(os.path.join(folder, "california_housing/housing.csv"))
    table = table.drop(columns="ocean_proximity").dropna()
    y = table.pop("median_house_value").to_numpy()
    held = np.arange(len(y)) % 5 == 0
    x = table.to_numpy()
    return x[~held], y[~held], x[held], y[held]


def adult(folder):
    import pandas
    parts = []
    for name in ("adult.data", "adult.test"):
        table = pandas.read_csv(os.path.join(folder, "adult", name), header=None, skipinitialspace=True, comment="|")
        parts += [table[[0, 2, 4, 10, 11, 12]].to_numpy(float), table[14].str.startswith(">50K").to_numpy().astype(int)]
    return parts


def scores(make, score, x, y, xt, yt):
    found = []
    for seed in range(10):
        model = make(seed).fit(x, y)
        found.append((score(model, xt, yt), getattr(model, "oob_score_", None)))
    values = np.array([value for value, _ in found])
    result = {"mean": float(values.mean()), "deviation": float(values.std(ddof=1))}
    if found[0][1] is not None:
        result["oob"] = float(np.mean([oob for _, oob in found]))
    return result


def forests(folder):
    accuracy = lambda m, x, y: float((m.predict(x) == y).mean())
    rmse = lambda m, x, y: float(np.sqrt(np.mean((m.predict(x) - y) ** 2)))
    auc = lambda m, x, y: float(roc_auc_score(y, m.predict_proba(x)[:, 1]))
    same = {"n_estimators": 50, "n_jobs": 1}
    d, c, a = digits(folder), california(folder), adult(folder)
    return {
        "digits_random_forest": scores(
            lambda s: RandomForestClassifier(oob_score=True, bootstrap=True, random_state=s, **same), accuracy, *d),
        "digits_extra_trees": scores(lambda s: ExtraTreesClassifier(random_state=s, **same), accuracy, *d),
        "california_random_forest": scores(
            lambda s: RandomForestRegressor(max_features=3, min_samples_leaf=2, oob_score=True, random_state=s, **same),
            rmse, *c),
        "california_extra_trees": scores(
            lambda s: ExtraTreesRegressor(max_features=3, min_samples_leaf=2, random_state=s, **same), rmse, *c),
        "adult_random_forest": scores(
            lambda s: RandomForestClassifier(max_depth=10, oob_score=True, random_state=s, **same), auc, *a),
    }


folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../../../../shared/data")
if "only" not in sys.argv:
    save("decision_trees.json", {"cases": trees()})
save("forests.json", {"settings": {"n_estimators": 50}, "scores": forests(folder)})
