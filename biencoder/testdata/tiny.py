"""Makes the tiny random models of these tests and what their peers compute.

    python biencoder/testdata/tiny.py     (from the root of the repository)

Needs sentence-transformers. Weights come from a fixed seed; the golden files
hold what sentence-transformers (embeddings) and transformers (logits) make of
them, so that the Go code is compared with these and not with itself.
"""

import json
import pathlib
import shutil

import torch
from sentence_transformers import SentenceTransformer, models
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast

ROOT = pathlib.Path(__file__).resolve().parents[2]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789äßéλя中文!?.,:'-"
WORDS = "the a of to and in is read file line search query passage what how bread river lease contract ##ing ##ed ##s ##er".split()
TEXTS = [
    "read a file line by line",
    "",
    "The lease ends: what about the contract?",
    "searching, searched, searcher",
    "ÄÖÜ and crème brûlée",
    "中文 text 123",
    "the river " * 40,
    "unknown ☃ signs",
    "  surrounded by space \n",
    "x",
]


def tokenizer(folder):
    folder.mkdir(parents=True, exist_ok=True)
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocab += list(LETTERS) + ["##" + c for c in LETTERS] + WORDS
    vocab = list(dict.fromkeys(vocab))
    path = folder / "vocab.txt"
    path.write_text("\n".join(vocab) + "\n")
    fast = BertTokenizerFast(vocab=str(path), do_lower_case=True, model_max_length=64)
    path.unlink()
    assert fast.convert_tokens_to_ids("[UNK]") == 1 and len(fast) == len(vocab), len(fast)
    return fast


def config(vocab, **more):
    return BertConfig(
        vocab_size=vocab, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, hidden_dropout_prob=0, attention_probs_dropout_prob=0, initializer_range=0.3, **more)


def shake(model):
    """Gives biases and normalisations values that matter."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias"):
                p.normal_(0, 0.2)
            elif "LayerNorm" in name:
                p.normal_(1, 0.2)
    return model.eval()


def biencoder():
    folder = ROOT / "biencoder/testdata/tiny"
    shutil.rmtree(folder, ignore_errors=True)
    fast = tokenizer(folder)
    torch.manual_seed(20)
    shake(BertModel(config(len(fast)), add_pooling_layer=False)).save_pretrained(folder)
    fast.save_pretrained(folder)
    golden = {"texts": TEXTS, "cases": []}
    for mode in ["mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken", "mean+max"]:
        for include in [True, False]:
            encoder = models.Transformer(str(folder), max_seq_length=48)
            pooling = models.Pooling(32, pooling_mode=tuple(mode.split("+")), include_prompt=include)
            parts = [encoder, pooling] + ([models.Normalize()] if mode == "mean" else [])
            st = SentenceTransformer(modules=parts, prompts={"query": "query: ", "document": "passage: "}, device="cpu")
            golden["cases"].append({
                "mode": mode, "include_prompt": include, "normalize": mode == "mean",
                "query": st.encode_query(TEXTS, batch_size=1).round(7).tolist(),
                "document": st.encode_document(TEXTS, batch_size=1).round(7).tolist(),
            })
            if mode == "mean" and include:
                st.save(str(folder), create_model_card=False)
    write(ROOT / "biencoder/testdata/tiny.json", golden)


def crossencoder():
    folder = ROOT / "crossencoder/testdata/tiny"
    pairs = [[TEXTS[i], TEXTS[j]] for i in range(len(TEXTS)) for j in (2, 5, 6)]
    golden = {"pairs": pairs, "cases": []}
    for labels in [1, 3]:
        target = folder.with_name(f"tiny{labels}")
        shutil.rmtree(target, ignore_errors=True)
        fast = tokenizer(target)
        torch.manual_seed(30 + labels)
        model = shake(BertForSequenceClassification(config(len(fast), num_labels=labels)))
        model.save_pretrained(target)
        fast.save_pretrained(target)
        logits = []
        for pair in pairs:
            features = fast(*pair, truncation="longest_first", max_length=64, return_tensors="pt")
            with torch.no_grad():
                logits.append([round(x, 6) for x in model(**features).logits[0].tolist()])
        golden["cases"].append({"labels": labels, "logits": logits})
    write(ROOT / "crossencoder/testdata/tiny.json", golden)


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(path.relative_to(ROOT), path.stat().st_size)


biencoder()
crossencoder()
