"""Haystack's rankers for TEI and for Cohere."""
import os

os.environ["COHERE_API_KEY"] = "any"
from check import BEST, DOCUMENTS, QUERY, B, ranked
from haystack import Document
from haystack_integrations.components.rankers.cohere import CohereRanker
from haystack_integrations.components.rankers.huggingface_api import HuggingFaceTEIRanker

docs = [Document(content=d, meta={"n": i}) for i, d in enumerate(DOCUMENTS)]
got = CohereRanker(model="m", api_base_url=B, top_k=2).run(query=QUERY, documents=docs)["documents"]
ranked([(d.meta["n"], d.score) for d in got], 2)
got = HuggingFaceTEIRanker(url=B, top_k=4).run(query=QUERY, documents=docs)["documents"]  # raw scores
assert got[0].meta["n"] == BEST and len(got) == 4 and got[0].score > got[1].score, got
