"""Cohere's, Voyage's, Mixedbread's, Together's and infinity's own clients."""
import cohere
import voyageai
from check import DOCUMENTS, QUERY, KEY, B, GUARDED, ranked, raises
from cohere.errors import BadRequestError, NotFoundError, UnauthorizedError

co = cohere.ClientV2(api_key="any", base_url=B)
r = co.rerank(model="rerank-v3.5", query=QUERY, documents=DOCUMENTS)
ranked([(x.index, x.relevance_score) for x in r.results])
assert r.id and r.meta.api_version.version == "2" and r.meta.billed_units.search_units == 1 and r.meta.warnings, r
r = co.rerank(model="m", query=QUERY, documents=DOCUMENTS, top_n=2, max_tokens_per_doc=512, priority=3)
ranked([(x.index, x.relevance_score) for x in r.results], 2)

co1 = cohere.Client(api_key="any", base_url=B)
r = co1.rerank(query=QUERY, documents=[{"text": d, "title": "t"} for d in DOCUMENTS], rank_fields=["text"], return_documents=True, max_chunks_per_doc=3)
ranked([(x.index, x.relevance_score) for x in r.results])
assert r.results[0].document.text.startswith("text: "), r.results[0]

raises(BadRequestError, lambda: co.rerank(model="m", query=" ", documents=DOCUMENTS), "query must not be empty")
raises(BadRequestError, lambda: co.rerank(model="m", query=QUERY, documents=[]), "list of documents must not be empty")
raises(UnauthorizedError, lambda: cohere.ClientV2(api_key="wrong", base_url=GUARDED).rerank(model="words", query=QUERY, documents=DOCUMENTS), "invalid api token")
raises(NotFoundError, lambda: cohere.ClientV2(api_key=KEY, base_url=GUARDED).rerank(model="nobody", query=QUERY, documents=DOCUMENTS), "model 'nobody' not found")
r = cohere.ClientV2(api_key=KEY, base_url=GUARDED).rerank(model="alias", query=QUERY, documents=DOCUMENTS)
assert len(r.results) == len(DOCUMENTS)

vo = voyageai.Client(api_key="any", base_url=B + "/v1")
r = vo.rerank(QUERY, DOCUMENTS, model="rerank-2.5", top_k=2)
ranked([(x.index, x.relevance_score) for x in r.results], 2)
assert r.total_tokens > 0 and r.results[0].document == DOCUMENTS[r.results[0].index]
raises(voyageai.error.InvalidRequestError, lambda: vo.rerank(" ", DOCUMENTS, model="m"), "query must not be empty")
raises(voyageai.error.AuthenticationError, lambda: voyageai.Client(api_key="wrong", base_url=GUARDED + "/v1").rerank(QUERY, DOCUMENTS, model="m"), "invalid api token")
