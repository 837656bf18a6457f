"""Makes late.json: how the tokens of the tiny model's texts meet, by transformers.

    python biencoder/testdata/late.py     (from the root of the repository)

late[i][j] is the mean over the tokens of text i, as a query, of the highest cosine with
a token of text j, as a document, of which one window is read; whole[i][j] is that of
long[j], of which all windows are. Special tokens are left out, prompts are not.
"""

import json
import pathlib

import torch
from transformers import AutoModel, AutoTokenizer

HERE = pathlib.Path(__file__).resolve().parent
PROMPTS = {"query": "query: ", "document": "passage: "}
LONGEST = 48


def states(model, tokenizer, text, role, windows):
    room = LONGEST - 2
    ids = tokenizer(PROMPTS[role] + text.strip(), add_special_tokens=False)["input_ids"][: windows * room]
    out = []
    for at in range(0, len(ids), room):
        row = torch.tensor([[tokenizer.cls_token_id, *ids[at : at + room], tokenizer.sep_token_id]])
        with torch.no_grad():
            out.append(torch.nn.functional.normalize(model(input_ids=row).last_hidden_state[0, 1:-1], dim=1))
    return torch.cat(out)


def met(queries, documents):
    return [[round((q @ d.T).max(1).values.mean().item(), 7) for d in documents] for q in queries]


model, tokenizer = AutoModel.from_pretrained(HERE / "tiny", add_pooling_layer=False).eval(), AutoTokenizer.from_pretrained(HERE / "tiny")
texts = json.loads((HERE / "tiny.json").read_text())["texts"]
long = [" ".join(texts), " ".join(texts[::-1]), texts[2] + " " + texts[6] * 2 + texts[0]]
queries, documents = ([states(model, tokenizer, t, role, 1) for t in texts] for role in ("query", "document"))
whole = [states(model, tokenizer, t, "document", 99) for t in long]
golden = {"late": met(queries, documents), "long": long, "whole": met(queries, whole), "tokens": [len(w) for w in whole]}
(HERE / "late.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
