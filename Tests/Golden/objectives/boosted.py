"""Writes boosted.json: how well LightGBM's trees do by each loss on real tables, every fifth row held out.

usage: python boosted.py [folder of the tables, ../shared/data from the package's root by default]
"""
import json
import os
import sys

import lightgbm
import numpy as np
import pandas as pd
from scipy.special import huber
from sklearn.metrics import (
    mean_absolute_error, mean_gamma_deviance, mean_pinball_loss, mean_poisson_deviance,
)

here = os.path.dirname(os.path.abspath(__file__))
data = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../../../../shared/data")
tables = {
    "california_housing/housing.csv": ("median_house_value", []),
    "bike_sharing/hour.csv": ("cnt", ["casual", "registered", "instant", "dteday"]),
    "diamonds/diamonds.csv": ("price", []),
}
cases = [
    ("california_housing/housing.csv", "absolute", {}, {"objective": "mae"}, mean_absolute_error),
    ("california_housing/housing.csv", "quantile", {"alpha": 0.1}, {"objective": "quantile", "alpha": 0.1},
     lambda y, p: mean_pinball_loss(y, p, alpha=0.1)),
    ("california_housing/housing.csv", "quantile", {"alpha": 0.9}, {"objective": "quantile", "alpha": 0.9},
     lambda y, p: mean_pinball_loss(y, p, alpha=0.9)),
    # Leaves of LightGBM are Newton steps, of delta times the rate at most: with a smaller delta 100 trees do not arrive.
    ("california_housing/housing.csv", "huber", {"delta": 1e6}, {"objective": "huber", "alpha": 1e6},
     lambda y, p: huber(1e6, y - p).mean()),
    ("bike_sharing/hour.csv", "poisson", {}, {"objective": "poisson"}, lambda y, p: mean_poisson_deviance(y, p) / 2),
    ("diamonds/diamonds.csv", "gamma", {}, {"objective": "gamma"}, lambda y, p: mean_gamma_deviance(y, p) / 2),
]
results = []
for path, objective, parameters, theirs, loss in cases:
    target, ignored = tables[path]
    table = pd.read_csv(os.path.join(data, path)).drop(columns=ignored)
    x = table.drop(columns=[target])
    for name in x.columns[~x.dtypes.map(pd.api.types.is_numeric_dtype)]:
        x[name] = pd.Categorical(x[name])
    held = np.arange(len(table)) % 5 == 0
    model = lightgbm.LGBMRegressor(verbose=-1, n_jobs=1, **theirs).fit(x[~held], table[target][~held])
    results.append({
        "table": path, "target": target, "ignored": ignored, "objective": objective, "parameters": parameters,
        "loss": loss(table[target][held].to_numpy(), model.predict(x[held])),
    })
with open(os.path.join(here, "boosted.json"), "w") as file:
    json.dump({"lightgbm": lightgbm.__version__, "cases": results}, file, indent=1)
    file.write("\n")
