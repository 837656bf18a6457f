"""Embeds the JSON list of texts on stdin with sentence-transformers: embed.py FOLDER.

Prints the vectors as a JSON list. Texts are embedded one by one, so that no
padding comes into play.
"""

import json
import sys

from sentence_transformers import SentenceTransformer

model = SentenceTransformer(sys.argv[1], device="cpu")
model.max_seq_length = 256
vectors = model.encode(json.load(sys.stdin), batch_size=1)
json.dump(vectors.tolist(), sys.stdout)
