package pipeline

import (
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/fusion"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/lexical"
)

// builder makes the parts of one pipeline and shares what several need.
type builder struct {
	config    Config
	snapshot  *index.Snapshot
	loader    *Loader
	explainer rerank.Explainer
	lexical   *lexical.Retriever // BM25
	queries   map[*biencoder.Model]rerank.Embedder
}

// kind decides what KindAuto stands for.
func (b *builder) kind() (Kind, error) {
	if k := b.config.First.Kind; k != "" && k != KindAuto {
		return k, nil
	}
	if b.config.Model != "" && b.snapshot.Model() != (rerank.ModelInfo{}) {
		return KindHybrid, nil
	}
	stored, err := b.storesMiniLM()
	switch {
	case err != nil:
		return "", err
	case stored:
		return KindHybrid, nil
	}
	return KindBM25, nil
}

// stages decides what Auto stands for.
func (b *builder) stages() ([]Stage, error) {
	stages := append([]Stage{}, b.config.stages()...) // not nil, which would be the default
	for i := range stages {
		if stages[i].Rerank != Auto {
			continue
		}
		stages[i].Rerank = Default
		stored, err := b.storesMiniLM()
		if err != nil {
			return nil, err
		}
		if stored {
			stages[i].Rerank = MiniLM
		}
	}
	return stages, nil
}

func (b *builder) first() (rerank.Retriever, error) {
	switch b.config.First.Kind {
	case KindTFIDF:
		r, err := lexical.NewRetriever(b.snapshot, lexical.TFIDF{})
		if err != nil {
			return nil, fmt.Errorf("pipeline: %w", err)
		}
		b.explainer = r
		return r, nil
	case KindDense:
		d, err := b.dense()
		if err != nil {
			return nil, err
		}
		return d, nil
	case KindHybrid:
		return b.hybrid()
	}
	r, err := b.bm25()
	if err != nil {
		return nil, err
	}
	b.explainer = r
	return r, nil
}

func (b *builder) bm25() (*lexical.Retriever, error) {
	if b.lexical != nil {
		return b.lexical, nil
	}
	r, err := lexical.NewRetriever(b.snapshot, b.config.First.BM25.weighting())
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	b.lexical = r
	return r, nil
}

// hybrid fuses both, each list completed by its measure's true scores.
func (b *builder) hybrid() (rerank.Retriever, error) {
	words, err := b.bm25()
	if err != nil {
		return nil, err
	}
	dense, err := b.dense()
	if err != nil {
		return nil, err
	}
	b.explainer = words
	f := b.config.First.Fusion
	return &fusion.Retriever{
		Name: string(KindHybrid), Method: f.method(), Depth: b.config.depth(), Lenient: f.Lenient,
		Lists: []fusion.List{
			{Name: "bm25", Retriever: words, Weight: f.Lexical, Scores: words},
			{Name: "dense", Retriever: dense, Weight: f.Dense, Scores: b.completion(dense), Else: "bm25", Trust: b.trustIn(dense)},
		},
	}, nil
}

// trustIn tells how far to trust the dense list, unless its weight is given.
func (b *builder) trustIn(d *denseList) fusion.Trust {
	if !d.abstain || b.config.First.Fusion.Dense != nil {
		return nil
	}
	return b.trust()
}

// trust tells how far to trust a model for English over documents of the index.
func (b *builder) trust() fusion.Trust {
	return trust(func(d *rerank.Document) error { return load(b.snapshot, d) })
}

func (f Fusion) method() fusion.Method {
	if f.Method == MethodRRF {
		return fusion.RRF{K: f.K}
	}
	return fusion.MinMax{}
}

// memo returns the model's embedder that remembers queries.
func (b *builder) memo(m *biencoder.Model) rerank.Embedder {
	if e, ok := b.queries[m]; ok {
		return e
	}
	if b.queries == nil {
		b.queries = map[*biencoder.Model]rerank.Embedder{}
	}
	b.queries[m] = newMemo(m)
	return b.queries[m]
}

// stores reports whether the index has the model's vectors.
func (b *builder) stores(m *biencoder.Model) bool {
	stored := b.snapshot.Model().Fingerprint
	return stored != "" && stored == m.Model().Fingerprint
}

// recipeVectors is the recipe of a bi-encoder that compares the vectors in the index.
const recipeVectors = "vectors"

// recipe tells what the bi-encoder of a stage compares queries with, "" if it has none.
func (b *builder) recipe(stage string) string {
	if _, service := serviceOf(stage); service || stage == LexicalBM25 {
		return ""
	}
	n, err := resolve(stage)
	if err != nil || n.kind != biEncoder {
		return ""
	}
	if m, err := b.loader.biencoder(n.folder); err == nil && b.stores(m) {
		return recipeVectors
	}
	return "texts"
}

// storesMiniLM reports whether the index has the embedded model's vectors. Where it has
// none at all, that takes no model to tell.
func (b *builder) storesMiniLM() (bool, error) {
	if b.snapshot.Model() == (rerank.ModelInfo{}) {
		return false, nil
	}
	m, err := b.loader.biencoder(MiniLM)
	if err != nil {
		return false, err
	}
	return b.stores(m), nil
}

// wordless reports whether what comes after the first stage judges by the index alone:
// by its BM25 statistics and the embedded model's vectors.
func (b *builder) wordless() bool {
	for _, s := range b.config.stages() {
		switch s.Rerank {
		case LexicalBM25:
		case MiniLM, MiniLMCosine:
			if stored, err := b.storesMiniLM(); err != nil || !stored {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// signals are the judgments that know the index.
func (b *builder) signals(early *Early) signals {
	return signals{
		bm25:   func() (rerank.Reranker, error) { return b.bm25() },
		stored: b.stored,
		trust:  b.trust(),
		early:  early,
	}
}

// weighting resolves the parameters: the variant's defaults where none is
// given.
func (p BM25) weighting() lexical.BM25 {
	w := lexical.DefaultBM25()
	if p.Variant != "" {
		w = lexical.Variant(p.Variant).Default()
	}
	for _, given := range []struct{ from, to *float64 }{{p.K1, &w.K1}, {p.B, &w.B}, {p.Delta, &w.Delta}, {p.Epsilon, &w.Epsilon}} {
		if given.from != nil {
			*given.to = *given.from
		}
	}
	return w
}
