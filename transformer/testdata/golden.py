"""Makes small models with random weights, one for each architecture, and what
transformers computes with them: the states after every layer and the logits.

    python golden.py FOLDER

Models that transformers does not carry are computed by the NumPy code in
jina.py. Weights are exact in bfloat16 and in float16, biases and normalisations
are random, and heads are scaled so that logits have a standard deviation of at
least 2.
"""

import os
import shutil
import sys

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file

import jina

VOCABULARY = 96
POSITIONS = 160
LENGTHS = [1, 21, 150]  # of the sequences whose states are kept; the last is shorter in wide models
PAIRS = 100

COMMON = dict(
    vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    max_position_embeddings=POSITIONS, pad_token_id=0, bos_token_id=1, eos_token_id=2, num_labels=1,
)
WIDE = dict(COMMON, hidden_size=64, num_attention_heads=4, intermediate_size=96)


def cases():
    t = transformers
    yield "bert", t.BertForSequenceClassification, t.BertConfig(**dict(COMMON, layer_norm_eps=1e-2))
    yield "distilbert", t.DistilBertForSequenceClassification, t.DistilBertConfig(
        vocab_size=VOCABULARY, dim=64, n_layers=2, n_heads=4, hidden_dim=96, max_position_embeddings=POSITIONS, num_labels=1)
    yield "electra", t.ElectraForSequenceClassification, t.ElectraConfig(**dict(WIDE, embedding_size=32, hidden_act="gelu_new"))
    yield "roberta", t.RobertaForSequenceClassification, t.RobertaConfig(
        **dict(COMMON, pad_token_id=1, max_position_embeddings=POSITIONS + 2, type_vocab_size=1, layer_norm_eps=1e-5))
    yield "xlm-roberta", t.XLMRobertaForSequenceClassification, t.XLMRobertaConfig(
        **dict(WIDE, pad_token_id=1, max_position_embeddings=POSITIONS + 2, type_vocab_size=1, num_labels=3, hidden_act="relu"))
    yield "mpnet", t.MPNetForSequenceClassification, t.MPNetConfig(
        **dict(COMMON, pad_token_id=1, max_position_embeddings=POSITIONS + 2, layer_norm_eps=1e-5))
    yield "deberta-v2", t.DebertaV2ForSequenceClassification, t.DebertaV2Config(
        **COMMON, relative_attention=True, position_buckets=16, max_relative_positions=-1, norm_rel_ebd="layer_norm",
        pos_att_type=["p2c", "c2p"], share_att_key=True, position_biased_input=False, type_vocab_size=0)
    yield "deberta-v2-separate", t.DebertaV2ForSequenceClassification, t.DebertaV2Config(
        **COMMON, relative_attention=True, position_buckets=-1, max_relative_positions=40, norm_rel_ebd="none",
        pos_att_type=["c2p", "p2c"], share_att_key=False, position_biased_input=True, type_vocab_size=2)
    yield "modernbert", t.ModernBertForSequenceClassification, t.ModernBertConfig(
        **dict(COMMON, num_hidden_layers=4, local_attention=8, global_attn_every_n_layers=3))
    yield "modernbert-mean", t.ModernBertForSequenceClassification, t.ModernBertConfig(
        **dict(COMMON, num_hidden_layers=3, local_attention=24, norm_bias=True, attention_bias=True, mlp_bias=True,
               classifier_bias=True, classifier_pooling="mean", norm_eps=1e-2))
    yield "gte", t.GteForSequenceClassification, t.GteConfig(**dict(WIDE, type_vocab_size=2))
    yield "qwen3", t.Qwen3ForSequenceClassification, t.Qwen3Config(
        **dict(COMMON, num_attention_heads=4, num_key_value_heads=2, head_dim=16, rms_norm_eps=1e-3))
    yield "qwen3-causal", t.Qwen3ForCausalLM, t.Qwen3Config(
        **dict(COMMON, num_attention_heads=4, num_key_value_heads=2, head_dim=32, tie_word_embeddings=True, attention_bias=True))


YES, NO = 41, 57  # answers of the language model


def exact(x):
    """Rounds to what bfloat16 and float16 both have."""
    x = x.to(torch.bfloat16).to(torch.float32)
    return torch.where(x.abs() < 2.0**-14, torch.zeros_like(x), x)


def randomise(model, generator):
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        if p.dim() > 1:
            value = noise * (0.7 if "embed" in name or "relative_attention_bias" in name else 1.4 / p.shape[-1] ** 0.5)
        elif name.endswith("bias"):
            value = 0.3 * noise
        else:
            value = 1 + 0.3 * noise
        p.data = exact(value)


def sequences(rng, types, longest):
    for i in range(PAIRS):
        n = min(LENGTHS[i], longest) if i < len(LENGTHS) else int(rng.integers(4, 41))
        ids = rng.integers(3, VOCABULARY, n)
        kinds = (np.arange(n) >= n // 2).astype(np.int64) if types > 1 else np.zeros(n, np.int64)
        yield ids, kinds


def head_of(model):
    for name in ("classifier", "score"):
        if hasattr(model, name):
            head = getattr(model, name)
            return getattr(head, "out_proj", head)


@torch.no_grad()
def compute(model, ids, kinds, types):
    inputs = {"input_ids": torch.tensor(ids)[None], "attention_mask": torch.ones(1, len(ids), dtype=torch.long)}
    if types > 1:
        inputs["token_type_ids"] = torch.tensor(kinds)[None]
    out = model(**inputs, output_hidden_states=True)
    logits = out.logits[0]
    if logits.dim() > 1:
        logits = (logits[-1, YES] - logits[-1, NO])[None]
    return [h[0].numpy() for h in out.hidden_states], logits.numpy()


def write_golden(folder, inputs, outputs):
    lengths = np.array([len(ids) for ids, _ in inputs], np.int32)
    golden = {
        "lengths": lengths,
        "ids": np.concatenate([ids for ids, _ in inputs]).astype(np.int32),
        "types": np.concatenate([kinds for _, kinds in inputs]).astype(np.int32),
        "logits": np.stack([logits for _, logits in outputs]).astype(np.float32),
    }
    for i in range(len(LENGTHS)):
        for layer, states in enumerate(outputs[i][0]):
            golden[f"states.{i}.{layer}"] = np.ascontiguousarray(states, np.float32)
    save_file(golden, os.path.join(folder, "golden.safetensors"))


def make(root, number, name, kind, config):
    folder = os.path.join(root, name)
    shutil.rmtree(folder, ignore_errors=True)
    generator = torch.Generator().manual_seed(number)
    model = kind._from_config(config, attn_implementation="eager").eval().to(torch.float32)
    randomise(model, generator)
    types = getattr(config, "type_vocab_size", 0)
    inputs = list(sequences(np.random.default_rng(number), types, 150 if model.config.hidden_size == 32 else 60))
    head = head_of(model)
    while True:
        outputs = [compute(model, *x, types) for x in inputs]
        spread = np.std(np.stack([logits for _, logits in outputs]), axis=0).min()
        if spread >= 2 or head is None:
            break
        head.weight.data *= 2
    if head is None and spread < 2:
        raise SystemExit(f"{name}: logits of standard deviation {spread}")
    dtype = torch.bfloat16 if number % 2 else torch.float16
    model.to(dtype).save_pretrained(folder)
    if os.path.exists(os.path.join(folder, "generation_config.json")):
        os.remove(os.path.join(folder, "generation_config.json"))
    write_golden(folder, inputs, outputs)
    size = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder))
    print(f"{name}: {size} bytes, logits of standard deviation {spread:.2f}")


def main():
    root = sys.argv[1]
    torch.set_num_threads(1)
    for number, (name, kind, config) in enumerate(cases()):
        make(root, number, name, kind, config)
    jina.make(os.path.join(root, "jina-bert"), list(sequences(np.random.default_rng(99), 2, 17)), write_golden)


if __name__ == "__main__":
    main()
