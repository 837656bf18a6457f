// Package pipeline opens a whole search from one declaration: an index, the
// models that its stages need, and a cascade over them.
//
//	p, err := pipeline.Open(ctx, pipeline.Config{Index: "docs.index"})
//	...
//	defer p.Close()
//	result, err := p.Search(ctx, "read a file line by line", 10)
//
// A [Config] is a Go struct and a YAML file ([Parse], [Load]) alike:
//
//	index: docs.index
//	first:
//	  kind: hybrid          # bm25, tfidf, dense or hybrid
//	  depth: 100
//	  bm25: {variant: lucene, k1: 1.2, b: 0.75}
//	  fusion: {method: min-max, lexical: 1, dense: 1}
//	stages:
//	  - rerank: minilm      # BM25 and what the embedded bi-encoder says
//	    depth: 50
//	    timeout: 300ms
//	    on_error: keep
//	timeout: 1s
//	partial: true           # then what was found is the answer, not an error
//
// The package also gives single parts by name, for programs that have texts
// and no index: [NewReranker], [OpenEmbedder], and [Embed] for what an index
// is to store.
package pipeline
