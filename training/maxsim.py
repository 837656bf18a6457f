#!/usr/bin/env python3
"""Chooses how much the tokens of the bi-encoder count beside its vectors where texts are
read, and what then is the relevance of the blends.

    rerank serve --models cross &
    python maxsim.py DATA MODEL http://127.0.0.1:8787

DATA and MODEL are as blend.py's; the server computes the embedded cross-encoder. Texts are
read in windows of 254 tokens. The similarity of one to a query is (c + w·m) / (1 + w): c the
cosine of the query's vector and that of the first window, m the mean, over the query's tokens, of the highest
cosine with the state of a token of the text, of so many windows. In the blend it has a
weight beside BM25. Relevance is fitted as calibrate.py does it for the blend of two, on the
training sources, and as crossencoder/choose.py does it for the blend of three, on
sources that the cross-encoder has not learned from. Needs what features.py needs.
"""

import argparse
import random
import sys
from pathlib import Path

import numpy as np

from blend import COLLECTIONS, DEPTH, SOURCES, bm25, interval, ndcg, read_collection, read_source, smoothed, spread
from calibrate import FOUND, fit, show
from features import NEIGHBOURS, WINDOW, Encoder, maxsim

sys.path.insert(0, str(Path(__file__).resolve().parent / "crossencoder"))
from choose import LEADING, PAIRS, QUERIES, SEED, UNSEEN, WEIGHT, Judge, with_rest  # noqa: E402
from choose import FREE_MANUALS, gathered, read_pairs  # noqa: E402

OF_SOURCE = 250  # queries of each training source
WINDOWS, TOKENS, WEIGHTS = (1, 2, 8), (0.0, 1.0), (1.0, 1.5, 2.0, 2.5)
CHOSEN = (2.0, 1.0, 2)  # the weight of the similarity, that of the tokens in it, and the windows


def rows(encode, name, texts, queries, relevant, union=False, judge=None, depth=DEPTH):
    """Of every query what is said of its candidates, their vectors, and grades: theirs, and then of what was not found."""
    encoded, asked, scores, out = encode(texts), encode(queries), bm25(texts), []
    first = np.stack([e[0][0] for e in encoded])
    starts = {n: [(None, e[1][: n * WINDOW], e[2][: n * WINDOW]) for e in encoded] for n in WINDOWS}
    for q, query in enumerate(queries):
        words, cosine, grades = scores(query), first @ asked[q][0][0], np.zeros(len(texts))
        for d, grade in relevant[q].items():
            grades[d] = grade
        found = np.argsort(-words, kind="stable")[:depth]
        found = found[words[found] > 0]
        if union:
            found = np.union1d(found, np.argsort(-cosine, kind="stable")[:DEPTH])
        if len(found) < 2:
            continue
        said = {"bm25": words[found], "cosine": cosine[found]}
        said |= {n: maxsim(asked[q], [starts[n][d] for d in found], None) for n in WINDOWS}
        if judge:
            said["cross"] = judge(query, [texts[d] for d in found])
        out.append((said, first[found], with_rest(grades, found)))
    print(f"read {name}", file=sys.stderr, flush=True)
    return out


def similarity(said, tokens, windows):
    return (said["cosine"] + tokens * said[windows]) / (1 + tokens)


def order(said, vectors, weight, tokens, windows, cross):
    """The order of a blend, and which texts lead before the cross-encoder is a part of it, with some weight."""
    base = spread(said["bm25"]) + weight * spread(similarity(said, tokens, windows))
    ranked = lambda scores: np.argsort(-smoothed(scores, vectors, *NEIGHBOURS), kind="stable")
    lead = ranked(base)[:LEADING]
    if cross:
        judged = np.zeros(len(base))
        judged[lead] = spread(said["cross"][lead])
        base = base + cross * judged
    return ranked(base), lead


def table(title, sets, cross=0):
    """nDCG@10 of the blends; differences are to that of equal weights without tokens."""
    print(f"\n## {title}\n\n| weight, tokens, windows | " + " | ".join(sets) + " | mean difference |\n| --- |" + " ---: |" * (len(sets) + 1))
    of = lambda *rule: [np.array([ndcg(order(s, v, *rule, cross)[0], g) for s, v, g in rows]) for rows in sets.values()]
    plain = of(1, 0, 1)
    rules = [(w, t, n) for t in TOKENS for n in WINDOWS if t or n == 1 for w in WEIGHTS]
    for rule in rules:
        values = of(*rule)
        mean, low, high = interval([a - b for a, b in zip(values, plain)])
        print("| {}, {}, {} | ".format(*rule) + " | ".join(f"{v.mean():.4f}" for v in values) + f" | {mean:+.4f} [{low:+.4f}, {high:+.4f}] |", flush=True)


def of_two(rows):
    """For the relevance of the blend of two: BM25's best and what is relevant."""
    for said, vectors, gains in rows:
        relevant = gains[: len(vectors)] > 0
        keep = np.flatnonzero((np.argsort(np.argsort(-said["bm25"], kind="stable")) < FOUND) | relevant)
        said, vectors = {name: x[keep] for name, x in said.items()}, vectors[keep]
        ranked, _ = order(said, vectors, *CHOSEN, 0)
        yield similarity(said, *CHOSEN[1:])[ranked], relevant[keep][ranked].astype(float)


def of_three(rows):
    """For the relevance of the blend of three: what the cross-encoder judged, and the rest."""
    leading, others = [], []
    for said, vectors, gains in rows:
        ranked, lead = order(said, vectors, *CHOSEN, WEIGHT)
        near, relevant, leads = similarity(said, *CHOSEN[1:])[ranked], (gains[ranked] > 0).astype(float), np.isin(ranked, lead)
        leading.append((np.column_stack([near[leads], said["cross"][ranked][leads]]), relevant[leads]))
        if not leads.all():
            others.append((near[~leads], relevant[~leads]))
    return leading, others


def relevance(train, unseen, judged):
    sources = {name: list(of_two(r)) for name, r in train.items()}
    two = fit(list(sources.values()))
    print("\n## Relevance\n\nBlend of two: slope {:.3f}, intercept {:.3f}.".format(*two))
    three = {name: of_three(r) for name, r in unseen.items()}
    both, rest = fit([a for a, _ in three.values()]), fit([b for _, b in three.values() if b])
    print("Blend of three, leading: slopes {:.3f} of the similarity and {:.3f} of the logit, intercept {:.3f}; others: slope {:.3f}, intercept {:.3f}.\n".format(*both, *rest))
    print("| | relevant | mean relevance | Brier | Brier of the share | calibration error |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in sources:
        show(name + ", held back", fit([s for n, s in sources.items() if n != name]), sources[name])
    for name in judged:
        show(name, two, list(of_two(judged[name])))
    for name in three:
        show(name + ", of three, held back", fit([a for n, (a, _) in three.items() if n != name]), three[name][0])
    for name in judged:
        show(name + ", of three", both, of_three(judged[name])[0])


def read(a):
    encode, judge = Encoder(a.model), Judge(a.server)
    train, unseen = {}, {}
    for name, most in SOURCES.items():
        texts, queries, relevant = read_source(a.data, name, most)
        train[name] = rows(encode, name, texts, queries[:OF_SOURCE], relevant[:OF_SOURCE])
    for name in UNSEEN:
        pairs = [r for r in read_pairs(a.data, name) if not r["query"].endswith(FREE_MANUALS)]
        random.Random(SEED).shuffle(pairs)
        at, relevant = gathered(pairs[:PAIRS])
        queries = list(relevant)[:QUERIES]
        unseen[name] = rows(encode, name, list(at), queries, [relevant[q] for q in queries], judge=judge, depth=DEPTH // 2)
    judged, union = ({name: rows(encode, name, *read_collection(a.data, name), union, judge) for name in COLLECTIONS} for union in (False, True))
    return train, unseen, judged, union


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "model", "server"):
        p.add_argument(name)
    report(*read(p.parse_args()))


def report(train, unseen, judged, union):
    table("Training sources, BM25's best 100", train)
    for cross in (0, WEIGHT):
        also = f", with the cross-encoder at {WEIGHT}" if cross else ""
        table("Sources that the cross-encoder has not learned from, BM25's best 50" + also, unseen, cross)
        table("Judged collections, BM25's best 100" + also, judged, cross)
        table("Judged collections, the union of both best 100" + also, union, cross)
    relevance(train, unseen, judged)


if __name__ == "__main__":
    main()
