"""Answers questions of the parity tests, a JSON value a line in and out.

python peers.py texts|stems|characters
"""
import json
import sys

import make_python
import Stemmer

what = sys.argv[1]
if what == "texts":
    for line in sys.stdin:
        print(json.dumps(make_python.analyse(json.loads(line))))
elif what == "stems":
    stemmer = Stemmer.Stemmer("english")
    for line in sys.stdin:
        print(json.dumps(stemmer.stemWords(json.loads(line))))
elif what == "characters":
    # Every assigned character: is it a word character, is it white space, its
    # lower case where that is one character.
    import unicodedata

    for c in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(c) in ("Cn", "Cs", "Co"):
            continue
        lower = c.lower()
        print(json.dumps([ord(c), bool(make_python.any_word.match(c)), c.isspace(), ord(lower) if len(lower) == 1 else 0]))
