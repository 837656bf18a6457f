"""Print nDCG@10 of BM25, cosine over BM25, their blend, and the hybrid, for judged collections.

usage: quality.py DATA MODEL COLLECTION...   (DATA has COLLECTION/corpus.jsonl, MODEL is a sentence-transformers folder)

BM25 is bm25s with its English stop words and the Snowball stemmer, k1 1.2, b 0.75. Every arrangement works on 100 hits:
cosine and blend re-order BM25's, with both scores min-max normalised over them; hybrid adds both scores, normalised over
the union of BM25's 100 and the 100 nearest by cosine, each document with its true score on both sides.
"""
import json
import math
import pathlib
import sys

import bm25s
import numpy as np
import Stemmer
from sentence_transformers import SentenceTransformer

DEPTH = 100


def read(folder):
    rows = lambda name: [json.loads(line) for line in open(folder / name, encoding="utf-8")]
    qrels = {}
    for line in open(folder / "qrels" / "test.tsv", encoding="utf-8").readlines()[1:]:
        query, doc, grade = line.split("\t")
        if int(grade) > 0:
            qrels.setdefault(query, {})[doc] = int(grade)
    return rows("corpus.jsonl"), [q for q in rows("queries.jsonl") if q["_id"] in qrels], qrels


def ndcg(run, grades):
    dcg = lambda gains: sum(g / math.log2(i + 2) for i, g in enumerate(gains[:10]))
    return dcg([grades.get(d, 0) for d in run]) / dcg(sorted(grades.values(), reverse=True))


def minmax(x):
    spread = x.max() - x.min()
    return (x - x.min()) / spread if spread > 0 else np.ones_like(x)


def best(documents, scores):
    return [documents[i] for i in np.argsort(-scores, kind="stable")]


def main(data, model, *collections):
    encoder = SentenceTransformer(model, device="cpu")
    stemmer = Stemmer.Stemmer("english")
    for name in collections:
        corpus, queries, qrels = read(pathlib.Path(data) / name)
        ids = [d["_id"] for d in corpus]
        texts = [" ".join(p for p in (d.get("title", ""), d.get("text", "")) if p) for d in corpus]
        docs = encoder.encode(texts, normalize_embeddings=True)
        asked = encoder.encode([q["text"] for q in queries], normalize_embeddings=True)
        bm25 = bm25s.BM25(k1=1.2, b=0.75, dtype="float64")
        bm25.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
        sums = np.zeros(4)
        for query, vector in zip(queries, asked):
            terms = bm25s.tokenize([query["text"]], stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)[0]
            words, cosine = bm25.get_scores(terms), docs @ vector
            first = np.array([i for i in np.argsort(-words, kind="stable") if words[i] > 0][:DEPTH])
            union = np.array(list(dict.fromkeys([*first, *np.argsort(-cosine, kind="stable")[:DEPTH]])))
            blend = lambda at: best(at, minmax(words[at]) + minmax(cosine[at]))
            runs = first, best(first, cosine[first]), blend(first), blend(union)
            sums += [ndcg([ids[i] for i in run], qrels[query["_id"]]) for run in runs]
        print(name, *(f"{s / len(queries):.4f}" for s in sums), flush=True)


main(*sys.argv[1:])
