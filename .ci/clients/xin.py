"""Xinference's own client, which asks what a model is, and whether it has to send its key."""
from check import DOCUMENTS, GUARDED, KEY, QUERY, B, raises, ranked
from xinference_client import RESTfulClient

client = RESTfulClient(B)
assert client.list_models()["best"]["model_type"] == "rerank", client.list_models()
for name in ("best", "bge-reranker-base"):
    r = client.get_model(name).rerank(DOCUMENTS, QUERY, top_n=2, return_documents=True, return_len=True)
    ranked([(x["index"], x["relevance_score"]) for x in r["results"]], 2)
    assert r["results"][0]["document"]["text"] == DOCUMENTS[r["results"][0]["index"]], r
assert len(client.get_model("minilm").create_embedding(QUERY)["data"][0]["embedding"]) == 384

client = RESTfulClient(GUARDED, api_key=KEY)
assert "alias" in client.list_models()
assert len(client.get_model("alias").rerank(DOCUMENTS, QUERY)["results"]) == len(DOCUMENTS)
raises(RuntimeError, lambda: RESTfulClient(GUARDED, api_key="wrong").get_model("alias"), "invalid api token")
raises(RuntimeError, lambda: client.get_model("nobody"), "model 'nobody' not found")
