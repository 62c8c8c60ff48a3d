"""Writes the reference values of naive Bayes with scikit-learn: python generate.py, in this folder."""

import json
import sys

import numpy as np
import sklearn
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB, MultinomialNB

random = np.random.default_rng(11)
rows, new = 70, 12
codes = random.integers(0, 3, rows)
weights = np.round(random.uniform(0.1, 3, rows), 3)


def rounded(array):
    return np.array([float(f"{v:.6g}") for v in np.ravel(array)]).reshape(np.shape(array))


def centred(classes):
    return rounded(random.normal(size=(len(classes), 4)) * [1, 100, 0.01, 1] + np.outer(classes, [0.7, 30, 0.01, 0]) + [0, 5, 1e4, -3])


numbers, new_numbers = centred(codes), centred(random.integers(0, 3, new))
rates = np.array([[1, 4, 0.2, 2, 0], [3, 1, 0.2, 2, 0.1], [1, 1, 2, 2, 0]])
counts = random.poisson(rates[codes]).astype(float)
new_counts = random.poisson(rates[random.integers(0, 3, new)]).astype(float)
shares = np.array([[0.6, 0.2, 0.1, 0.1], [0.2, 0.3, 0.4, 0.1], [0.1, 0.1, 0.1, 0.7]])


def categories(classes):
    return np.array([[random.choice(4, p=shares[c]), random.choice(4, p=shares[(c + 1) % 3])] for c in classes])


labels, new_labels = categories(codes), categories(random.integers(0, 3, new))
labels[:4, 0] = labels[:4, 1] = [0, 1, 2, 3]  # every category occurs

cases = []


def case(name, model, parameters, x, probe, used=False):
    model.fit(x, codes, sample_weight=weights if used else None)
    cases.append({
        "name": name, "model": type(model).__name__, "parameters": parameters, "weighted": used,
        "rows": x.tolist(), "probe": probe.tolist(), "probabilities": model.predict_proba(probe).tolist(),
    })


prior = [0.2, 0.5, 0.3]
case("gaussian", GaussianNB(), {}, numbers, new_numbers)
case("gaussian, smoothed", GaussianNB(var_smoothing=0.01), {"var_smoothing": 0.01}, numbers, new_numbers)
case("gaussian, priors", GaussianNB(priors=prior), {"priors": prior}, numbers, new_numbers)
# The variance that smoothing starts from has no weights in scikit-learn; without smoothing nothing differs.
case("gaussian, weights", GaussianNB(var_smoothing=0), {"var_smoothing": 0}, numbers, new_numbers, True)
case("multinomial", MultinomialNB(), {}, counts, new_counts)
case("multinomial, alpha", MultinomialNB(alpha=0.1), {"alpha": 0.1}, counts, new_counts)
case("multinomial, no priors", MultinomialNB(fit_prior=False), {"fit_prior": False}, counts, new_counts)
case("multinomial, weights", MultinomialNB(), {}, counts, new_counts, True)
case("bernoulli", BernoulliNB(), {}, counts, new_counts)
case("bernoulli, threshold", BernoulliNB(binarize=1.5, alpha=0.5), {"binarize": 1.5, "alpha": 0.5}, counts, new_counts)
case("bernoulli, priors, weights", BernoulliNB(class_prior=prior), {"class_prior": prior}, counts, new_counts, True)
case("categorical", CategoricalNB(), {}, labels, new_labels)
case("categorical, alpha, weights", CategoricalNB(alpha=0.3), {"alpha": 0.3}, labels, new_labels, True)

versions = {"python": sys.version.split()[0], "numpy": np.__version__, "scikit-learn": sklearn.__version__}
with open("scikit_learn.json", "w") as file:
    json.dump({"versions": versions, "codes": codes.tolist(), "weights": weights.tolist(), "cases": cases}, file)
    file.write("\n")
