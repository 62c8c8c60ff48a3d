"""Runs Apus and its peers in turn on the same data and prints ratios of wall time and peak memory.

usage: compare.py [e2e] [csv] [start] --data FOLDER [--csv FILE ...] [--repeat N] [--json FILE]

FOLDER holds adult/adult.data. Peers run in the interpreter that APUS_PEERS_PYTHON names, by default
Benchmarks/.venv/bin/python; without it Apus runs alone. Results are checked before they count.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
APUS = HERE.parent / ".build/release/apus"
CSV = HERE / ".build/release/csv"
PYTHON = pathlib.Path(os.environ.get("APUS_PEERS_PYTHON", HERE / ".venv/bin/python"))


def measure(command, folder):
    """Wall seconds, peak MiB and standard output of one run; a run that fails ends the comparison."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], cwd=folder, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        output.seek(0)
        text = output.read().decode()
    if status != 0:
        sys.exit(f"{command[0]} failed:\n{text}")
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
        sys.exit(f"the job was not done: AUC {auc}, {report['model']['trees_built']} trees")
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


def start(options):
    """`apus --help`, from nothing to the last line."""
    return {"milliseconds": round(1000 * statistics.median(measure([APUS, "--help"], None)[0] for _ in range(20)), 1)}


def main():
    jobs = {"e2e": e2e, "csv": csv, "start": start}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", default=list(jobs))
    parser.add_argument("--data", default=str(HERE.parent.parent / "shared/data"))
    parser.add_argument("--csv", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if unknown := [job for job in options.jobs if job not in jobs]:
        parser.error(f"there is no job {unknown[0]}: {', '.join(jobs)}")
    if not PYTHON.exists():
        print(f"No peers: python3 -m venv {HERE}/.venv && {HERE}/.venv/bin/pip install -r {HERE}/peers/requirements.txt")
    results = {job: jobs[job](options) for job in options.jobs}
    print(json.dumps(results, indent=2))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2) + "\n")


main()
