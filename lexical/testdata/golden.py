"""Makes bm25s.json, okapi.json and tfidf.json beside this file: scores of the reference implementations.

Needs bm25s, rank_bm25 and scikit-learn. The corpora are random and made from fixed seeds.
"""
import json
import os
import random

import bm25s
from rank_bm25 import BM25Okapi
from sklearn.feature_extraction.text import TfidfVectorizer

HERE = os.path.dirname(os.path.abspath(__file__))


def corpus(seed, documents, words, longest, empty):
    """Documents of Zipf-distributed words, some of them empty, and queries with repeated and unknown words."""
    r = random.Random(seed)
    vocabulary = [f"w{i}" for i in range(words)]
    weights = [1 / (i + 1) for i in range(words)]
    docs = [r.choices(vocabulary, weights, k=r.randint(1, longest)) for _ in range(documents)]
    for i in r.sample(range(documents), empty):
        docs[i] = []
    queries = [r.choices(vocabulary, k=r.randint(1, 5)) for _ in range(5)]
    queries += [
        [vocabulary[0]],
        [vocabulary[-1], vocabulary[0], vocabulary[-1], vocabulary[-1]],
        ["unknown", vocabulary[1], "unknown"],
        ["unknown"],
    ]
    return {"documents": [" ".join(d) for d in docs], "queries": [" ".join(q) for q in queries]}


CORPORA = [corpus(1, 6, 8, 12, 1), corpus(2, 24, 40, 30, 2), corpus(3, 3, 3, 9, 0), corpus(4, 1, 4, 6, 0)]


def short(scores):
    return [float(f"{x:.10g}") for x in scores]


def write(name, cases):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
        json.dump({"corpora": CORPORA, "cases": cases}, f, allow_nan=False, separators=(",", ":"))
        f.write("\n")


def bm25s_scores(c, **parameters):
    docs = [d.split() for d in c["documents"]]
    model = bm25s.BM25(dtype="float64", **parameters)
    model.index(docs, show_progress=False)
    scores = []
    for q in c["queries"]:
        known = [w for w in q.split() if w in model.vocab_dict]
        scores.append(short(model.get_scores(known)) if known else None)
    return scores


def bm25s_cases():
    settings = [(1.5, 0.75, 0.5), (1.2, 0.75, 0.5), (0.9, 0.4, 1.0), (2.0, 0.0, 0.25), (0.5, 1.0, 1.5), (0.0, 0.5, 0.5)]
    for i, c in enumerate(CORPORA):
        for method in ("robertson", "lucene", "atire", "bm25l", "bm25+"):
            for k1, b, delta in settings if i < 2 else settings[1:3]:
                if k1 == 0 and method == "bm25+":
                    continue  # bm25s divides 0 by 0
                yield {
                    "corpus": i, "variant": method, "k1": k1, "b": b, "delta": delta,
                    "scores": bm25s_scores(c, method=method, k1=k1, b=b, delta=delta),
                }


def okapi_cases():
    for i, c in enumerate(CORPORA):
        for k1, b, epsilon in [(1.5, 0.75, 0.25), (1.2, 0.3, 0.0), (0.4, 0.95, 1.0)]:
            model = BM25Okapi([d.split() for d in c["documents"]], k1=k1, b=b, epsilon=epsilon)
            yield {
                "corpus": i, "variant": "okapi", "k1": k1, "b": b, "epsilon": epsilon,
                "scores": [short(model.get_scores(q.split())) for q in c["queries"]],
            }


def tfidf_cases():
    for i, c in enumerate(CORPORA):
        model = TfidfVectorizer()
        documents = model.fit_transform(c["documents"])
        yield {
            "corpus": i, "variant": "tfidf",
            "scores": [short((documents @ model.transform([q]).T).toarray()[:, 0]) for q in c["queries"]],
        }


write("bm25s.json", list(bm25s_cases()))
write("okapi.json", list(okapi_cases()))
write("tfidf.json", list(tfidf_cases()))
