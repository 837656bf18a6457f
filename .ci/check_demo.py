"""Check the JSON of `rerank demo --json "read a file line by line"` on stdin."""

import json
import sys

answer = json.load(sys.stdin)
assert answer["corpus"]["name"] == "go" and answer["corpus"]["documents"] > 10_000, answer["corpus"]
assert answer["corpus"]["cached"], "the second run does not use the index of the first"
(query,) = answer["queries"]
top = [hit["id"] for hit in query["reranked"][:3]]
print("re-ranked top three:", ", ".join(top))
assert any(i.startswith(("bufio.Scanner", "bufio.Reader")) for i in top), top
scores = [hit["score"] for hit in query["reranked"]]
assert scores == sorted(scores, reverse=True) and len(scores) == 5, scores
assert [s["stage"] for s in query["stages"]][:1] == ["bm25"], query["stages"]
