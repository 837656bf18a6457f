#!/usr/bin/env python3
"""Cuts a tokenizer.json down to a few thousand tokens, for the golden tests.

usage: vocabulary.py PUBLISHED/tokenizer.json > tokenizer.json

Kept are the special tokens, every single character, and the words and word
pieces that come first; the vocabulary is in order of frequency.
"""
import json
import sys

KEEP_WORDS, KEEP_PIECES = 1500, 500


def main():
    whole = json.load(open(sys.argv[1], encoding="utf-8"))
    vocab = sorted(whole["model"]["vocab"], key=whole["model"]["vocab"].get)
    special = [t["content"] for t in whole["added_tokens"]]
    chars, words, pieces = [], [], []
    for token in vocab:
        if token in special or token.startswith("[unused"):
            continue
        if len(token.removeprefix("##")) == 1:
            chars.append(token)
        elif token.startswith("##"):
            pieces.append(token)
        else:
            words.append(token)
    kept = special + chars + words[:KEEP_WORDS] + pieces[:KEEP_PIECES]
    ids = {token: i for i, token in enumerate(kept)}
    whole["model"]["vocab"] = ids
    for token in whole["added_tokens"]:
        token["id"] = ids[token["content"]]
    for token in whole["post_processor"]["special_tokens"].values():
        token["ids"] = [ids[t] for t in token["tokens"]]
    json.dump(whole, sys.stdout, ensure_ascii=False, separators=(",", ":"))


main()
