"""LiteLLM in the dialects it knows."""
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
from check import DOCUMENTS, QUERY, B, ranked

for model, base in [
    ("cohere/m", B), ("jina_ai/m", B), ("hosted_vllm/m", B), ("hosted_vllm/m", B + "/v1"), ("infinity/m", B), ("huggingface/m", B),
    ("voyage/m", B + "/v1"), ("together_ai/m", B + "/v1"),
]:
    r = litellm.rerank(model=model, query=QUERY, documents=DOCUMENTS, top_n=len(DOCUMENTS), api_key="any", api_base=base)
    try:
        ranked([(x["index"], x["relevance_score"]) for x in r.results])
    except AssertionError as e:
        raise AssertionError(f"{model} at {base}: {e}") from e
