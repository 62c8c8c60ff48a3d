"""Writes the reference values of hashed texts with scikit-learn: python generate.py, in this folder."""

import json
import sys

import sklearn
from sklearn.feature_extraction.text import HashingVectorizer

texts = [
    "Free entry in 2 a wkly comp to win FA Cup final tkts", "Ok lar... Joking wif u oni!!!", "", "a b c",
    "the the the cat, the_cat and THE Cat", "Größe naïve Ångström 東京都 は x² Ⅷ", "tab\tand\nline", "won 1000 1000 000",
]
cases = []
for name, parameters in [
    ("defaults", {}), ("few columns", {"n_features": 7}), ("pairs", {"ngram_range": [1, 2], "n_features": 50}),
    ("counts", {"norm": "none", "alternate_sign": False}), ("cased, l1", {"lowercase": False, "norm": "l1"}),
    ("noticed", {"binary": True, "n_features": 5, "norm": "none", "alternate_sign": False}),
]:
    given = {"n_features": 64, **parameters}
    known = {k: (tuple(v) if isinstance(v, list) else None if v == "none" else v) for k, v in given.items()}
    result = HashingVectorizer(**known).transform(texts).toarray()
    cases.append({"name": name, "parameters": given, "result": result.tolist()})

versions = {"python": sys.version.split()[0], "scikit-learn": sklearn.__version__}
with open("scikit_learn.json", "w") as file:
    json.dump({"versions": versions, "texts": texts, "cases": cases}, file)
    file.write("\n")
