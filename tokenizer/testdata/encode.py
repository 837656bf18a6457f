#!/usr/bin/env python3
"""Tokenizes with Hugging Face tokenizers, for the tests to compare with.

usage: encode.py TOKENIZER.JSON MAX_TOKENS < texts.json

The input is a list of texts, or of pairs of texts. For each one line comes
out: [ids, token types, offsets], where offsets are a flat list of byte offsets
(the library counts characters). MAX_TOKENS 0 is no limit.
"""
import json
import sys

from tokenizers import Tokenizer


def bytes_before(text):
    out = [0]
    for c in text:
        out.append(out[-1] + len(c.encode()))
    return out


def main():
    tokenizer = Tokenizer.from_file(sys.argv[1])
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if limit := int(sys.argv[2]):
        tokenizer.enable_truncation(limit, strategy="longest_first")
    for item in json.load(sys.stdin):
        pair = isinstance(item, list)
        e = tokenizer.encode(*item) if pair else tokenizer.encode(item)
        maps = [bytes_before(t) for t in (item if pair else [item])]
        offsets = []
        for (start, end), of in zip(e.offsets, e.sequence_ids):
            at = maps[of or 0]
            offsets += [at[start], at[end]]
        print(json.dumps([e.ids, e.type_ids, offsets], separators=(",", ":")))


main()
