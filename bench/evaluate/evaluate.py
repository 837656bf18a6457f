"""Time the evaluation of a run of 1,000,000 lines: this project, pytrec_eval and ranx, side by side.

usage: python bench/evaluate/evaluate.py [--queries 1000] [--documents 1000] [--rounds 7]

Needs pytrec-eval-terrier and ranx, and Go. Everyone reads the same two files in TREC format and computes nDCG@10, MAP, MRR,
P@10 and recall@100 per query and in the mean; nobody's start is counted, nor ranx's compilation. Rounds alternate the three;
medians are printed, and each one's time as a multiple of the project's. The means must agree.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import tempfile
import time

import numpy as np
import pytrec_eval
import ranx

MEASURES = ["ndcg_cut_10", "map", "recip_rank", "P_10", "recall_100"]
RANX = ["ndcg@10", "map", "mrr", "precision@10", "recall@100"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def write(folder, queries, documents):
    rnd = random.Random(5)
    qrels, run = folder / "qrels.txt", folder / "run.txt"
    with open(qrels, "w") as judged, open(run, "w") as found:
        for q in range(1, queries + 1):
            scores = rnd.sample(range(10 * documents), documents)  # no ties, which ranx breaks otherwise
            for rank, score in enumerate(sorted(scores, reverse=True), 1):
                doc = f"DOC-{rnd.randrange(10_000):04d}-{rank:05d}"
                found.write(f"{q} Q0 {doc} {rank} {score / 128} bench\n")
                if rnd.random() < 0.05:
                    judged.write(f"{q} 0 {doc} {rnd.randrange(4)}\n")
            judged.write(f"{q} 0 MISSED 1\n")
    return qrels, run


def with_pytrec_eval(qrels, run):
    start = time.perf_counter()
    with open(qrels) as f:
        judged = pytrec_eval.parse_qrel(f)
    with open(run) as f:
        found = pytrec_eval.parse_run(f)
    read = time.perf_counter()
    values = pytrec_eval.RelevanceEvaluator(judged, MEASURES).evaluate(found)
    means = [float(np.mean([row[m] for row in values.values()])) for m in MEASURES]
    return {"read": read - start, "evaluate": time.perf_counter() - read, "means": means}


def with_ranx(qrels, run):
    start = time.perf_counter()
    judged, found = ranx.Qrels.from_file(str(qrels), kind="trec"), ranx.Run.from_file(str(run), kind="trec")
    read = time.perf_counter()
    values = ranx.evaluate(judged, found, RANX, make_comparable=False)
    return {"read": read - start, "evaluate": time.perf_counter() - read, "means": [float(values[m]) for m in RANX]}


class Project:
    def __init__(self, binary, qrels, run):
        self.process = subprocess.Popen([binary, qrels, run, *MEASURES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, qrels, run):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = write(folder, args.queries, args.documents)
        binary = folder / "evaluate"
        subprocess.run(["go", "build", "-o", binary, "./bench/evaluate"], cwd=ROOT, check=True)
        peers = {"rerank": Project(binary, *files), "pytrec_eval": with_pytrec_eval, "ranx": with_ranx}
        times = {name: [] for name in peers}
        for round in range(args.rounds + 1):
            for name, peer in peers.items():
                answer = peer(*files)
                if round > 0:  # the first one warms up, and compiles
                    times[name].append(answer)
                means = np.array(answer["means"])
                if name == "rerank":
                    reference = means
                if np.abs(means - reference).max() > 1e-4:
                    raise SystemExit(f"{name} computes {means}, rerank {reference}")
    median = lambda name, part: statistics.median(part(a) for a in times[name])
    parts = {"read": lambda a: a["read"], "evaluate": lambda a: a["evaluate"], "both": lambda a: a["read"] + a["evaluate"]}
    print(f"{args.queries * args.documents} lines, {os.cpu_count()} CPUs; seconds, and times rerank's")
    for name in peers:
        print(f"{name:12s}", *(f"{part} {median(name, f):.3f} s ({median(name, f) / median('rerank', f):.1f}x)  " for part, f in parts.items()))


main()
