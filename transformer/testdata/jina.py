"""Jina-BERT-v2 in NumPy: a BERT without position embeddings, with ALiBi
(Press et al., 2022) in both directions and a gated feed-forward block (GEGLU,
Shazeer 2020). transformers does not carry it; this is written from the
description of the model (Günther et al., 2023) and of its parameters.
"""

import json
import math
import os

import numpy as np
from safetensors.numpy import save_file

HIDDEN, HEADS, INNER, LAYERS, VOCABULARY, POSITIONS = 96, 6, 32, 2, 96, 160
EPSILON = 1e-3

CONFIG = {
    "architectures": ["JinaBertForSequenceClassification"], "model_type": "bert", "attn_implementation": None,
    "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
    "vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "layer_norm_eps": EPSILON,
    "hidden_act": "gelu", "feed_forward_type": "geglu", "position_embedding_type": "alibi", "pad_token_id": 0,
    "id2label": {"0": "LABEL_0"},
}


def slopes(heads):
    """A geometric series; for heads that are no power of two, completed from
    that of twice the next lower one."""

    def series(n):
        return [2 ** (-8 * (i + 1) / n) for i in range(n)]

    power = 2 ** int(math.log2(heads))
    return series(power) + series(2 * power)[0::2][: heads - power]


def normalise(x, w, name):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON) * w[name + ".weight"] + w[name + ".bias"]


def linear(x, w, name):
    y = x @ w[name + ".weight"].T
    return y + w[name + ".bias"] if name + ".bias" in w else y


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def attention(x, w, prefix):
    n, size = len(x), HIDDEN // HEADS
    heads = lambda name: linear(x, w, prefix + name).reshape(n, HEADS, size).transpose(1, 0, 2)
    scores = heads("query") @ heads("key").transpose(0, 2, 1) / math.sqrt(size)
    distance = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :])
    scores -= np.array(slopes(HEADS))[:, None, None] * distance
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return (weights @ heads("value")).transpose(1, 0, 2).reshape(n, HIDDEN)


def forward(w, ids, kinds):
    """The states after the embeddings and after every layer, and the logits."""
    x = w["bert.embeddings.word_embeddings.weight"][ids] + w["bert.embeddings.token_type_embeddings.weight"][kinds]
    x = normalise(x, w, "bert.embeddings.LayerNorm")
    states = [x]
    for i in range(LAYERS):
        p = f"bert.encoder.layer.{i}."
        attended = linear(attention(x, w, p + "attention.self."), w, p + "attention.output.dense")
        x = normalise(x + attended, w, p + "attention.output.LayerNorm")
        both = linear(x, w, p + "mlp.gated_layers")
        gated = gelu(both[:, :INNER]) * both[:, INNER:]
        x = normalise(x + linear(gated, w, p + "mlp.wo"), w, p + "mlp.layernorm")
        states.append(x)
    pooled = np.tanh(linear(x[0], w, "bert.pooler.dense"))
    return states, linear(pooled, w, "classifier")


def shapes():
    e = "bert.embeddings."
    yield e + "word_embeddings.weight", (VOCABULARY, HIDDEN)
    yield e + "token_type_embeddings.weight", (2, HIDDEN)
    norms = [e + "LayerNorm"]
    layers = []
    for i in range(LAYERS):
        p = f"bert.encoder.layer.{i}."
        layers += [(p + "attention.self." + n, HIDDEN, HIDDEN) for n in ("query", "key", "value")]
        layers += [(p + "attention.output.dense", HIDDEN, HIDDEN), (p + "mlp.wo", HIDDEN, INNER)]
        norms += [p + "attention.output.LayerNorm", p + "mlp.layernorm"]
        yield p + "mlp.gated_layers.weight", (2 * INNER, HIDDEN)
    layers += [("bert.pooler.dense", HIDDEN, HIDDEN), ("classifier", 1, HIDDEN)]
    for name, n, k in layers:
        yield name + ".weight", (n, k)
        yield name + ".bias", (n,)
    for name in norms:
        yield name + ".weight", (HIDDEN,)
        yield name + ".bias", (HIDDEN,)


def weights(rng):
    w = {}
    for name, shape in shapes():
        x = rng.standard_normal(shape)
        if len(shape) > 1:
            x *= 0.7 if "embeddings" in name else 1.4 / shape[-1] ** 0.5
        else:
            x = 0.3 * x + (1 if name.endswith("weight") else 0)
        w[name] = (x.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)  # exact in bfloat16
        w[name] = np.where(np.abs(w[name]) < 2.0**-14, 0, w[name]).astype(np.float32)
    return w


def make(folder, inputs, write_golden):
    os.makedirs(folder, exist_ok=True)
    w = weights(np.random.default_rng(7))
    double = lambda: {k: v.astype(np.float64) for k, v in w.items()}
    while True:
        outputs = [forward(double(), ids, kinds) for ids, kinds in inputs]
        if np.std([logits[0] for _, logits in outputs]) >= 2:
            break
        w["classifier.weight"] *= 2
    save_file({k: v.astype(np.float16) for k, v in w.items()}, os.path.join(folder, "model.safetensors"))
    json.dump(CONFIG, open(os.path.join(folder, "config.json"), "w"), indent=2)
    write_golden(folder, inputs, outputs)
