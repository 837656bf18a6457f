package pipeline

import (
	"slices"
	"strings"

	"github.com/flashrerank/rerank/hosted"
)

// service is a service's name for a reranker, taken apart: "cohere:rerank-v3.5",
// "cohere:m@http://localhost:8787", "tei:http://localhost:8080".
type service struct{ name, model, url string }

// serviceOf returns the service that a name stands for, if it does.
func serviceOf(name string) (s service, ok bool) {
	s.name, s.model, ok = strings.Cut(name, ":")
	if !ok || !slices.Contains(hosted.Services(), s.name) {
		return service{}, false
	}
	switch at := strings.Index(s.model, "@http"); {
	case at >= 0:
		s.model, s.url = s.model[:at], s.model[at+1:]
	case strings.HasPrefix(s.model, "http://") || strings.HasPrefix(s.model, "https://"):
		s.model, s.url = "", s.model
	}
	return s, true
}

// open makes the reranker, which asks nobody yet.
func (s service) open(o hosted.Options) (*hosted.Reranker, error) {
	o.Model, o.URL = s.model, s.url
	return hosted.New(s.name, o)
}
