package server

import (
	"context"
	"net/http"

	"github.com/flashrerank/rerank/internal/wire"
)

// predict answers TEI's requests for the scores of pairs.
func (s *Server) predict(w http.ResponseWriter, r *http.Request) {
	said := note(r)
	said.dialect = "tei predict"
	var body wire.PredictRequest
	var scores []float64
	err := s.decode(w, r, &body)
	if err == nil && len(body.Inputs.Pairs) == 0 {
		err = &failure{http.StatusBadRequest, "Empty", "`inputs` cannot be empty"}
	}
	if err == nil {
		scores, _, err = s.judge(r.Context(), ranking{model: body.Model, raw: body.RawScores, whole: wholeTEI(body.Truncate)}, body.Inputs.Pairs, said)
	}
	if err != nil {
		s.refuse(w, r, &tei, err)
		return
	}
	predictions := make([][]wire.Prediction, len(scores))
	for i, x := range scores {
		predictions[i] = []wire.Prediction{{Score: wire.Score(x), Label: "LABEL_0"}}
	}
	if body.Inputs.Single {
		s.write(w, http.StatusOK, predictions[0])
		return
	}
	s.write(w, http.StatusOK, predictions)
}

// score answers vLLM's requests for the scores of pairs.
func (s *Server) score(w http.ResponseWriter, r *http.Request) {
	said := note(r)
	said.dialect = "vllm score"
	var body wire.ScoreRequest
	var scores []float64
	var pairs [][2]string
	var got ranked
	err := s.decode(w, r, &body)
	if err == nil {
		pairs, err = body.Pairs()
		if err != nil {
			err = invalid("%v", err)
		}
	}
	if err == nil {
		scores, got, err = s.judge(r.Context(), ranking{model: body.Model, raw: body.UseActivation != nil && !*body.UseActivation}, pairs, said)
	}
	if err != nil {
		s.refuse(w, r, &infinity, err)
		return
	}
	w.Header().Set("X-Rerank-Model", got.model)
	a := wire.ScoreResponse{ID: said.id, Object: "list", Created: said.start.Unix(), Model: got.model, Usage: *usage(ranked{tokens: said.tokens}), Data: make([]wire.ScoreData, len(scores))}
	for i, x := range scores {
		a.Data[i] = wire.ScoreData{Index: i, Object: "score", Score: wire.Score(x)}
	}
	s.write(w, http.StatusOK, a)
}

// judge scores pairs, those with one query together.
func (s *Server) judge(ctx context.Context, like ranking, pairs [][2]string, said *record) ([]float64, ranked, error) {
	if len(pairs) > s.config.MaxDocuments {
		return nil, ranked{}, invalid("there are %d pairs, more than %d", len(pairs), s.config.MaxDocuments)
	}
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
	}
	return scores, got, nil
}
