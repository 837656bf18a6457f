// Package server answers the requests of rerank services' clients: those of Cohere
// (v1 and v2), Jina, Voyage, TEI, vLLM, infinity, Mixedbread, NVIDIA NIM, Together and
// Weaviate, on one port, told apart by path and body. A client needs nothing but
// another base URL.
//
// docs/server.md has the dialects, the limits and the settings.
package server
