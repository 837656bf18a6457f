package pipeline

import (
	"fmt"
	"strings"
	"sync"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/fusion"
	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/lexical"
	"github.com/flashrerank/rerank/models/cross"
	"github.com/flashrerank/rerank/models/minilm"
	"github.com/flashrerank/rerank/tokenizer"
)

// Loader opens pipelines and embedders that share models: it loads each model
// once, however many of them use it. The zero Loader is ready to use, and safe for
// concurrent use, as is what it opens.
type Loader struct {
	// Known keeps what the models compute of texts, so that texts which come again
	// cost nothing; nil keeps nothing but the latest queries. It must be set before
	// anything is opened.
	Known *cache.Cache

	// Workers is how many goroutines of each model compute at the same time; 0 means
	// GOMAXPROCS. It never changes a result, and must be set before anything is opened.
	Workers int

	mu            sync.Mutex // of what follows
	models        map[string]*biencoder.Model
	crossencoders map[string]*crossencoder.Model
}

// Embedder is [OpenEmbedder] with the loader's models.
func (l *Loader) Embedder(name string) (rerank.Embedder, error) {
	if err := checkEmbedder(name); err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	return l.biencoder(name)
}

// Reranker is [NewReranker], or [NewEarlyReranker] where early is not nil, with the
// loader's models.
func (l *Loader) Reranker(name string, early *Early) (rerank.Reranker, error) {
	if err := checkReranker(name); err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	var p problems
	if early.validate(&p, "early", name); p.err() != nil {
		return nil, p.err()
	}
	return l.reranker(name, textSignals(early))
}

// Tokenizer returns the tokenizer of the model that a name stands for. "bm25" and services
// have none.
func (l *Loader) Tokenizer(name string) (*tokenizer.Tokenizer, error) {
	if err := checkReranker(name); err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	if _, service := serviceOf(name); service || name == LexicalBM25 {
		return nil, fmt.Errorf("pipeline: the tokens of %s are not known here", name)
	}
	n, err := resolve(name)
	if err != nil {
		return nil, err
	}
	if n.kind == crossEncoder {
		m, err := l.crossencoder(n.folder)
		if err != nil {
			return nil, err
		}
		return m.Tokenizer(), nil
	}
	m, err := l.biencoder(n.folder)
	if err != nil {
		return nil, err
	}
	return m.Tokenizer(), nil
}

// named is the model that a name stands for.
type named struct {
	folder string // or MiniLM
	cosine bool   // whether its cosine alone is meant
	kind   architecture
}

// resolve tells what a name is that is neither BM25's nor a service's.
func resolve(name string) (named, error) {
	switch name {
	case MiniLM, MiniLMCosine, Best, Auto:
		return named{MiniLM, name == MiniLMCosine, biEncoder}, nil
	}
	var n named
	n.folder, n.cosine = strings.CutPrefix(name, cosinePrefix)
	var err error
	if n.kind, err = inspect(n.folder); err != nil {
		return n, fmt.Errorf("pipeline: %w", err)
	}
	return n, nil
}

// biencoder returns the embedded model for MiniLM and else a folder's.
func (l *Loader) biencoder(name string) (*biencoder.Model, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m, ok := l.models[name]; ok {
		return m, nil
	}
	m, err := loadBiencoder(name, biencoder.Options{Known: l.Known, Workers: l.Workers})
	if err != nil {
		return nil, fmt.Errorf("pipeline: loading the model %s: %w", name, err)
	}
	if l.models == nil {
		l.models = map[string]*biencoder.Model{}
	}
	l.models[name] = m
	return m, nil
}

func loadBiencoder(name string, o biencoder.Options) (*biencoder.Model, error) {
	if name == MiniLM {
		return minilm.Load(o)
	}
	files, err := ModelFiles(name)
	if err != nil {
		return nil, err
	}
	o.Precision, _ = precisionOf(name)
	o.Cache = weightsCache()
	return biencoder.Load(files, o)
}

// signals are the judgments that rerankers are made of. Over an index they are
// its BM25 statistics and its stored vectors, without one the given texts.
type signals struct {
	bm25   func() (rerank.Reranker, error)
	stored func(m *biencoder.Model, abstain bool) rerank.Reranker // by the index's vectors; nil if these are not the model's
	trust  fusion.Trust                                           // in models for English
	early  *Early                                                 // nil: judgments are complete
}

// textSignals judge texts by themselves.
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

// reading judges texts by what a model reads of them, early if that is wanted.
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

// crossencoder returns the model of a folder.
func (l *Loader) crossencoder(folder string) (*crossencoder.Model, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m, ok := l.crossencoders[folder]; ok {
		return m, nil
	}
	m, err := loadCrossencoder(folder, crossencoder.Options{Known: l.Known, Workers: l.Workers})
	if err != nil {
		return nil, fmt.Errorf("pipeline: loading the model %s: %w", folder, err)
	}
	if l.crossencoders == nil {
		l.crossencoders = map[string]*crossencoder.Model{}
	}
	l.crossencoders[folder] = m
	return m, nil
}

func loadCrossencoder(folder string, o crossencoder.Options) (*crossencoder.Model, error) {
	if folder == Cross {
		return cross.Load(o)
	}
	files, err := ModelFiles(folder)
	if err != nil {
		return nil, err
	}
	o.Precision, _ = precisionOf(folder)
	o.Cache = weightsCache()
	return crossencoder.Load(files, o)
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

// NewReranker returns a reranker by name, for programs that have texts and no
// index; [Rerankers] lists the names.
//
//   - "minilm": the embedded all-MiniLM-L6-v2, whose similarity (in equal parts the cosine of the vectors and
//     the mean of the highest cosines of the tokens, for which long texts are read to the end of their second window; see
//     [biencoder.RerankOptions]) and BM25 over the
//     given texts (or the BM25 scores that all hits carry) are min-max
//     normalised and added as 2 to 1, each text then taking part of its score
//     from those nearest to it. BM25 analyses with [analysis.Default]. Relevance is the
//     calibrated probability of the similarity, made to fall along the order.
//   - "minilm-cosine": the cosine alone. Re-ordering BM25's best 100, it lost to
//     plain BM25 on three of four judged collections; the blend won on all.
//   - "best", which is [Default] and what "auto" stands for: the blend "minilm", whose leading 20 are judged once more with a third part,
//     at half the weight of the others: the embedded cross-encoder, which reads each text
//     together with the query. It ranks better (docs/results.md), its relevance holds better,
//     and it costs what embedding 20 more texts does.
//   - "cross": the embedded cross-encoder alone; see package models/cross.
//   - "bm25": BM25 with the statistics of the given texts.
//   - the folder of a bi-encoder in sentence-transformers layout: its blend of cosine and
//     BM25 in equal parts; with "cosine:" before the folder, its cosine alone.
//   - a service's model, as "cohere:rerank-v3.5", "jina:…", "voyage:…" with the key in the
//     environment, or at a URL, as "cohere:any@http://localhost:8787" and
//     "tei:http://localhost:8080"; see package hosted.
//   - the folder of a cross-encoder (a sequence classifier, or Qwen3-Reranker): its
//     judgment of each pair.
//
// In place of a folder there may be a zip file of one, or the name of a model of
// the Hub that is in the cache, see [ModelFiles]. A model computes as its weights are
// stored; "int8:" before its name makes them 8-bit integers, which is several times as
// fast and changes scores a little, and "fp32:" keeps float32. The int8 weights are kept
// in the user's cache.
//
// What a folder holds is decided by its files. A model is loaded on every
// call: keep the reranker, which is safe for concurrent use.
func NewReranker(name string) (rerank.Reranker, error) {
	return new(Loader).Reranker(name, nil)
}

// NewEarlyReranker is [NewReranker] for an answer before every text has been judged in
// full, see [Early]. It is not for "bm25".
func NewEarlyReranker(name string, e Early) (rerank.Reranker, error) {
	return new(Loader).Reranker(name, &e)
}

// OpenEmbedder loads the embedder of a name: "minilm" or the folder of a
// bi-encoder. It is safe for concurrent use.
func OpenEmbedder(name string) (rerank.Embedder, error) {
	return new(Loader).Embedder(name)
}

// OpenScorer loads the cross-encoder of a name: a folder, a zip file or a model of
// the Hub that is in the cache. It is safe for concurrent use.
func OpenScorer(name string) (rerank.PairScorer, error) {
	kind, err := inspect(name)
	if err == nil && kind != crossEncoder {
		err = fmt.Errorf("%s holds no cross-encoder", name)
	}
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	return new(Loader).crossencoder(name)
}

// IsEmbedder reports whether [OpenEmbedder] knows a name, by the files of its model.
func IsEmbedder(name string) bool { return checkEmbedder(name) == nil }

// IsCrossEncoder reports whether a name stands for a model with a classification
// head, or a language model that judges.
func IsCrossEncoder(name string) bool {
	if isName(name) && name != Cross {
		return false
	}
	kind, err := inspect(name)
	return err == nil && kind == crossEncoder
}
