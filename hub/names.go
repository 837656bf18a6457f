package hub

import "slices"

// Known is a model with a short name.
type Known struct {
	Short      string // what it is called here
	Repository string // what it is called on the Hub
	Kind       string // "cross-encoder" or "bi-encoder"
	Licence    string // SPDX
	Parameters int    // in millions
	Languages  string
	Window     int // tokens
}

// Names are the models with short names, as their cards describe them. None of
// them comes with this program; Pull fetches them.
func Names() []Known { return slices.Clone(known) }

var known = []Known{
	{"tinybert", "cross-encoder/ms-marco-TinyBERT-L2-v2", "cross-encoder", "Apache-2.0", 4, "English", 512},
	{"minilm-l4", "cross-encoder/ms-marco-MiniLM-L4-v2", "cross-encoder", "Apache-2.0", 19, "English", 512},
	{"minilm-l6", "cross-encoder/ms-marco-MiniLM-L6-v2", "cross-encoder", "Apache-2.0", 23, "English", 512},
	{"minilm-l12", "cross-encoder/ms-marco-MiniLM-L12-v2", "cross-encoder", "Apache-2.0", 33, "English", 512},
	{"mxbai-xsmall", "mixedbread-ai/mxbai-rerank-xsmall-v1", "cross-encoder", "Apache-2.0", 71, "English", 512},
	{"mxbai-base", "mixedbread-ai/mxbai-rerank-base-v1", "cross-encoder", "Apache-2.0", 184, "English", 512},
	{"mxbai-large", "mixedbread-ai/mxbai-rerank-large-v1", "cross-encoder", "Apache-2.0", 435, "English", 512},
	{"bge-base", "BAAI/bge-reranker-base", "cross-encoder", "MIT", 278, "Chinese, English", 512},
	{"bge-large", "BAAI/bge-reranker-large", "cross-encoder", "MIT", 560, "Chinese, English", 512},
	{"bge-m3", "BAAI/bge-reranker-v2-m3", "cross-encoder", "Apache-2.0", 568, "over 100", 8192},
	{"gte-modernbert", "Alibaba-NLP/gte-reranker-modernbert-base", "cross-encoder", "Apache-2.0", 150, "English", 8192},
	{"gte-multilingual", "Alibaba-NLP/gte-multilingual-reranker-base", "cross-encoder", "Apache-2.0", 306, "over 70", 8192},
	{"qwen3-0.6b", "Qwen/Qwen3-Reranker-0.6B", "cross-encoder", "Apache-2.0", 596, "over 100", 8192},
	{"all-minilm", "sentence-transformers/all-MiniLM-L6-v2", "bi-encoder", "Apache-2.0", 23, "English", 256},
	{"all-mpnet", "sentence-transformers/all-mpnet-base-v2", "bi-encoder", "Apache-2.0", 109, "English", 384},
	{"bge-small-en", "BAAI/bge-small-en-v1.5", "bi-encoder", "MIT", 33, "English", 512},
	{"bge-base-en", "BAAI/bge-base-en-v1.5", "bi-encoder", "MIT", 109, "English", 512},
	{"multilingual-e5-small", "intfloat/multilingual-e5-small", "bi-encoder", "MIT", 118, "about 100", 512},
}

// Lookup returns the model of a short name.
func Lookup(short string) (Known, bool) {
	i := slices.IndexFunc(known, func(k Known) bool { return k.Short == short })
	if i < 0 {
		return Known{}, false
	}
	return known[i], true
}
