"""Fits boosted trees with one library and prints how many million rows a second it predicts, from float32 values in
memory, as JSON: batch_1 and batch_2 for one and two threads, contributions_2 for exact TreeSHAP values.

usage: predict.py LIBRARY TRAIN.csv TARGET TREES LEAVES      (LIBRARY: lightgbm, xgboost, catboost)
       predict.py sklearn_forest TRAIN.csv TARGET TREES DEPTH

CatBoost grows symmetric trees of as many leaves as a power of two allows, and reads a pool that was made before.
"""

import json
import sys
import time

import numpy
import pandas

library, train, target = sys.argv[1:4]
trees, leaves = map(int, sys.argv[4:6])
table = pandas.read_csv(train)
x, y = table.drop(columns=target).to_numpy(numpy.float32), table[target].to_numpy()
part = x[:2000]


def lightgbm():
    import lightgbm
    model = lightgbm.train({"objective": "binary", "num_leaves": leaves, "num_threads": 2, "verbose": -1},
                           lightgbm.Dataset(x, y), trees)
    return (lambda threads: model.predict(x, num_threads=threads),
            lambda: model.predict(part, pred_contrib=True, num_threads=2))


def xgboost():
    import xgboost
    matrix = xgboost.QuantileDMatrix(x, y)
    model = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide",
                           "max_leaves": leaves, "max_depth": 0, "nthread": 2}, matrix, trees)

    def predict(threads):
        model.set_param({"nthread": threads})
        model.inplace_predict(x)

    return predict, lambda: model.predict(xgboost.DMatrix(part, nthread=2), pred_contribs=True)


def catboost():
    import catboost
    model = catboost.CatBoostClassifier(iterations=trees, depth=(leaves - 1).bit_length(), learning_rate=0.1,
                                        thread_count=2, verbose=0, allow_writing_files=False)
    model.fit(x, y)
    pool, few = catboost.Pool(x), catboost.Pool(part)
    return (lambda threads: model.predict_proba(pool, thread_count=threads),
            lambda: model.get_feature_importance(few, type="ShapValues", thread_count=2))


def sklearn_forest():
    from sklearn.ensemble import RandomForestClassifier
    model = RandomForestClassifier(trees, max_depth=leaves, n_jobs=2, random_state=1).fit(x, y)

    def predict(threads):
        model.n_jobs = threads
        model.predict_proba(x)

    return predict, None


def rate(rows, repeats, body):
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        body()
        best = min(best, time.perf_counter() - start)
    return round(rows / best / 1e6, 5)


predict, explain = globals()[library]()
found = {"batch_1": rate(len(x), 3, lambda: predict(1)), "batch_2": rate(len(x), 5, lambda: predict(2))}
if explain:
    found["contributions_2"] = rate(len(part), 2, explain)
print(json.dumps(found))
