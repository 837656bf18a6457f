"""Milvus's reranker for Jina, which reads the text of each result without asking for it."""
import importlib

from check import DOCUMENTS, QUERY, B, ranked

jinaai = importlib.import_module("milvus_model.reranker.jinaai")
jinaai.API_URL = B + "/v1/rerank"
got = jinaai.JinaRerankFunction(api_key="any")(QUERY, DOCUMENTS, top_k=2)
ranked([(x.index, x.score) for x in got], 2)
assert all(x.text == DOCUMENTS[x.index] for x in got), got
