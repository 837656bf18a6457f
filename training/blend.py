#!/usr/bin/env python3
"""Chooses the neighbours of the default blend, and measures the blend.

    python blend.py DATA MODEL

DATA is the folder of the judged collections and of train/, MODEL that of
all-MiniLM-L6-v2. Needs sentence-transformers, bm25s and PyStemmer (bench/results
has the versions). The training sources choose the weight and the number of
neighbours, each source held back in turn; the judged collections are only looked
at. Everything is computed in float32 from fixed seeds: two runs print the same.
"""

import argparse
import gzip
import json
import random

import bm25s
import numpy as np
import Stemmer
from sentence_transformers import SentenceTransformer

SOURCES = {"bioasq-6b7b": 4000, "stackexchange": 2300, "squad2-dev": 3000, "pubmedqa": 1000, "medquad": 2500}  # pairs used of each
COLLECTIONS = ("cranfield", "medline", "time", "cacm")
QUERIES = 400
GRID = [(0.0, 1)] + [(w, k) for w in (0.1, 0.2, 0.3, 0.4, 0.5) for k in (3, 5, 8, 10, 15)]
DEPTH, SEED = 100, 7


def bm25(texts):
    """A function that gives the scores of all texts for a query."""
    stem = Stemmer.Stemmer("english")
    tokens = lambda list, **more: bm25s.tokenize(list, stemmer=stem, stopwords="en", show_progress=False, **more)
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(tokens(texts), show_progress=False)

    def scores(query):
        words = tokens([query], return_ids=False)[0]
        return index.get_scores(words) if len(words) else np.zeros(len(texts), np.float32)

    return scores


class Judged:
    """Texts and queries with what is relevant, as vectors and BM25 scores."""

    def __init__(self, texts, queries, relevant, encode):
        self.texts, self.queries = encode(texts), encode(queries)
        scores = bm25(texts)
        self.bm25 = np.stack([scores(q) for q in queries])
        self.relevant = np.zeros((len(queries), len(texts)), np.float32)
        for i, judged in enumerate(relevant):
            for d, grade in judged.items():
                self.relevant[i, d] = grade


def read_pairs(data, name):
    return [json.loads(line) for line in gzip.open(f"{data}/train/{name}.jsonl.gz", "rt")]


def gathered(pairs):
    """The texts of pairs by their places, and the places of each query's relevant texts."""
    texts, relevant = {}, {}
    for r in pairs:
        relevant.setdefault(r["query"], {})[texts.setdefault(r["positive"], len(texts))] = 1
        for n in r.get("negatives", []):
            texts.setdefault(n, len(texts))
    return texts, relevant


def read_source(data, name, most):
    rows = read_pairs(data, name)
    random.Random(SEED).shuffle(rows)
    texts, relevant = gathered(rows[:most])
    least = 3 if name == "bioasq-6b7b" else 1  # the one source with several relevant texts a query
    queries = [q for q in relevant if len(relevant[q]) >= least][:QUERIES]
    return list(texts), queries, [relevant[q] for q in queries]


def read_collection(data, name):
    docs = [json.loads(line) for line in open(f"{data}/{name}/corpus.jsonl")]
    at = {d["_id"]: i for i, d in enumerate(docs)}
    relevant = {}
    for line in list(open(f"{data}/{name}/qrels/test.tsv"))[1:]:
        q, d, grade = line.split("\t")
        if int(grade) > 0 and d in at:
            relevant.setdefault(q, {})[at[d]] = int(grade)
    queries = [json.loads(line) for line in open(f"{data}/{name}/queries.jsonl")]
    queries = [q for q in queries if q["_id"] in relevant]
    texts = [(d.get("title", "") + " " + d["text"]).strip() for d in docs]
    return texts, [q["text"] for q in queries], [relevant[q["_id"]] for q in queries]


def ndcg(order, relevant, k=10):
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.sort(relevant)[::-1][:k]
    gained = relevant[order[:k]]
    return (gained * discount[: len(gained)]).sum() / (ideal * discount[: len(ideal)]).sum()


def spread(x):
    low, high = x.min(), x.max()
    return (x - low) / (high - low) if high > low else np.zeros_like(x)


def smoothed(scores, vectors, weight, number):
    """The scores with those of the nearest texts mixed in; see fusion.Neighbours."""
    number = min(number, len(scores) - 1)
    if weight == 0 or number < 1:
        return scores
    near = np.maximum(vectors @ vectors.T, 0)
    np.fill_diagonal(near, 0)
    near[near < np.partition(near, -number, axis=1)[:, -number][:, None]] = 0
    return (1 - weight) * scores + weight * (near @ scores) / (near.sum(1) + 1e-9)


def measure(j, union):
    """nDCG@10 of every query by every pair of the grid."""
    out = {g: [] for g in GRID}
    for i in range(len(j.queries)):
        cosine = j.texts @ j.queries[i]
        found = np.argsort(-j.bm25[i], kind="stable")[:DEPTH]
        found = found[j.bm25[i][found] > 0]
        if union:
            found = np.union1d(found, np.argsort(-cosine, kind="stable")[:DEPTH])
        for g in GRID:
            if len(found) == 0:
                out[g].append(0.0)
                continue
            scores = smoothed(spread(j.bm25[i][found]) + spread(cosine[found]), j.texts[found], *g)
            out[g].append(ndcg(found[np.argsort(-scores, kind="stable")], j.relevant[i]))
    return {g: np.array(list) for g, list in out.items()}


def interval(differences):
    """The mean of the sets' means and its bootstrap interval of 95 %."""
    rng = np.random.default_rng(SEED)
    means = [np.mean([d[rng.integers(0, len(d), len(d))].mean() for d in differences]) for _ in range(5000)]
    return np.mean([d.mean() for d in differences]), *np.percentile(means, [2.5, 97.5])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("model")
    args = parser.parse_args()
    model = SentenceTransformer(args.model, device="cpu")
    model.max_seq_length = 256
    encode = lambda list: model.encode(list, batch_size=32, normalize_embeddings=True, show_progress_bar=False)

    results = {name: measure(Judged(*read_source(args.data, name, most), encode), False) for name, most in SOURCES.items()}
    print("training sources, BM25's best 100: difference of nDCG@10 to the blend without neighbours")
    print("weight number", *SOURCES, "mean")
    gain = lambda g, names: np.mean([results[n][g].mean() - results[n][GRID[0]].mean() for n in names])
    for g in GRID[1:]:
        print(*g, *(f"{gain(g, [n]):+.4f}" for n in SOURCES), f"{gain(g, SOURCES):+.4f}")
    for held in SOURCES:
        best = max(GRID, key=lambda g: gain(g, [n for n in SOURCES if n != held]))
        print(f"chosen without {held}: weight {best[0]}, {best[1]} neighbours; on {held} {gain(best, [held]):+.4f}")

    judged = {name: Judged(*read_collection(args.data, name), encode) for name in COLLECTIONS}
    for union in (False, True):
        figures = {name: measure(j, union) for name, j in judged.items()}
        print("union of both best 100" if union else "BM25's best 100")
        for g in GRID:
            mean, low, high = interval([figures[n][g] - figures[n][GRID[0]] for n in COLLECTIONS])
            print(*g, *(f"{figures[n][g].mean():.4f}" for n in COLLECTIONS), f"mean difference {mean:+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
