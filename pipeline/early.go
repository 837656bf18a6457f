package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
)

// GlanceTokens is how many tokens of a text are read at first unless told otherwise.
const GlanceTokens = 48

// Early lets a stage answer before every hit has been judged in full: it reads the
// beginnings of all texts, and then those texts in full that lead. docs/early.md
// tells what that costs and saves: for the blend next to nothing, for a cosine
// alone something where texts are long. Where the vectors of the texts are in the index
// there is nothing to leave out, which is [ErrNoText]. The zero value is the default.
type Early struct {
	Tokens int           `yaml:"tokens,omitempty" default:"48"` // of each text that are read first, special ones included; 0 means GlanceTokens
	Best   int           `yaml:"best,omitempty" default:"20"`   // hits that are judged in full; 0 means anytime.DefaultBest
	Within time.Duration `yaml:"within,omitempty"`              // when it is up, what was judged is the answer; 0 means no bound
	Budget int           `yaml:"budget,omitempty"`              // tokens that are computed at most, about; 0 means no bound
}

// ErrNoText is wrapped by the error of a pipeline of which a stage is to answer [Early]
// and compares the vectors in the index: it reads no text that could be left out.
var ErrNoText = errors.New("there is no text to leave out, since the vectors in the index are compared")

// checkEarly refuses Early where it has no effect on the recipe of a stage. What Best
// judges by its cross-encoder can only be stopped.
func (s Stage) checkEarly(recipe string) error {
	e := s.Early
	switch {
	case e == nil || recipe != recipeVectors:
		return nil
	case s.Rerank != Best:
		return fmt.Errorf("%s: %w; leave early out", s.Rerank, ErrNoText)
	case e.Within == 0 && e.Budget == 0:
		return fmt.Errorf("%s: %w; only within and budget have an effect, on its cross-encoder", s.Rerank, ErrNoText)
	}
	return nil
}

// over returns a reranker that answers early, of a full judge and of one that reads so
// many tokens; the full one by itself if e is nil.
func (e *Early) over(full rerank.Reranker, quick func(tokens int) rerank.Reranker) rerank.Reranker {
	if e == nil {
		return full
	}
	return &anytime.Reranker{Full: full, Quick: quick(cmp.Or(e.Tokens, GlanceTokens)), Best: e.Best, Time: e.Within, Tokens: e.Budget}
}

// within returns a reranker that keeps to the bounds of e and judges in full.
func (e *Early) within(full rerank.Reranker) rerank.Reranker {
	if e == nil || e.Within == 0 && e.Budget == 0 {
		return full
	}
	return &anytime.Reranker{Full: full, Time: e.Within, Tokens: e.Budget}
}

func (e *Early) validate(p *problems, path, reranker string) {
	if e == nil {
		return
	}
	_, service := serviceOf(reranker)
	if reranker == LexicalBM25 || reranker == None || service {
		p.add(path, "it has no effect on %s", reranker)
	}
	if e.Tokens < 0 {
		p.add(path+".tokens", "%d is negative", e.Tokens)
	}
	if e.Budget < 0 {
		p.add(path+".budget", "%d is negative", e.Budget)
	}
	p.depth(path+".best", e.Best)
	p.duration(path+".within", e.Within)
}
