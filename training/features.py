#!/usr/bin/env python3
"""Measures what else one pass of the bi-encoder could give the blend.

    python features.py DATA MODEL

DATA and MODEL are as blend.py's. Beside BM25 and the cosine, which the blend
`minilm` adds up, every candidate gets

- passages: the highest cosine of its windows of 254 tokens, in the place of that of
  the first; neighbours are then those of that window;
- maxsim: for each token of the query the highest cosine of its state with the state
  of any token, weighted by the token's idf (ColBERT without training);
- coverage: the share of the query's terms that it has, weighted by idf;
- title: the same of its title, where there are titles.

Each is added to the blend by a weight, and trees are fitted to all of them, on the
training sources, each held back in turn. The judged collections are only looked at.
"""

import argparse
import json

import numpy as np
import Stemmer
import torch
from sentence_transformers import SentenceTransformer
from sklearn.ensemble import HistGradientBoostingClassifier

from blend import COLLECTIONS, DEPTH, SEED, SOURCES, bm25, interval, ndcg, read_collection, read_source, smoothed, spread

WINDOW, BATCH = 254, 32
NEIGHBOURS = (0.3, 5)
WEIGHTS = (0.25, 0.5, 1.0)
ADDED = ("maxsim", "coverage", "title")
FOR_TREES = ("bm25", "cosine", "passages", "maxsim", "coverage")


class Encoder:
    """Texts to vectors of their windows, and to the states of their tokens."""

    def __init__(self, folder):
        model = SentenceTransformer(folder, device="cpu")
        self.model, self.tokenizer = model[0].auto_model.eval(), model.tokenizer
        self.first, self.last = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id

    def __call__(self, texts):
        """For each text the vectors of its windows, its tokens, and their states."""
        ids = self.tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
        windows = [(i, list[at : at + WINDOW]) for i, list in enumerate(ids) for at in range(0, max(1, len(list)), WINDOW)]
        vectors, states = [None] * len(windows), [None] * len(windows)
        order = sorted(range(len(windows)), key=lambda w: len(windows[w][1]))
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            most = max(len(windows[w][1]) for w in batch) + 2
            tokens, mask = torch.zeros(len(batch), most, dtype=torch.long), torch.zeros(len(batch), most)
            for k, w in enumerate(batch):
                row = [self.first, *windows[w][1], self.last]
                tokens[k, : len(row)], mask[k, : len(row)] = torch.tensor(row), 1
            with torch.inference_mode():
                out = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state
                mean = (out * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
            mean, out = torch.nn.functional.normalize(mean, dim=1).numpy(), torch.nn.functional.normalize(out, dim=2).half().numpy()
            for k, w in enumerate(batch):
                vectors[w], states[w] = mean[k], out[k, 1 : 1 + len(windows[w][1])].copy()
        found = [([], []) for _ in texts]
        for (i, _), vector, state in zip(windows, vectors, states):
            found[i][0].append(vector)
            found[i][1].append(state)
        return [(np.stack(v), np.array(list), np.concatenate(s)) for list, (v, s) in zip(ids, found)]


def idf(lists):
    """Terms to their inverse document frequencies."""
    counts = {}
    for list in lists:
        for t in set(list):
            counts[t] = counts.get(t, 0) + 1
    return {t: np.log(1 + len(lists) / n) for t, n in counts.items()}


class Terms:
    """Stemmed words of texts."""

    def __init__(self, texts):
        self.stem = Stemmer.Stemmer("english")
        self.of = [set(self(t)) for t in texts]
        self.idf = idf(self.of)

    def __call__(self, text):
        words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
        return self.stem.stemWords(words)

    def coverage(self, query, terms):
        """The share of the query's terms, by idf, that are among these."""
        known = {t: self.idf[t] for t in set(self(query)) if t in self.idf}
        return sum(w for t, w in known.items() if t in terms) / (sum(known.values()) + 1e-9)


def maxsim(query, texts, weight):
    """Of each text the mean over the query's tokens, by weight if there is one, of the best cosine with one of its tokens."""
    _, tokens, states = query
    w = np.array([weight.get(t, 0) for t in tokens]) if weight else np.ones(len(tokens))
    if w.sum() == 0:
        return np.zeros(len(texts))
    of = [t[2] if len(t[1]) else np.zeros((1, states.shape[1]), np.float16) for t in texts]
    similar = states.astype(np.float32) @ np.concatenate(of).astype(np.float32).T
    best = np.maximum.reduceat(similar, np.cumsum([0] + [len(s) for s in of[:-1]]), axis=1)
    return w @ best / w.sum()


def lists(encode, texts, queries, relevant, titles, union):
    """Of every query the features of its candidates, their vectors (of the first window, and of the nearest), and grades."""
    encoded, asked = encode(texts), encode(queries)
    first, rare, terms = np.stack([e[0][0] for e in encoded]), idf([e[1] for e in encoded]), Terms(texts)
    owner = np.concatenate([[i] * len(e[0]) for i, e in enumerate(encoded)])
    windows, starts = np.concatenate([e[0] for e in encoded]), np.searchsorted(owner, np.arange(len(texts)))
    of_titles = [set(terms(t)) for t in titles] if titles else None
    scores = bm25(texts)
    for q, query in enumerate(queries):
        words, near = scores(query), windows @ asked[q][0][0]
        best = np.maximum.reduceat(near, starts)
        grades = np.zeros(len(texts))
        for d, grade in relevant[q].items():
            grades[d] = grade
        for passages in (False, True):  # what the first stage finds depends on that, where it is a hybrid
            cosine = best if passages else near[starts]
            found = np.argsort(-words, kind="stable")[:DEPTH]
            found = found[words[found] > 0]
            if union:
                found = np.union1d(found, np.argsort(-cosine, kind="stable")[:DEPTH])
            if len(found) == 0:
                continue
            nearest = np.array([starts[d] + np.argmax(near[starts[d] : starts[d] + len(encoded[d][0])]) for d in found])
            features = {"bm25": words[found], "cosine": near[starts[found]], "passages": best[found]}
            features["maxsim"] = maxsim(asked[q], [encoded[d] for d in found], rare)
            features["coverage"] = np.array([terms.coverage(query, terms.of[d]) for d in found])
            features["title"] = np.array([terms.coverage(query, of_titles[d]) for d in found]) if titles else np.zeros(len(found))
            rest = np.sort(np.delete(grades, found))[::-1]
            yield q, passages, features, first[found], windows[nearest], np.concatenate([grades[found], rest])


def read_titles(data, name):
    titles = [json.loads(line).get("title", "") for line in open(f"{data}/{name}/corpus.jsonl")]
    return titles if any(titles) else None


def columns(features):
    """What trees see: features as they are, and as they lie in their list."""
    return np.column_stack([f(features[n]) for n in FOR_TREES for f in (lambda x: x, spread)])


def fitted(rows):
    """Trees fitted to the lists of some sources, every query counting the same."""
    x = np.concatenate([columns(r[2]) for r in rows])
    y = np.concatenate([r[5][: len(r[2]["bm25"])] > 0 for r in rows])
    w = np.concatenate([np.full(len(r[2]["bm25"]), 1 / len(r[2]["bm25"])) for r in rows])
    trees = HistGradientBoostingClassifier(max_iter=150, max_leaf_nodes=15, learning_rate=0.05, min_samples_leaf=100, random_state=SEED)
    return trees.fit(x, y, sample_weight=w)


def values(rows, trees):
    """nDCG@10 of every rule for every query."""
    out = {}

    def note(rule, scores, vectors, gains):
        out.setdefault(rule, []).append(ndcg(np.argsort(-smoothed(scores, vectors, *NEIGHBOURS), kind="stable"), gains))

    for _, passages, f, first, nearest, gains in rows:
        blend = spread(f["bm25"]) + spread(f["passages" if passages else "cosine"])
        if passages:
            note("passages", blend, nearest, gains)
            note("passages, neighbours of the beginnings", blend, first, gains)
            for name in ADDED:
                for w in WEIGHTS:
                    note(f"passages, {w} {name}", blend + w * spread(f[name]), nearest, gains)
            continue
        note("blend", blend, first, gains)
        note("without neighbours", blend, np.zeros_like(first), gains)
        for name in ADDED:
            for w in WEIGHTS:
                note(f"{w} {name}", blend + w * spread(f[name]), first, gains)
        odds = trees.predict_proba(columns(f))[:, 1]
        note("trees", spread(np.log(odds / (1 - odds))), first, gains)
        note("trees, half", spread(np.log(odds / (1 - odds))) + blend / 2, first, gains)
    return {rule: np.array(v) for rule, v in out.items()}


def table(title, sets):
    print(f"\n## {title}\n\n| | " + " | ".join(sets) + " | mean difference |\n| --- |" + " ---: |" * (len(sets) + 1))
    for rule in next(iter(sets.values())):
        mean, low, high = interval([s[rule] - s["blend"] for s in sets.values()])
        print(f"| {rule} | " + " | ".join(f"{s[rule].mean():.4f}" for s in sets.values()) + f" | {mean:+.4f} [{low:+.4f}, {high:+.4f}] |", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data")
    p.add_argument("model")
    a = p.parse_args()
    encode = Encoder(a.model)
    sources = {name: list(lists(encode, *read_source(a.data, name, most), None, False)) for name, most in SOURCES.items()}
    plain = lambda names: [r for n in names for r in sources[n] if not r[1]]
    table("Training sources, BM25's best 100", {n: values(sources[n], fitted(plain(m for m in sources if m != n))) for n in sources})
    trees = fitted(plain(sources))
    for union in (False, True):
        table("Judged collections, " + ("the union of both best 100" if union else "BM25's best 100"),
              {n: values(list(lists(encode, *read_collection(a.data, n), read_titles(a.data, n), union)), trees) for n in COLLECTIONS})


if __name__ == "__main__":
    main()
