package biencoder

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/language"
)

// RerankOptions say how hits are judged. The zero value is the default.
type RerankOptions struct {
	// MaxTokens is how much of a text is read, special tokens included; 0, and what
	// is more than the model's window, means all that the model can. Queries are
	// not shortened by it.
	MaxTokens int

	// MaxSim, if it is positive, compares tokens too, which costs no further pass of the
	// model: a score is (cosine + MaxSim·s) / (1 + MaxSim), on the scale [ScaleMaxSim], where s is the
	// mean over the query's tokens of the highest cosine that the state of one has with that
	// of a token of the text. Special tokens do not count. It has no effect on models whose
	// similarity is the dot product.
	MaxSim float64

	// Windows is how many windows of a text are read where tokens are compared, if it is longer than the model's
	// longest input; 0 means one. The vector is that of the first. MaxTokens bounds a text to less.
	Windows int

	// Abstain leaves texts in a language that the model does not know without a score (NaN)
	// and without a vector, and all of them where it is the query's; see [Model.Knows].
	// Without it they are scored like others, and the report warns.
	Abstain bool
}

// Reranker orders given texts by the similarity of their vectors to the
// query's: cosine, or the dot product if the model says so, and by that of their
// tokens if options do. It is safe for
// concurrent use.
type Reranker struct {
	model   *Model
	options RerankOptions
}

// Reranker returns the reranker of a model by default options.
func (m *Model) Reranker() *Reranker { return m.NewReranker(RerankOptions{}) }

// NewReranker returns a reranker of a model.
func (m *Model) NewReranker(o RerankOptions) *Reranker { return &Reranker{model: m, options: o} }

// Model returns what identifies the model.
func (r *Reranker) Model() rerank.ModelInfo { return r.model.info }

// stage is the reranker's name in traces and reports.
func (r *Reranker) stage() string {
	if r.late() {
		return "similarity"
	}
	return string(r.model.info.Similarity)
}

// Rerank embeds the query and every hit's content and orders the hits by
// similarity. Equal texts are embedded once.
func (r *Reranker) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	result, _, err := r.RerankVectors(ctx, q)
	return result, err
}

// RerankVectors is [Reranker.Rerank] and returns the vectors of the hits too, in
// the order of the request.
func (r *Reranker) RerankVectors(ctx context.Context, q rerank.Request) (rerank.Result, [][]float32, error) {
	start := time.Now()
	report := rerank.StageReport{Stage: r.stage(), Model: r.model.info.Name, Candidates: len(q.Hits)}
	if len(q.Hits) == 0 {
		return rerank.Result{Stages: []rerank.StageReport{report}}, nil, ctx.Err()
	}
	if !r.model.Knows(q.Query.Text, rerank.RoleQuery) {
		report.Warnings = append(report.Warnings, language.OfQuery(r.model.info.Name))
		if r.options.Abstain {
			none := rerank.Reorder(q, r.scoring(0))
			return rerank.Result{Hits: none, Stages: []rerank.StageReport{report}}, make([][]float32, len(q.Hits)), ctx.Err()
		}
	}
	texts, of := distinct(q)
	v, late, foreign, tokens, err := r.read(ctx, texts)
	if err != nil {
		return rerank.Result{}, nil, fmt.Errorf("biencoder: ranking %s: %w", count.Of(len(q.Hits), "text"), named(err, q, of))
	}
	scoring := r.scoring(len(q.Hits))
	vectors := make([][]float32, len(of))
	var unknown []int
	for i, text := range of {
		if foreign != nil && foreign[text] {
			if unknown = append(unknown, i); r.options.Abstain {
				continue
			}
		}
		vectors[i] = v.At(text)
		scoring.Scores[i] = r.similarity(v.At(0), v.At(text))
		if late != nil {
			scoring.Scores[i] = (scoring.Scores[i] + r.options.MaxSim*float64(late[text])) / (1 + r.options.MaxSim)
		}
		if v.Truncated[text] {
			report.Truncated++
		}
	}
	if err := rerank.CheckScores(r.model.info.Name, q.Hits, scoring.Scores); err != nil {
		return rerank.Result{}, nil, fmt.Errorf("biencoder: ranking %s: %w", count.Of(len(q.Hits), "text"), err)
	}
	if v.Truncated[0] {
		report.Notes = append(report.Notes, "the query was cut to fit the model")
	}
	report.Scored, report.Foreign, report.Tokens = len(q.Hits), len(unknown), tokens
	if r.options.Abstain {
		report.Scored -= len(unknown)
		for _, i := range unknown {
			scoring.Scores[i] = math.NaN()
		}
	}
	hits := rerank.Reorder(q, scoring)
	report.Elapsed = time.Since(start)
	return rerank.Result{Hits: hits, Stages: []rerank.StageReport{report}}, vectors, nil
}

// named gives an error about the vector of a text the place and ID of the first hit that has
// the text.
func named(err error, q rerank.Request, of []int) error {
	var bad *rerank.ScoreError
	if !errors.As(err, &bad) {
		return err
	}
	if i := slices.Index(of, bad.Text); i >= 0 {
		bad.Text, bad.ID = i, q.Hits[i].Document.ID
	} else {
		bad.Text = -1
	}
	return err
}

// read embeds a query and texts, and compares their tokens if that is wanted; the first
// of all that comes back is the query's. It tells which texts are in a language that the
// model does not know.
func (r *Reranker) read(ctx context.Context, texts []string) (v rerank.Vectors, late []float32, foreign []bool, tokens int, err error) {
	n := r.model.info.Dimensions
	v = rerank.Vectors{Dimensions: n, Data: make([]float32, len(texts)*n), Truncated: make([]bool, len(texts))}
	roles := slices.Repeat([]rerank.Role{rerank.RoleDocument}, len(texts))
	roles[0] = rerank.RoleQuery
	p := &pass{texts: texts, roles: roles, most: r.options.MaxTokens, vectors: v, foreign: r.model.asking(len(texts))}
	if !r.late() {
		tokens, err = r.model.embed(ctx, p)
		return v, nil, p.foreign, tokens, err
	}
	p.late, p.windows = make([]float32, len(texts)), max(1, r.options.Windows)
	list := r.model.recall(p)
	switch {
	case len(list) == 0:
		return v, p.late, p.foreign, 0, ctx.Err()
	case list[0].text > 0: // its vector is known, but not its tokens
		list = slices.Insert(list, 0, unknown{key: r.model.key(p, 0)})
	}
	tokens, err = r.model.compare(ctx, p, list)
	return v, p.late, p.foreign, tokens, err
}

// late reports whether tokens are compared.
func (r *Reranker) late() bool {
	return r.options.MaxSim > 0 && r.model.info.Similarity == rerank.SimilarityCosine
}

// distinct lists the query and the different texts of the hits, and tells which
// text each hit has.
func distinct(q rerank.Request) (texts []string, of []int) {
	texts = append(texts, q.Query.Text)
	at := map[string]int{}
	for _, h := range q.Hits {
		text := h.Document.Content()
		i, ok := at[text]
		if !ok {
			i = len(texts)
			at[text] = i
			texts = append(texts, text)
		}
		of = append(of, i)
	}
	return texts, of
}

// scoring is that of n hits without their scores. Negative cosines are as
// irrelevant as 0; a dot product maps to no relevance.
func (r *Reranker) scoring(n int) rerank.Scoring {
	s := rerank.Scoring{Stage: r.stage(), Scale: rerank.ScaleDot, Scores: make([]float64, n)}
	if r.model.info.Similarity == rerank.SimilarityCosine {
		s.Scale = rerank.ScaleCosine
		s.Relevance = func(c float64) float64 { return min(max(c, 0), 1) }
	}
	if r.late() {
		s.Scale = ScaleMaxSim
	}
	return s
}

func (r *Reranker) similarity(a, b []float32) float64 {
	var dot, aa, bb float64
	for i, x := range a {
		dot += float64(x) * float64(b[i])
		aa += float64(x) * float64(x)
		bb += float64(b[i]) * float64(b[i])
	}
	if r.model.info.Similarity == rerank.SimilarityDot {
		return dot
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
