package hosted

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"golang.org/x/sync/errgroup"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
)

// Options say how a service is asked. The zero value is the default.
type Options struct {
	// Model is the service's name of the model; "" means its usual one.
	Model string

	// URL is where the service is, without the path of the request; "" means the
	// service itself. TEI, vLLM, llama.cpp and NIM have none of their own.
	URL string

	// Key is the bearer key; "" means that of the environment (COHERE_API_KEY or
	// CO_API_KEY, JINA_API_KEY, VOYAGE_API_KEY, MXBAI_API_KEY, TOGETHER_API_KEY,
	// TEI_API_KEY, VLLM_API_KEY, LLAMA_API_KEY, NVIDIA_API_KEY). The services themselves
	// need one; at a URL of your own it may be missing.
	Key string

	// Client sends requests; nil means one that heeds the environment's proxies.
	Client *http.Client

	// Timeout is how long one attempt may take; 0 means 30 seconds.
	Timeout time.Duration

	// Retries is how often a request that failed for the moment is sent again; 0
	// means 3, negative never.
	Retries int

	// Concurrent is how many requests are under way at most; 0 means 4.
	Concurrent int

	// MaxDocuments is how many documents go into a request; 0 means as many as the
	// service takes. More are sent in several requests, whose scores are comparable
	// where a model judges each document by itself, as all but Jina's version 3 do.
	MaxDocuments int

	// MaxTokens is how many tokens of a document are looked at, where the service lets
	// that be said (Cohere's version 2); 0 means what it does by itself.
	MaxTokens int

	// Fields are the names of fields that are sent, as YAML in their order; none means
	// title and text.
	Fields []string

	// Spans asks for the relevant parts of texts, and for all texts anew, whatever is
	// known; nil asks for none.
	Spans *Spans

	// Known keeps scores, so that a document that comes again is not asked about
	// again; nil keeps none.
	Known *cache.Cache
}

// Reranker orders hits by the judgment of a service. It is safe for concurrent use.
type Reranker struct {
	service   *service
	options   Options
	transport *transport
}

// The defaults of Options.
const (
	usualTimeout    = 30 * time.Second
	usualRetries    = 3
	usualConcurrent = 4
)

// New returns a reranker by a service of [Services].
func New(name string, o Options) (*Reranker, error) {
	s, err := find(name)
	if err != nil {
		return nil, fmt.Errorf("hosted: %w", err)
	}
	if o.URL == "" && s.url == "" {
		return nil, fmt.Errorf("hosted: %s has no service of its own: it needs a URL", s.name)
	}
	if o.Timeout < 0 || o.Concurrent < 0 || o.MaxDocuments < 0 || o.MaxTokens < 0 {
		return nil, fmt.Errorf("hosted: %s: timeout %v, %d requests, %d documents, %d tokens: none may be negative", s.name, o.Timeout, o.Concurrent, o.MaxDocuments, o.MaxTokens)
	}
	if err := o.Spans.check(s, o); err != nil {
		return nil, fmt.Errorf("hosted: %s: %w", s.name, err)
	}
	if o.Spans != nil {
		o.Known = nil
	}
	for _, variable := range s.keys {
		o.Key = cmp.Or(o.Key, os.Getenv(variable))
	}
	o.Key = strings.TrimSpace(o.Key)
	if o.Key == "" && o.URL == "" {
		return nil, fmt.Errorf("hosted: %s needs a key: set %s", s.name, s.keys[0])
	}
	if strings.ContainsAny(o.Key, "\r\n") {
		return nil, fmt.Errorf("hosted: the key for %s has more than one line", s.name)
	}
	o.Model = cmp.Or(o.Model, s.model)
	o.Timeout, o.Concurrent = cmp.Or(o.Timeout, usualTimeout), cmp.Or(o.Concurrent, usualConcurrent)
	o.MaxDocuments = cmp.Or(o.MaxDocuments, s.most)
	t, err := newTransport(s, o)
	if err != nil {
		return nil, fmt.Errorf("hosted: %s: %w", s.name, err)
	}
	return &Reranker{service: s, options: o, transport: t}, nil
}

// Model returns what identifies the service's model.
func (r *Reranker) Model() rerank.ModelInfo {
	name := strings.Trim(r.service.name+":"+r.options.Model, ":")
	return rerank.ModelInfo{Name: name, Fingerprint: name + "@" + r.transport.url}
}

// Rerank asks the service about the hits. Scores are relevance in [0,1] as the service
// has it. What it billed and warned of is in the report. Failures of the service are an *[Error].
func (r *Reranker) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	start := time.Now()
	report := rerank.StageReport{Stage: r.service.name, Model: r.Model().Name, Candidates: len(q.Hits)}
	if len(q.Hits) == 0 {
		return rerank.Result{Stages: []rerank.StageReport{report}}, ctx.Err()
	}
	scoring := rerank.Scoring{
		Stage: r.service.name, Scale: rerank.ScaleRelevance, Scores: make([]float64, len(q.Hits)),
		Relevance: func(x float64) float64 { return min(max(x, 0), 1) },
	}
	for i := range scoring.Scores {
		scoring.Scores[i] = math.NaN()
	}
	spans, err := r.judge(ctx, q, scoring.Scores, &report)
	if err != nil {
		return rerank.Result{}, r.failed(err)
	}
	q.Hits = slices.Clone(q.Hits)
	for i, found := range spans {
		q.Hits[i].Spans = found
	}
	hits := rerank.Reorder(q, scoring)
	report.Elapsed = time.Since(start)
	return rerank.Result{Hits: hits, Stages: []rerank.StageReport{report}}, nil
}

// Error says that a service did not judge.
type Error struct {
	Service string
	Status  int   // of its answer; 0 if there was none that was a refusal
	Err     error // without the key
}

// Error names the service.
func (e *Error) Error() string { return fmt.Sprintf("hosted: %s: %v", e.Service, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (r *Reranker) failed(err error) error {
	e := &Error{Service: r.service.name, Err: err}
	var refused *statusError
	if errors.As(err, &refused) {
		e.Status = refused.status
	}
	return e
}

// part is a request to the service and the places of its texts among the hits.
type part struct {
	request request
	at      []int
	keys    []cache.Key
	got     response
}

// judge fills scores, from what is known and by as many requests as it takes, and returns
// the relevant parts of texts, by the places of their hits.
func (r *Reranker) judge(ctx context.Context, q rerank.Request, scores []float64, report *rerank.StageReport) (map[int][]rerank.Span, error) {
	spans := map[int][]rerank.Span{}
	parts := r.split(q, scores)
	group, inner := errgroup.WithContext(ctx)
	for i := range parts {
		group.Go(func() (err error) {
			parts[i].got, err = r.transport.ask(inner, r.service, parts[i].request)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	for _, p := range parts {
		for _, s := range p.got.results {
			if s.index < 0 || s.index >= len(p.at) || !math.IsNaN(scores[p.at[s.index]]) {
				return nil, fmt.Errorf("the answer names document %d of %d, or twice", s.index, len(p.at))
			}
			scores[p.at[s.index]] = s.score
			if len(s.spans) > 0 {
				found, err := inBytes(p.request.texts[s.index], s.spans)
				if err != nil {
					return nil, err
				}
				spans[p.at[s.index]] = found
			}
			if r.options.Known != nil {
				r.options.Known.Put(p.keys[s.index], cache.Value{Numbers: []float32{float32(s.score)}})
			}
		}
		report.BilledUnits += p.got.units
		report.Tokens += p.got.tokens
		report.Notes = append(report.Notes, p.got.warnings...)
	}
	for _, s := range scores {
		if math.IsNaN(s) {
			report.Skipped++
		}
	}
	report.Scored = len(scores) - report.Skipped
	if len(parts) > 1 {
		report.Notes = append(report.Notes, fmt.Sprintf("asked in %d requests", len(parts)))
	}
	if report.Skipped > 0 {
		return spans, r.incomplete(q, report)
	}
	return spans, nil
}

// incomplete says whether an answer may lack documents: only where fewer were asked for.
func (r *Reranker) incomplete(q rerank.Request, report *rerank.StageReport) error {
	if q.TopN <= 0 || q.TopN > report.Scored {
		return fmt.Errorf("the answer lacks %d of %d documents", report.Skipped, report.Candidates)
	}
	report.Notes = append(report.Notes, fmt.Sprintf("asked for the top %d only", q.TopN))
	report.Skipped = 0
	return nil
}

// split makes the requests for what is not known.
func (r *Reranker) split(q rerank.Request, scores []float64) []*part {
	var parts []*part
	model, tokens := r.Model().Fingerprint, fmt.Sprint(r.options.MaxTokens)
	for i, h := range q.Hits {
		text := r.text(h.Document)
		var key cache.Key
		if r.options.Known != nil {
			key = cache.KeyOf(model, tokens, q.Query.Text, text)
			if v, found := r.options.Known.Get(key); found {
				scores[i] = float64(v.Numbers[0])
				continue
			}
		}
		if len(parts) == 0 || len(parts[len(parts)-1].at) == r.options.MaxDocuments {
			parts = append(parts, &part{request: request{model: r.options.Model, query: q.Query.Text, maxTokens: r.options.MaxTokens, spans: r.options.Spans}})
		}
		p := parts[len(parts)-1]
		p.request.texts, p.at, p.keys = append(p.request.texts, text), append(p.at, i), append(p.keys, key)
	}
	// Several requests have no best ones in common, and what is to be known must be told.
	if len(parts) == 1 && len(parts[0].at) == len(q.Hits) && q.TopN > 0 && r.options.Known == nil {
		parts[0].request.topN = min(q.TopN, len(q.Hits))
	}
	return parts
}

// text is what is sent of a document.
func (r *Reranker) text(d rerank.Document) string {
	if len(r.options.Fields) == 0 {
		return d.Content()
	}
	var list yaml.MapSlice
	for _, name := range r.options.Fields {
		if v, ok := valueOf(d, name); ok {
			list = append(list, yaml.MapItem{Key: name, Value: v})
		}
	}
	text, err := yaml.MarshalWithOptions(list, yaml.UseLiteralStyleIfMultiline(true))
	if err != nil || len(list) == 0 {
		return d.Render(r.options.Fields) // names and plain values always have a form
	}
	return string(text)
}

// valueOf is a field, or the document's own title or text, as YAML takes it.
func valueOf(d rerank.Document, name string) (any, bool) {
	if v, ok := d.Fields.Get(name); ok {
		return plainValue(v), true
	}
	switch name {
	case "title":
		return d.Title, d.Title != ""
	case "text":
		return d.Text, d.Text != ""
	}
	return nil, false
}

func plainValue(v rerank.Value) any {
	switch v.Kind() {
	case rerank.KindNumber:
		return v.Number()
	case rerank.KindBool:
		return v.Bool()
	case rerank.KindTime:
		return v.Time()
	case rerank.KindList:
		list := []any{}
		for _, e := range v.List() {
			list = append(list, plainValue(e))
		}
		return list
	}
	return v.Text()
}

// errCircuit says that a service was left alone.
var errCircuit = errors.New("it has failed too often and is not asked for a while")
