package hosted

import (
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank/internal/nearest"
	"github.com/flashrerank/rerank/internal/wire"
)

// service is what is particular to one kind of service.
type service struct {
	name   string
	url    string   // of the service itself; "" where everybody has an own
	keys   []string // variables that may hold the key
	model  string   // that is asked for unless told otherwise
	most   int      // documents of a request
	path   string   // behind the URL
	encode func(r request) any
	decode func(data []byte) (response, error)
}

// request is what is asked of a service.
type request struct {
	model     string
	query     string
	texts     []string
	topN      int // 0: all
	maxTokens int // of a text; 0: as the service has it
	spans     *Spans
}

// response is what it said.
type response struct {
	results  []scored
	units    float64 // billed
	tokens   int
	warnings []string
}

// scored is the judgment of one text.
type scored struct {
	index int
	score float64
	spans []wire.Span
}

// rated is a result of the services that call its score so.
type rated struct {
	Index *int     `json:"index"`
	Score *float64 `json:"score"`
}

func ratings(list []rated) ([]scored, error) {
	return scores(list, "score", func(r rated) (*int, *float64) { return r.Index, r.Score })
}

// scores takes index and score, which is called name there, from results that must have
// both.
func scores[T any](list []T, name string, of func(T) (*int, *float64)) ([]scored, error) {
	out := make([]scored, len(list))
	for i, x := range list {
		index, score := of(x)
		if index == nil || score == nil {
			return nil, fmt.Errorf("result %d lacks index or %s", i, name)
		}
		if math.Abs(*score) > math.MaxFloat32 { // which is how it would be kept
			return nil, fmt.Errorf("result %d has the %s %v", i, name, *score)
		}
		out[i] = scored{index: *index, score: *score}
	}
	return out, nil
}

var services = []*service{&cohere, &cohere1, &jina, &voyage, &tei, &mixedbread, &together, &vllm, &llamacpp, &nim}

// Services returns the names that [New] knows.
func Services() []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.name
	}
	return names
}

func find(name string) (*service, error) {
	i := slices.IndexFunc(services, func(s *service) bool { return s.name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown service %q%s", name, nearest.Choice(name, Services()))
	}
	return services[i], nil
}
