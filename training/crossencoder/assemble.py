#!/usr/bin/env python3
"""Puts what train.py wrote together as the folder of a cross-encoder.

    python assemble.py OUT NAME EMBEDDED TO

OUT and NAME (large or small) say which; EMBEDDED is models/minilm/model, whose
word and position embeddings and tokenizer it shares. TO has float32 weights in
Hugging Face's layout. Needs safetensors and numpy.
"""

import argparse
import glob
import json
import os
import shutil

import numpy as np
from safetensors.numpy import load_file, save_file
from train import dequantised


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("out", "name", "embedded", "to"):
        p.add_argument(name)
    a = p.parse_args()
    trained = {}
    for path in sorted(glob.glob(f"{a.out}/{a.name}-*.safetensors")):
        trained |= load_file(path)
    given = dequantised(f"{a.embedded}/model.safetensors")
    weights = {k: given[k] for k in ("embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight")}
    weights |= {k: v.astype(np.float32) for k, v in trained.items()}
    named = {k if k.startswith("classifier") else "bert." + k: np.ascontiguousarray(v) for k, v in weights.items()}
    config = json.load(open(f"{a.embedded}/config.json"))
    config |= {
        "_name_or_path": "rerank", "architectures": ["BertForSequenceClassification"], "num_hidden_layers": len({k.split(".")[2] for k in trained if k.startswith("encoder")}),
        "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0},
    }
    os.makedirs(a.to, exist_ok=True)
    save_file(named, f"{a.to}/model.safetensors", {"format": "pt"})
    json.dump(config, open(f"{a.to}/config.json", "w"), indent=2, sort_keys=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{a.embedded}/{name}", a.to)


if __name__ == "__main__":
    main()
