"""Runs Apus and its peers in turn on the same data and prints ratios of wall time and peak memory.

usage: compare.py [e2e] [csv] [start] [trees] [quality] [kernels] [learners] [linear] [predict] [predict_file] [forest]
                  [networks] [softmax] [sparse]
                  --data FOLDER [--csv FILE ...] [--trees SET ...] [--quality SET ...] [--predict SET ...]
                  [--peers NAME ...]
                  [--linear ROWS COLUMNS] [--sparse ROWS COLUMNS ENTRIES] [--tasks TASK ...] [--condition NUMBER ...]
                  [--kernels PART ...] [--quick] [--limit SECONDS] [--repeat N] [--json FILE]

FOLDER holds adult/adult.data. Peers run in the interpreter that APUS_PEERS_PYTHON names, by default
Benchmarks/.venv/bin/python; without it Apus runs alone. Results are checked before they count.
"""

import argparse
import concurrent.futures
import gzip
import json
import multiprocessing
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
APUS = HERE.parent / ".build/release/apus"
CSV = HERE / ".build/release/csv"
BOOSTING = HERE / ".build/release/boosting"
PREDICTION = HERE / ".build/release/prediction"
KERNELS = HERE / ".build/release/kernels"
# The same sources with the Swift code compiled for x86-64-v3, as the C kernels are at run time.
KERNELS_V3 = HERE / ".build-v3/release/kernels"
LEARNERS = HERE / ".build/release/learners"
LINEAR = HERE / ".build/release/linear"
NETWORKS = HERE / ".build/release/networks"
PYTHON = pathlib.Path(os.environ.get("APUS_PEERS_PYTHON", HERE / ".venv/bin/python"))


class Failure(Exception):
    """What was measured is wrong or did not run: the job ends, the others go on."""


def measure(command, folder, limit=None):
    """Wall seconds, peak MiB and standard output of one run; a run that fails ends its job. One that takes more than
    `limit` seconds is stopped: None."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], cwd=folder, stdout=output)
        timer = threading.Timer(limit, process.kill) if limit else None
        if timer:
            timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if timer:
            timer.cancel()
            if seconds >= limit and os.WIFSIGNALED(status):
                return None
        output.seek(0)
        text = output.read().decode()
    if status != 0:
        raise Failure(f"{command[0]} failed:\n{text}")
    return seconds, usage.ru_maxrss / 1024, text


def summary(runs):
    return {"seconds": round(statistics.median(r[0] for r in runs), 3), "peak_mib": round(max(r[1] for r in runs), 1)}


def e2e(options):
    """The whole job as a process: read adult.data, fit 200 trees, judge, save."""
    data = pathlib.Path(options.data).resolve() / "adult/adult.data"
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeat):
            ours.append(measure([
                APUS, "train", data, "--target", "-1", "--set", "model.n_estimators=200",
                "--set", "model.early_stopping=false", "--json", "--force"], folder))
            if PYTHON.exists():
                theirs.append(measure([PYTHON, HERE / "peers/e2e.py", data, "model.txt"], folder))
    report = json.loads(ours[-1][2])
    auc = report["metrics"]["test"]["roc_auc"]["value"]
    if not auc >= 0.923 or report["model"]["trees_built"] != 200:
        raise Failure(f"the job was not done: AUC {auc}, {report['model']['trees_built']} trees")
    result = {"apus": summary(ours) | {"auc": round(auc, 4), "phases": report["phases"]}}
    if theirs:
        result["python"] = summary(theirs) | {"auc": round(float(theirs[-1][2].split()[1]), 4)}
        result["ratio"] = round(result["apus"]["seconds"] / result["python"]["seconds"], 3)
    return result


def csv(options):
    """CSV file → typed columns, best of the repeats; `peers/csv_readers.py FILE OUT.csv` compares the cells."""
    result = {}
    for path in options.csv:
        found = {}
        for _ in range(options.repeat):
            text = measure([CSV, path, 2], None)[2]
            best = float(text.rsplit("best", 1)[1].split(",")[0])
            found["apus"] = min(found.get("apus", best), best)
            if PYTHON.exists():
                for line in measure([PYTHON, HERE / "peers/csv_readers.py", path], None)[2].splitlines():
                    peer, seconds = line.split()
                    found[peer] = min(found.get(peer, float(seconds)), float(seconds))
        peers = [seconds for name, seconds in found.items() if name != "apus"]
        if peers:
            found["ratio"] = round(found["apus"] / min(peers), 3)
        result[path] = found
    return result


def synthetic(rows, columns, kind="product"):
    def make(_, folder):
        subprocess.run([PYTHON, HERE / "peers/synthetic.py", folder, str(rows), str(columns), "1", kind], check=True)
        return folder / "train.csv", folder / "test.csv", "y"
    return make


def rewritten(folder, header, lines, cut):
    """Writes train.csv and test.csv of rows that stand in one list, the first `cut` of them for training."""
    for name, part in (("train.csv", lines[:cut]), ("test.csv", lines[cut:])):
        (folder / name).write_text("\n".join([header] + part) + "\n")
    return folder / "train.csv", folder / "test.csv"


def adult(data, folder):
    """Labels of the test part end in a dot, and its first line is a remark."""
    lines = [
        line.rstrip(".").replace(", ", ",")
        for file in ("adult.data", "adult.test")
        for line in (data / "adult" / file).read_text().splitlines() if line.count(",") == 14]
    header = ",".join(f"c{k}" for k in range(1, 16))
    return *rewritten(folder, header, [line.replace("?", "") for line in lines], 32_561), "c15"


def flights(data, folder):
    """Delayed by more than 15 minutes, without what is known only after the flight and without the tail numbers, which
    are more categories than scikit-learn takes; the last fifth is held out."""
    text = gzip.open(next((data / "flights").glob("*.csv.gz")), "rt").read().splitlines()
    names = text[0].replace('"', "").split(",")
    delay = names.index("arr_delay")
    left_out = {delay, *(names.index(name) for name in ("arr_time", "air_time", "tailnum") if name in names)}
    lines = []
    for line in text[1:]:
        cells = line.replace('"', "").split(",")
        if cells[delay] in ("", "NA"):
            continue
        kept = ["" if cell == "NA" else cell for k, cell in enumerate(cells) if k not in left_out]
        lines.append(",".join(kept + [str(int(float(cells[delay]) > 15))]))
    header = ",".join([name for k, name in enumerate(names) if k not in left_out] + ["delayed"])
    return *rewritten(folder, header, lines, len(lines) * 4 // 5), "delayed"


def lightgbm_example(stem):
    def make(data, folder):
        parts = [
            (data / "lightgbm_examples" / f"{stem}.{part}").read_text().replace("\t", ",").splitlines()
            for part in ("train", "test")]
        header = ",".join(["y"] + [f"f{k}" for k in range(1, parts[0][0].count(",") + 1)])
        return *rewritten(folder, header, parts[0] + parts[1], len(parts[0])), "y"
    return make


def plain(path, target):
    """A file with a header whose last rows are the test part."""
    def make(data, folder):
        header, *lines = (data / path).read_text().splitlines()
        return *rewritten(folder, header, lines, len(lines) * 4 // 5), target
    return make


def start(options):
    """`apus --help`, from nothing to the last line."""
    return {"milliseconds": round(1000 * statistics.median(measure([APUS, "--help"], None)[0] for _ in range(20)), 1)}


# Name: rows and columns of a synthetic table, or how a real one is made; the task; leaves.
TREES = {
    "1M": (synthetic(1_000_000, 28), "binary", 31),
    "1M-255": (synthetic(1_000_000, 28), "binary", 255),
    "wide": (synthetic(50_000, 1_000), "binary", 31),
    "one-hot": (synthetic(80_000, 400, "one_hot"), "binary", 31),
    "flights": (flights, "binary", 31),
    "adult": (adult, "binary", 31),
    "five-classes": (lightgbm_example("multiclass_classification/multiclass"), "multiclass", 31),
    "small": (lightgbm_example("binary_classification/binary"), "binary", 31),
}
SCORES = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "root_mean_squared_error"}
SAMPLED = ["1M", "1M-255"]
PEERS = ["lightgbm", "lightgbm_quantised", "xgboost", "sklearn", "catboost"]


def boosted(folder, train, test, target, leaves, *more):
    """Fits 100 of our trees: seconds, and metrics on the test file."""
    report = json.loads(measure([
        APUS, "train", train, "--test", test, "--target", target, "--threads", 2, "--json", "--force",
        "--set", f"model.num_leaves={leaves}", "--set", "model.early_stopping=false",
        "--set", "evaluation.resamples=0", "--set", "evaluation.baselines=[]",
        *(part for setting in more for part in ("--set", setting))], folder)[2])
    if report["model"]["iterations"] != 100:
        raise Failure(f"{train}: {report['model']['iterations']} iterations instead of 100")
    return report["phases"]["fit"], report["metrics"]["test"]


def peer_boosted(peer, folder, train, test, target, task, leaves):
    """Fits 100 trees of a peer: seconds (`fit`) and test score (`score`)."""
    output = measure([
        PYTHON, HERE / "peers/trees.py", peer, train, test, target, task, 100, leaves, 2], folder)[2]
    return json.loads(output.splitlines()[-1])


def progress(name, who, seconds, score):
    """A line as soon as a contender is done."""
    print(f"{name:14}{who:20}{seconds:9.3f} s  {score:.5f}", file=sys.stderr, flush=True)


def trees(options):
    """Boosted trees, 100 of them, 255 bins, rate 0.1, 2 threads: seconds to fit, binning included, and test score; and
    what a fit of ours adds to the peak of memory, what of it the model keeps, and what it may add (`allowed_mib`). Of
    tables so large that splits are searched on samples, `apus_all_rows` searches them on all rows."""
    result = {}
    for name in options.trees:
        make, task, leaves = TREES[name]
        found = {}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            train, test, target = make(pathlib.Path(options.data).resolve(), folder)
            ways = [("apus", [])] + ([("apus_all_rows", ["model.search_rows=0"])] if name in SAMPLED else [])
            for _ in range(options.repeat):
                for way, settings in ways:
                    seconds, metrics = boosted(folder, train, test, target, leaves, *settings)
                    keep(found, way, seconds, metrics[SCORES[task]]["value"])
                    progress(name, way, seconds, metrics[SCORES[task]]["value"])
                for peer in options.peers if PYTHON.exists() else []:
                    theirs = peer_boosted(peer, folder, train, test, target, task, leaves)
                    keep(found, peer, theirs["fit"], theirs["score"])
                    progress(name, peer, theirs["fit"], theirs["score"])
            if BOOSTING.exists():
                memory = json.loads(measure([BOOSTING, train, target, leaves, 2], folder)[2])
                found["apus"] |= {key: round(memory[key], 1) for key in ("fit_mib", "allowed_mib", "model_mib")
                                  if key in memory}
        peers = [entry["fit"] for peer, entry in found.items() if not peer.startswith("apus")]
        if peers:
            found["ratio"] = round(found["apus"]["fit"] / min(peers), 3)
        result[name] = found
        print(name, json.dumps(found), file=sys.stderr, flush=True)
    return result


# Name: how a table is made, the task, into how many random parts to fit and to judge it is divided, one after another,
# and how much worse than LightGBM's the mean score may be beyond chance.
QUALITY = {
    "synthetic": (synthetic(200_000, 28), "binary", 5, 0.0005),
    "additive": (synthetic(500_000, 28, "additive"), "binary", 5, 0.0005),
    "flights": (flights, "binary", 5, 0.0005),
    "adult": (adult, "binary", 20, 0),
    "five-classes": (lightgbm_example("multiclass_classification/multiclass"), "multiclass", 20, 0),
    "small": (lightgbm_example("binary_classification/binary"), "binary", 20, 0),
    "california": (plain("california_housing/housing.csv", "median_house_value"), "regression", 20, 0),
    "diamonds": (plain("diamonds/diamonds.csv", "price"), "regression", 5, 0.001),
}


def quality(options):
    """Test scores of boosted trees and LightGBM's, 100 trees of 31 leaves, on random divisions of each table: both see
    the same rows, so that differences count in pairs."""
    result = {}
    if not PYTHON.exists():
        return result
    for name in options.quality:
        make, task, divisions, allowed = QUALITY[name]
        ours, theirs = [], []
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            train, test, target = make(pathlib.Path(options.data).resolve(), folder)
            header, *lines = train.read_text().splitlines()
            lines += test.read_text().splitlines()[1:]
            for seed in range(divisions):
                random.Random(seed).shuffle(lines)
                rewritten(folder, header, lines, len(lines) * 4 // 5)
                ours.append(boosted(folder, train, test, target, 31)[1][SCORES[task]]["value"])
                theirs.append(peer_boosted("lightgbm", folder, train, test, target, task, 31)["score"])
        # Above 0 is better, whatever the score; errors count relative to LightGBM's.
        better = [
            a - b if task == "binary" else b - a if task == "multiclass" else 1 - a / b for a, b in zip(ours, theirs)]
        error = statistics.stdev(better) / len(better) ** 0.5
        found = {"apus": statistics.mean(ours), "lightgbm": statistics.mean(theirs),
                 "better": statistics.mean(better), "standard_error": error}
        found["holds"] = found["better"] >= -max(allowed, error)
        result[name] = found
        print(f"{name:14}{SCORES[task]:26}apus {found['apus']:.5f}  lightgbm {found['lightgbm']:.5f}  "
              f"better by {found['better']:+.5f} ± {error:.5f}{'' if found['holds'] else '  WORSE'}",
              file=sys.stderr, flush=True)
    return result


def predict(options):
    """Raw values in memory → answers, 200,000 × 28, binary, 1 and 2 threads: millions of rows a second, the best of the
    repeats; contributions of features likewise; one row: nanoseconds. Boosted trees, and a forest 12 levels deep."""
    result = {}
    boosted = ("lightgbm", "xgboost", "catboost")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        train, _, target = synthetic(200_000, 28)(None, folder)
        for name, trees, size, settings, peers in (
            ("100x31", 100, 31, ["model.num_leaves=31", "model.early_stopping=false"], boosted),
            ("500x31", 500, 31, ["model.num_leaves=31", "model.early_stopping=false"], boosted),
            ("100x255", 100, 255, ["model.num_leaves=255", "model.early_stopping=false"], boosted),
            ("forest", 100, 12, ["model.id=random_forest", "model.max_depth=12"], ("sklearn_forest",)),
        ):
            if name not in options.predict:
                continue
            model = folder / f"{name}.apus"
            settings = [*settings, f"model.n_estimators={trees}", "evaluation.resamples=0", "evaluation.baselines=[]"]
            measure([APUS, "train", train, "--target", target, "--quiet", "-o", model]
                    + [part for setting in settings for part in ("--set", setting)], folder)
            found = {"apus": json.loads(measure([PREDICTION, train, model, 2], folder)[2])}
            print(f"{name:14}apus", json.dumps(found["apus"]), file=sys.stderr, flush=True)
            for peer in peers if PYTHON.exists() else []:
                line = measure([PYTHON, HERE / "peers/predict.py", peer, train, target, trees, size], folder)[2]
                found[peer] = json.loads(line.splitlines()[-1])
                print(f"{name:14}{peer}", json.dumps(found[peer]), file=sys.stderr, flush=True)
            rivals = [entry for who, entry in found.items() if who != "apus"]
            for key in ("batch_2", "contributions_2"):
                if best := max((entry.get(key, 0) for entry in rivals), default=0):
                    found[f"{key}_ratio"] = round(best / found["apus"][key], 3)
            result[name] = found
    return result


def predict_file(options):
    """`apus predict MODEL TABLE.csv -o OUT.csv` on 1,000,000 × 28 numbers as a whole process, 100 trees × 31 leaves, 2
    threads: wall time and peak memory."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        table, _, target = synthetic(1_000_000, 28)(None, folder)
        model, out = folder / "model.apus", folder / "out.csv"
        measure([APUS, "train", table, "--target", target, "--quiet", "-o", model, "--set",
                 "model.early_stopping=false", "--set", "evaluation.resamples=0", "--set",
                 "evaluation.baselines=[]"], folder)
        if PYTHON.exists():
            peer = [PYTHON, HERE / "peers/predict_file.py"]
            measure([*peer, "fit", table, target, "model.txt"], folder)
        for _ in range(min(3, options.repeat)):
            ours.append(measure([APUS, "predict", model, table, "-o", out, "--force", "--threads", 2], folder))
            with open(out) as file:
                lines = sum(1 for _ in file)
            if lines != 1_000_001:
                raise Failure(f"{lines} lines of predictions instead of 1,000,001")
            if PYTHON.exists():
                theirs.append(measure([*peer, table, target, "model.txt", out], folder))
    result = {"apus": summary(ours)}
    if theirs:
        result["python"] = summary(theirs) | {"phases": json.loads(theirs[-1][2].splitlines()[-1])}
        result["ratio"] = round(result["apus"]["seconds"] / result["python"]["seconds"], 3)
    return result


def kernels(options):
    """Dense kernels: C on one thread and two, Swift at baseline and at v3, and the share of the hardware's limit."""
    what = ([] if options.quick else ["all"]) + options.kernels
    report = json.loads(measure([KERNELS, *what], None)[2])
    v3 = json.loads(measure([KERNELS_V3, *what], None)[2])["results"] if KERNELS_V3.exists() else []
    for one, other in zip(report["results"], v3):
        one["swift_v3"] = other["swift1"]
    for limit in report["limits"]:
        print(f"limit, {limit['threads']} threads: {limit['single'] / 1e9:.0f} GFLOP/s single, "
              f"{limit['double'] / 1e9:.0f} double, {limit['bandwidth'] / 1e9:.1f} GB/s", file=sys.stderr)
    heads = ["C 1", "C 2", "Swift", "Swift v3", "Swift/C", "C limit 1", "C limit 2", "Swift limit"]
    print(f"{'kernel':18}{'size':28}" + "".join(f"{head:>12}" for head in heads), file=sys.stderr)
    for r in report["results"]:
        times = "".join(f"{1000 * r[k]:>9.3f} ms" if k in r else f"{'':12}" for k in ("c1", "c", "swift1", "swift_v3"))
        shares = "".join(f"{100 * r[k]:>10.0f} %" for k in ("share1", "share", "swift_share"))
        print(f"{r['kernel']:18}{r['size']:28}{times}{r['swift1'] / r['c1']:>11.1f}x{shares}", file=sys.stderr)
    return report


def learners(options):
    """Fit and predict of every learner on both backends, 20,000 × 20 with the answers compared."""
    lines = [json.loads(line) for line in measure([LEARNERS], None)[2].splitlines()]
    columns = ("c_fit", "swift_fit", "c_predict", "swift_predict")
    print(f"{'learner':30}{'task':12}" + "".join(f"{name:>15}" for name in columns), file=sys.stderr)
    for line in lines:
        times = "".join(f"{1000 * line[name]:>12.2f} ms" for name in columns)
        print(f"{line['learner']:30}{line['task']:12}{times}", file=sys.stderr)
    return lines


# Task: parameters of ours, and how far above the rival's objective ours may end, relative to it.
LINEAR_TASKS = {
    "linear_regression": ({}, 1e-12),
    "ridge": ({"alpha": 1}, 1e-12),
    "lasso": ({"alpha": 0.01}, 1e-10),
    "logistic_regression": ({"c": 1}, 1e-10),
    "pca": ({"n_components": 10}, 1e-9),
    "gaussian_naive_bayes": ({}, 1e-9),
}


def linear(options):
    """Dense models on rows × columns of doubles in memory, 2 threads: seconds to fit, and the objective reached."""
    result = {}
    if not PYTHON.exists():
        return result
    for condition in options.condition:
        name = f"condition {condition:g}" if condition > 1 else "independent"
        rows, columns = options.linear
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PYTHON, HERE / "peers/linear.py", "data", folder, str(rows), str(columns),
                            *([str(condition)] if condition > 1 else [])], check=True)
            for task in options.tasks:
                (parameters, slack), found = LINEAR_TASKS[task], {}
                for _ in range(options.repeat):
                    ours = json.loads(measure([
                        LINEAR, folder, rows, columns, 2, task, json.dumps(parameters)], None)[2])
                    ours["fit"] = min(ours["fit"], found.get("apus", ours)["fit"])
                    found["apus"] = ours
                    for peer in ("sklearn", "sklearnex"):
                        if "stopped_after" in found.get(peer, {}):
                            continue
                        run = measure([PYTHON, HERE / "peers/linear.py", peer, folder, 2, task], None, options.limit)
                        if run is None:
                            found[peer] = {"stopped_after": options.limit}
                            continue
                        theirs = json.loads(run[2].splitlines()[-1])
                        theirs["fit"] = min(theirs["fit"], found.get(peer, theirs)["fit"])
                        found[peer] = theirs
                # What a peer did not end counts for nothing; a ratio needs one that did.
                peers = [found[peer] for peer in ("sklearn", "sklearnex") if "fit" in found[peer]]
                least = min((peer["objective"] for peer in peers), default=float("inf"))
                if peers and not found["apus"]["objective"] <= least + slack * abs(least):
                    raise Failure(f"{task}: our objective {found['apus']['objective']} is above {least}")
                if peers:
                    found["ratio"] = round(found["apus"]["fit"] / min(peer["fit"] for peer in peers), 3)
                result[f"{task}, {name}"] = found
                ratio = f"{found['ratio']:.2f}" if peers else "none"
                print(f"{task:22}{name:16}ratio {ratio}  " + "  ".join(
                    f"{who} " + (f"{found[who]['fit']:.3f} s" if "fit" in found[who] else
                                 f"stopped after {options.limit:g} s") for who in ("apus", "sklearn", "sklearnex"))
                    + f"  memory {found['apus']['fit_mib'] / found['apus']['packed_mib']:.2f} of the packed matrix",
                    file=sys.stderr, flush=True)
    return result


def forest(options):
    """A random forest of 100 trees, 12 levels deep, on 100,000 × 28 numbers, 2 threads: seconds to fit, and test AUC."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        train, test, target = synthetic(100_000, 28)(None, pathlib.Path(folder))
        for _ in range(options.repeat):
            ours = json.loads(measure([
                APUS, "train", train, "--test", test, "--target", target, "--threads", 2, "--json", "--force",
                "--model", "random_forest", "--set", "model.max_depth=12", "--set", "evaluation.resamples=0",
                "--set", "evaluation.baselines=[]"], folder)[2])
            if ours["model"]["trees"] != 100:
                raise Failure(f"{ours['model']['trees']} trees instead of 100")
            keep(found, "apus", ours["phases"]["fit"], ours["metrics"]["test"]["roc_auc"]["value"])
            for peer in ("sklearn", "sklearnex") if PYTHON.exists() else []:
                line = measure([
                    PYTHON, HERE / "peers/forest.py", peer, train, test, target, "binary", 100, 12, 2], folder)[2]
                theirs = json.loads(line.splitlines()[-1])
                keep(found, peer, theirs["fit"], theirs["score"])
    if "sklearnex" in found:
        found["ratio"] = round(found["apus"]["fit"] / found["sklearnex"]["fit"], 3)
    return found


def networks(options):
    """An epoch of a perceptron of 2 × 256 hidden units in batches of 200 on 100,000 × 100 and one of linear descent on
    500,000 × 100, 2 threads: seconds, and the share of the matrix products alone; the best of all epochs."""
    found = {}
    for _ in range(options.repeat):
        runs = [("apus", [NETWORKS, 5, 2])] + [("sklearn", [PYTHON, HERE / "peers/networks.py", 3])] * PYTHON.exists()
        for who, command in runs:
            for key, value in json.loads(measure(command, None)[2].splitlines()[-1]).items():
                least = key not in ("products_gflops", "share_of_products")
                known = found.setdefault(who, {}).get(key, value)
                found[who][key] = round(min(known, value) if least else max(known, value), 4)
    ours = found["apus"]
    ours["share_of_products"] = round(ours["products"] / ours["perceptron"], 3)
    if "sklearn" in found:
        theirs = found["sklearn"]
        for key, mine in (("perceptron_single", "perceptron"), ("perceptron_double", "perceptron"), ("sgd", "sgd")):
            found[f"{key}_ratio"] = round(ours[mine] / theirs[key], 3)
        found["share_of_numpy_products"] = round(theirs["products"] / ours["perceptron"], 3)
    print(json.dumps(found, indent=2), file=sys.stderr, flush=True)
    return found


def softmax(options):
    """Multinomial logistic regression with an L1 penalty, 2 threads: seconds to fit, and the objective reached, which may
    not be above that of saga, at its default tolerance."""
    result = {}
    if not PYTHON.exists():
        return result
    peer = HERE / "peers/softmax.py"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        made = folder / "normal.csv"
        subprocess.run([PYTHON, peer, "data", made, "50000", "100", "5"], check=True)
        digits = pathlib.Path(options.data).resolve() / "digits_8x8/optdigits.tes"
        for name, file in {"digits": digits, "50,000 x 100, five classes": made}.items():
            seconds = []
            for _ in range(options.repeat):
                report = json.loads(measure([
                    APUS, "train", file, "--test", file, "--target", "-1", "--set", "data.task=multiclass",
                    "--model", "logistic_regression", "--set", "model.penalty=l1", "-o", "model.apus", "--json",
                    "--force", "--threads", 2, "--set", "evaluation.resamples=0", "--set",
                    "evaluation.baselines=[]"], folder)[2])
                seconds.append(report["phases"]["fit"])
            ours = json.loads(measure([PYTHON, peer, "objective", file, folder / "model.apus"], folder)[2])
            theirs = json.loads(measure([PYTHON, peer, "fit", file, 1e-4], folder)[2])
            if not ours["objective"] <= theirs["objective"] * (1 + 1e-6):
                raise Failure(f"our objective {ours['objective']} is above {theirs['objective']}")
            result[name] = {"apus": {"fit": round(min(seconds), 3)} | ours, "sklearn": theirs,
                            "ratio": round(min(seconds) / theirs["fit"], 3)}
            print(name, json.dumps(result[name]), file=sys.stderr, flush=True)
    return result


def sparse(options):
    """100,000 columns × 200,000 rows at 0.1 %, and words of short messages hashed to 2^18: whole processes from the file to
    the judged model, wall time and peak memory, and the scores and the objective reached."""
    result = {}
    if not PYTHON.exists():
        return result
    peer = HERE / "peers/sparse.py"
    plain = ["--json", "--force", "--threads", 2, "--set", "evaluation.resamples=0", "--set", "evaluation.baselines=[]"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run([PYTHON, peer, "data", folder, *map(str, options.sparse)], check=True)
        for model, setting in {
            "logistic_regression": ["--set", "model.tol=1e-5"], "multinomial_naive_bayes": [],
            # Five passes over the rows; ours takes 16 of them a step, the peer one.
            "sgd_linear": ["--set", "model.max_iter=5", "--set", "model.tol=0"],
        }.items():
            files = [folder / "train.svm", folder / "test.svm"]
            ours, theirs = [], []
            for _ in range(min(options.repeat, 2)):
                ours.append(measure([
                    APUS, "train", files[0], "--test", files[1], "--model", model, "-o", "model.apus", *setting,
                    *plain], folder))
                theirs.append(measure([PYTHON, peer, "fit", model, *files], folder))
            report, peers = json.loads(ours[-1][2]), json.loads(theirs[-1][2])
            found = {
                "apus": summary(ours) | {"phases": report["phases"],
                                         "roc_auc": report["metrics"]["test"]["roc_auc"]["value"]},
                "sklearn": summary(theirs) | peers,
            }
            if model == "logistic_regression":
                line = measure([PYTHON, peer, "objective", files[0], folder / "model.apus", 1], folder)[2]
                found["apus"] |= json.loads(line)
                if not found["apus"]["objective"] <= peers["objective"] * (1 + 1e-6):
                    raise Failure(f"our objective {found['apus']['objective']} is above {peers['objective']}")
            elif model == "sgd_linear":
                if not found["apus"]["roc_auc"] >= peers["roc_auc"] - 0.005:
                    raise Failure(f"{model}: our AUC {found['apus']['roc_auc']} is below {peers['roc_auc']}")
            elif abs(found["apus"]["roc_auc"] - peers["roc_auc"]) > 1e-6:
                raise Failure(f"{model}: our AUC {found['apus']['roc_auc']} is not {peers['roc_auc']}")
            found["ratio"] = round(found["apus"]["seconds"] / found["sklearn"]["seconds"], 3)
            found["fit_ratio"] = round(report["phases"]["fit"] / peers["fit"], 3)
            found["memory_ratio"] = round(found["apus"]["peak_mib"] / found["sklearn"]["peak_mib"], 3)
            result[model] = found
            print(model, json.dumps(found), file=sys.stderr, flush=True)
        texts = pathlib.Path(options.data).resolve() / "sms_spam/SMSSpamCollection.tsv"
        subprocess.run([PYTHON, peer, "texts", texts, folder], check=True)
        for model in ("logistic_regression", "multinomial_naive_bayes"):
            counts = model == "multinomial_naive_bayes"
            hashing = "ngram_range: [1, 2]" + (", alternate_sign: false, norm: none" if counts else "")
            (folder / "sms.yaml").write_text(
                f"data: {{path: train.tsv, test: test.tsv, target: Label, positive: spam, quote: false, "
                f"kinds: {{SMS: text}}}}\n"
                f"features: {{transforms: [{{id: hash_text, {hashing}}}]}}\nmodel: {{id: {model}}}\n")
            ours = measure([APUS, "train", "sms.yaml", "-o", "sms.apus", *plain], folder)
            theirs = measure([PYTHON, peer, "words", model, folder / "train.tsv", folder / "test.tsv"], folder)
            report = json.loads(ours[2])
            result[f"{model}, messages"] = {
                "apus": summary([ours]) | {"f1": report["metrics"]["test"]["f1_macro"]["value"]},
                "sklearn": summary([theirs]) | json.loads(theirs[2]),
                "ratio": round(ours[0] / theirs[0], 3),
            }
            print(model, json.dumps(result[f"{model}, messages"]), file=sys.stderr, flush=True)
    return result


def keep(found, name, seconds, score):
    """The best of the repeats."""
    best = min(found.get(name, {}).get("fit", seconds), seconds)
    found[name] = {"fit": round(best, 3), "score": round(score, 5)}


def ratios(results, place=()):
    """Every ratio in the results with its place: our time by that of the fastest peer."""
    for key, value in results.items():
        if isinstance(value, dict):
            yield from ratios(value, (*place, key))
        elif key.endswith("ratio"):
            yield " ".join((*place, *key.split("_")[:-1])), value


def told(job, options):
    """Runs a job; whatever stops it is a Failure."""
    try:
        return job(options)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(str(error)) from None


def alone(job, options):
    """Runs a job in a process of its own: the peak of memory of what a process starts is never below its own."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        return pool.submit(told, job, options).result()


def main():
    jobs = {"e2e": e2e, "csv": csv, "start": start, "trees": trees, "quality": quality, "kernels": kernels,
            "learners": learners, "linear": linear, "predict": predict, "predict_file": predict_file,
            "forest": forest, "networks": networks, "softmax": softmax, "sparse": sparse}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", default=list(jobs))
    parser.add_argument("--data", default=str(HERE.parent.parent / "shared/data"))
    parser.add_argument("--csv", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--trees", nargs="*", default=list(TREES), choices=list(TREES), metavar="SET")
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS, metavar="NAME", help="of trees")
    parser.add_argument("--predict", nargs="*", default=["100x31", "500x31", "100x255", "forest"], metavar="SET",
                        choices=["100x31", "500x31", "100x255", "forest"])
    parser.add_argument("--linear", nargs=2, type=int, default=[500_000, 100], metavar=("ROWS", "COLUMNS"))
    parser.add_argument("--sparse", nargs=3, type=int, default=[200_000, 100_000, 100],
                        metavar=("ROWS", "COLUMNS", "ENTRIES"))
    parser.add_argument("--quality", nargs="*", default=list(QUALITY), choices=list(QUALITY), metavar="SET")
    parser.add_argument("--condition", nargs="*", type=float, default=[1, 1e6], help="of the columns of linear")
    parser.add_argument("--tasks", nargs="*", default=list(LINEAR_TASKS), choices=list(LINEAR_TASKS), metavar="TASK")
    parser.add_argument("--kernels", nargs="*", default=[], metavar="PART",
                        choices=["products", "factors", "passes", "descent", "trees", "forests", "sparse"])
    parser.add_argument("--quick", action="store_true", help="small sizes of the kernels only")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120, metavar="SECONDS",
                        help="what a peer of linear may take for its two fits before it is stopped")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if unknown := [job for job in options.jobs if job not in jobs]:
        parser.error(f"there is no job {unknown[0]}: {', '.join(jobs)}")
    if not PYTHON.exists():
        print(f"No peers: python3 -m venv {HERE}/.venv && {HERE}/.venv/bin/pip install -r {HERE}/peers/requirements.txt")
    results, failed = {}, []
    for job in options.jobs:
        print(f"\n{job}", file=sys.stderr, flush=True)
        began = time.perf_counter()
        try:
            results[job] = alone(jobs[job], options)
        except Failure as failure:
            failed.append(job)
            print(f"{job}: {failure}", file=sys.stderr, flush=True)
        print(f"{job}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        if options.json:
            pathlib.Path(options.json).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))
    if table := list(ratios(results)):
        print("\nOur time by that of the fastest peer", file=sys.stderr)
        for name, ratio in table:
            print(f"  {name:56}{ratio:7.3f}", file=sys.stderr)
    if failed:
        sys.exit(f"not done: {', '.join(failed)}")


if __name__ == "__main__":
    main()
