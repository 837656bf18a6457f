// Package tokenizer turns text into the token ids that a neural model was
// trained on, by the model's own tokenizer.json, with the byte offsets of every
// token in the text as it was given.
//
// The ids are those of Hugging Face's tokenizers library, on every input. That
// library mixes several Unicode versions, most of them old, so the classes of
// characters come from tables that were asked of the library itself and are
// frozen here: a newer Go does not change the ids of a text.
//
// Three models are known: WordPiece (BERT and most sentence-transformers models),
// Unigram (XLM-RoBERTa, DeBERTa-v3) and byte-pair encoding of bytes or
// characters (RoBERTa, ModernBERT, Qwen), with the normalizers, pre-tokenizers and
// post-processors that stand around them. [Parse] names any other that it meets.
package tokenizer
