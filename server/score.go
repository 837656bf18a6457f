package server

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// predict answers TEI's requests for the scores of pairs.
func (s *Server) predict(w http.ResponseWriter, r *http.Request) {
	said := note(r)
	said.dialect = "tei predict"
	b, err := s.foreign(w, r)
	if err != nil {
		s.refuse(w, r, &tei, err)
		return
	}
	like := ranking{model: b.Text("model"), raw: b.Flag("raw_scores", false), whole: whole(b, http.StatusUnprocessableEntity)}
	pairs, single := pairsOf(b)
	if err = b.Err(); err == nil && len(pairs) == 0 {
		err = &failure{http.StatusBadRequest, "Empty", "`inputs` cannot be empty"}
	}
	var scores []float64
	var got ranked
	if err == nil {
		scores, got, err = s.judge(r.Context(), like, pairs, said)
	}
	if err != nil {
		s.refuse(w, r, &tei, tei.misread(err))
		return
	}
	warn(w.Header(), got.warnings)
	predictions := make([][]wire.Prediction, len(scores))
	for i, x := range scores {
		predictions[i] = []wire.Prediction{{Score: wire.Score(x), Label: "LABEL_0"}}
	}
	if single {
		s.write(w, http.StatusOK, predictions[0])
		return
	}
	s.write(w, http.StatusOK, predictions)
}

// pairsOf reads ["a", "b"] or [["a", "b"], …].
func pairsOf(b *loose.Object) (pairs [][2]string, single bool) {
	var alone []string // of a pair by itself
	b.Each("inputs", func(value []byte) error {
		if value[0] == '"' {
			text, err := exactjson.Text(value)
			alone = append(alone, text)
			return err
		}
		var texts []string
		if err := exactjson.UnmarshalLast(value, &texts); err != nil || len(texts) != 2 {
			return errors.New("it is no pair of texts")
		}
		pairs = append(pairs, [2]string{texts[0], texts[1]})
		return nil
	})
	switch {
	case len(alone) == 2 && len(pairs) == 0:
		return [][2]string{{alone[0], alone[1]}}, true
	case len(alone) > 0:
		b.Fail("inputs", errors.New("it must be a pair of texts or an array of pairs"))
	}
	return pairs, false
}

// score answers vLLM's requests for the scores of pairs.
func (s *Server) score(w http.ResponseWriter, r *http.Request) {
	said := note(r)
	said.dialect = "vllm score"
	b, err := s.foreign(w, r)
	if err != nil {
		s.refuse(w, r, &infinity, err)
		return
	}
	like := ranking{model: b.Text("model"), raw: !b.Flag("use_activation", true)}
	pairs, err := matched(b)
	var scores []float64
	var got ranked
	if err = cmp.Or(b.Err(), err); err == nil {
		scores, got, err = s.judge(r.Context(), like, pairs, said)
	}
	if err != nil {
		s.refuse(w, r, &infinity, infinity.misread(err))
		return
	}
	w.Header().Set("X-Rerank-Model", got.model)
	a := wire.ScoreResponse{
		ID: said.id, Object: "list", Created: said.start.Unix(), Model: got.model, Usage: *usage(ranked{tokens: said.tokens}),
		Data: make([]wire.ScoreData, len(scores)), Remarks: remarks(got),
	}
	for i, x := range scores {
		a.Data[i] = wire.ScoreData{Index: i, Object: "score", Score: wire.Score(x)}
	}
	s.write(w, http.StatusOK, a)
}

// matched makes pairs of one text and others, or of as many on both sides.
func matched(b *loose.Object) ([][2]string, error) {
	one, err := side(b, "text_1", "queries", "data_1")
	if err != nil {
		return nil, err
	}
	other, err := side(b, "text_2", "documents", "items", "data_2")
	if err != nil {
		return nil, err
	}
	if len(one) != 1 && len(one) != len(other) {
		return nil, invalid("%d texts cannot be paired with %d: there must be one, or as many", len(one), len(other))
	}
	pairs := make([][2]string, len(other))
	for i, text := range other {
		pairs[i] = [2]string{one[i%len(one)], text}
	}
	return pairs, nil
}

// side returns the texts of the first of some members that is there.
func side(b *loose.Object, names ...string) ([]string, error) {
	for _, name := range names {
		if !b.Has(name) {
			continue
		}
		texts, _ := b.OneOrMore(name)
		if len(texts) == 0 {
			return nil, invalid("%s must be a text or an array of texts", name)
		}
		return texts, nil
	}
	return nil, invalid("there is no %s", strings.Join(names, ", "))
}

// maxWarnings is the most warnings of an answer to pairs, whose queries each have their own.
const maxWarnings = 10

// judge scores pairs, those with one query together.
func (s *Server) judge(ctx context.Context, like ranking, pairs [][2]string, said *record) ([]float64, ranked, error) {
	scores := make([]float64, len(pairs))
	var order []string
	places := map[string][]int{}
	for i, p := range pairs {
		if places[p[0]] == nil {
			order = append(order, p[0])
		}
		places[p[0]] = append(places[p[0]], i)
	}
	var got ranked
	var warnings []string
	for _, query := range order {
		r := like
		r.query = query
		for _, i := range places[query] {
			r.texts = append(r.texts, pairs[i][1])
		}
		var err error
		if got, err = s.rank(ctx, r, said); err != nil {
			return nil, got, err
		}
		for i, h := range got.hits {
			scores[places[query][h.Index]] = got.scores[i]
		}
		for _, warning := range got.warnings {
			if !slices.Contains(warnings, warning) && len(warnings) < maxWarnings {
				warnings = append(warnings, warning)
			}
		}
	}
	got.warnings = warnings
	return scores, got, nil
}
