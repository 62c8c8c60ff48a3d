"""Losses, gradients and paths of small networks, forth and back in numpy in double precision.

usage: python generate.py > steps.json        (numpy 2.x, scipy 1.x)
"""

import json

import numpy as np
from scipy.special import erf

random = np.random.default_rng(7)
ROWS, INPUTS, BATCH, STEPS = 24, 5, 8, 6


def activate(kind, z):
    if kind == "relu":
        return np.maximum(z, 0), (z > 0).astype(float)
    if kind == "tanh":
        return np.tanh(z), 1 - np.tanh(z) ** 2
    share = 0.5 * (1 + erf(z / np.sqrt(2)))
    return z * share, share + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def loss_and_slope(kind, scores, y, w):
    """The weighted sum of losses, and its gradient by the scores."""
    if kind == "squared":
        error = scores[:, 0] - y
        return np.sum(w * error**2 / 2), (w * error)[:, None]
    if kind == "logistic":
        z = scores[:, 0]
        return np.sum(w * (np.logaddexp(0, z) - y * z)), (w * (1 / (1 + np.exp(-z)) - y))[:, None]
    z = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    one = np.eye(scores.shape[1])[y.astype(int)]
    return -np.sum(w * np.log((p * one).sum(axis=1))), w[:, None] * (p - one)


def layers_of(widths, norm):
    place, layers = 0, []
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layer = {"w": (place, inputs, outputs), "b": place + inputs * outputs}
        place = layer["b"] + outputs
        if norm and index < len(widths) - 2:
            layer["gain"], layer["shift"] = place, place + outputs
            place += 2 * outputs
        layers.append(layer)
    return layers, place


def evaluate(case, point, x, y, w, mean_weight):
    layers, _ = layers_of(case["widths"], case["layer_norm"])
    kept, a = [], x
    for index, layer in enumerate(layers):
        start, inputs, outputs = layer["w"]
        weights = point[start : start + inputs * outputs].reshape(inputs, outputs)
        z = a @ weights + point[layer["b"] : layer["b"] + outputs]
        entry = {"input": a, "weights": weights}
        if "gain" in layer:
            mean, variance = z.mean(axis=1, keepdims=True), z.var(axis=1, keepdims=True)
            entry["inverse"] = 1 / np.sqrt(variance + 1e-5)
            entry["normal"] = (z - mean) * entry["inverse"]
            z = entry["normal"] * point[layer["gain"] : layer["gain"] + outputs] + point[layer["shift"] : layer["shift"] + outputs]
        if index < len(layers) - 1:
            a, entry["slope"] = activate(case["activation"], z)
        else:
            a = z
        kept.append(entry)
    total, delta = loss_and_slope(case["objective"], a, y, w)
    count = len(x) * mean_weight
    delta, gradient = delta / count, np.zeros_like(point)
    penalty = case["alpha"] / len(x)
    squares = 0.0
    for index in reversed(range(len(layers))):
        layer, entry = layers[index], kept[index]
        start, inputs, outputs = layer["w"]
        if "slope" in entry:
            delta = delta * entry["slope"]
        if "gain" in layer:
            gain = point[layer["gain"] : layer["gain"] + outputs]
            gradient[layer["gain"] : layer["gain"] + outputs] = (delta * entry["normal"]).sum(axis=0)
            gradient[layer["shift"] : layer["shift"] + outputs] = delta.sum(axis=0)
            inner = delta * gain
            inner = inner - inner.mean(axis=1, keepdims=True) - entry["normal"] * (inner * entry["normal"]).mean(axis=1, keepdims=True)
            delta = inner * entry["inverse"]
        gradient[layer["b"] : layer["b"] + outputs] = delta.sum(axis=0)
        gradient[start : start + inputs * outputs] = (entry["input"].T @ delta + penalty * entry["weights"]).ravel()
        squares += (entry["weights"] ** 2).sum()
        delta = delta @ entry["weights"].T
    return total / count + penalty / 2 * squares, gradient


cases = []
for objective, outputs in [("squared", 1), ("logistic", 1), ("softmax", 3)]:
    for activation in ["relu", "gelu", "tanh"]:
        for norm in [False, True]:
            case = {
                "widths": [INPUTS, 7, 6, outputs], "activation": activation, "layer_norm": norm,
                "objective": objective, "alpha": 0.3,
            }
            layers, size = layers_of(case["widths"], norm)
            x = random.normal(size=(ROWS, INPUTS)).astype(np.float32).astype(float)
            y = random.normal(size=ROWS) if objective == "squared" else random.integers(0, max(2, outputs), size=ROWS).astype(float)
            w = random.integers(1, 4, size=ROWS).astype(float) if activation == "gelu" else np.ones(ROWS)
            point = (0.5 * random.normal(size=size)).astype(np.float32).astype(float)
            start, values, velocity, first = point.copy(), [], 0, None
            for step in range(STEPS):
                batch = np.arange(step * BATCH, (step + 1) * BATCH) % ROWS
                value, gradient = evaluate(case, point, x[batch], y[batch], w[batch], w.mean())
                values.append(value)
                first = gradient if first is None else first
                velocity = 0.9 * velocity + gradient
                point = point - 0.05 * velocity
            cases.append(case | {
                "x": x.tolist(), "y": y.tolist(), "weights": w.tolist(), "start": start.tolist(), "batch": BATCH,
                "values": values, "gradient": first.tolist(), "end": point.tolist(),
            })
print(json.dumps(cases))
