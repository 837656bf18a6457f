#!/usr/bin/env python3
"""Compares the embedded int8 cross-encoder with the float32 weights it was made of.

    rerank serve --models int8=INT8,exact=fp32:FOLDER &
    python int8.py DATA http://127.0.0.1:8787

FOLDER is what assemble.py filled, INT8 what quantise.py made of it: the weights of `cross`,
which itself takes 256 tokens with the query, where these take 512. Every query's BM25 best 100 are judged by both, texts
cut at 180 tokens: Kendall's tau of the two orders, the difference of the logits, and
nDCG@10 of either, in the mean of the queries. Needs bm25s, PyStemmer, scipy and what
../blend.py imports.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from blend import COLLECTIONS, DEPTH, Judged, ndcg, read_collection  # noqa: E402
from choose import Judge, with_rest  # noqa: E402


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("data")
    p.add_argument("server")
    a = p.parse_args()
    int8, exact = (Judge(a.server, model, max_tokens_per_doc=180) for model in ("int8", "exact"))
    print("| | Kendall's tau, mean | least | logits, mean difference | nDCG@10 float32 | int8 | difference |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in COLLECTIONS:
        texts, queries, relevant = read_collection(a.data, name)
        j = Judged(texts, queries, relevant, lambda list: np.zeros((len(list), 1), np.float32))
        taus, off, values = [], [], []
        for i, query in enumerate(queries):
            found = np.argsort(-j.bm25[i], kind="stable")[:DEPTH]
            found = found[j.bm25[i][found] > 0]
            x, y = (judge(query, [texts[d] for d in found]) for judge in (exact, int8))
            taus.append(kendalltau(x, y).statistic)
            off.append(np.abs(x - y).mean())
            gains = with_rest(j.relevant[i], found)
            values.append([ndcg(np.argsort(-s, kind="stable"), gains) for s in (x, y)])
        of, ours = np.mean(values, axis=0)
        print(f"| {name} | {np.mean(taus):.4f} | {np.min(taus):.4f} | {np.mean(off):.3f} | {of:.4f} | {ours:.4f} | {ours - of:+.4f} |", flush=True)


if __name__ == "__main__":
    main()
