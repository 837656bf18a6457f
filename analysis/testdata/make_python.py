"""Writes what the Python peers make of lines.jsonl: bm25s 0.3, PyStemmer 3.1.

python make_python.py <lines.jsonl >python.jsonl
"""
import json
import re
import sys

import bm25s
import Stemmer

stemmer = Stemmer.Stemmer("english")
word = re.compile(r"(?u)\b\w\w+\b")
any_word = re.compile(r"(?u)\w")


def analyse(text):
    options = dict(return_ids=False, show_progress=False)
    return {
        "bm25s": bm25s.tokenize([text], stopwords=None, **options)[0],
        "bm25s-stop": bm25s.tokenize([text], stopwords="en", **options)[0],
        "bm25s-english": bm25s.tokenize([text], stopwords="en", stemmer=stemmer, **options)[0],
        "sklearn": word.findall(text.lower()),
        "split": text.split(),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(analyse(json.loads(line)), ensure_ascii=True))
