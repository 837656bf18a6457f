// Package transformer runs encoders of the BERT family, and decoders that judge:
// config.json and safetensors in, the hidden states of every token out.
//
// Sequences are ragged: a [Batch] holds the tokens of many, one after another,
// without padding, and [Model.Run] hands each one's hidden states to a
// function, which pools them or applies a head ([Classifier]). [Model.Stream] does
// the same for sequences that are made as they are needed, in memory that does
// not grow with their number.
//
// Weights are float32, or int8 with a scale for each output, made by [Load]
// from float32 weights or read from a file that [Model.WriteInt8] wrote. Int8
// activations are quantised for each token by itself, so that a result never
// depends on the sequences beside it, nor on the number of workers. Nor does it
// depend on the CPU: float32 operations keep one order at every level of every
// platform.
//
// What is supported: the architectures that [Architectures] lists (BERT and
// Jina-BERT-v2, DistilBERT, ELECTRA, RoBERTa, XLM-RoBERTa, CamemBERT, MPNet,
// DeBERTa-v2 and v3, ModernBERT, GTE, Qwen3), where the hidden and intermediate
// sizes are multiples of 32 and that of a head of 16. One way through the layers
// serves all; what differs is read from config.json into a design. The attention
// of those with relative, rotary or windowed positions is in float32 even where
// the linear layers are int8.
package transformer
