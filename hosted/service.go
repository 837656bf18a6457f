package hosted

import (
	"fmt"
	"slices"
	"strings"
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
		return nil, fmt.Errorf("there is no service %q; there are %s", name, strings.Join(Services(), ", "))
	}
	return services[i], nil
}
