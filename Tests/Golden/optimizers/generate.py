"""Paths of the stepping optimizers in a bowl, by the formulas of torch.optim written out in numpy.

usage: python generate.py > steps.json        (numpy 2.x)
"""

import json

import numpy as np

START = np.array([1.5, -2.0, 0.25, 3.0, -0.75])
STEPS = 60
CURVATURES = 1 + 9 * np.arange(5) / 4
TARGET = 0.1 * np.arange(1, 6)


def gradient(x):
    return CURVATURES * (x - TARGET)


def rate(p, i):
    full, warmup = p.get("learning_rate"), p.get("warmup_steps", 0)
    if i < warmup:
        return full * (i + 1) / warmup
    elapsed, length = i - warmup, p.get("decay_steps") or p.get("max_iter", 1000) - warmup
    schedule = p.get("schedule", "constant")
    if schedule == "step":
        return full * p.get("decay_factor", 0.1) ** (elapsed // length)
    if schedule == "cosine":
        return full * 0.5 * (1 + np.cos(np.pi * elapsed / length)) if elapsed < length else 0.0
    return full


def sgd(p, x, g, m, i):
    g = g + p.get("weight_decay", 0) * x
    m["v"] = p.get("momentum", 0) * m.get("v", 0) + g
    step = g + p.get("momentum", 0) * m["v"] if p.get("nesterov") else m["v"]
    return x - rate(p, i) * step


def adagrad(p, x, g, m, i):
    g = g + p.get("weight_decay", 0) * x
    m["s"] = m.get("s", 0) + g * g
    return x - rate(p, i) * g / (np.sqrt(m["s"]) + p.get("eps", 1e-10))


def rmsprop(p, x, g, m, i):
    g = g + p.get("weight_decay", 0) * x
    alpha = p.get("alpha", 0.99)
    m["s"] = alpha * m.get("s", 0) + (1 - alpha) * g * g
    return x - rate(p, i) * g / (np.sqrt(m["s"]) + p.get("eps", 1e-8))


def adam(p, x, g, m, i, decoupled=False):
    if decoupled:
        x = x * (1 - rate(p, i) * p.get("weight_decay", 0.01))
    else:
        g = g + p.get("weight_decay", 0) * x
    b1, b2 = p.get("beta1", 0.9), p.get("beta2", 0.999)
    m["m"] = b1 * m.get("m", 0) + (1 - b1) * g
    m["s"] = b2 * m.get("s", 0) + (1 - b2) * g * g
    root = np.sqrt(m["s"]) / np.sqrt(1 - b2 ** (i + 1)) + p.get("eps", 1e-8)
    return x - rate(p, i) / (1 - b1 ** (i + 1)) * m["m"] / root


def adamw(p, x, g, m, i):
    return adam(p, x, g, m, i, decoupled=True)


CASES = [
    ("gradient_descent", sgd, {"learning_rate": 0.1}),
    ("gradient_descent", sgd, {"learning_rate": 0.1, "schedule": "step", "decay_steps": 20, "decay_factor": 0.5}),
    ("sgd", sgd, {"learning_rate": 0.05}),
    ("sgd", sgd, {"learning_rate": 0.03, "momentum": 0.9}),
    ("sgd", sgd, {"learning_rate": 0.03, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("adagrad", adagrad, {"learning_rate": 0.3}),
    ("adagrad", adagrad, {"learning_rate": 0.3, "weight_decay": 0.2, "eps": 1e-3, "warmup_steps": 7}),
    ("rmsprop", rmsprop, {"learning_rate": 0.02}),
    ("rmsprop", rmsprop, {"learning_rate": 0.02, "alpha": 0.8, "weight_decay": 0.2, "eps": 1e-3}),
    ("adam", adam, {"learning_rate": 0.05}),
    ("adam", adam, {"learning_rate": 0.05, "beta1": 0.5, "beta2": 0.9, "weight_decay": 0.3, "eps": 1e-4}),
    ("adam", adam, {"learning_rate": 0.05, "schedule": "cosine", "max_iter": 60, "warmup_steps": 10}),
    ("adamw", adamw, {"learning_rate": 0.05}),
    ("adamw", adamw, {"learning_rate": 0.05, "weight_decay": 0.5, "schedule": "cosine", "decay_steps": 40}),
]

paths = []
for name, step, parameters in CASES:
    x, memory, path = START, {}, [START.tolist()]
    for i in range(STEPS):
        x = step(parameters, x, gradient(x), memory, i)
        path.append(x.tolist())
    paths.append({"optimizer": name, "parameters": parameters, "path": path})
print(json.dumps(paths))
