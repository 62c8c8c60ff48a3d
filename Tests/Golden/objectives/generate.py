"""Writes objectives.json: losses, gradients and best constants of reference implementations.

Losses of scikit-learn stand in sklearn._loss; each is moved by the constant that makes its least value 0, as ours is.
scikit-learn has no focal loss and no cost matrix: their formulas are written out here, with gradients by complex steps,
which are exact to rounding, and constants by scipy.
usage: python generate.py
"""
import json
import os

import numpy as np
import scipy
import sklearn
from scipy.optimize import brentq, minimize
from sklearn._loss import loss as losses

random = np.random.default_rng(5)
rows = 40
cases = []


def add(objective, parameters, targets, scores, weights, loss, gradients, constants):
    cases.append({
        "objective": objective, "parameters": parameters, "targets": np.asarray(targets, float).ravel().tolist(),
        "scores": scores.ravel().tolist(), "weights": weights.tolist(), "loss": float(loss),
        "gradients": np.asarray(gradients).ravel().tolist(), "constants": np.atleast_1d(constants).tolist(),
    })


def known(objective, parameters, loss, targets, scores, classes=1):
    weights = np.round(random.uniform(0.2, 3, rows), 3)
    y = np.ascontiguousarray(targets, float)
    raw = np.ascontiguousarray(scores)
    value = loss.loss(y, raw, weights) + loss.constant_to_optimal_zero(y, weights)
    gradient = loss.gradient(y, raw, weights)
    add(objective, parameters, y, scores, weights, value.sum(), gradient, loss.fit_intercept_only(y, weights))


values = np.round(random.normal(size=rows) * 3, 3)
scores = np.round(random.normal(size=rows) * 2, 3)
known("squared", {}, losses.HalfSquaredError(), values, scores)
known("absolute", {}, losses.AbsoluteError(), values, scores)
for alpha in (0.1, 0.9):
    known("quantile", {"alpha": alpha}, losses.PinballLoss(quantile=alpha), values, scores)
known("poisson", {}, losses.HalfPoissonLoss(), random.poisson(2, rows), scores)
known("gamma", {}, losses.HalfGammaLoss(), np.round(random.gamma(2, 2, rows), 3) + 0.1, scores)
known("logistic", {}, losses.HalfBinomialLoss(), random.integers(0, 2, rows), scores)
known("softmax", {}, losses.HalfMultinomialLoss(n_classes=3), np.arange(rows) % 3, np.round(random.normal(size=(rows, 3)), 3))

# scikit-learn's constant for Huber's loss is one step from the median, not the least: from scipy.
for delta in (0.5, 2.0):
    weights = np.round(random.uniform(0.2, 3, rows), 3)
    huber = losses.HuberLoss(quantile=0.9, delta=delta)
    best = brentq(lambda c: huber.gradient(values, np.full(rows, float(c)), weights).sum(), -9, 9, xtol=1e-14)
    add("huber", {"delta": delta}, values, scores, weights, huber.loss(values, scores, weights).sum(),
        huber.gradient(values, scores, weights), best)


def by_formula(objective, parameters, function, targets, scores):
    """`function(targets, complex scores (rows, width))` is the loss of each row."""
    weights = np.round(random.uniform(0.2, 3, rows), 3)
    gradients = np.empty_like(scores)
    for k in range(scores.shape[1]):
        moved = scores.astype(complex)
        moved[:, k] += 1e-30j
        gradients[:, k] = weights * function(targets, moved).imag / 1e-30
    total = lambda c: float((weights * function(targets, np.tile(c, (rows, 1)).astype(complex)).real).sum())
    best = minimize(total, np.zeros(scores.shape[1]), tol=1e-14).x
    add(objective, parameters, targets, scores, weights, (weights * function(targets, scores.astype(complex)).real).sum(),
        gradients, best)


def focal(gamma, alpha):
    def loss(targets, scores):
        codes = targets.astype(int)
        truth = codes[:, None] == (np.arange(scores.shape[1]) if scores.shape[1] > 1 else 1)
        p = 1 / (1 + np.exp(-np.where(truth, scores, -scores)))
        return (np.where(truth, alpha, 1 - alpha) * -((1 - p) ** gamma) * np.log(p)).sum(axis=1)
    return loss


def cost_sensitive(costs):
    savings = np.max(costs, axis=1, keepdims=True) - costs
    def loss(targets, scores):
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return -(savings[targets.astype(int)] * log_p).sum(axis=1)
    return loss


two = random.integers(0, 2, rows)
three = np.arange(rows) % 3
for gamma, alpha in ((2.0, 0.25), (0.5, 0.7)):
    parameters = {"gamma": gamma, "alpha": alpha}
    by_formula("focal", parameters, focal(gamma, alpha), two, scores[:, None])
    by_formula("focal", parameters, focal(gamma, alpha), three, np.round(random.normal(size=(rows, 3)), 3))
by_formula("one_vs_all", {}, lambda t, s: 2 * focal(0, 0.5)(t, s), three, np.round(random.normal(size=(rows, 3)), 3))
for costs in ([[0, 1, 2], [4, 0, 1], [3, 2, 0]],):
    by_formula("cost_sensitive", {"costs": costs}, cost_sensitive(np.array(costs, float)), three,
               np.round(random.normal(size=(rows, 3)), 3))
by_formula("cost_sensitive", {"costs": [[0, 1], [5, 0]]}, cost_sensitive(np.array([[0, 1], [5, 0]], float)), two,
           np.round(random.normal(size=(rows, 2)), 3))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "objectives.json")
with open(path, "w") as file:
    json.dump({"scikit_learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__, "cases": cases}, file)
    file.write("\n")
