#!/usr/bin/env python3
"""Trains a small tokenizer of every kind on the texts of this repository: what
the families of models that people use have, with vocabularies that are not to
be had here cut short.

usage: train.py ROOT-OF-THE-REPOSITORY

It needs the packages sentencepiece 0.2.3, protobuf and tokenizers 0.23.3.
SentencePiece's own trainer makes the Unigram models, with its nmt_nfkc
normalisation; the tokenizers library makes the BPE models. The parts around the
models are those of the family's published files.
"""
import ast
import base64
import io
import json
import pathlib
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def texts(root):
    out = []
    for path in sorted([root / "README.md", *root.glob("docs/*.md"), *root.glob("tokenizer/*.go")]):
        if path.name != "tables.go":
            out += [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    sample = (root / "tokenizer/sample_test.go").read_text(encoding="utf-8")
    block = sample[sample.index("var phrases"):sample.index("func (s *sample) char")].splitlines()
    phrases = [p for line in block if line.startswith("\t") for p in ast.literal_eval("(" + line + ")")]
    phrases = [p for p in phrases if p.isprintable()]
    return out + phrases * 20


def added(content, i, **options):
    defaults = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return {"id": i, "content": content, **(defaults | options)}


def template(single, pair, tokens):
    def parts(text):
        out = []
        for p in text.split():
            name, _, kind = p.partition(":")
            kind = int(kind or 0)
            out.append({"Sequence": {"id": name[1:], "type_id": kind}} if name[0] == "$" else {"SpecialToken": {"id": name, "type_id": kind}})
        return out
    return {"type": "TemplateProcessing", "single": parts(single), "pair": parts(pair),
            "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in tokens.items()}}


def write(root, name, **parts):
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
             "pre_tokenizer": None, "post_processor": None, "decoder": None} | parts
    path = root / "tokenizer/testdata/kinds" / (name + ".json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    Tokenizer.from_file(str(path))
    print(name, path.stat().st_size, "bytes")


def unigram(lines, size, byte_fallback=False):
    """The pieces with their scores and the charsmap of a SentencePiece model."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="unigram", vocab_size=size, normalization_rule_name="nmt_nfkc",
        character_coverage=0.995, byte_fallback=byte_fallback, hard_vocab_limit=False, num_threads=1, minloglevel=2)
    m = proto.ModelProto()
    m.ParseFromString(model.getvalue())
    return [[p.piece, p.score] for p in m.pieces], base64.b64encode(m.normalizer_spec.precompiled_charsmap).decode()


def precompiled(charsmap):
    return {"type": "Precompiled", "precompiled_charsmap": charsmap}


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


def sequence(key, *parts):
    return {"type": "Sequence", key: list(parts)}


def metaspace(scheme="always", split=True):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


def make_unigrams(root, lines):
    pieces, charsmap = unigram(lines, 2000)
    pieces = pieces[3:]  # <unk>, <s>, </s>
    xlmr = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], *pieces, ["<mask>", 0.0]]
    tokens = [added(t, i) for i, t in enumerate(["<s>", "<pad>", "</s>", "<unk>"])] + [added("<mask>", len(xlmr) - 1, lstrip=True)]
    write(root, "xlm-roberta", added_tokens=tokens,
          normalizer=sequence("normalizers", precompiled(charsmap), {"type": "Strip", "strip_left": False, "strip_right": True},
                              replace({"Regex": " {2,}"}, "▁")),
          pre_tokenizer=metaspace(), post_processor=template("<s> $A </s>", "<s> $A </s> </s> $B </s>", {"<s>": 0, "</s>": 2}),
          model={"type": "Unigram", "unk_id": 3, "vocab": xlmr, "byte_fallback": False})
    write(root, "xlm-roberta-old", added_tokens=tokens, normalizer=precompiled(charsmap),
          pre_tokenizer=sequence("pretokenizers", {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}),
          post_processor=template("<s> $A </s>", "<s> $A </s> </s> $B </s>", {"<s>": 0, "</s>": 2}),
          model={"type": "Unigram", "unk_id": 3, "vocab": xlmr})
    deberta = [["[PAD]", 0.0], ["[CLS]", 0.0], ["[SEP]", 0.0], ["[UNK]", 0.0], *pieces]
    names = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    tokens = [added(t, i, normalized=t == "[UNK]") for i, t in enumerate(names)] + [added("[MASK]", len(deberta))]
    write(root, "deberta-v3", added_tokens=tokens,
          normalizer=sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": True}, precompiled(charsmap),
                              replace({"Regex": " {2,}"}, " ")),
          pre_tokenizer=sequence("pretokenizers", metaspace()), post_processor=template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", {"[CLS]": 1, "[SEP]": 2}),
          model={"type": "Unigram", "unk_id": 3, "vocab": deberta, "byte_fallback": False})
    pieces, _ = unigram(lines, 1500, byte_fallback=True)
    write(root, "unigram-bytes", added_tokens=[added("<unk>", 0), added("<s>", 1), added("</s>", 2), added("<extra>", len(pieces), special=False, normalized=True)],
          normalizer=sequence("normalizers", {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}),
          pre_tokenizer=metaspace("first", False), model={"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": True})


def bpe(lines, pre, size, special, **options):
    t = Tokenizer(models.BPE(**options))
    t.pre_tokenizer = pre
    alphabet = pre_tokenizers.ByteLevel.alphabet() if "unk_token" not in options else []
    t.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False))
    return json.loads(t.to_str())["model"]


def byte_level(prefix=False, regex=True, trim=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": trim, "use_regex": regex}


def make_bpes(root, lines):
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    model = bpe(lines, level, 2000, special)
    tokens = [added(t, i, normalized=True) for i, t in enumerate(special)] + [added("<mask>", len(model["vocab"]), lstrip=True)]
    old = dict(model, merges=[" ".join(m) for m in model["merges"]])
    write(root, "roberta", added_tokens=tokens, pre_tokenizer=byte_level(),
          post_processor={"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False}, model=old)
    write(root, "roberta-prefix", added_tokens=tokens, pre_tokenizer=byte_level(prefix=True),
          post_processor={"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": True}, model=old)
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    model = bpe(lines, level, 1500, special)
    n = len(model["vocab"])
    spaces = [added(" " * k, n + i, special=False, normalized=True) for i, k in enumerate((24, 8, 4, 3, 2))]
    tokens = [added(t, i, lstrip=t == "[MASK]") for i, t in enumerate(special)] + spaces + [added("|||EMAIL|||", n + 5, special=False, normalized=True)]
    write(root, "modernbert", added_tokens=tokens, normalizer={"type": "NFC"}, pre_tokenizer=byte_level(),
          post_processor=template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", {"[CLS]": 1, "[SEP]": 2}), model=model)
    split = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    model = bpe(lines, split, 1500, [])
    n = len(model["vocab"])
    names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = [added(t, n + i) for i, t in enumerate(names)] + [added("<think>", n + 3, special=False), added("</think>", n + 4, special=False)]
    write(root, "qwen3", added_tokens=tokens, normalizer={"type": "NFC"},
          pre_tokenizer=sequence("pretokenizers", {"type": "Split", "pattern": {"Regex": QWEN}, "behavior": "Isolated", "invert": False}, byte_level(regex=False, trim=False)),
          post_processor=byte_level(regex=False, trim=False), model=model)
    write(root, "llama3", added_tokens=tokens,
          pre_tokenizer=sequence("pretokenizers", {"type": "Split", "pattern": {"Regex": QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")}, "behavior": "Isolated", "invert": False}, byte_level(regex=False)),
          post_processor=sequence("processors", byte_level(), template("<|im_start|> $A", "<|im_start|> $A <|im_start|>:1 $B:1", {"<|im_start|>": n + 1})),
          model=dict(model, ignore_merges=True))
    special = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]
    marked = ["▁" + line.replace(" ", "▁") for line in lines]
    model = bpe(marked, pre_tokenizers.Split("▁", "merged_with_next"), 1500, special, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    write(root, "llama2", added_tokens=[added(t, i) for i, t in enumerate(special[:3])],
          normalizer=sequence("normalizers", {"type": "Prepend", "prepend": "▁"}, replace({"String": " "}, "▁")),
          post_processor=template("<s> $A", "<s> $A <s>:1 $B:1", {"<s>": 1}), model=model)
    model = bpe(lines, pre_tokenizers.Whitespace(), 1200, ["<unk>"], unk_token="<unk>", end_of_word_suffix="</w>")
    write(root, "bpe-words", added_tokens=[added("<unk>", 0)], normalizer=sequence("normalizers", {"type": "NFKC"}, {"type": "Lowercase"}),
          pre_tokenizer=sequence("pretokenizers", {"type": "Whitespace"}, {"type": "Digits", "individual_digits": True},
                                 {"type": "Punctuation", "behavior": "MergedWithPrevious"}, {"type": "Split", "pattern": {"String": "ing"}, "behavior": "MergedWithNext", "invert": False}),
          model=dict(model, fuse_unk=False))


def main():
    root = pathlib.Path(sys.argv[1])
    lines = texts(root)
    make_unigrams(root, lines)
    make_bpes(root, lines)


main()
