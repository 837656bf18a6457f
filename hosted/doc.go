// Package hosted ranks by services: Cohere's Rerank API (version 2 and 1), Jina's,
// Voyage's, Mixedbread's, Together's, and servers of one's own that speak as TEI, vLLM,
// llama.cpp or NVIDIA NIM do, among them this project's. A [Reranker] is a stage like
// any other: what a service billed and warned of is in its report.
//
// Requests that fail for the moment are sent again, in growing and jittered
// intervals or when the service says; how many are under way is bounded; and when a
// service keeps failing it is left alone for a while, so that a cascade which goes on
// without it does so at once. Keys come from the options or the environment, and
// appear in no error.
package hosted
