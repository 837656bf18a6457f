"""LangChain's Cohere and Voyage rerankers."""
from check import DOCUMENTS, QUERY, B, ranked
from langchain_cohere import CohereRerank
from langchain_core.documents import Document

docs = [Document(page_content=d, metadata={"n": i}) for i, d in enumerate(DOCUMENTS)]
got = CohereRerank(model="m", cohere_api_key="any", base_url=B, top_n=2).compress_documents(docs, QUERY)
ranked([(d.metadata["n"], d.metadata["relevance_score"]) for d in got], 2)
