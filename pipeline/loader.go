package pipeline

import (
	"fmt"
	"strings"
	"sync"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/crossencoder"
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
	o.Name = modelName(files, name)
	o.Cache = weightsCache()
	return biencoder.Load(files, o)
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
	o.Name = modelName(files, folder)
	o.Cache = weightsCache()
	return crossencoder.Load(files, o)
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
