#!/usr/bin/env python3
"""Trains the cross-encoder on the lists of mine.py.

    python train.py LISTS MODEL OUT [--fold SECONDS] [--final SECONDS] [--small SECONDS]

LISTS is lists.npz, MODEL the embedded model's model.safetensors (models/minilm),
whose weights it starts from. The word and position embeddings stay as they are.

A list is a query with one relevant text and seven that are hard to tell from it,
or a sentence of a text and eight texts. Three losses are added up: the softmax
loss of the cross-encoder's logits; that of the logits on top of the blend, so that
it learns what BM25 and the cosine do not know; and the divergence from the
teacher's order. Sentences have the last one alone.

First each half of the sources is held back from a model of its own, which scores
it (OUT/scores.npz, for choose.py). Then all sources train the model (OUT/large-*),
and of three of its layers and its own logits a small one (OUT/small-*). Needs
torch and safetensors; a GPU if it is not to take days. The number of steps is
what the seconds allow, and printed.
"""

import argparse
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file

HELD_BACK = {"medicine": ("bioasq", "medquad", "pubmedqa", "covid"), "other": ("squad", "boolq", "hotpot", "stackexchange", "tldr", "techdocs", "wordnet")}
WEIGHT = {"squad": 2.0, "boolq": 1.0, "hotpot": 1.0, "bioasq": 2.0, "stackexchange": 1.5, "medquad": 2.0, "pubmedqa": 1.0, "covid": 0.1,
          "tldr": 0.5, "techdocs": 1.0, "wordnet": 0.6}
HEADS, WINDOW, CANDIDATES, CLS, SEP = 12, 256, 8, 101, 102
LISTS, RATE, SHARP, DISTIL, SEED = 160, 1.5e-4, 5.0, 0.5, 3  # lists a step, learning rate, 1/temperature of the teacher, its weight


def dequantised(path):
    """The weights of an int8-v1 file (docs/formats/model.md) as float32 under their usual names."""
    t, out = load_file(path), {}
    for name, v in t.items():
        if name.endswith(".panels"):
            n = name.removesuffix(".panels")
            w = v.transpose(0, 2, 1, 3).reshape(v.shape[0] * 16, v.shape[1] * 4).astype(np.float32)
            w *= t[n + ".scale"][:, None] * t[n + ".smooth"][None, :]
            parts = {"query": 0, "key": 1, "value": 2} if n.endswith("qkv") else {"": 0}
            size = len(w) // len(parts)
            for part, i in parts.items():
                full = n.replace("qkv", part) if part else n
                out[full + ".weight"], out[full + ".bias"] = w[i * size : (i + 1) * size], t[n + ".bias"][i * size : (i + 1) * size]
        elif v.dtype == np.int8:
            out[name] = v.astype(np.float32) * t[name + ".scale"][:, None]
        elif not name.endswith((".scale", ".smooth", ".colsum")) and not (name.endswith(".bias") and name.removesuffix("bias") + "panels" in t):
            out[name] = v
    return out


class CrossEncoder(torch.nn.Module):
    """BertForSequenceClassification of one label, with its names."""

    def __init__(self, weights, layers, seed):
        super().__init__()
        rng = torch.Generator().manual_seed(seed)
        self.layers = len(layers)
        frozen = {k: torch.tensor(weights[f"embeddings.{k}_embeddings.weight"]) for k in ("word", "position")}
        for k, v in frozen.items():
            self.register_buffer(k, v)
        state = {k: v for k, v in weights.items() if k.startswith(("embeddings.token_type", "embeddings.LayerNorm"))}
        for to, of in enumerate(layers):
            start = f"encoder.layer.{of}."
            state |= {f"encoder.layer.{to}." + k.removeprefix(start): v for k, v in weights.items() if k.startswith(start)}
        width = weights["embeddings.LayerNorm.bias"].shape[0]
        state["pooler.dense.weight"] = weights.get("pooler.dense.weight", torch.randn(width, width, generator=rng).numpy() * 0.05)
        state["pooler.dense.bias"] = weights.get("pooler.dense.bias", np.zeros(width, np.float32))
        state["classifier.weight"] = weights.get("classifier.weight", torch.randn(1, width, generator=rng).numpy() * 0.02)
        state["classifier.bias"] = weights.get("classifier.bias", np.zeros(1, np.float32))
        self.p = torch.nn.ParameterDict({k.replace(".", "/"): torch.nn.Parameter(torch.tensor(v)) for k, v in state.items()})

    def weights(self):
        return {k.replace("/", "."): v.detach().float().cpu().numpy() for k, v in self.p.items()} | {
            f"embeddings.{k}_embeddings.weight": getattr(self, k).float().cpu().numpy() for k in ("word", "position")}

    def linear(self, x, name):
        return F.linear(x, self.p[name + "/weight"], self.p[name + "/bias"])

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.p[name + "/weight"], self.p[name + "/bias"], 1e-12)

    def forward(self, ids, types, mask):
        n, length = ids.shape
        first, second = self.p["embeddings/token_type_embeddings/weight"]  # added up, since the gradient of two rows looked up is slow
        x = self.word[ids] + self.position[:length] + first + types[..., None] * (second - first)
        x = F.dropout(self.norm(x, "embeddings/LayerNorm"), 0.1, self.training)
        mask = mask[:, None, None, :]
        for i in range(self.layers):
            at = f"encoder/layer/{i}/"
            q, k, v = (self.linear(x, at + "attention/self/" + part).view(n, length, HEADS, -1).transpose(1, 2) for part in ("query", "key", "value"))
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(n, length, -1)
            x = self.norm(x + self.linear(y, at + "attention/output/dense"), at + "attention/output/LayerNorm")
            y = self.linear(F.gelu(self.linear(x, at + "intermediate/dense")), at + "output/dense")
            x = self.norm(x + y, at + "output/LayerNorm")
        x = torch.tanh(self.linear(x[:, 0], "pooler/dense"))
        return self.linear(F.dropout(x, 0.1, self.training), "classifier").float()[:, 0]


class Lists:
    """lists.npz on the device, and pairs of it as tokens."""

    def __init__(self, path, device):
        z = np.load(path)
        self.names, self.device = list(z["names"]), device
        on = lambda name, dtype: torch.tensor(z[name].astype(dtype), device=device)
        self.texts, self.texts_at = on("texts", np.int32), on("texts_at", np.int64)
        self.queries, self.queries_at = on("queries", np.int32), on("queries_at", np.int64)
        self.source, self.query, self.text = on("source", np.int64), on("query", np.int64), on("text", np.int64)
        self.label, self.base, self.teacher = on("label", np.float32), on("base", np.float32), on("teacher", np.float32)
        self.held_source, self.held_query, self.held_text = z["held_source"], on("held_query", np.int64), on("held_text", np.int64)

    def pairs(self, query, text):
        """Tokens, types (0 or 1) and mask of pairs, as wide as the longest."""
        q_at, t_at = self.queries_at[query], self.texts_at[text]
        q_len = self.queries_at[query + 1] - q_at
        t_len = torch.minimum(self.texts_at[text + 1] - t_at, WINDOW - 3 - q_len)
        p = torch.arange((int((q_len + t_len).max()) + 3 + 15) // 16 * 16, device=self.device)[None, :]  # a multiple that attention is fast for
        q_len, t_len, q_at, t_at = q_len[:, None], t_len[:, None], q_at[:, None], t_at[:, None]
        in_query, in_text = (p >= 1) & (p <= q_len), (p >= q_len + 2) & (p < q_len + 2 + t_len)
        ids = torch.where(in_query, self.queries[(q_at + p - 1).clamp(0, len(self.queries) - 1)], 0)
        ids = torch.where(in_text, self.texts[(t_at + p - q_len - 2).clamp(0, len(self.texts) - 1)], ids)
        ids = torch.where(p == 0, CLS, torch.where((p == q_len + 1) | (p == q_len + 2 + t_len), SEP, ids))
        return ids.long(), (p >= q_len + 2).to(torch.bfloat16), p < q_len + t_len + 3

    def logits(self, model, query, text, chunk):
        """The logits of pairs, computed beside others of their length."""
        length = (self.queries_at[query + 1] - self.queries_at[query]) + (self.texts_at[text + 1] - self.texts_at[text])
        order = torch.argsort(length)
        out = [model(*self.pairs(query[part], text[part])) for part in order.split(chunk)]
        return torch.cat(out)[torch.argsort(order)]

    def draw(self, rows, rng):
        """Candidates of lists: a relevant one first where there is one, then others; and whether there is one."""
        present, label = self.text[rows] >= 0, self.label[rows]
        luck = torch.rand(label.shape, generator=rng, device=self.device)
        has = label.sum(1) > 0
        chosen = torch.where(label > 0, luck, -1.0).argmax(1)
        luck = torch.where(present & (label == 0), luck, -1.0)
        luck = luck.scatter(1, chosen[:, None], torch.where(has, 2.0, luck.gather(1, chosen[:, None])[:, 0])[:, None])
        best = luck.topk(CANDIDATES, dim=1)
        return best.indices, best.values >= 0, has


def divergence(teacher, student, present):
    teacher, student = (x.masked_fill(~present, -1e4) for x in (teacher, student))
    return F.kl_div(F.log_softmax(student, 1), F.log_softmax(teacher, 1), log_target=True, reduction="batchmean")


def sharpness(lists, rows):
    """The factor that makes the blend's softmax over labelled lists the most likely."""
    rows = rows[lists.label[rows].sum(1) > 0][:20000]
    ids = torch.arange(lists.text.shape[1], device=lists.device)
    first = lists.label[rows].argmax(1)
    keep = ((lists.label[rows] == 0) & (lists.text[rows] >= 0)) | (ids[None] == first[:, None])
    grid = [k / 2 for k in range(1, 30)]
    return min(grid, key=lambda k: F.cross_entropy((k * lists.base[rows]).masked_fill(~keep, -1e4), first).item())


def train(lists, model, sources, seconds, steps, guide=None):
    """Trains the model on the sources; guide, a larger one, takes the teacher's place."""
    device, rng = lists.device, torch.Generator(lists.device).manual_seed(SEED)
    kept = torch.tensor([lists.names.index(s) for s in sources], device=device)
    rows = torch.isin(lists.source, kept).nonzero()[:, 0]
    weight = torch.tensor([WEIGHT[n] for n in lists.names], device=device)
    per_list = weight[lists.source[rows]] * torch.where(lists.label[rows].sum(1) > 0, 1.0, 0.5)
    scale = sharpness(lists, rows)
    master = {k: v.detach().float().clone().requires_grad_() for k, v in model.p.items()}
    mean = {k: v.detach().clone() for k, v in master.items()}
    decayed = [v for v in master.values() if v.dim() > 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": [v for v in master.values() if v.dim() < 2], "weight_decay": 0.0}], lr=RATE)
    model.to(torch.bfloat16).train()
    fixed, start, done, sums = bool(steps), time.time(), 0, torch.zeros(3, device=device)
    while (not steps or done < steps) and (fixed or time.time() - start < 1.1 * seconds):
        if not steps and done == 40:
            pace = (time.time() - start - warm) / 30
            steps = int((seconds - (time.time() - start)) / pace) + done
            print(f"  {steps} steps of {LISTS} lists, blend times {scale}", flush=True)
        if done == 10:
            torch.cuda.synchronize() if device == "cuda" else None
            warm = time.time() - start
        part = done / (steps or 2000)
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, 20 * part) * (1 - part) + 1e-7
        picked = rows[torch.multinomial(per_list, LISTS, generator=rng)]
        columns, present, has = lists.draw(picked, rng)
        gather = lambda x: x[picked].gather(1, columns)
        query, text = lists.query[picked][:, None].expand_as(columns), gather(lists.text).clamp(0)
        logits = lists.logits(model, query[present], text[present], 256)
        scores = torch.zeros(columns.shape, device=device).masked_scatter(present, logits)
        if guide is None:
            target = SHARP * gather(lists.teacher)
        else:
            with torch.no_grad():
                target = torch.zeros(columns.shape, device=device).masked_scatter(present, lists.logits(guide, query[present], text[present], 512))
        masked, first = scores.masked_fill(~present, -1e4), torch.zeros(int(has.sum()), dtype=torch.long, device=device)
        alone = F.cross_entropy(masked[has], first, reduction="sum") / LISTS
        added = F.cross_entropy((masked + scale * gather(lists.base))[has], first, reduction="sum") / LISTS
        taught = divergence(target, scores, present)
        loss = alone + added + (DISTIL if guide is None else 2.0) * taught
        model.zero_grad(set_to_none=True)
        loss.backward()
        for k, v in model.p.items():
            master[k].grad = v.grad.float()
        torch.nn.utils.clip_grad_norm_(master.values(), 1.0)
        optimiser.step()
        with torch.no_grad():
            names = list(master)
            torch._foreach_copy_([model.p[k] for k in names], [master[k] for k in names])
            torch._foreach_lerp_([mean[k] for k in names], [master[k] for k in names], 1 - min(0.998, (done + 1) / (done + 10)))
            sums += torch.stack([alone, added, taught])
        done += 1
        if done % 200 == 0:
            print(f"  step {done}: {time.time() - start:.0f} s, losses " + " ".join(f"{x:.4f}" for x in (sums / 200).tolist()), flush=True)
            sums.zero_()
    with torch.no_grad():
        for k, v in model.p.items():
            v.copy_(mean[k])
    print(f"  {done} steps in {time.time() - start:.0f} s", flush=True)
    return mean


@torch.no_grad()
def scored(lists, model, rows):
    """Logits of the held lists of the rows."""
    model.eval()
    text = lists.held_text[rows]
    out = torch.zeros(text.shape, device=lists.device)
    for i in range(0, len(rows), 20):
        present = text[i : i + 20] >= 0
        query = lists.held_query[rows[i : i + 20]][:, None].expand_as(present)
        out[i : i + 20] = out[i : i + 20].masked_scatter(present, lists.logits(model, query[present], text[i : i + 20][present], 512))
    return out.cpu().numpy()


def save(model, mean, out, name, parts):
    """The trained tensors in float16, in files of some layers each; what is frozen is the embedded model's."""
    each = math.ceil(model.layers / parts)
    for part in range(parts):
        mine = lambda k: int(k.split("/")[2]) // each == part if k.startswith("encoder") else part == parts - 1
        save_file({k.replace("/", "."): v.half().cpu().numpy() for k, v in mean.items() if mine(k)}, f"{out}/{name}-{part}.safetensors")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("lists", "model", "out"):
        p.add_argument(name)
    for name, seconds in (("fold", 100), ("final", 220), ("small", 80)):
        p.add_argument(f"--{name}", type=int, default=seconds, help="seconds; --fold 0: none is held back")
        p.add_argument(f"--{name}-steps", type=int, default=0, help="steps in place of seconds")
    a = p.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(SEED)
    lists, start = Lists(a.lists, device), dequantised(a.model)
    every = list(lists.names)
    print(f"{len(lists.query)} lists on {device}", flush=True)
    scores = np.zeros((len(lists.held_source), lists.held_text.shape[1]), np.float32)
    for name, back in HELD_BACK.items():
        if a.fold == 0 and a.fold_steps == 0:
            break
        print(f"without {name}", flush=True)
        model = CrossEncoder(start, range(6), SEED).to(device)
        train(lists, model, [s for s in every if s not in back], a.fold, a.fold_steps)
        rows = np.flatnonzero(np.isin(lists.held_source, [every.index(s) for s in back]))
        scores[rows] = scored(lists, model, torch.tensor(rows, device=device))
        np.savez_compressed(f"{a.out}/scores.npz", scores=scores)
    print("large", flush=True)
    large = CrossEncoder(start, range(6), SEED).to(device)
    mean = train(lists, large, every, a.final, a.final_steps)
    save(large, mean, a.out, "large", 2)
    print("small", flush=True)
    small = CrossEncoder(large.weights(), (0, 2, 5), SEED).to(device)
    mean = train(lists, small, every, a.small, a.small_steps, guide=large.eval())
    save(small, mean, a.out, "small", 1)


if __name__ == "__main__":
    main()
