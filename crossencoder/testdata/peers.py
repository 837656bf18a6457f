"""Makes random models around the small tokenizers of every family and scores
pairs with sentence-transformers; the language model by the code of its card.

    python peers.py KINDS FOLDER < pairs.json

KINDS is the folder of the tokenizers. Each model goes to a folder of its name in
FOLDER, and its logits to a line of the output: [name, logits].
"""

import json
import os
import sys

import torch
import transformers as t
from sentence_transformers import CrossEncoder

WINDOW = 96
SPECIALS = {
    "roberta": dict(bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>"),
    "xlm-roberta": dict(bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>"),
    "deberta-v3": dict(cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]"),
    "modernbert": dict(cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]"),
    "qwen3": dict(pad_token="<|endoftext|>", eos_token="<|im_end|>"),
}


def config(name, size, pad):
    common = dict(vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
                  max_position_embeddings=512, pad_token_id=pad, bos_token_id=None, eos_token_id=None, num_labels=1)
    if name == "roberta":
        return t.RobertaForSequenceClassification, t.RobertaConfig(**dict(common, max_position_embeddings=514, type_vocab_size=1))
    if name == "xlm-roberta":
        return t.XLMRobertaForSequenceClassification, t.XLMRobertaConfig(**dict(common, max_position_embeddings=514, type_vocab_size=1))
    if name == "deberta-v3":
        return t.DebertaV2ForSequenceClassification, t.DebertaV2Config(
            **common, relative_attention=True, position_buckets=32, norm_rel_ebd="layer_norm", pos_att_type=["p2c", "c2p"],
            share_att_key=True, position_biased_input=False, type_vocab_size=0)
    if name == "modernbert":
        return t.ModernBertForSequenceClassification, t.ModernBertConfig(**common, local_attention=16, cls_token_id=1, sep_token_id=2)
    return t.Qwen3ForCausalLM, t.Qwen3Config(**dict(common, num_key_value_heads=1, head_dim=16, tie_word_embeddings=True, max_position_embeddings=512))


def judge(model, tokenizer, pairs):
    """Logits of yes less those of no, as the card of Qwen3-Reranker computes them."""
    prefix = ('<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer '
              'can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n')
    suffix = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    before, after = (tokenizer.encode(x, add_special_tokens=False) for x in (prefix, suffix))
    instruction = "Given a web search query, retrieve relevant passages that answer the query"
    yes, no = tokenizer.convert_tokens_to_ids("yes"), tokenizer.convert_tokens_to_ids("no")
    out = []
    for query, text in pairs:
        body = f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {text}"
        ids = tokenizer(body, truncation=True, max_length=512 - len(before) - len(after))["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([before + ids + after])).logits[0, -1]
        out.append(float(logits[yes] - logits[no]))
    return out


def main():
    kinds, root = sys.argv[1:]
    pairs = json.load(sys.stdin)
    for number, (name, special) in enumerate(SPECIALS.items()):
        folder = os.path.join(root, name)
        path = os.path.join(kinds, name + ".json")
        if name == "qwen3":
            whole = json.load(open(path, encoding="utf-8"))
            n = max(a["id"] for a in whole["added_tokens"]) + 1
            for i, token in enumerate(("yes", "no")):
                if token not in whole["model"]["vocab"]:
                    whole["added_tokens"].append(dict(id=n + i, content=token, single_word=True, lstrip=False, rstrip=False, normalized=False, special=False))
            path = os.path.join(root, "tokenizer.json")
            json.dump(whole, open(path, "w", encoding="utf-8"))
        tokenizer = t.PreTrainedTokenizerFast(tokenizer_file=path, model_max_length=WINDOW if name != "qwen3" else 512, **special)
        kind, c = config(name, len(tokenizer), tokenizer.pad_token_id)
        torch.manual_seed(number)
        model = kind(c).eval()
        with torch.no_grad():
            for p in model.parameters():
                p.copy_(torch.randn_like(p) * (0.3 if p.dim() > 1 else 0.1) + (1 if p.dim() == 1 and p.mean() == 1 else 0))
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        if name == "qwen3":
            logits = judge(model, tokenizer, pairs)
        else:
            peer = CrossEncoder(folder, device="cpu", activation_fn=torch.nn.Identity())
            logits = [float(x) for x in peer.predict([tuple(p) for p in pairs], batch_size=1, show_progress_bar=False)]
        print(json.dumps([name, logits]))


main()
