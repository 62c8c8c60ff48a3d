"""Fits a random forest with one library and prints seconds and the score on the test file as JSON.

usage: forest.py LIBRARY TRAIN.csv TEST.csv TARGET TASK TREES DEPTH THREADS      (TASK: binary, regression)

Libraries: sklearn, sklearnex. The square root of the columns for classes, a third of them for numbers; all columns are
numbers.
"""

import json
import os
import sys
import time

library, train, test, target, task = sys.argv[1:6]
trees, depth, threads = map(int, sys.argv[6:9])
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(threads)
if library == "sklearnex":
    from sklearnex import patch_sklearn
    patch_sklearn(verbose=False)

import numpy
import pandas
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import mean_squared_error, roc_auc_score

fitting, judging = (pandas.read_csv(file) for file in (train, test))
x, xt = (part.drop(columns=target).to_numpy(numpy.float32) for part in (fitting, judging))
y, yt = fitting[target].to_numpy(), judging[target].to_numpy()
kind, columns = (RandomForestRegressor, 1 / 3) if task == "regression" else (RandomForestClassifier, "sqrt")
model = kind(trees, max_depth=depth, max_features=columns, n_jobs=threads, random_state=0)
start = time.perf_counter()
model.fit(x, y)
seconds = time.perf_counter() - start
if task == "regression":
    score = mean_squared_error(yt, model.predict(xt)) ** 0.5
else:
    score = roc_auc_score(yt, model.predict_proba(xt)[:, 1])
print(json.dumps({"fit": round(seconds, 3), "score": round(float(score), 5)}))
