#!/usr/bin/env python3
"""Chooses the weight of the cross-encoder in the blend and how many texts it judges,
and measures that.

    rerank serve --models cross &
    python choose.py HELD SCORES DATA MINILM http://127.0.0.1:8787

HELD is mine.py's held.npz and SCORES train.py's scores.npz: what models say of
sources they have not learned from, each held back in turn here. Then the embedded
model, which the server computes, is measured on sources that were never learned
from, and on the judged collections of DATA. MINILM is the folder of
all-MiniLM-L6-v2. Needs what ../blend.py needs.
"""

import argparse
import json
import random
import sys
import urllib.request
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from blend import COLLECTIONS, DEPTH, Judged, gathered, interval, ndcg, read_collection, read_pairs, smoothed, spread  # noqa: E402
from calibrate import fit, show  # noqa: E402
from mine import FREE_MANUALS  # noqa: E402

WEIGHTS, LEADING = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0), 20
WEIGHT = 0.5  # that was chosen
OTHERS = (10, 15, 30, 40, DEPTH)  # leading texts, at that weight
NEIGHBOURS = (0.3, 5)
UNSEEN = ("mediqa-alexa", "foldoc", "debian-packages", "techdocs")  # of techdocs what mine.py leaves out
PAIRS, QUERIES, SEED = 3000, 200, 5
MINILM = (9.890, -6.249)  # of the cosine, as calibrate.py fits it


def measure(row, bm25, cosine, cross, vectors, gains):
    """Appends nDCG@10 by every rule, and returns the order that was chosen and which of it lead; gains may go on with those of texts that are
    not among the candidates."""
    base, order = spread(bm25) + spread(cosine), lambda scores: np.argsort(-scores, kind="stable")
    blend = order(smoothed(base, vectors, *NEIGHBOURS))

    def judged(weight, leading):
        """The order with a third part, which counts 0 for all but the leading texts of the blend."""
        lead, said = blend[:leading], np.zeros(len(base))
        said[lead] = spread(cross[lead])
        return order(smoothed(base + weight * said, vectors, *NEIGHBOURS))

    rules = {"bm25": order(bm25), "cross-encoder alone": order(cross)}
    rules |= {weight: judged(weight, LEADING) if weight else blend for weight in WEIGHTS}
    rules |= {f"weight {WEIGHT}, {n} leading": judged(WEIGHT, n) for n in OTHERS}
    for rule, ranked in rules.items():
        row.setdefault(rule, []).append(ndcg(ranked, gains))
    best = rules[WEIGHT]
    return best, np.isin(best, blend[:LEADING])


def held_back(held, scores):
    z = np.load(held)
    cross, names, vectors, out = np.load(scores)["scores"], list(z["names"]), z["vectors"].astype(np.float32), {}
    place = np.zeros(z["used"].max() + 1, int)
    place[z["used"]] = np.arange(len(z["used"]))
    for i, text in enumerate(z["text"]):
        n = int((text >= 0).sum())
        labels = z["label"][i][:n].astype(float)
        unfound = np.ones(max(0, int(z["relevant"][i] - labels.sum())))
        measure(out.setdefault(names[z["source"][i]], {}), z["bm25"][i][:n], z["cosine"][i][:n], cross[i][:n], vectors[place[text[:n]]],
                np.concatenate([labels, unfound]))
    return out


def with_rest(relevant, found):
    """Grades of the candidates, and then of what was not found."""
    rest = np.setdiff1d(np.arange(len(relevant)), found)
    return np.concatenate([relevant[found], np.sort(relevant[rest])[::-1]])


class Judge:
    """The logits of a cross-encoder that a server computes."""

    def __init__(self, url, model="cross", **options):
        self.url, self.fixed = url + "/v2/rerank", {"model": model, **options}

    def __call__(self, query, texts):
        body = json.dumps({**self.fixed, "query": query, "documents": texts}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url, body, {"Content-Type": "application/json"})) as answer:
            p = np.zeros(len(texts))
            for r in json.load(answer)["results"]:
                p[r["index"]] = r["relevance_score"]
        p = p.clip(1e-12, 1 - 1e-12)
        return np.log(p / (1 - p))


def unseen(data, encode, judge):
    """The values of every rule; and of each query, in the order that was chosen, cosines, logits, what is relevant and which lead."""
    out, lists = {}, {}
    for name in UNSEEN:
        rows = [r for r in read_pairs(data, name) if not r["query"].endswith(FREE_MANUALS)]
        random.Random(SEED).shuffle(rows)
        at, relevant = gathered(rows[:PAIRS])
        texts, queries = list(at), list(relevant)[:QUERIES]
        j = Judged(texts, queries, [relevant[q] for q in queries], encode)
        for i in range(len(queries)):
            found = np.argsort(-j.bm25[i], kind="stable")[: DEPTH // 2]
            cosine, cross = j.texts[found] @ j.queries[i], judge(queries[i], [texts[d] for d in found])
            order, leads = measure(out.setdefault(name, {}), j.bm25[i][found], cosine, cross, j.texts[found], with_rest(j.relevant[i], found))
            lists.setdefault(name, []).append((cosine[order], cross[order], j.relevant[i][found[order]].astype(float), leads))
        print(f"measured {name}", file=sys.stderr, flush=True)
    return out, lists


def relevance(lists):
    """Fits what best says of relevance, and shows how well that holds of sources that are held back."""
    leading = {name: [(np.column_stack([c[leads], x[leads]]), r[leads]) for c, x, r, leads in rows] for name, rows in lists.items()}
    others = {name: [(c[~leads], r[~leads]) for c, _, r, leads in rows if not leads.all()] for name, rows in lists.items()}
    slopes, rest = fit(list(leading.values())), fit(list(others.values()))
    print("\n## Relevance\n\nOf the leading: slopes {:.3f} of the cosine and {:.3f} of the logit, intercept {:.3f}. Of the others: slope {:.3f} of the cosine, intercept {:.3f}.\n".format(*slopes, *rest))
    print("| | relevant | mean relevance | Brier | Brier of the share | calibration error |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in leading:
        show(name + ", held back", fit([s for n, s in leading.items() if n != name]), leading[name])
        show(name + ", as of `minilm`", np.array(MINILM), [(x[:, :1], r) for x, r in leading[name]])


def collections(data, encode, judge):
    """Over BM25's best, and over the union of both signals' best."""
    best, union = {}, {}
    for name in COLLECTIONS:
        texts, queries, relevant = read_collection(data, name)
        j = Judged(texts, queries, relevant, encode)
        for i in range(len(queries)):
            cosine = j.texts @ j.queries[i]
            first = np.argsort(-j.bm25[i], kind="stable")[:DEPTH]
            first = first[j.bm25[i][first] > 0]
            both = np.union1d(first, np.argsort(-cosine, kind="stable")[:DEPTH])
            cross = np.zeros(len(texts))
            cross[both] = judge(queries[i], [texts[d] for d in both])
            for out, found in ((best, first), (union, both)):
                measure(out.setdefault(name, {}), j.bm25[i][found], cosine[found], cross[found], j.texts[found], with_rest(j.relevant[i], found))
        print(f"measured {name}", file=sys.stderr, flush=True)
    return best, union


def arrays(sets):
    return {name: {rule: np.array(v) for rule, v in row.items()} for name, row in sets.items()}


def table(title, sets):
    sets = arrays(sets)
    print(f"\n## {title}\n\n| | " + " | ".join(sets) + " | mean difference |\n| --- |" + " ---: |" * (len(sets) + 1))
    for rule in next(iter(sets.values())):
        mean, low, high = interval([s[rule] - s[0.0] for s in sets.values()])
        name = f"weight {rule}" if rule in WEIGHTS else rule
        print(f"| {name} | " + " | ".join(f"{s[rule].mean():.4f}" for s in sets.values()) + f" | {mean:+.4f} [{low:+.4f}, {high:+.4f}] |", flush=True)


def chosen(sets):
    sets = arrays(sets)
    gain = lambda weight, of: np.mean([(sets[s][weight] - sets[s][0.0]).mean() for s in of])
    print()
    for back in sets:
        best = max(WEIGHTS, key=lambda w: gain(w, [s for s in sets if s != back]))
        print(f"- chosen without {back}: weight {best}; on {back} {gain(best, [back]):+.4f}")
    print(f"- chosen on all: weight {max(WEIGHTS, key=lambda w: gain(w, sets))}", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("held", "scores", "data", "minilm", "server"):
        p.add_argument(name)
    a = p.parse_args()
    sets = held_back(a.held, a.scores)
    table("Sources that were held back", sets)
    chosen(sets)
    model, judge = SentenceTransformer(a.minilm, device="cpu"), Judge(a.server)
    model.max_seq_length = 256
    encode = lambda texts: model.encode(texts, normalize_embeddings=True, batch_size=64, show_progress_bar=False)
    values, lists = unseen(a.data, encode, judge)
    table("Sources that nothing was learned from", values)
    relevance(lists)
    best, union = collections(a.data, encode, judge)
    table("Judged collections, BM25's best 100", best)
    table("Judged collections, the union of the best 100 of BM25 and of the cosine", union)


if __name__ == "__main__":
    main()
