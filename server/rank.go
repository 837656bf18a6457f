package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/loose"
)

// rerank answers a request in its dialect.
func (s *Server) rerank(w http.ResponseWriter, r *http.Request) {
	b, err := s.foreign(w, r)
	if err != nil {
		s.refuse(w, r, dialectOfPath(r.URL.Path), err)
		return
	}
	s.reranked(w, r, b)
}

func (s *Server) reranked(w http.ResponseWriter, r *http.Request, b *loose.Object) {
	d := dialectOf(r.URL.Path, b)
	said := note(r)
	said.dialect = d.name
	asked, err := d.read(b)
	if err := cmp.Or(b.Err(), err); err != nil {
		s.refuse(w, r, d, d.misread(err))
		return
	}
	got, err := s.rank(r.Context(), asked, said)
	if err != nil {
		s.refuse(w, r, d, err)
		return
	}
	h := w.Header()
	h.Set("X-Rerank-Model", got.model)
	h.Set("X-Compute-Tokens", strconv.Itoa(got.tokens))
	h.Set("X-Queue-Time", milliseconds(said.waited))
	h.Set("X-Inference-Time", milliseconds(said.computed))
	h.Set("X-Total-Time", milliseconds(time.Since(said.start)))
	if d.mute {
		warn(h, got.warnings)
	}
	s.write(w, http.StatusOK, d.write(asked, got))
}

// misread puts the error of a member into the words of a dialect.
func (d *dialect) misread(err error) error {
	var wrong *exactjson.Error
	if !errors.As(err, &wrong) {
		return err
	}
	f := invalid("invalid request: %v", err)
	f.status = cmp.Or(d.unfit, f.status)
	return f
}

// warn puts warnings into the head of an answer that has no place for them.
func warn(h http.Header, warnings []string) {
	for _, w := range warnings {
		h.Add("X-Rerank-Warning", strings.Trim(strconv.QuoteToASCII(w), `"`))
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// foreign reads the body of a request of another service's dialect, of which no list has
// more than the documents of a request.
func (s *Server) foreign(w http.ResponseWriter, r *http.Request) (b *loose.Object, err error) {
	err = s.body(w, r, func(data []byte) error {
		b, err = loose.Read(data, s.config.MaxDocuments)
		return err
	})
	if err == nil {
		b.Watch(s.reading)
	}
	return b, err
}

// decodeOwn reads the body of a request of this server's own, where a member that
// appears twice is an error, and so is one that is not known.
func (s *Server) decodeOwn(w http.ResponseWriter, r *http.Request, into any) error {
	return s.body(w, r, func(data []byte) error { return exactjson.UnmarshalKnown(data, into) })
}

// rank waits for the request's turn and has its texts ranked.
func (s *Server) rank(ctx context.Context, r ranking, said *record) (ranked, error) {
	m, err := s.modelOf(r.model)
	if err != nil {
		return ranked{}, err
	}
	if err := short(r.query); err != nil {
		return ranked{}, err
	}
	got := ranked{id: said.id, model: m.Name, created: said.start.Unix()}
	said.model = m.Name
	said.documents += len(r.texts)
	if s.models.any && r.model != "" && r.model != m.Name {
		got.warnings = append(got.warnings, fmt.Sprintf("model '%s' is not here: '%s' answered", r.model, m.Name))
	}
	if len(r.texts) == 0 {
		return got, nil
	}
	leave, err := s.turn(ctx, r.priority, said)
	if err != nil {
		return got, err
	}
	defer leave()
	reranker, err := m.use()
	if err != nil {
		return got, err
	}
	defer m.release()
	begun := time.Now()
	texts, warning := m.cutTexts(r.texts, r.cut)
	if err := m.affordable(ctx, texts, s.config.MaxTokens); err != nil {
		return got, err
	}
	inner, end := s.step(ctx, "rerank", attribute.String("rerank.model", m.Name), attribute.Int("rerank.documents", len(texts)))
	result, err := reranker.Rerank(inner, rerank.Request{Query: rerank.Query{Text: r.query}, Hits: rerank.Hits(documentsOf(texts)), TopN: r.topN})
	said.computed += time.Since(begun)
	stages(inner, result.Stages)
	end(err)
	if err != nil {
		return got, err
	}
	if warning != "" {
		got.warnings = append(got.warnings, warning)
	}
	got.take(r, result)
	if got.cut > 0 && r.left {
		got.warnings = append(got.warnings, "the ends of the documents were cut, not their beginnings")
	}
	if got.cut > 0 && r.uncut {
		got.warnings = append(got.warnings, longer(got.cut)+": what lies beyond it was not read")
	}
	if r.spans != nil {
		if err := s.addSpans(ctx, reranker, r, &got); err != nil {
			return got, err
		}
	}
	said.tokens += got.tokens
	if got.cut > 0 && r.whole != 0 {
		return got, tooLong(got.cut, r.whole)
	}
	return got, nil
}

// addSpans looks for the relevant parts of what was found.
func (s *Server) addSpans(ctx context.Context, by rerank.Reranker, r ranking, got *ranked) error {
	texts := make([]string, len(got.hits))
	for i, h := range got.hits {
		texts[i] = r.texts[h.Index]
	}
	inner, end := s.step(ctx, "spans")
	found, reports, err := relevantParts(inner, by, r.query, texts, r.spans)
	end(err)
	if err != nil {
		return err
	}
	got.spans = found
	for _, stage := range reports {
		got.tokens += stage.Tokens
	}
	return nil
}

// turn waits for the turn of a request, which it must leave.
func (s *Server) turn(ctx context.Context, priority int, said *record) (leave func(), err error) {
	begun := time.Now()
	inner, end := s.step(ctx, "queue", attribute.Int("rerank.priority", priority))
	err = s.queue.enter(inner, priority)
	end(err)
	if err != nil {
		return nil, err
	}
	said.waited += time.Since(begun)
	return s.queue.leave, nil
}

func documentsOf(texts []string) []rerank.Document {
	docs := make([]rerank.Document, len(texts))
	for i, t := range texts {
		docs[i].Text = t
	}
	return docs
}

// take notes what a reranker found. What it left out is not among the hits, and what
// it had no time for comes last with the least score.
func (g *ranked) take(r ranking, result rerank.Result) {
	g.hits, g.scores = result.Hits, make([]float64, len(result.Hits))
	unscored := 0
	for i, h := range g.hits {
		g.scores[i] = wireScore(h, r.raw)
		if math.IsNaN(h.Relevance) && !math.IsNaN(h.Score) {
			unscored++
		}
	}
	some := slices.ContainsFunc(g.hits, func(h rerank.Hit) bool { return !math.IsNaN(h.Relevance) })
	if some && unscored > 0 {
		g.borrow()
		g.warnings = append(g.warnings, numbered(unscored, "document", "has", "have")+" no relevance, and a score that only keeps the order")
	}
	least := 0.0
	for _, x := range g.scores {
		if !math.IsNaN(x) {
			least = min(least, x)
		}
	}
	for i, x := range g.scores {
		if math.IsNaN(x) {
			g.scores[i] = least
		}
	}
	g.separate()
	if late := truths(late(g.hits)); late > 0 && late < len(g.hits) {
		g.warnings = append(g.warnings, "not scored in time, and last: "+count.Of(late, "document"))
	}
	for _, s := range result.Stages {
		g.tokens += s.Tokens
		if all := result.Stages[len(result.Stages)-1].Candidates; s.Model != "" && s.Candidates < all {
			g.warnings = append(g.warnings, fmt.Sprintf("only the best %d of %s were scored by %s: a document's score depends on the others of its request", s.Candidates, count.Of(all, "document"), s.Model))
		}
		if s.Truncated > 0 {
			g.cut = max(g.cut, s.Truncated)
			g.warnings = append(g.warnings, numbered(s.Truncated, "document", "was", "were")+" cut to fit the model")
		}
		if s.Foreign > 0 {
			g.warnings = append(g.warnings, numbered(s.Foreign, "document", "seems", "seem")+" to be in a language that the model does not know")
		}
		g.warnings = append(g.warnings, s.Warnings...)
		if s.Degraded != "" {
			g.warnings = append(g.warnings, s.Degraded)
		}
	}
	if unscored > 0 && !some && !r.raw {
		g.warnings = append(g.warnings, fmt.Sprintf("scores are on the scale %q, which is no relevance between 0 and 1", g.hits[0].Scale))
	}
	g.warnings = slices.Compact(g.warnings)
}

// late tells which hits have no score at all.
func late(hits []rerank.Hit) []bool {
	list := make([]bool, len(hits))
	for i, h := range hits {
		list[i] = math.IsNaN(h.Score)
	}
	return list
}

// borrow gives hits without a relevance the score of the next one that has it: theirs is
// on another scale.
func (g *ranked) borrow() {
	next := math.NaN()
	for i, h := range slices.Backward(g.hits) {
		if math.IsNaN(h.Relevance) {
			g.scores[i] = next
		} else {
			next = g.scores[i]
		}
	}
}

// separate makes scores differ where their hits do, by the least that a float32 can:
// pooled relevance is equal in runs of hits, and clients sort by it again.
func (g *ranked) separate() {
	for i := 1; i < len(g.scores); i++ {
		before := float32(g.scores[i-1])
		if before != 0 && float32(g.scores[i]) >= before && g.hits[i].Score != g.hits[i-1].Score {
			g.scores[i] = float64(math.Nextafter32(before, float32(math.Inf(-1))))
		}
	}
}

// wireScore is the relevance of a hit if it has one, or what that is made of: its
// logit, the logarithm of its odds.
func wireScore(h rerank.Hit, raw bool) float64 {
	switch {
	case math.IsNaN(h.Relevance):
		return h.Score
	case !raw:
		return h.Relevance
	case h.Scale == rerank.ScaleFused:
		return math.Log(h.Relevance / (1 - h.Relevance))
	}
	return h.Score
}
