#!/usr/bin/env python3
"""Makes the lists that train.py learns from, out of the training pairs.

    python mine.py DATA MINILM BGE OUT

DATA is the folder of train/, MINILM that of all-MiniLM-L6-v2, BGE a folder with
model.onnx and tokenizer.json of bge-small-en-v1.5. For every query the hardest
texts of its own source are found by the blend of BM25 and MiniLM's cosine; with
bge's cosine added the blend is the teacher. Of long texts a sentence becomes a
query too, which only the teacher judges. OUT/lists.npz goes to train.py,
OUT/held.npz to choose.py. Needs what ../blend.py
needs, and onnx.
"""

import argparse
import os
import random
import re
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from blend import bm25, gathered, read_pairs, spread  # noqa: E402

# What is taken of each source. Left out are those of unstated or GFDL origin (debian-packages, foldoc,
# mediqa-alexa), and of techdocs all but the manuals of Python, PostgreSQL and SQLite, which are free to use.
SOURCES = {
    "squad": (["squad2-dev", "squad-extra"], 9000),
    "boolq": (["boolq"], 9000),
    "hotpot": (["hotpot-evidence"], 9000),
    "bioasq": (["bioasq-6b7b"], 9000),
    "stackexchange": (["stackexchange"], 9000),
    "medquad": (["medquad"], 11000),
    "pubmedqa": (["pubmedqa"], 9000),
    "covid": (["covid-faq"], 9000),
    "tldr": (["tldr"], 12000),
    "techdocs": (["techdocs"], 9000),
    "wordnet": (["wordnet"], 12000),
}
FREE_MANUALS = ("(Python)", "(PostgreSQL)", "(SQLite)")  # how the headings of these manuals end
SENTENCES = ("squad", "boolq", "bioasq", "stackexchange", "medquad", "pubmedqa", "techdocs")  # sources whose sentences become queries
HELD = ("bioasq", "stackexchange", "squad", "pubmedqa", "medquad")  # sources that choose the weight
SEED, HARD, RANDOM, POSITIVES, DEPTH, HELD_QUERIES, WINDOW = 11, 24, 6, 2, 100, 400, 254
WIDTH = HARD + RANDOM + POSITIVES


def pairs(data, names, most):
    rows = [r for name in names for r in read_pairs(data, name)]
    if names == ["techdocs"]:
        rows = [r for r in rows if r["query"].endswith(FREE_MANUALS)]
    random.Random(SEED).shuffle(rows)
    return rows[:most]


def sentence(text, rng):
    """One sentence of five to thirty words of a text of three sentences or more."""
    found = re.split(r"(?<=[.!?])\s+", text)
    usable = [s for s in found if 5 <= len(s.split()) <= 30]
    return rng.choice(usable) if len(found) > 2 and usable else None


class Encoder:
    """Unit vectors of texts in bfloat16, by a BERT of the usual names."""

    def __init__(self, model, tokenizer, pooling, prefix=""):
        self.model, self.pooling, self.prefix = model.eval().to(torch.bfloat16), pooling, prefix
        self.tokenizer = Tokenizer.from_file(tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(256)

    @torch.no_grad()
    def __call__(self, texts, query=False):
        ids = [e.ids for e in self.tokenizer.encode_batch([(self.prefix if query else "") + t for t in texts])]
        out = np.zeros((len(ids), self.model.config.hidden_size), np.float32)
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        while order:
            size = max(16, 16384 // len(ids[order[0]]))
            batch, order = order[:size], order[size:]
            longest = len(ids[batch[0]])
            tokens = torch.tensor([ids[i] + [0] * (longest - len(ids[i])) for i in batch])
            mask = torch.tensor([[1] * len(ids[i]) + [0] * (longest - len(ids[i])) for i in batch])
            states = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state.float()
            pooled = states[:, 0] if self.pooling == "cls" else (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            out[batch] = torch.nn.functional.normalize(pooled, dim=1).numpy()
        return out


def bge(folder):
    """bge-small-en-v1.5 from the graph that its package carries: matrices have lost their names, their nodes have not."""
    graph = onnx.load(f"{folder}/model.onnx").graph
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    state = {name: torch.tensor(v) for name, v in values.items() if "." in name}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in values:
            state[node.name.strip("/").replace("/MatMul", "").replace("/", ".") + ".weight"] = torch.tensor(values[node.input[1]].T.copy())
    state = {name.removeprefix("bert."): v for name, v in state.items()}
    model = BertModel(BertConfig(vocab_size=30522, hidden_size=384, num_hidden_layers=12, num_attention_heads=12, intermediate_size=1536), add_pooling_layer=False)
    missing, _ = model.load_state_dict(state, strict=False)
    missing = [m for m in missing if "position_ids" not in m]
    assert not missing, missing
    return Encoder(model, f"{folder}/tokenizer.json", "cls", "Represent this sentence for searching relevant passages: ")


class Pool:
    """The texts of one source: BM25, two cosines, and the blend of them."""

    def __init__(self, texts, queries, minilm, teacher):
        self.scores, self.asked = bm25(texts), queries
        self.texts, self.queries = minilm(texts), minilm(queries)
        self.other, self.others = teacher(texts), teacher(queries, query=True)

    def bm25(self, q):
        return self.scores(self.asked[q])

    def candidates(self, q):
        """The texts in the best DEPTH of either signal, best first, with base (0 to 2) and teacher (0 to 3)."""
        bm25, cosine = self.bm25(q), self.texts @ self.queries[q]
        depth = min(DEPTH, len(bm25))
        found = np.union1d(np.argpartition(-bm25, depth - 1)[:depth], np.argpartition(-cosine, depth - 1)[:depth])
        base = spread(bm25[found]) + spread(cosine[found])
        teacher = base + spread(self.other[found] @ self.others[q])
        order = np.argsort(-base, kind="stable")
        return found[order], base[order], teacher[order]


def lists(pool, relevant, own, rng):
    """One row a query: candidates (-1: none), labels, base and teacher scores."""
    rows = []
    for q in range(len(relevant)):
        found, base, teacher = pool.candidates(q)
        good = np.isin(found, list(relevant[q]))
        keep = np.flatnonzero(good)[:POSITIVES]
        if relevant[q] and len(keep) == 0:
            continue  # neither signal finds it: no list to learn an order from
        others = np.flatnonzero(~good & (found != own[q]))
        tail = others[HARD:]
        some = rng.sample(list(tail), min(RANDOM, len(tail)))
        take = np.concatenate([keep, others[:HARD], np.array(some, int)]).astype(int)
        pad = WIDTH - len(take)
        rows.append((q, np.pad(found[take], (0, pad), constant_values=-1), np.pad(good[take], (0, pad)),
                     np.pad(base[take], (0, pad)), np.pad(teacher[take], (0, pad))))
    return rows


def held(pool, relevant):
    """BM25's best DEPTH of the first queries, as the blend meets them, with the vectors that neighbours need."""
    out = []
    for q in [q for q in range(len(relevant)) if relevant[q]][:HELD_QUERIES]:
        bm25 = pool.bm25(q)
        found = np.argsort(-bm25, kind="stable")[: min(DEPTH, len(bm25))]
        pad = DEPTH - len(found)
        out.append((q, np.pad(found, (0, pad), constant_values=-1), np.pad(bm25[found], (0, pad)),
                    np.pad(pool.texts[found] @ pool.queries[q], (0, pad)), np.pad(np.isin(found, list(relevant[q])), (0, pad)), len(relevant[q])))
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "minilm", "bge", "out"):
        p.add_argument(name)
    p.add_argument("--most", type=int, default=1 << 30, help="pairs of a source at most, to try the script")
    a = p.parse_args()
    minilm = Encoder(BertModel.from_pretrained(a.minilm, add_pooling_layer=False), f"{a.minilm}/tokenizer.json", "mean")
    teacher = bge(a.bge)
    plain = minilm.tokenizer
    texts, queries, vectors = [], [], []  # of all sources
    table = {k: [] for k in ("source", "query", "text", "label", "base", "teacher")}
    judged = {k: [] for k in ("source", "query", "text", "bm25", "cosine", "label", "relevant")}
    for s, (name, (files, most)) in enumerate(SOURCES.items()):
        rng = random.Random(SEED + s)
        at, asked = gathered(pairs(a.data, files, min(most, a.most)))
        own_texts, own_queries, relevant = list(at), list(asked), list(asked.values())
        own = [-1] * len(own_queries)
        if name in SENTENCES:
            for i, t in enumerate(own_texts):
                if made := sentence(t, rng):
                    own_queries.append(made)
                    relevant.append(set())
                    own.append(i)
        pool = Pool(own_texts, own_queries, minilm, teacher)
        for q, text, label, base, score in lists(pool, relevant, own, rng):
            table["source"].append(s)
            table["query"].append(len(queries) + q)
            table["text"].append(np.where(text >= 0, text + len(texts), -1))
            table["label"].append(label)
            table["base"].append(base)
            table["teacher"].append(score)
        if name in HELD:
            for q, text, bm25, cosine, label, relevant_of in held(pool, relevant):
                judged["source"].append(s)
                judged["query"].append(len(queries) + q)
                judged["text"].append(np.where(text >= 0, text + len(texts), -1))
                for k, v in (("bm25", bm25), ("cosine", cosine), ("label", label), ("relevant", relevant_of)):
                    judged[k].append(v)
        texts += own_texts
        queries += own_queries
        vectors.append(pool.texts)
        print(f"{name}: {len(own_texts)} texts, {len(own_queries)} queries, {sum(x == s for x in table['source'])} lists", flush=True)

    plain.enable_truncation(WINDOW)
    pack = lambda list, cut: [np.array(e.ids[:cut], np.uint16) for e in plain.encode_batch(list, add_special_tokens=False)]
    packed = {"texts": pack(texts, WINDOW), "queries": pack(queries, 64)}
    out = {"names": np.array(list(SOURCES))}
    for k, v in packed.items():
        out[k], out[k + "_at"] = np.concatenate(v), np.cumsum([0] + [len(x) for x in v]).astype(np.int64)
    types = {"source": np.uint8, "query": np.int32, "text": np.int32, "label": np.uint8, "base": np.float16, "teacher": np.float16}
    out |= {k: np.array(v, types[k]) for k, v in table.items()}
    out |= {"held_source": np.array(judged["source"], np.uint8), "held_query": np.array(judged["query"], np.int32), "held_text": np.array(judged["text"], np.int32)}
    os.makedirs(a.out, exist_ok=True)
    np.savez_compressed(f"{a.out}/lists.npz", **out)
    used = np.unique(np.array(judged["text"]).clip(0))
    np.savez_compressed(f"{a.out}/held.npz", names=out["names"], **{k: np.array(v) for k, v in judged.items()}, used=used, vectors=np.concatenate(vectors)[used].astype(np.float16))


if __name__ == "__main__":
    main()
