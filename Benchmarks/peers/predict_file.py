"""Predicts the rows of a CSV file with LightGBM and writes them, with the prediction and the probability, as CSV.

usage: predict_file.py fit TABLE.csv TARGET MODEL.txt [TREES [LEAVES]]
       predict_file.py TABLE.csv TARGET MODEL.txt OUT.csv      prints seconds of reading, predicting, writing as JSON
"""

import json
import sys
import time

import lightgbm
import pandas


def fit(table, target, model, trees=100, leaves=31):
    table = pandas.read_csv(table)
    x, y = table.drop(columns=target), table[target]
    lightgbm.train({"objective": "binary", "num_leaves": int(leaves), "num_threads": 2, "verbose": -1},
                   lightgbm.Dataset(x, y), int(trees)).save_model(model)


def predict(table, target, model, out):
    times = [time.perf_counter()]
    table, model = pandas.read_csv(table), lightgbm.Booster(model_file=model)
    times.append(time.perf_counter())
    probability = model.predict(table.drop(columns=target), num_threads=2)
    times.append(time.perf_counter())
    table.assign(prediction=(probability > 0.5).astype(int), probability=probability).to_csv(out, index=False)
    times.append(time.perf_counter())
    print(json.dumps({name: round(after - before, 3)
                      for name, before, after in zip(("read", "predict", "write"), times, times[1:])}))


if sys.argv[1] == "fit":
    fit(*sys.argv[2:])
else:
    predict(*sys.argv[1:])
