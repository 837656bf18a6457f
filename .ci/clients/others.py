"""Mixedbread's, Together's and infinity's clients, and OpenAI's for embeddings."""
import time

import openai
from check import BEST, DOCUMENTS, QUERY, B, ranked
from infinity_client import Client
from infinity_client.api.default import embeddings, health, models, rerank
from infinity_client.models import OpenAIEmbeddingInputText, RerankInput
from mixedbread import Mixedbread
from together import Together

r = Mixedbread(api_key="any", base_url=B).rerank(model="m", query=QUERY, input=DOCUMENTS, top_k=2, return_input=True)
ranked([(x.index, x.score) for x in r.data], 2)
assert r.data[0].input == DOCUMENTS[r.data[0].index]

r = Together(api_key="any", base_url=B).rerank.create(model="m", query=QUERY, documents=DOCUMENTS, return_documents=True)
ranked([(x.index, x.relevance_score) for x in r.results])

r = rerank.sync(client=Client(base_url=B), body=RerankInput(query=QUERY, documents=DOCUMENTS, model="m", return_documents=True))
ranked([(x.index, x.relevance_score) for x in r.results])

r = embeddings.sync(client=Client(base_url=B), body=OpenAIEmbeddingInputText(input_=DOCUMENTS, model="m"))
assert len(r.data) == len(DOCUMENTS) and len(r.data[0].embedding) == 384 and r.usage.total_tokens > 0, r
assert abs(health.sync(client=Client(base_url=B))["unix"] - time.time()) < 60
r = models.sync(client=Client(base_url=B))
assert [m.id for m in r.data] == ["best", "minilm"] and r.data[1].capabilities == ["rerank", "embed"], r
assert r.data[0].stats["queue_absolute"] == 0 and r.data[0].backend, r

r = openai.OpenAI(api_key="any", base_url=B + "/v1").embeddings.create(model="m", input=DOCUMENTS + [QUERY])
assert len(r.data) == len(DOCUMENTS) + 1 and len(r.data[0].embedding) == 384 and r.usage.total_tokens > 0
query = r.data[-1].embedding
cosines = [sum(a * b for a, b in zip(x.embedding, query)) for x in r.data[:-1]]
assert max(cosines) == cosines[BEST] and abs(sum(a * a for a in query) - 1) < 1e-4, cosines
try:
    openai.OpenAI(api_key="any", base_url=B + "/v1").embeddings.create(model="m", input=[])
    raise AssertionError("no input was taken")
except openai.BadRequestError as e:
    assert "there is no input" in str(e), e
