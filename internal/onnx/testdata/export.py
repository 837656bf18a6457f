"""Makes tiny.onnx and tiny_int8.onnx of crossencoder/testdata/tiny1, as models are
published: exported by PyTorch, quantised by onnxruntime.

    python internal/onnx/testdata/export.py     (torch, transformers, onnx, onnxruntime)
"""
import os
import warnings

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import AutoModelForSequenceClassification

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))
model = AutoModelForSequenceClassification.from_pretrained(os.path.join(here, "../../../crossencoder/testdata/tiny1"), attn_implementation="eager").eval()


class Logits(torch.nn.Module):
    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.m(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


names = ["input_ids", "attention_mask", "token_type_ids"]
ids = torch.ones(2, 5, dtype=torch.long)
plain = os.path.join(here, "tiny.onnx")
torch.onnx.export(Logits(model), (ids, ids, ids - 1), plain, input_names=names, output_names=["logits"], dynamic_axes={n: {0: "b", 1: "s"} for n in names}, opset_version=14, dynamo=False)
quant_pre_process(plain, plain + ".pre", skip_symbolic_shape=True)
quantize_dynamic(plain + ".pre", os.path.join(here, "tiny_int8.onnx"), per_channel=True, weight_type=QuantType.QInt8)
os.unlink(plain + ".pre")
