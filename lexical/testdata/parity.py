"""Scores a corpus with bm25s and rank_bm25 under bm25s's English analysis.

Reads {"documents": [text], "queries": [text], "cases": [{"variant", "k1", "b", "delta", "epsilon"}]} and
writes one list of scores per case and query, with one score per document.
"""
import json
import sys

import bm25s
import Stemmer
from rank_bm25 import BM25Okapi

given = json.load(sys.stdin)
stemmer = Stemmer.Stemmer("english")


def tokens(texts):
    return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)


documents, queries = tokens(given["documents"]), tokens(given["queries"])


def scores(case):
    if case["variant"] == "okapi":
        model = BM25Okapi(documents, k1=case["k1"], b=case["b"], epsilon=case["epsilon"])
        return [model.get_scores(q).tolist() for q in queries]
    model = bm25s.BM25(method=case["variant"], k1=case["k1"], b=case["b"], delta=case["delta"], dtype="float64")
    model.index(documents, show_progress=False)
    return [model.get_scores([w for w in q if w in model.vocab_dict]).tolist() for q in queries]


json.dump([scores(c) for c in given["cases"]], sys.stdout, allow_nan=False)
