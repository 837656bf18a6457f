"""LlamaIndex's rerankers for Cohere, TEI and NVIDIA, and its embeddings of TEI."""
from check import BEST, DOCUMENTS, GUARDED, KEY, QUERY, B, ranked
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
from llama_index.postprocessor.cohere_rerank import CohereRerank
from llama_index.postprocessor.nvidia_rerank import NVIDIARerank
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

nodes = [NodeWithScore(node=TextNode(text=d, id_=str(i))) for i, d in enumerate(DOCUMENTS)]
for reranker in (CohereRerank(api_key="any", base_url=B, model="m", top_n=2), TextEmbeddingInference(model_name="m", base_url=B + "/", top_n=2)):
    got = reranker.postprocess_nodes(nodes, query_str=QUERY)
    ranked([(int(n.node.node_id), n.score) for n in got], 2)

# NVIDIA's asks for the list of models first; its scores are logits.
for reranker, n in ((NVIDIARerank(base_url=B + "/v1", top_n=2), 2), (NVIDIARerank(base_url=GUARDED + "/v1", model="alias", api_key=KEY), 4)):
    got = reranker.postprocess_nodes(nodes, query_str=QUERY)
    assert len(got) == n and got[0].score >= got[-1].score, got
    assert reranker.model == "alias" or int(got[0].node.node_id) == BEST, got

vectors = TextEmbeddingsInference(model_name="m", base_url=B + "/").get_text_embedding_batch(DOCUMENTS + [QUERY])
cosines = [sum(a * b for a, b in zip(x, vectors[-1])) for x in vectors[:-1]]
assert max(cosines) == cosines[BEST], cosines
