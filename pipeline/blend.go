package pipeline

import (
	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/fusion"
	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/lexical"
)

// signals are the judgments that rerankers are made of. Over an index they are
// its BM25 statistics and its stored vectors, without one the given texts.
type signals struct {
	bm25   func() (rerank.Reranker, error)
	stored func(m *biencoder.Model, abstain bool) rerank.Reranker // by the index's vectors; nil if these are not the model's
	trust  fusion.Trust                                           // in models for English
	early  *Early                                                 // nil: judgments are complete
}

// textSignals score texts by themselves.
func textSignals(early *Early) signals {
	return signals{
		bm25: func() (rerank.Reranker, error) {
			a, err := analysis.New(analysis.Default)
			if err != nil {
				return nil, err
			}
			return lexical.NewReranker(a, lexical.DefaultBM25())
		},
		stored: func(*biencoder.Model, bool) rerank.Reranker { return nil },
		trust:  trust(func(*rerank.Document) error { return nil }),
		early:  early,
	}
}

// cosine judges by a model's vectors.
func (s signals) cosine(m *biencoder.Model) rerank.Reranker {
	if by := s.stored(m, false); by != nil {
		return by
	}
	return s.reading(m, biencoder.RerankOptions{})
}

// reading scores texts by what a model reads of them, early if that is wanted.
func (s signals) reading(m *biencoder.Model, o biencoder.RerankOptions) rerank.Reranker {
	return s.early.over(m.NewReranker(o), func(tokens int) rerank.Reranker {
		o.MaxTokens = tokens
		return m.NewReranker(o)
	})
}

// reranker makes the reranker of a name that checkReranker lets pass.
func (l *Loader) reranker(name string, s signals) (rerank.Reranker, error) {
	if name == Auto {
		name = Default
	}
	if name == LexicalBM25 {
		return s.bm25()
	}
	if service, ok := serviceOf(name); ok {
		return service.open(hosted.Options{Known: l.Known})
	}
	n, err := resolve(name)
	if err != nil {
		return nil, err
	}
	if n.kind == crossEncoder {
		return l.pairs(n.folder, s)
	}
	m, err := l.biencoder(n.folder)
	if err != nil {
		return nil, err
	}
	if n.cosine {
		return s.cosine(m), nil
	}
	bm25, err := s.bm25()
	if err != nil {
		return nil, err
	}
	if n.folder != MiniLM {
		return blend(n.folder, fusion.Part{Name: "cosine", Reranker: s.cosine(m)}, bm25), nil
	}
	part, relevance := s.meaning(m)
	b := blend(MiniLM, part, bm25)
	if b.Relevance = relevance.two; name != Best {
		return b, nil
	}
	judge, err := l.crossencoder(Cross)
	if err != nil {
		return nil, err
	}
	b.Name, b.Relevance = Best, relevance.three
	b.Parts = append(b.Parts, fusion.Part{Name: Cross, Reranker: s.early.within(judge.Reranker()), Weight: new(float64(crossWeight)), Best: crossBest, Else: lexicalPart, Trust: s.trust})
	return b, nil
}

// meaning is the embedded bi-encoder's part of a blend, and what is then known of relevance.
func (s signals) meaning(m *biencoder.Model) (fusion.Part, calibrations) {
	if by := s.stored(m, true); by != nil {
		return fusion.Part{Name: "cosine", Reranker: by, Else: lexicalPart, Trust: s.trust}, ofStored
	}
	by := s.reading(m, biencoder.RerankOptions{MaxSim: maxSim, Windows: windows, Abstain: true})
	return fusion.Part{Name: "similarity", Reranker: by, Weight: new(float64(similarityWeight)), Else: lexicalPart, Trust: s.trust}, ofRead
}

// pairs judges by the cross-encoder of a folder.
func (l *Loader) pairs(folder string, s signals) (rerank.Reranker, error) {
	m, err := l.crossencoder(folder)
	if err != nil {
		return nil, err
	}
	return s.early.over(m.Reranker(), func(tokens int) rerank.Reranker {
		return m.NewReranker(crossencoder.RerankOptions{TextTokens: tokens})
	}), nil
}

// neighbours are those of the default blend, as training/blend.py chose them.
var neighbours = fusion.Neighbours{Weight: 0.3, Number: 5}

// calibrations are the relevance of the embedded models' blends, in the order of their parts: of the blend of two, and of
// that of three, where the hits that the cross-encoder has judged come before the others.
type calibrations struct{ two, three []fusion.Calibration }

// ofStored is that of stored vectors, as training/calibrate.py and training/crossencoder/choose.py fit it, ofRead that
// of texts, as training/maxsim.py does.
var (
	ofStored = calibrations{
		two: []fusion.Calibration{{Terms: []fusion.Term{{Part: 0, Slope: 9.890}}, Intercept: -6.249}},
		three: []fusion.Calibration{
			{Terms: []fusion.Term{{Part: 0, Slope: 6.313}, {Part: 2, Slope: 0.673}}, Intercept: -5.289},
			{Terms: []fusion.Term{{Part: 0, Slope: 8.779}}, Intercept: -10.149},
		},
	}
	ofRead = calibrations{
		two: []fusion.Calibration{{Terms: []fusion.Term{{Part: 0, Slope: 14.726}}, Intercept: -9.426}},
		three: []fusion.Calibration{
			{Terms: []fusion.Term{{Part: 0, Slope: 8.463}, {Part: 2, Slope: 0.633}}, Intercept: -6.893},
			{Terms: []fusion.Term{{Part: 0, Slope: 13.764}}, Intercept: -13.791},
		},
	}
)

// Where texts are read, the embedded bi-encoder's tokens are compared as well as its vectors, and count so
// much beside them, over so many windows of a text; the sum has this weight beside BM25.
// training/README.md tells how all were chosen.
const (
	maxSim           = 1
	windows          = 2
	similarityWeight = 2
)

// The embedded cross-encoder has this weight beside the cosine and BM25, and judges so many
// hits that lead by these; training/crossencoder/README.md tells how both were chosen.
const (
	crossWeight = 0.5
	crossBest   = 20
)

// lexicalPart is the part that decides where a model does not know the language.
const lexicalPart = "bm25"

// blend is the reranker of a bi-encoder, and what Best begins with. Where the hits carry BM25 scores, of a first
// stage that knows the whole corpus, it takes these.
func blend(name string, meaning fusion.Part, bm25 rerank.Reranker) *fusion.Reranker {
	return &fusion.Reranker{Name: name, Neighbours: neighbours, Parts: []fusion.Part{
		meaning,
		{Name: lexicalPart, Reranker: bm25, Carried: rerank.ScaleBM25},
	}}
}
