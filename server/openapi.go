package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"github.com/flashrerank/rerank/internal/wire"
)

// operation is a request that the server answers, for its description.
type operation struct {
	Method, Path, Summary string
	request, response     any
	failure               any
	Example               string // of a request
}

// operations are those that the description has. The types are those that the answers
// are made of, and that this project's own client sends.
var operations = []operation{
	{"POST", "/v2/rerank", "Cohere, version 2", wire.CohereRequest{}, wire.RerankResponse{}, wire.Failure{}, `{"query": "when does the lease end", "documents": ["Bread.", "It ends in May."], "top_n": 1}`},
	{"POST", "/v1/rerank", "Cohere, version 1; Jina, Together, vLLM, LocalAI, Xinference; with top_k Voyage", wire.CohereRequest{}, wire.RerankResponse{}, wire.Failure{}, `{"query": "when does the lease end", "documents": ["Bread.", {"text": "It ends in May."}], "return_documents": true}`},
	{"POST", "/rerank", "TEI; with documents infinity, vLLM, llama.cpp; with property Weaviate", wire.TEIRequest{}, []wire.TEIResult{}, wire.AnyFailure{}, `{"query": "when does the lease end", "texts": ["Bread.", "It ends in May."]}`},
	{"POST", "/v1/reranking", "Mixedbread", wire.MixedbreadRequest{}, wire.MixedbreadResponse{}, wire.Failure{}, `{"query": "when does the lease end", "input": ["Bread.", "It ends in May."]}`},
	{"POST", "/v1/ranking", "NVIDIA NIM", wire.NIMRequest{}, wire.NIMResponse{}, wire.AnyFailure{}, `{"query": {"text": "when does the lease end"}, "passages": [{"text": "Bread."}, {"text": "It ends in May."}]}`},
	{"POST", "/v1/embeddings", "OpenAI's embeddings", wire.OpenAIEmbedRequest{}, wire.EmbeddingList{}, wire.OpenAIFailure{}, `{"input": ["It ends in May."]}`},
	{"POST", "/v2/embed", "Cohere's embeddings", wire.CohereEmbedRequest{}, wire.CohereEmbeddings{}, wire.Failure{}, `{"texts": ["It ends in May."]}`},
	{"POST", "/embed", "TEI's embeddings", wire.TEIEmbedRequest{}, [][]float32{}, wire.TEIFailure{}, `{"inputs": ["It ends in May."]}`},
	{"POST", "/score", "vLLM's scores of pairs", wire.VLLMScoreRequest{}, wire.ScoreResponse{}, wire.AnyFailure{}, `{"text_1": "when does the lease end", "text_2": ["Bread.", "It ends in May."]}`},
	{"POST", "/predict", "TEI's scores of pairs", wire.TEIPredictRequest{}, [][]wire.Prediction{}, wire.TEIFailure{}, `{"inputs": [["when does the lease end", "It ends in May."]]}`},
	{"POST", "/tokenize", "TEI's tokens", wire.TEITokenizeRequest{}, [][]wire.TEIToken{}, wire.TEIFailure{}, `{"inputs": ["It ends in May."]}`},
	{"POST", "/embed_all", "TEI's embeddings of every token", wire.TEIEmbedRequest{}, [][][]float32{}, wire.TEIFailure{}, `{"inputs": ["It ends in May."]}`},
	{"POST", "/decode", "TEI's texts of tokens", wire.TEIDecodeRequest{}, []string{}, wire.TEIFailure{}, `{"ids": [[2009, 4515]]}`},
	{"POST", "/detokenize", "vLLM's text of tokens", wire.CohereDetokenizeRequest{}, wire.VLLMText{}, wire.AnyFailure{}, `{"tokens": [2009, 4515]}`},
	{"POST", "/v1/detokenize", "Cohere's texts of tokens", wire.CohereDetokenizeRequest{}, wire.CohereText{}, wire.Failure{}, `{"tokens": [2009, 4515]}`},
	{"GET", "/v1/models", "The models", nil, modelList{}, wire.Failure{}, ""},
}

// Those of an index.
var (
	searchOperations = []operation{
		{"POST", "/search", "The best documents of the index", wire.SearchRequest{}, wire.SearchResponse{}, wire.Failure{}, `{"query": "when does the lease end", "k": 3, "filter": {"year": {"$gte": 2020}}}`},
		{"GET", "/search", "The same", wire.SearchQuery{}, wire.SearchResponse{}, wire.Failure{}, ""},
		{"GET", "/documents", "What the index is", nil, wire.Corpus{}, wire.Failure{}, ""},
		{"GET", "/documents/{id}", "A document", wire.DocumentPath{}, wire.Stored{}, wire.Failure{}, ""},
	}
	changeOperations = []operation{
		{"POST", "/documents", "Adds, replaces and deletes documents, all or none; as NDJSON a document on each line, or {\"delete\": ID}", wire.ChangeRequest{}, wire.Changed{}, wire.Failure{}, `{"documents": [{"id": "d1", "text": "It ends in May.", "fields": {"year": 2024}}], "delete": ["d0"]}`},
		{"PUT", "/documents/{id}", "Adds a document, or replaces it", wire.PutRequest{}, wire.Changed{}, wire.Failure{}, `{"text": "It ends in May."}`},
		{"DELETE", "/documents/{id}", "Deletes a document", wire.DocumentPath{}, wire.Changed{}, wire.Failure{}, ""},
	}
)

// operations are those that this server has.
func (s *Server) operations() []operation {
	list := operations
	if s.corpus != nil {
		list = slices.Concat(list, searchOperations)
		if !s.config.ReadOnly {
			list = slices.Concat(list, changeOperations)
		}
	}
	return list
}

// description makes the OpenAPI document of a server that asks for keys, or does not.
func description(list []operation, prefix string, keys bool) ([]byte, error) {
	r := openapi31.NewReflector()
	r.Spec.Info.WithTitle("rerank").WithVersion("1").WithDescription("Rerank services' dialects, told apart by path and body. Unknown members of other services' requests are ignored, and null is like absent; /search and /documents refuse them.")
	if prefix != "" {
		r.Spec.WithServers(openapi31.Server{URL: prefix})
	}
	if keys {
		r.SpecEns().SetHTTPBearerTokenSecurity("key", "", "one of the server's keys")
	}
	for _, o := range list {
		oc, err := r.NewOperationContext(o.Method, o.Path)
		if err != nil {
			return nil, fmt.Errorf("server: describing %s: %w", o.Path, err)
		}
		oc.SetSummary(o.Summary)
		if keys {
			oc.AddSecurity("key")
		}
		if o.request != nil {
			oc.AddReqStructure(o.request, func(cu *openapi.ContentUnit) {
				cu.Customize = func(c openapi.ContentOrReference) {
					if body, ok := c.(*openapi31.RequestBodyOrReference); ok {
						body.RequestBody.WithRequired(true)
					}
				}
			})
		}
		oc.AddRespStructure(o.response, openapi.WithHTTPStatus(http.StatusOK))
		for _, status := range []int{400, 401, 404, 413, 422, 429, 500, 503, 504} {
			oc.AddRespStructure(o.failure, openapi.WithHTTPStatus(status))
		}
		if err := r.AddOperation(oc); err != nil {
			return nil, fmt.Errorf("server: describing %s: %w", o.Path, err)
		}
	}
	for name, schema := range r.Spec.ComponentsEns().Schemas {
		if name == "WireGiven" || name == "WirePutRequest" { // whose names must not meet
			schema["not"] = map[string]any{"required": []string{"fields", "metadata"}}
		}
	}
	return r.Spec.MarshalJSON()
}

// describe answers with the OpenAPI document.
func (s *Server) describe(w http.ResponseWriter, r *http.Request) {
	data, err := s.description()
	if err != nil {
		s.refuse(w, r, &cohere2, err)
		return
	}
	s.write(w, http.StatusOK, json.RawMessage(data))
}

var page = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>rerank</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{overflow:auto;padding:1rem;background:#8881}h2 code{font-size:1.1rem}</style>
<h1>rerank</h1>
<p>Requests that this server answers. The exact form of all of them is in <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
{{range .}}<h2><code>{{.Method}} {{.Path}}</code></h2><p>{{.Summary}}</p>{{if .Example}}<pre>curl{{if ne .Method "POST"}} -X {{.Method}}{{end}} http://{{.Host}}{{.Path}} -d '{{.Example}}'</pre>{{end}}
{{end}}</html>
`))

// docs answers with a page for people, which needs nothing else.
func (s *Server) docs(w http.ResponseWriter, r *http.Request) {
	type shown struct {
		operation
		Host string
	}
	operations := s.operations()
	list := make([]shown, len(operations))
	for i, o := range operations {
		list[i] = shown{o, r.Host + s.config.URLPrefix}
	}
	var b bytes.Buffer
	if err := page.Execute(&b, list); err != nil {
		s.refuse(w, r, &cohere2, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_, _ = w.Write(b.Bytes()) // a client that has gone cannot be told
}
