#!/usr/bin/env python3
"""Makes int8 weights of a trained cross-encoder, rounded so that its outputs stay.

    python quantise.py LISTS FOLDER TO

LISTS is mine.py's lists.npz, FOLDER what assemble.py filled. TO gets the same folder
with weights in int8 (docs/formats/model.md).

Layer after layer, pairs of LISTS go through the model as it is and as it is rounded so
far. Each linear layer gets the weights that make of the rounded inputs what the exact
weights make of the exact ones, in the sense of least squares; they are rounded one input
after the other, and what that changes is made up for by the inputs to come (GPTQ:
Frantar et al., 2023); what is left of it in the mean goes into the bias. Inputs are to
have sixteen bits, of which nothing is seen here. Needs torch and safetensors; two cores take
some five minutes.
"""

import argparse
import os
import shutil
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file
from train import HEADS, SEED, Lists

PARTS = ("attention.self.qkv", "attention.output.dense", "intermediate.dense", "output.dense")
PAIRS, CHUNK, ROWS, DAMPING = 2400, 24, 60000, 0.01  # pairs looked at; at a time; rows of inputs; of the mean diagonal


def round_table(x):
    """Rows of embeddings as they are kept."""
    step = x.abs().amax(-1, keepdim=True).clamp(min=1e-30) / 127
    return (x / step).round() * step


def round_pairs(w):
    """Whole numbers of which no two neighbours of one sign add up to more than 128."""
    q = w.round().clamp(-127, 127)
    a, b = q[:, 0::2], q[:, 1::2]
    excess = ((a + b).abs() - 128).clamp(min=0) * (a.sign() * b.sign() > 0)
    half = (excess / 2).ceil()
    return torch.stack([a - a.sign() * half, b - b.sign() * (excess - half)], 2).flatten(1)


def scales(w, weight):
    """For each output the scale with the least squared error, inputs weighted."""
    highest = w.abs().amax(1, keepdim=True).clamp(min=1e-30)
    trials = [highest / 127 * (1 + step / 32) for step in range(-8, 33)]
    errors = torch.stack([((round_pairs(w / s) * s - w) ** 2 * weight).sum(1) for s in trials])
    return torch.stack(trials)[errors.argmin(0), torch.arange(len(w))]


def best_factor(w, weight):
    """For each input the factor of its weights, a power of its size, with which rounding them costs least (AWQ: Lin et al., 2024)."""
    def cost(factor):
        v = w * factor
        s = scales(v, weight / factor.square())
        return ((round_pairs(v / s) * s - v) ** 2 * weight / factor.square()).sum()
    size = weight.sqrt() / weight.sqrt().log().mean().exp()
    return min((size ** power for power in (0, 0.125, 0.25, 0.375, 0.5, 0.75)), key=cost)


def round_weights(w, scale, seen):
    """Whole numbers for w / scale. seen is the mean of the products of inputs."""
    w, n = w / scale, w.shape[1]
    pairs = seen.diagonal().view(-1, 2).sum(1).argsort(descending=True)  # what matters most goes first
    order = torch.stack([pairs * 2, pairs * 2 + 1], 1).flatten()
    w, seen = w[:, order].clone(), seen[order][:, order]
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(seen))
    upper = torch.linalg.cholesky(inverse, upper=True)
    q = torch.zeros_like(w)
    for j in range(n):
        x = w[:, j].round().clamp(-127, 127)
        if j % 2:  # gives way to its neighbour
            excess = ((q[:, j - 1] + x).abs() - 128).clamp(min=0) * (q[:, j - 1].sign() * x.sign() > 0)
            x = x - x.sign() * excess
        q[:, j] = x
        w[:, j + 1:] -= ((w[:, j] - x) / upper[j, j])[:, None] * upper[j, j + 1:]
    return q[:, order.argsort()]


class Rounding:
    """Float32 weights, those rounded so far, and where the pairs are in either."""

    def __init__(self, weights, pairs):
        self.w = {k: torch.tensor(v) for k, v in weights.items()}
        self.layers = len({k.split(".")[2] for k in weights if k.startswith("encoder")})
        for i in range(self.layers):
            for kind in ("weight", "bias"):
                at = f"encoder.layer.{i}.attention.self."
                self.w[at + f"qkv.{kind}"] = torch.cat([self.w[at + f"{part}.{kind}"] for part in ("query", "key", "value")])
        self.rounded = {}  # by name: whole numbers, scale, bias
        self.masks = [mask for _, _, mask in pairs]
        self.states = [[self.embed(ids, types.long(), rounded) for ids, types, _ in pairs] for rounded in (False, True)]

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], 1e-12)

    def embed(self, ids, types, rounded):
        word, position, kind = (self.w[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type"))
        word, position = word[ids], position[: ids.shape[1]]
        if rounded:
            word, position = round_table(word), round_table(position)
        return self.norm(word + position + kind[types], "embeddings.LayerNorm")

    def linear(self, x, name, rounded):
        if not rounded:
            return F.linear(x, self.w[name + ".weight"], self.w[name + ".bias"])
        q, scale, bias, smooth = self.rounded[name]
        return F.linear(x, q * scale[:, None] * smooth, bias)

    def attend(self, x, name, mask, rounded):
        n, length, _ = x.shape
        q, k, v = self.linear(x, name, rounded).view(n, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :]).transpose(1, 2).reshape(n, length, -1)

    def layer(self, i, rng):
        """Rounds a layer and takes the pairs through it."""
        at, last = f"encoder.layer.{i}.", i == self.layers - 1
        qkv, output, inner, outer = (at + part for part in PARTS)
        self.round(qkv, self.states, rng)
        x = [[self.attend(s, qkv, m, r) for s, m in zip(states, self.masks)] for r, states in enumerate(self.states)]
        if last:  # the head looks at the first token only
            x, self.states = ([[s[:, :1] for s in half] for half in both] for both in (x, self.states))
            self.masks = [m[:, :1] for m in self.masks]
        self.round(output, x, rng)
        step = lambda r, x, s: self.norm(s + self.linear(x, output, r), at + "attention.output.LayerNorm")
        self.states = [[step(r, a, s) for a, s in zip(x[r], self.states[r])] for r in range(2)]
        self.round(inner, self.states, rng)
        x = [[F.gelu(self.linear(s, inner, r)) for s in self.states[r]] for r in range(2)]
        self.round(outer, x, rng)
        step = lambda r, x, s: self.norm(s + self.linear(x, outer, r), at + "output.LayerNorm")
        self.states = [[step(r, a, s) for a, s in zip(x[r], self.states[r])] for r in range(2)]

    def round(self, name, inputs, rng):
        exact, ours = (torch.cat([x[m] for x, m in zip(half, self.masks)]) for half in inputs)
        some = torch.randperm(len(exact), generator=rng)[:ROWS]
        exact, ours = exact[some], ours[some]
        w, bias = self.w[name + ".weight"], self.w[name + ".bias"]
        a, b = exact.double(), ours.double()
        seen = b.T @ b / len(b)
        damping = DAMPING * seen.diagonal().mean()
        seen += damping * torch.eye(len(seen))
        target = torch.linalg.solve(seen, (w.double() @ (a.T @ b / len(b)) + damping * w).T).T
        factor = best_factor(target, seen.diagonal())
        target, seen = target * factor, seen / factor / factor[:, None]
        scale = scales(target, seen.diagonal())
        q = round_weights(target, scale, seen).float()
        scale, smooth = scale[:, 0].float(), (1 / factor).float()
        want, got = exact @ w.T, ours @ (q * scale[:, None] * smooth).T
        self.rounded[name] = q, scale, bias + (want - got).mean(0), smooth
        off = want - got - (want - got).mean(0)
        plain = scales(w, torch.ones(w.shape[1]))
        before = want - ours @ (round_pairs(w / plain) * plain).T
        print(f"{name}: {off.square().mean() / want.var():.2e} of the variance, {before.square().mean() / want.var():.2e} with weights rounded alone", flush=True)

    def logits(self):
        out = []
        for states in self.states:
            x = torch.tanh(self.linear(torch.cat(states)[:, 0], "pooler.dense", False))
            out.append(self.linear(x, "classifier", False)[:, 0])
        return out

    def tensors(self):
        """Those of an int8-v1 file."""
        out, made = {}, set()
        for table in ("word", "position"):
            name = f"embeddings.{table}_embeddings.weight"
            w = self.w[name].numpy()
            scale = (np.abs(w).max(1) / np.float32(127)).astype(np.float32)
            scale[scale == 0] = 1
            out[name], out[name + ".scale"] = np.clip(np.rint(w / scale[:, None]), -127, 127).astype(np.int8), scale
            made.add(name.removesuffix(".weight"))
        for name, (q, scale, bias, smooth) in self.rounded.items():
            q = q.to(torch.int8).numpy()
            n, k = q.shape
            out[name + ".panels"] = np.ascontiguousarray(q.reshape(n // 16, 16, k // 4, 4).transpose(0, 2, 1, 3))
            out[name + ".scale"], out[name + ".bias"] = scale.numpy().copy(), bias.numpy().copy()
            out[name + ".colsum"], out[name + ".smooth"] = q.sum(1, dtype=np.int32), smooth.numpy().copy()
            made |= {name} | {name.replace("qkv", part) for part in ("query", "key", "value")}
        return out | {k: v.numpy().copy() for k, v in self.w.items() if k.rsplit(".", 1)[0] not in made}


def some_pairs(lists, rng):
    """One candidate each of some lists, those of like length together."""
    rows = torch.randperm(len(lists.query), generator=rng)[:PAIRS]
    luck = torch.where(lists.text[rows] >= 0, torch.rand(lists.text[rows].shape, generator=rng), -1.0)
    query, text = lists.query[rows], lists.text[rows].gather(1, luck.argmax(1)[:, None])[:, 0]
    length = (lists.queries_at[query + 1] - lists.queries_at[query]) + (lists.texts_at[text + 1] - lists.texts_at[text])
    return [lists.pairs(query[part], text[part]) for part in torch.argsort(length).split(CHUNK)]


@torch.no_grad()
def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("lists", "folder", "to"):
        p.add_argument(name)
    a = p.parse_args()
    rng, start = torch.Generator().manual_seed(SEED), time.time()
    exact = {k.removeprefix("bert."): v for k, v in load_file(f"{a.folder}/model.safetensors").items()}
    model = Rounding(exact, some_pairs(Lists(a.lists, "cpu"), rng))
    for i in range(model.layers):
        model.layer(i, rng)
    want, got = model.logits()
    print(f"logits: difference {(got - want).std() / want.std():.4f} of their deviation; {time.time() - start:.0f} s")
    os.makedirs(a.to, exist_ok=True)
    save_file(model.tensors(), f"{a.to}/model.safetensors", {"rerank.quantization": "int8-v1", "rerank.wide": "*"})
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{a.folder}/{name}", a.to)


if __name__ == "__main__":
    main()
