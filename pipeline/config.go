package pipeline

import (
	"time"

	"github.com/flashrerank/rerank/cascade"
)

// Config declares a search. The zero value of every field but Index is the
// default, the best that was measured (docs/results.md, "The defaults"): the first stage
// that [KindAuto] chooses, and the best 100 of what it finds re-ordered by [Auto].
type Config struct {
	Index string `yaml:"index"` // folder of the index

	// Model embeds queries for the first stages dense and hybrid: "minilm",
	// which "" means, or the folder of a bi-encoder. It must be the model that
	// the index got its vectors from, where one of these is the first stage.
	Model string `yaml:"model,omitempty"`

	First First `yaml:"first,omitempty"`

	// Stages re-order what First finds, one after another. Nil means one
	// stage with the reranker [Auto]; to have none, say "none".
	Stages []Stage `yaml:"stages,omitempty"`

	// Timeout bounds a whole search; 0 means no bound. In YAML a duration is
	// written like 300ms or 1.5s.
	Timeout time.Duration `yaml:"timeout,omitempty"`

	// Partial answers with what was found when the time is up, as [rerank.Search.Partial]
	// does, instead of failing.
	Partial bool `yaml:"partial,omitempty"`
}

// First declares the first stage.
type First struct {
	Kind   Kind   `yaml:"kind,omitempty"`
	Depth  int    `yaml:"depth,omitempty" default:"100"` // hits to find; 0 means 100. Hybrid takes as many from each of its lists
	BM25   BM25   `yaml:"bm25,omitempty"`
	Fusion Fusion `yaml:"fusion,omitempty"` // for the kind hybrid
}

// Kind is a kind of first stage.
type Kind string

// The kinds of first stages; "" means KindAuto.
const (
	// KindAuto is KindHybrid where the index has vectors that the model can
	// search, and else KindBM25. A Model that is named and cannot is an error.
	KindAuto Kind = "auto"

	KindBM25   Kind = "bm25"
	KindTFIDF  Kind = "tfidf"
	KindDense  Kind = "dense"  // nearest embeddings, by exact scan
	KindHybrid Kind = "hybrid" // BM25 and dense, fused
)

// Kinds returns the names of the kinds.
func Kinds() []string {
	var names []string
	for _, k := range []Kind{KindAuto, KindBM25, KindTFIDF, KindDense, KindHybrid} {
		names = append(names, string(k))
	}
	return names
}

// BM25 holds the parameters of BM25 wherever a pipeline uses it. What is not
// given is the variant's own default.
type BM25 struct {
	Variant string   `yaml:"variant,omitempty"` // a name of package lexical; "" means "lucene"
	K1      *float64 `yaml:"k1,omitempty"`
	B       *float64 `yaml:"b,omitempty"`
	Delta   *float64 `yaml:"delta,omitempty"`
	Epsilon *float64 `yaml:"epsilon,omitempty"`
}

// Fusion says how the kind hybrid makes one list of two.
type Fusion struct {
	Method  Method   `yaml:"method,omitempty"`
	K       *float64 `yaml:"k,omitempty"`       // of MethodRRF, at least 0; nil means 60
	Lexical *float64 `yaml:"lexical,omitempty"` // weight, at least 0; nil means 1. With 0 the list is not asked
	Dense   *float64 `yaml:"dense,omitempty"`   // likewise; one of them must be above 0

	// Lenient goes on with one list when the other fails; the report says so.
	Lenient bool `yaml:"lenient,omitempty"`
}

// Method is a method of fusion.
type Method string

// The methods of fusion; "" means MethodMinMax.
const (
	MethodMinMax Method = "min-max"
	MethodRRF    Method = "rrf"
)

// Stage declares one reranker.
type Stage struct {
	// Rerank names it: see [NewReranker]. "none" is no stage at all.
	Rerank string `yaml:"rerank"`

	Name    string          `yaml:"name,omitempty"`                                    // in errors; the value of Rerank by default
	Depth   int             `yaml:"depth,omitempty" default:"that of the first stage"` // how many hits it re-orders; 0 means First.Depth
	Timeout time.Duration   `yaml:"timeout,omitempty"`                                 // 0 means no bound of its own
	OnError cascade.OnError `yaml:"on_error,omitempty"`
	Early   *Early          `yaml:"early,omitempty"` // nil: every hit is judged in full
}
