#!/usr/bin/env python3
"""Makes int8 weights of a trained cross-encoder by training with rounding.

    python quantize.py LISTS FOLDER TO [--steps N]

LISTS is mine.py's lists.npz, FOLDER what assemble.py filled. TO gets the same
folder with int8 weights (docs/formats/model.md).

Inputs of every linear layer are first given the factors under which rounding is
expected to change its outputs least, on pairs of LISTS. Then weights, factors and
all else but the word and position embeddings are trained through the rounding of
weights, of activations, and of queries and keys, so that logits and states become
those of FOLDER. Needs torch and safetensors; two cores do.
"""

import argparse
import os
import shutil
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file
from train import HEADS, SEED, CrossEncoder, Lists

PARTS = ("attention/self/qkv", "attention/output/dense", "intermediate/dense", "output/dense")
LISTS, TEXTS, RATE, FACTOR_RATE, STATES = 8, 8, 2e-5, 2e-3, 0.5  # of a step; learning rates; weight of the states
CALIBRATION, ROWS, REFRESH = 400, 6000, 50  # pairs, rows of each layer, steps between searches for scales


def rounded(x):
    """x rounded, with the gradient of x."""
    return x + (x.detach().round() - x.detach())


def limited(q):
    """Whole numbers of which no two neighbours of one sign add up to more than 128."""
    q = q.round().clamp(-127, 127)
    a, b = q[:, 0::2], q[:, 1::2]
    excess = ((a + b).abs() - 128).clamp(min=0) * (a.sign() * b.sign() > 0)
    half = (excess / 2).ceil()
    return torch.stack([a - a.sign() * half, b - b.sign() * (excess - half)], 2).flatten(1)


def scales(w):
    """Of each row the scale with the least squared error."""
    highest, best, least = w.abs().amax(1, keepdim=True).clamp(min=1e-30), None, None
    for step in range(33):
        scale = highest / 127 * (1 + step / 32)
        error = ((limited(w / scale) * scale - w) ** 2).sum(1, keepdim=True)
        better = error < least if best is not None else torch.ones_like(error, dtype=torch.bool)
        best = torch.where(better, scale, best if best is not None else scale)
        least = torch.where(better, error, least if least is not None else error)
    return best


class Rounding(CrossEncoder):
    """The cross-encoder as the program computes it in int8."""

    def __init__(self, weights, layers):
        super().__init__(weights, range(layers), SEED)
        self.places = [f"encoder/layer/{i}/{part}" for i in range(layers) for part in PARTS]
        self.factors, self.scale, self.inputs, self.off = torch.nn.ParameterDict(), {}, None, set()
        for place in self.places:
            if place.endswith("qkv"):
                for kind in ("weight", "bias"):
                    names = [place.replace("qkv", name) + "/" + kind for name in ("query", "key", "value")]
                    self.p[place + "/" + kind] = torch.nn.Parameter(torch.cat([self.p.pop(n).detach() for n in names]))
            self.factors[place] = torch.nn.Parameter(torch.zeros(self.p[place + "/weight"].shape[1]))

    def search(self):
        with torch.no_grad():
            self.scale = {p: scales(self.p[p + "/weight"] * self.factors[p].exp()) for p in self.places}

    def linear(self, x, name):
        if name not in self.places:
            return super().linear(x, name)
        if self.inputs is not None:
            self.inputs.setdefault(name, []).append(x.detach().flatten(0, -2))
        factor, bias = self.factors[name].exp(), self.p[name + "/bias"]
        if not self.scale:
            return F.linear(x, self.p[name + "/weight"], bias)
        x = x / factor
        low, high = x.detach().amin(-1, keepdim=True).clamp(max=0), x.detach().amax(-1, keepdim=True).clamp(min=0)
        step = ((high - low) / 255).clamp(min=1e-20)
        x = rounded(x / step)
        w = self.p[name + "/weight"] * factor / self.scale[name]
        w = w + (limited(w.detach()) - w.detach())
        return F.linear(x.bfloat16(), w.bfloat16()).float() * step * self.scale[name][:, 0] + bias

    def forward(self, ids, types, mask):
        n, length = ids.shape
        first, second = self.p["embeddings/token_type_embeddings/weight"]
        x = self.norm(self.word[ids] + self.position[:length] + first + types.float()[..., None] * (second - first), "embeddings/LayerNorm")
        states, mask4 = [], mask[:, None, None, :]
        for i in range(self.layers):
            at = f"encoder/layer/{i}/"
            q, k, v = self.linear(x, at + PARTS[0]).view(n, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
            if self.scale:
                q, k = self.head(q, 127), self.head(k, 64)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask4).transpose(1, 2).reshape(n, length, -1)
            x = self.norm(x + self.linear(y, at + PARTS[1]), at + "attention/output/LayerNorm")
            y = self.linear(F.gelu(self.linear(x, at + PARTS[2])), at + PARTS[3])
            x = self.norm(x + y, at + "output/LayerNorm")
            states.append(x if i + 1 < self.layers else x[:, :1])
        x = torch.tanh(super().linear(x[:, 0], "pooler/dense"))
        return super().linear(x, "classifier")[:, 0], states

    @staticmethod
    def head(x, limit):
        step = x.detach().abs().amax(-1, keepdim=True).clamp(min=1e-30) / limit
        return rounded(x / step) * step


def start_factors(model, pairs):
    """Factors by gradient of the squared error that is expected of rounding inputs and weights."""
    model.inputs = {}
    with torch.no_grad():
        for ids, types, mask in pairs:
            model(ids, types, mask)
    for place in model.places:
        x, w = torch.cat(model.inputs.pop(place)), model.p[place + "/weight"].detach()
        x = x[torch.randperm(len(x))[:ROWS]]
        log = (0.5 * (x.abs().amax(0).clamp(min=1e-6) / w.abs().amax(0).clamp(min=1e-6)).log()).requires_grad_()
        optimiser, steps = torch.optim.Adam([log]), 150
        for step in range(steps):
            optimiser.param_groups[0]["lr"] = 0.03 * (1 - step / steps)
            some, factor = x[torch.randint(len(x), (2048,))], log.exp()
            y, v = some / factor, w * factor
            span = y.amax(1).clamp(min=0) - y.amin(1).clamp(max=0)
            of_inputs = (span / 255).square().mean() * v.square().sum()
            of_weights = (v.abs().amax(1) / 100).square().sum() * (some / factor).square().mean(0).sum()
            optimiser.zero_grad()
            (of_inputs + of_weights).log().backward()
            optimiser.step()
        model.factors[place].data.copy_(log.detach())
    model.inputs = None


def drawn(lists, rng, count, texts):
    rows = torch.randint(len(lists.query), (count,), generator=rng)
    luck = torch.where(lists.text[rows] >= 0, torch.rand(lists.text[rows].shape, generator=rng), -1.0)
    best = luck.topk(texts, 1)
    keep = best.values.flatten() >= 0
    query = lists.query[rows].repeat_interleave(texts)[keep]
    text = lists.text[rows].gather(1, best.indices).flatten()[keep]
    length = (lists.queries_at[query + 1] - lists.queries_at[query]) + (lists.texts_at[text + 1] - lists.texts_at[text])
    order = torch.argsort(length)
    return [lists.pairs(query[part], text[part]) for part in order.split(16)]


def distil(model, teacher, lists, steps, rng, checkpoint):
    groups = [{"params": list(model.p.values()), "base": RATE}, {"params": list(model.factors.values()), "base": FACTOR_RATE}]
    optimiser, start, sums = torch.optim.AdamW(groups, weight_decay=0.0), time.time(), np.zeros(2)
    for step in range(steps):
        if step % REFRESH == 0:
            model.search()
        for group in optimiser.param_groups:
            group["lr"] = group["base"] * min(1.0, (step + 1) / 20) * (1 - step / steps)
        optimiser.zero_grad()
        parts = drawn(lists, rng, LISTS, TEXTS)
        total = sum(len(ids) for ids, _, _ in parts)
        for ids, types, mask in parts:
            with torch.no_grad():
                want, want_states = teacher(ids, types, mask)
            logits, states = model(ids, types, mask)
            off = F.mse_loss(logits, want)
            far = sum(((a - b)[mask[:, : a.shape[1]]] ** 2).mean() / (b[mask[:, : a.shape[1]]] ** 2).mean() for a, b in zip(states, want_states))
            share = len(ids) / total
            ((off + STATES * far) * share).backward()
            sums += np.array([off.item(), far.item()]) * share
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if (step + 1) % REFRESH == 0:
            print(f"step {step + 1}: {time.time() - start:.0f} s, logits {(sums[0] / REFRESH) ** 0.5:.4f}, states {sums[1] / REFRESH:.5f}", flush=True)
            sums[:] = 0
            checkpoint()
    model.search()


def tensors(model, exact):
    """The tensors of an int8-v1 file."""
    out = {}
    for table in ("word", "position"):
        name = f"embeddings.{table}_embeddings.weight"
        scale = (np.abs(exact[name]).max(1) / np.float32(127)).astype(np.float32)
        scale[scale == 0] = 1
        out[name], out[name + ".scale"] = np.clip(np.rint(exact[name] / scale[:, None]), -127, 127).astype(np.int8), scale
    with torch.no_grad():
        for place in model.places:
            name, factor = place.replace("/", "."), model.factors[place].exp()
            q = limited(model.p[place + "/weight"] * factor / model.scale[place]).to(torch.int8).numpy()
            n, k = q.shape
            out[name + ".panels"] = np.ascontiguousarray(q.reshape(n // 16, 16, k // 4, 4).transpose(0, 2, 1, 3))
            out[name + ".scale"] = model.scale[place][:, 0].numpy().copy()
            out[name + ".bias"] = model.p[place + "/bias"].numpy().copy()
            out[name + ".colsum"] = q.sum(1, dtype=np.int32)
            out[name + ".smooth"] = (1 / factor).numpy()
        for key, value in model.p.items():
            if key.rsplit("/", 1)[0] not in model.places:
                out[key.replace("/", ".")] = value.detach().numpy().copy()
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("lists", "folder", "to"):
        p.add_argument(name)
    p.add_argument("--steps", type=int, default=600)
    a = p.parse_args()
    torch.manual_seed(SEED)
    rng = torch.Generator().manual_seed(SEED)
    exact = {k.removeprefix("bert."): v for k, v in load_file(f"{a.folder}/model.safetensors").items()}
    layers = len({k.split(".")[2] for k in exact if k.startswith("encoder")})
    lists = Lists(a.lists, "cpu")
    teacher, model = (Rounding(exact, layers).eval() for _ in range(2))
    start_factors(model, drawn(lists, rng, CALIBRATION, 1))
    print("factors found", flush=True)
    os.makedirs(a.to, exist_ok=True)

    def checkpoint():
        save_file(tensors(model, exact), f"{a.to}/model.safetensors", {"rerank.quantization": "int8-v1"})

    model.search()
    checkpoint()
    distil(model, teacher, lists, a.steps, rng, checkpoint)
    checkpoint()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{a.folder}/{name}", a.to)


if __name__ == "__main__":
    main()
