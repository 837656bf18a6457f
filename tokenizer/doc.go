// Package tokenizer turns text into the token ids that a neural model was
// trained on, by the model's own tokenizer.json, with the byte offsets of every
// token in the text as it was given.
//
// The ids are those of Hugging Face's tokenizers library, on every input. That
// library mixes several Unicode versions, most of them old, so the classes of
// characters come from tables that were asked of the library itself and are
// frozen here: a newer Go does not change the ids of a text.
//
// WordPiece, the tokenizer of BERT and of most sentence-transformers models, is
// the one model so far; [Parse] names any other that it meets.
package tokenizer
