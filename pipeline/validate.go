package pipeline

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flashrerank/rerank/cascade"
	"github.com/flashrerank/rerank/internal/nearest"
	"github.com/flashrerank/rerank/lexical"
)

// Validate checks the configuration without opening anything: it looks at
// values, and at whether the folders named for models hold one. The error
// lists all that is wrong, each with the path of its field.
func (c Config) Validate() error {
	return c.validate(true)
}

func (c Config) validate(needIndex bool) error {
	var p problems
	if needIndex && c.Index == "" {
		p.add("index", "it must name the folder of an index")
	}
	if c.Model != "" {
		if err := checkEmbedder(c.Model); err != nil {
			p.add("model", "%v", err)
		}
	}
	p.duration("timeout", c.Timeout)
	c.First.validate(&p)
	for i, s := range c.Stages {
		s.validate(&p, fmt.Sprintf("stages[%d]", i))
	}
	return p.err()
}

func (f First) validate(p *problems) {
	if f.Kind != "" && !slices.Contains(Kinds(), string(f.Kind)) {
		p.add("first.kind", "unknown first stage %q%s", f.Kind, nearest.Choice(string(f.Kind), Kinds()))
	}
	p.depth("first.depth", f.Depth)
	f.BM25.validate(p)
	if m, known := f.Fusion.Method, []string{string(MethodMinMax), string(MethodRRF)}; m != "" && !slices.Contains(known, string(m)) {
		p.add("first.fusion.method", "unknown method %q%s", m, nearest.Choice(string(m), known))
	}
	p.weight("first.fusion.k", f.Fusion.K)
	p.weight("first.fusion.lexical", f.Fusion.Lexical)
	p.weight("first.fusion.dense", f.Fusion.Dense)
	if w, v := f.Fusion.Lexical, f.Fusion.Dense; w != nil && v != nil && *w == 0 && *v == 0 {
		p.add("first.fusion", "both weights are 0")
	}
	if f.Fusion != (Fusion{}) && f.Kind != KindHybrid {
		p.add("first.fusion", "it has no effect without kind: hybrid")
	}
}

func (b BM25) validate(p *problems) {
	if v := lexical.Variant(b.Variant); v != "" && !slices.Contains(lexical.Variants(), v) {
		var known []string
		for _, variant := range lexical.Variants() {
			known = append(known, string(variant))
		}
		p.add("first.bm25.variant", "unknown variant %q%s", v, nearest.Choice(string(v), known))
	}
	for _, x := range []struct {
		name  string
		value *float64
		most  float64
	}{{"k1", b.K1, math.MaxFloat64}, {"b", b.B, 1}, {"delta", b.Delta, math.MaxFloat64}, {"epsilon", b.Epsilon, math.MaxFloat64}} {
		if x.value != nil && !(*x.value >= 0 && *x.value <= x.most) {
			p.add("first.bm25."+x.name, "%v is not between 0 and %v", *x.value, x.most)
		}
	}
}

func (s Stage) validate(p *problems, path string) {
	if s.Rerank == "" {
		p.add(path+".rerank", "it must name a reranker, or be none")
	} else if s.Rerank != None {
		if err := checkReranker(s.Rerank); err != nil {
			p.add(path+".rerank", "%v", err)
		}
	}
	p.depth(path+".depth", s.Depth)
	p.duration(path+".timeout", s.Timeout)
	s.Early.validate(p, path+".early", s.Rerank)
	if s.OnError > cascade.Keep {
		p.add(path+".on_error", "%v is neither fail nor keep", s.OnError)
	}
}

// problems is what is wrong with a configuration, each with a path.
type problems []string

func (p *problems) add(path, format string, args ...any) {
	*p = append(*p, path+": "+fmt.Sprintf(format, args...))
}

// maxDepth bounds the memory that one search may take.
const maxDepth = 1_000_000

func (p *problems) depth(path string, depth int) {
	if depth < 0 || depth > maxDepth {
		p.add(path, "%d is not between 0, the default, and %d", depth, maxDepth)
	}
}

func (p *problems) duration(path string, d time.Duration) {
	if d < 0 {
		p.add(path, "%v is negative", d)
	}
}

func (p *problems) weight(path string, w *float64) {
	if w != nil && (!(*w >= 0) || math.IsInf(*w, 0)) {
		p.add(path, "%v is not a number of at least 0", *w)
	}
}

func (p problems) err() error {
	switch len(p) {
	case 0:
		return nil
	case 1:
		return errors.New("pipeline: configuration: " + p[0])
	}
	return errors.New("pipeline: configuration:\n  " + strings.Join(p, "\n  "))
}
