"""WordPiece beside Hugging Face's tokenizers, one thread each, over the same texts:

    RERANK_DATA=DIR RERANK_MINILM=DIR python bench/tokenize/tokenize.py

runs the project's benchmark (go test -bench Append ./tokenizer) and tokenizers' encode and encode_batch in turns, five
times, and prints medians in texts a second and their ratio.
"""
import json
import os
import re
import statistics
import subprocess
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402  reads the variables above

texts = [json.loads(line)["text"] for line in open(os.path.join(os.environ["RERANK_DATA"], "cranfield", "corpus.jsonl"))]
peer = tokenizers.Tokenizer.from_file(os.path.join(os.environ["RERANK_MINILM"], "tokenizer.json"))
peer.no_truncation()
peer.no_padding()


def timed(f):
    start = time.perf_counter()
    f()
    return len(texts) / (time.perf_counter() - start)


def ours():
    out = subprocess.run(["go", "test", "-run", "^$", "-bench", "^BenchmarkAppend$", "-benchtime", "1s", "-cpu", "1", "./tokenizer"],
                         capture_output=True, text=True, check=True).stdout
    return len(texts) / (float(re.search(r"([\d.]+) ns/op", out).group(1)) / 1e9)


rows = {"rerank": [], "tokenizers encode": [], "tokenizers encode_batch_fast": []}
for _ in range(5):
    rows["rerank"].append(ours())
    rows["tokenizers encode"].append(timed(lambda: [peer.encode(t) for t in texts]))
    rows["tokenizers encode_batch_fast"].append(timed(lambda: peer.encode_batch_fast(texts)))
mine = statistics.median(rows["rerank"])
print(f"{len(texts)} texts of cranfield, tokenizers {tokenizers.__version__}")
for name, values in rows.items():
    value = statistics.median(values)
    print(f"{name:30} {value:9.0f} texts/s   rerank is {mine / value:5.1f} times that")
