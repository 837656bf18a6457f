// Package biencoder runs sentence-transformers models: text in, one vector out.
//
// [Load] reads a model's folder as sentence-transformers saves it
// (modules.json, config.json, model.safetensors, tokenizer.json, pooling,
// prompts). A [Model] embeds texts ([Model.Embed]) and, as a reranker, orders
// given texts by the cosine of their vectors to the query's ([Model.Reranker]).
//
// Vectors equal those of sentence-transformers: within 2e-5 in float32; int8
// keeps their direction (a cosine of 0.998 and more). A text's vector depends
// neither on the texts beside it nor on the number of workers.
package biencoder
