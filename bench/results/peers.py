"""What bm25s and sentence-transformers find in a judged collection.

usage: peers.py COLLECTION MODEL DEPTH,…      (a folder in BEIR layout, a sentence-transformers folder)
       peers.py --figures COLLECTION MODEL    (prints nDCG@10 of the arrangements instead, computed here)

BM25 is bm25s with its English stop words and the Snowball stemmer, k1 1.2, b 0.75; vectors are the model's, fp32, cut to
the model's own 256 tokens. First stages find 100 hits; re-ranking re-orders the first DEPTH of BM25's and keeps the rest
below. Hybrid adds both scores, each min-max normalised over the hits, over the union of BM25's 100 and the 100 nearest by
cosine, each document with its true score on both sides. A blend does the same over the first DEPTH of BM25 or of the
hybrid, and then gives each document a part of the mean score of those nearest to it (fusion.Neighbours). Prints one JSON object: versions, and the
document IDs of each arrangement by query.
"""
import importlib.metadata
import json
import math
import pathlib
import sys

import bm25s
import numpy as np
import Stemmer
from sentence_transformers import SentenceTransformer

FOUND = 100
WEIGHT, NEIGHBOURS = 0.3, 5


def read(folder):
    rows = lambda name: [json.loads(line) for line in open(folder / name, encoding="utf-8")]
    qrels = {}
    for line in open(folder / "qrels" / "test.tsv", encoding="utf-8").readlines()[1:]:
        query, doc, grade = line.split("\t")
        qrels.setdefault(query, {})[doc] = int(grade)
    return rows("corpus.jsonl"), [q for q in rows("queries.jsonl") if q["_id"] in qrels], qrels


def minmax(x):
    spread = x.max() - x.min()
    return (x - x.min()) / spread if spread > 0 else np.ones_like(x)


def best(documents, scores):
    return documents[np.argsort(-scores, kind="stable")]


def smoothed(scores, vectors):
    number = min(NEIGHBOURS, len(scores) - 1)
    if number < 1:
        return scores
    near = np.maximum(vectors @ vectors.T, 0)
    np.fill_diagonal(near, 0)
    near[near < np.partition(near, -number, axis=1)[:, -number][:, None]] = 0
    return (1 - WEIGHT) * scores + WEIGHT * (near @ scores) / (near.sum(1) + 1e-9)


def arrangements(corpus, queries, model, depths):
    """Yield the query's ID, the arrangement and the places of its documents in the corpus."""
    encoder = SentenceTransformer(model, device="cpu")
    stemmer = Stemmer.Stemmer("english")
    texts = [" ".join(p for p in (d.get("title", ""), d.get("text", "")) if p) for d in corpus]
    docs = encoder.encode(texts, normalize_embeddings=True)
    asked = encoder.encode([q["text"] for q in queries], normalize_embeddings=True)
    bm25 = bm25s.BM25(k1=1.2, b=0.75, dtype="float64")
    bm25.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    for query, vector in zip(queries, asked):
        terms = bm25s.tokenize([query["text"]], stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)[0]
        words, cosine = bm25.get_scores(terms), docs @ vector
        first = np.array([i for i in np.argsort(-words, kind="stable") if words[i] > 0][:FOUND], dtype=int)
        near = np.argsort(-cosine, kind="stable")[:FOUND]
        sums = lambda at: minmax(words[at]) + minmax(cosine[at])
        yield query["_id"], "bm25", first
        yield query["_id"], "dense", near
        both = np.array(list(dict.fromkeys([*first, *near])))
        both = best(both, sums(both))
        blend = lambda at: best(at, smoothed(sums(at), docs[at]))
        yield query["_id"], "hybrid", both
        yield query["_id"], f"hybrid → blend @{FOUND}", np.concatenate([blend(both[:FOUND]), both[FOUND:]])
        for depth in depths if len(first) else []:
            top, rest = first[:depth], first[depth:]
            yield query["_id"], f"cosine @{depth}", np.concatenate([best(top, cosine[top]), rest])
            yield query["_id"], f"blend @{depth}", np.concatenate([blend(top), rest])


def ndcg(run, grades):
    dcg = lambda gains: sum(g / math.log2(i + 2) for i, g in enumerate(gains[:10]))
    ideal = dcg(sorted((g for g in grades.values() if g > 0), reverse=True))
    return dcg([max(0, grades.get(d, 0)) for d in run]) / ideal if ideal else 0.0


def main(folder, model, depths="100", figures=False):
    corpus, queries, qrels = read(pathlib.Path(folder))
    runs = {}
    for query, name, places in arrangements(corpus, queries, model, [int(d) for d in depths.split(",")]):
        runs.setdefault(name, {})[query] = [corpus[i]["_id"] for i in places]
    if figures:
        for name, run in runs.items():
            print(f"{name:12s} {sum(ndcg(run.get(q, []), qrels[q]) for q in (q['_id'] for q in queries)) / len(queries):.4f}")
        return
    versions = {p: importlib.metadata.version(p) for p in ("bm25s", "sentence-transformers", "torch")}
    json.dump({"versions": versions, "runs": runs}, sys.stdout)


if sys.argv[1] == "--figures":
    main(*sys.argv[2:], figures=True)
else:
    main(*sys.argv[1:])
