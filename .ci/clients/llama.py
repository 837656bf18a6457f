"""LlamaIndex's rerankers for Cohere and for TEI."""
from check import DOCUMENTS, QUERY, B, ranked
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.postprocessor.cohere_rerank import CohereRerank
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

nodes = [NodeWithScore(node=TextNode(text=d, id_=str(i))) for i, d in enumerate(DOCUMENTS)]
for reranker in (CohereRerank(api_key="any", base_url=B, model="m", top_n=2), TextEmbeddingInference(model_name="m", base_url=B, top_n=2)):
    got = reranker.postprocess_nodes(nodes, query_str=QUERY)
    ranked([(int(n.node.node_id), n.score) for n in got], 2)
