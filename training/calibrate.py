#!/usr/bin/env python3
"""Fits the relevance of the default reranker, and measures how well it holds.

    python calibrate.py DATA MODEL

with the arguments and the needs of blend.py. A query's list is BM25's best 20 and
what is relevant, as a first stage hands them to a reranker; a text's relevance is the
probability 1 / (1 + exp(-(a·cosine + b))), made to fall along the order of the blend.
Logistic regression over the training sources, each source and in it each query
counting the same, finds a and b; each source is also held back in turn. The judged
collections are only looked at. Two runs print the same.
"""

import argparse

import numpy as np
from sentence_transformers import SentenceTransformer

from blend import COLLECTIONS, SOURCES, Judged, read_collection, read_source, smoothed, spread

FOUND, WEIGHT, NEIGHBOURS, BINS = 20, 0.3, 5, 10


def lists(j):
    """The cosines of each query's list in the order of the blend, and what is relevant."""
    for i in range(len(j.queries)):
        found = np.argsort(-j.bm25[i], kind="stable")[:FOUND]
        found = np.union1d(found[j.bm25[i][found] > 0], np.flatnonzero(j.relevant[i] > 0))
        cosine = j.texts[found] @ j.queries[i]
        scores = smoothed(spread(j.bm25[i][found]) + spread(cosine), j.texts[found], WEIGHT, NEIGHBOURS)
        order = np.argsort(-scores, kind="stable")
        yield cosine[order], (j.relevant[i][found] > 0).astype(float)[order]


def fit(sources):
    """Newton's method for weighted logistic regression: slopes, and the intercept last."""
    x = np.concatenate([c for s in sources for c, _ in s])
    y = np.concatenate([r for s in sources for _, r in s])
    w = np.concatenate([np.full(len(c), 1 / len(c) / len(s)) for s in sources for c, _ in s])
    design = column(x)
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ beta))
        hessian = (design * (w * p * (1 - p))[:, None]).T @ design
        beta += np.linalg.solve(hessian, design.T @ (w * (y - p)))
    return beta


def column(x):
    """What slopes and an intercept are multiplied by."""
    return np.column_stack([x, np.ones(len(x))])


def falling(p):
    """Pools adjacent violators."""
    blocks = []
    for v in p:
        blocks.append([v, 1])
        while len(blocks) > 1 and blocks[-1][0] / blocks[-1][1] > blocks[-2][0] / blocks[-2][1]:
            v, n = blocks.pop()
            blocks[-1][0] += v
            blocks[-1][1] += n
    return np.concatenate([np.full(n, v / n) for v, n in blocks])


def measures(beta, source):
    """Share of relevant texts, mean relevance, Brier score, that of the share alone, and the calibration error of ten equal bins."""
    p = np.concatenate([falling(1 / (1 + np.exp(-column(c) @ beta))) for c, _ in source])
    y = np.concatenate([r for _, r in source])
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    error = sum(abs(p[bins == b].sum() - y[bins == b].sum()) for b in range(BINS)) / len(p)
    return y.mean(), p.mean(), ((p - y) ** 2).mean(), y.mean() * (1 - y.mean()), error


def show(name, beta, source):
    print(f"| {name} | " + " | ".join(f"{v:.3f}" for v in measures(beta, source)) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("model")
    args = parser.parse_args()
    model = SentenceTransformer(args.model, device="cpu")
    model.max_seq_length = 256
    encode = lambda list: model.encode(list, batch_size=32, normalize_embeddings=True, show_progress_bar=False)

    sources = {name: list(lists(Judged(*read_source(args.data, name, most), encode))) for name, most in SOURCES.items()}
    beta = fit(list(sources.values()))
    print(f"slope {beta[0]:.3f}, intercept {beta[1]:.3f}\n")
    print("| | relevant | mean relevance | Brier | Brier of the share | calibration error |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, source in sources.items():
        show(name + ", held back", fit([s for n, s in sources.items() if n != name]), source)
    for name in COLLECTIONS:
        show(name, beta, list(lists(Judged(*read_collection(args.data, name), encode))))


if __name__ == "__main__":
    main()
