"""Mixedbread's, Together's and infinity's clients, and OpenAI's for the list of models."""
from check import DOCUMENTS, QUERY, B, ranked
from infinity_client import Client
from infinity_client.api.default import rerank
from infinity_client.models import RerankInput
from mixedbread import Mixedbread
from together import Together

r = Mixedbread(api_key="any", base_url=B).rerank(model="m", query=QUERY, input=DOCUMENTS, top_k=2, return_input=True)
ranked([(x.index, x.score) for x in r.data], 2)
assert r.data[0].input == DOCUMENTS[r.data[0].index]

r = Together(api_key="any", base_url=B).rerank.create(model="m", query=QUERY, documents=DOCUMENTS, return_documents=True)
ranked([(x.index, x.relevance_score) for x in r.results])

r = rerank.sync(client=Client(base_url=B), body=RerankInput(query=QUERY, documents=DOCUMENTS, model="m", return_documents=True))
ranked([(x.index, x.relevance_score) for x in r.results])
