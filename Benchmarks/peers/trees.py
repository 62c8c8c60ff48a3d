"""Fits boosted trees with one library and prints seconds (binning included) and the score on the test file as JSON.

usage: trees.py LIBRARY TRAIN.csv TEST.csv TARGET TASK TREES LEAVES THREADS      (TASK: binary, multiclass, regression)

Libraries: lightgbm, lightgbm_quantised, xgboost, sklearn, catboost. 255 bins, learning rate 0.1, at least 20 rows a
leaf where the library knows it; texts are categories, and missing values stay missing.
"""

import json
import os
import sys
import time

library, train, test, target, task = sys.argv[1:6]
trees, leaves, threads = map(int, sys.argv[6:9])
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)

import numpy
import pandas
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score

fitting, judging = (pandas.read_csv(file, engine="pyarrow") for file in (train, test))
labels = sorted(fitting[target].unique())
x, xt = fitting.drop(columns=target), judging.drop(columns=target)
texts = [name for name in x.columns if not pandas.api.types.is_numeric_dtype(x[name])]
for name in texts:
    kind = pandas.CategoricalDtype(sorted(x[name].dropna().unique()))
    xt[name] = xt[name].where(xt[name].isin(kind.categories))
    x[name], xt[name] = x[name].astype(kind), xt[name].astype(kind)
if task == "regression":
    y, yt = fitting[target].to_numpy(float), judging[target].to_numpy(float)
else:
    codes = {label: code for code, label in enumerate(labels)}
    y, yt = (part[target].map(codes).to_numpy() for part in (fitting, judging))
if not texts:
    x, xt = x.to_numpy(numpy.float32), xt.to_numpy(numpy.float32)


def lightgbm(**more):
    import lightgbm
    objective = {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}[task]
    settings = {"objective": objective, "num_leaves": leaves, "max_bin": 255, "learning_rate": 0.1,
                "num_threads": threads, "verbose": -1, "min_data_in_leaf": 20} | more
    if task == "multiclass":
        settings["num_class"] = len(labels)
    start = time.perf_counter()
    model = lightgbm.train(settings, lightgbm.Dataset(x, y), trees)
    return time.perf_counter() - start, lambda: model.predict(xt, num_threads=threads)


def lightgbm_quantised():
    return lightgbm(use_quantized_grad=True, num_grad_quant_bins=4, quant_train_renew_leaf=True)


def xgboost():
    import xgboost
    objective = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}[task]
    settings = {"objective": objective, "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": leaves,
                "max_depth": 0, "max_bin": 256, "eta": 0.1, "nthread": threads, "min_child_weight": 1e-3}
    if task == "multiclass":
        settings["num_class"] = len(labels)
    start = time.perf_counter()
    matrix = xgboost.QuantileDMatrix(x, y, max_bin=256, nthread=threads, enable_categorical=True)
    model = xgboost.train(settings, matrix, trees)
    return time.perf_counter() - start, lambda: model.predict(xgboost.DMatrix(xt, enable_categorical=True))


def sklearn():
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    model = kind(max_iter=trees, max_leaf_nodes=leaves, max_bins=255, learning_rate=0.1, early_stopping=False,
                 min_samples_leaf=20, categorical_features="from_dtype")
    start = time.perf_counter()
    model.fit(x, y)
    return time.perf_counter() - start, lambda: answers(model)


def catboost():
    import catboost
    kind = catboost.CatBoostRegressor if task == "regression" else catboost.CatBoostClassifier
    model = kind(iterations=trees, depth=6, border_count=254, learning_rate=0.1, thread_count=threads, verbose=0,
                 allow_writing_files=False, boosting_type="Plain", bootstrap_type="No")
    start = time.perf_counter()
    if texts:
        for part in (x, xt):
            part[texts] = part[texts].astype(object).fillna("missing")
    model.fit(x, y, cat_features=texts or None)
    return time.perf_counter() - start, lambda: answers(model)


def answers(model):
    return model.predict(xt) if task == "regression" else model.predict_proba(xt)


seconds, predict = globals()[library]()
answer = predict()
if task == "binary" and answer.ndim == 2:
    answer = answer[:, 1]
score = {"binary": lambda: roc_auc_score(yt, answer), "multiclass": lambda: log_loss(yt, answer),
         "regression": lambda: mean_squared_error(yt, answer) ** 0.5}[task]()
print(json.dumps({"fit": round(seconds, 3), "score": round(float(score), 5)}))
