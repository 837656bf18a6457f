package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/nearest"
	"github.com/flashrerank/rerank/pipeline"
)

// DefaultDepth is how many hits the first stages find, and how many a re-ranker
// is given, unless told otherwise.
const DefaultDepth = 100

// MaxDepth is the greatest depth that can be asked for.
const MaxDepth = 100_000

// Config declares an experiment: the systems of First × Rerank × Depth, and
// those of Systems. Its zero value, but for Data, compares BM25 alone with BM25
// re-ordered by the embedded model.
type Config struct {
	Data  string `yaml:"data"`            // folder in BEIR layout
	Split string `yaml:"split,omitempty"` // of the judgments; "" means test

	// Analyzer is the text analysis of BM25 and TF-IDF, by its name in package
	// analysis; "" means its default.
	Analyzer string `yaml:"analyzer,omitempty"`

	// Model makes the vectors of documents and queries, for the first stages
	// dense and hybrid: "minilm", which "" means, or a bi-encoder's folder.
	Model string `yaml:"model,omitempty"`

	// Vectors lets every system search an index that has the documents' vectors, so that
	// re-ranking by the same model embeds the query only. Without it systems whose first
	// stage needs no vectors search an index without, and re-rankers read texts.
	Vectors bool `yaml:"vectors,omitempty"`

	First  []pipeline.Kind `yaml:"first,omitempty"`  // nil means bm25
	BM25   pipeline.BM25   `yaml:"bm25,omitempty"`   // of First and of blends with BM25
	Fusion pipeline.Fusion `yaml:"fusion,omitempty"` // of the kind hybrid
	Rerank []string        `yaml:"rerank,omitempty"` // names as in package pipeline; nil means none and minilm

	// Depth lists how many hits a re-ranker is given; nil means 100. First
	// stages find as many as the greatest, and no fewer than 100, for every
	// system: what a re-ranker is not given keeps its place below.
	Depth []int `yaml:"depth,omitempty"`

	// Systems are further systems, each said in full.
	Systems []Declared `yaml:"systems,omitempty"`

	// Measures by their names in package eval, the main one first; nil means
	// [DefaultMeasures]. Reports call them by the same names.
	Measures []string `yaml:"measures,omitempty"`

	Rules Rules `yaml:"rules,omitempty"` // what counts; the zero value is trec_eval's default

	// Queries bounds how many queries are evaluated: the first n that are judged.
	// 0 means all. It cannot be combined with Rules.Complete.
	Queries int `yaml:"queries,omitempty"`

	// Prices by the name of a re-ranker, for the cost of systems.
	Prices map[string]Price `yaml:"prices,omitempty"`
}

// Declared is a system in full: a pipeline with a name. Its index is that of
// the experiment, and so is its model.
type Declared struct {
	Name   string           `yaml:"name"`
	First  pipeline.First   `yaml:"first,omitempty"`
	Stages []pipeline.Stage `yaml:"stages,omitempty"`
}

// Price is what one stage costs, in any currency. The parts add up.
type Price struct {
	Query    float64 `yaml:"query,omitempty"`    // for a query
	Document float64 `yaml:"document,omitempty"` // for a document scored
	MTokens  float64 `yaml:"mtokens,omitempty"`  // for a million tokens
	Unit     float64 `yaml:"unit,omitempty"`     // for a unit that the service bills
}

// DefaultMeasures returns the measures of an experiment that names none.
func DefaultMeasures() []string {
	return []string{"ndcg_cut_10", "map", "recip_rank", "P_10", "recall_100"}
}

// system is one method to evaluate.
type system struct {
	name   string
	first  string
	rerank string
	depth  int
	config pipeline.Config
}

// Validate checks the values of the configuration without opening anything.
func (c Config) Validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Data == "" {
		add("data: it must name a folder")
	}
	if c.Analyzer != "" {
		if _, err := analysis.New(c.Analyzer); err != nil {
			add("analyzer: %w", err)
		}
	}
	for i, d := range c.Depth {
		if d < 1 || d > MaxDepth {
			add("depth[%d]: %d is not between 1 and %d", i, d, MaxDepth)
		}
	}
	if c.Queries < 0 {
		add("queries: %d is negative", c.Queries)
	}
	errs = append(errs, c.Rules.check(c.Queries)...)
	for name, p := range c.Prices {
		if known := c.priced(); !slices.Contains(known, name) {
			add("prices: there is no stage %q%s", name, nearest.Choice(name, known))
		}
		if !(p.Query >= 0 && p.Document >= 0 && p.MTokens >= 0 && p.Unit >= 0) {
			add("prices[%s]: a price must be a number of at least 0", name)
		}
	}
	if _, err := c.measures(); err != nil {
		errs = append(errs, err)
	}
	seen := map[string]bool{}
	for i, s := range c.systems() {
		if s.name == "" {
			add("systems[%d]: it has no name", i)
		} else if seen[s.name] {
			add("there are two systems %q", s.name)
		}
		seen[s.name] = true
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("experiment: %w", errors.Join(errs...))
}

// priced lists the stages that can have a price, each once.
func (c Config) priced() []string {
	var names []string
	for _, s := range c.systems() {
		names = append(names, string(s.config.First.Kind))
		for _, stage := range s.config.Stages {
			if stage.Rerank != pipeline.None {
				names = append(names, cmp.Or(stage.Name, stage.Rerank))
			}
		}
	}
	return unique(names)
}

// systems lists what is to be evaluated; the first is the baseline.
func (c Config) systems() []system {
	firsts := c.First
	if firsts == nil {
		firsts = []pipeline.Kind{pipeline.KindBM25}
	}
	rerankers := c.Rerank
	if rerankers == nil {
		rerankers = []string{pipeline.None, pipeline.MiniLM}
	}
	if c.First == nil && c.Rerank == nil && len(c.Systems) > 0 {
		firsts = nil // the file says all
	}
	var all []system
	for _, kind := range unique(firsts) {
		for _, r := range unique(rerankers) {
			for _, d := range c.depthsOf(r) {
				all = append(all, c.crossed(kind, r, d))
			}
		}
	}
	for _, d := range c.Systems {
		all = append(all, c.declared(d))
	}
	return all
}

// depths returns the depths of re-ranking, smallest first.
func (c Config) depths() []int {
	if len(c.Depth) == 0 {
		return []int{DefaultDepth}
	}
	return slices.Compact(slices.Sorted(slices.Values(c.Depth)))
}

// depthsOf returns one depth for no re-ranker, which has none.
func (c Config) depthsOf(reranker string) []int {
	if reranker == pipeline.None {
		return []int{c.found()}
	}
	return c.depths()
}

// found is how many hits a first stage finds.
func (c Config) found() int { return max(DefaultDepth, slices.Max(c.depths())) }

// crossed is the system of a first stage, a re-ranker and a depth.
func (c Config) crossed(kind pipeline.Kind, reranker string, depth int) system {
	first := pipeline.First{Kind: kind, Depth: c.found(), BM25: c.BM25}
	if kind == pipeline.KindHybrid {
		first.Fusion = c.Fusion
	}
	s := system{name: string(kind), first: string(kind), rerank: reranker, depth: depth}
	stages := []pipeline.Stage{{Rerank: pipeline.None}}
	if reranker != pipeline.None {
		s.name += " → " + label(reranker)
		if len(c.depths()) > 1 {
			s.name += " @" + strconv.Itoa(depth)
		}
		stages = []pipeline.Stage{{Rerank: reranker, Depth: depth}}
	}
	s.config = pipeline.Config{Model: c.Model, First: first, Stages: stages}
	return s
}

// label shortens the folder of a model to its last part.
func label(reranker string) string {
	return reranker[strings.LastIndexAny(strings.TrimRight(reranker, `/\`), `/\`)+1:]
}

// declared is a system that the configuration says in full.
func (c Config) declared(d Declared) system {
	first := d.First
	first.Kind = cmp.Or(first.Kind, pipeline.KindBM25)
	first.Depth = cmp.Or(first.Depth, c.found())
	stages := d.Stages
	if stages == nil {
		stages = []pipeline.Stage{{Rerank: pipeline.None}}
	}
	s := system{
		name: d.Name, first: string(first.Kind), depth: first.Depth,
		config: pipeline.Config{Model: c.Model, First: first, Stages: stages},
	}
	var names []string
	for _, stage := range stages {
		if stage.Rerank != pipeline.None {
			names = append(names, label(cmp.Or(stage.Name, stage.Rerank)))
			s.depth = cmp.Or(stage.Depth, first.Depth)
		}
	}
	s.rerank = cmp.Or(strings.Join(names, " → "), pipeline.None)
	return s
}

// vectors tells whether any system needs the documents' vectors.
func (c Config) vectors() bool { return c.Vectors || slices.ContainsFunc(c.systems(), system.vectors) }

// vectors tells whether a system needs the documents' vectors.
func (s system) vectors() bool {
	switch s.config.First.Kind {
	case pipeline.KindAuto, pipeline.KindDense, pipeline.KindHybrid:
		return true
	}
	return false
}

// unique returns the distinct values in their order.
func unique[T comparable](list []T) []T {
	var out []T
	for _, x := range list {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}
