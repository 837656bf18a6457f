#!/usr/bin/env python3
"""Tokenizes and decodes with Hugging Face tokenizers, for the tests to compare with.

usage: decode.py < cases.json

The input is {"cases": [{"name", "file", "decoder"}], "texts"}; decoders replace those of
the files. Out come, by name, for each text its ids and what they decode to, with special
tokens and without.
"""
import json
import sys

from tokenizers import Tokenizer


def main():
    asked = json.load(sys.stdin)
    out = {}
    for case in asked["cases"]:
        with open(case["file"]) as f:
            file = json.load(f)
        if case["decoder"]:
            file["decoder"] = json.loads(case["decoder"])
        tokenizer = Tokenizer.from_str(json.dumps(file))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        out[case["name"]] = []
        for text in asked["texts"]:
            ids = tokenizer.encode(text).ids
            out[case["name"]].append({"ids": ids, "all": tokenizer.decode(ids, skip_special_tokens=False), "text": tokenizer.decode(ids)})
    json.dump(out, sys.stdout, ensure_ascii=False, indent=1)


main()
