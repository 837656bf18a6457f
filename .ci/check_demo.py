"""Check the JSON of `rerank demo --json "read a file line by line"` on stdin."""
import json
import sys

answer = json.load(sys.stdin)
print(json.dumps(answer)[:600])
