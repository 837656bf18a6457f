"""A rerank server as people write it: FastAPI around a model, Cohere's path and body.

    python peer.py sentence-transformers|flashrank MODEL_DIR PORT

MODEL_DIR is of a cross-encoder: model.safetensors for the one, and for the other
MODEL_DIR/onnx/model_int8.onnx, which is put where FlashRank looks for a model that it knows.
"""
import os
import shutil
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

kind, folder, port = sys.argv[1], sys.argv[2], int(sys.argv[3])


class Request(BaseModel):
    query: str
    documents: list[str]
    model: str = ""
    top_n: int | None = None


def sentence_transformers():
    import torch
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, device="cpu", max_length=512)
    return lambda query, texts: model.predict([(query, t) for t in texts], activation_fn=torch.nn.Sigmoid(), batch_size=32, show_progress_bar=False).tolist()


def flashrank():
    from flashrank import Ranker, RerankRequest

    name, home = "ms-marco-TinyBERT-L-2-v2", tempfile.mkdtemp()  # the name only says which files to look for
    shutil.copytree(folder, os.path.join(home, name), ignore=shutil.ignore_patterns("onnx", "model.safetensors"))
    shutil.copy(os.path.join(folder, "onnx", "model_int8.onnx"), os.path.join(home, name, "flashrank-TinyBERT-L-2-v2.onnx"))
    model = Ranker(model_name=name, cache_dir=home, max_length=512, log_level="ERROR")

    def scores(query, texts):
        got = [0.0] * len(texts)
        for r in model.rerank(RerankRequest(query=query, passages=[{"id": i, "text": t} for i, t in enumerate(texts)])):
            got[r["id"]] = float(r["score"])
        return got

    return scores


judge = {"sentence-transformers": sentence_transformers, "flashrank": flashrank}[kind]()
app = FastAPI()


@app.post("/v2/rerank")
def rerank(r: Request):
    scores = judge(r.query, r.documents)
    order = sorted(range(len(scores)), key=lambda i: -scores[i])[: r.top_n]
    return {"results": [{"index": i, "relevance_score": scores[i]} for i in order]}


@app.get("/health")
def health():
    return {}


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
