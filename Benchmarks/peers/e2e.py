"""The main job as a Python user writes it: read adult.data, split, boost 200 trees, judge, save.

usage: e2e.py adult.data model.txt
"""

import sys

import lightgbm
import numpy
import polars
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

table = polars.read_csv(sys.argv[1], has_header=False, null_values=[" ?"]).to_pandas()
target = (table.iloc[:, -1].str.strip() == ">50K").astype(int).values
features = table.iloc[:, :-1]
for name in features.columns:
    if str(features[name].dtype) in ("object", "str", "string"):
        features[name] = features[name].astype("category")
order = numpy.random.default_rng(7).permutation(len(target))
border = int(0.8 * len(target))
train, test = order[:border], order[border:]
model = lightgbm.LGBMClassifier(n_estimators=200, n_jobs=2, verbose=-1)
model.fit(features.iloc[train], target[train])
probability = model.predict_proba(features.iloc[test])[:, 1]
print("auc", roc_auc_score(target[test], probability))
print("log_loss", log_loss(target[test], probability))
print("accuracy", accuracy_score(target[test], probability > 0.5))
model.booster_.save_model(sys.argv[2])
