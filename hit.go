package rerank

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"
)

// Scale names what a score measures. Scores on different scales cannot be
// compared; thresholds and blending ask for the scale first. Anyone may define
// further scales. The zero Scale says that nothing has scored the hit yet.
type Scale string

// The scales of this module.
const (
	ScaleBM25      Scale = "bm25"      // a BM25 sum: unbounded, depends on the corpus
	ScaleTFIDF     Scale = "tfidf"     // cosine of TF-IDF vectors, in [0,1]
	ScaleCosine    Scale = "cosine"    // cosine of embeddings, in [-1,1]
	ScaleDot       Scale = "dot"       // inner product of embeddings, unbounded
	ScaleLogit     Scale = "logit"     // a classifier's raw output, unbounded
	ScaleRelevance Scale = "relevance" // what a service says, in [0,1]
	ScaleFused     Scale = "fused"     // made from several lists; see the fusion's own words
)

// Hit is a document at a place in a list.
type Hit struct {
	Document Document

	// Index is the hit's place in the list the caller handed in first. No
	// stage rewrites it: it is what wire protocols call "index".
	Index int

	// Rank is the hit's place in this list, counted from 0.
	Rank int

	Score float64 // on Scale; NaN where a stage could not score the hit
	Scale Scale

	// Relevance is in [0,1], and NaN where the scale defines none.
	Relevance float64

	// Trace tells how each stage before saw the hit, first stage first.
	Trace []StageScore

	// Spans are the parts of Document.Content that a stage found relevant, the most
	// relevant first; nil where none looked for them.
	Spans []Span
}

// Span is a part of a text.
type Span struct {
	Start int     `json:"start"` // in bytes
	End   int     `json:"end"`   // behind its last byte
	Score float64 `json:"score"` // in [0,1]
}

// StageScore is how one stage saw a hit.
type StageScore struct {
	Stage string  `json:"stage"`
	Rank  int     `json:"rank"`
	Score float64 `json:"score"`
	Scale Scale   `json:"scale,omitempty"`
}

// MarshalJSON writes a score that is not a number as null, as JSON has no NaN.
func (s StageScore) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Stage string   `json:"stage"`
		Rank  int      `json:"rank"`
		Score *float64 `json:"score"`
		Scale Scale    `json:"scale,omitempty"`
	}{s.Stage, s.Rank, finite(s.Score), s.Scale})
}

// MarshalJSON writes the hit with lower-case names; a score that is not a
// number is null and a relevance that is not defined is absent.
func (h Hit) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID        string          `json:"id"`
		Title     string          `json:"title,omitempty"`
		Text      string          `json:"text,omitempty"`
		Fields    Fields          `json:"fields,omitempty"`
		Meta      json.RawMessage `json:"meta,omitempty"`
		Index     int             `json:"index"`
		Rank      int             `json:"rank"`
		Score     *float64        `json:"score"`
		Scale     Scale           `json:"scale,omitempty"`
		Relevance *float64        `json:"relevance,omitempty"`
		Trace     []StageScore    `json:"trace,omitempty"`
		Spans     []Span          `json:"spans,omitempty"`
	}{
		h.Document.ID, h.Document.Title, h.Document.Text, h.Document.Fields, metaJSON(h.Document.Meta),
		h.Index, h.Rank, finite(h.Score), h.Scale, finite(h.Relevance), h.Trace, h.Spans,
	})
}

// metaJSON passes JSON metadata through as it is and any other bytes as a
// base64 string.
func metaJSON(meta []byte) json.RawMessage {
	if len(meta) == 0 {
		return nil
	}
	if json.Valid(meta) {
		return meta
	}
	encoded, _ := json.Marshal(meta) // bytes always encode
	return encoded
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Hits makes the candidate list a [Reranker] takes from documents in the
// caller's order: Index and Rank count up from 0 and nothing is scored yet.
func Hits(docs []Document) []Hit {
	hits := make([]Hit, len(docs))
	for i, d := range docs {
		hits[i] = Hit{Document: d, Index: i, Rank: i, Relevance: math.NaN()}
	}
	return hits
}

// Compare orders hits: higher score first with NaN last, then lower Rank, then
// ID, then Index. It is a total order over hits of one list, so equal scores
// never make a result depend on chance. Use it with [slices.SortFunc].
func Compare(a, b Hit) int {
	if c := compareScores(a.Score, b.Score); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.Rank, b.Rank),
		cmp.Compare(a.Document.ID, b.Document.ID),
		cmp.Compare(a.Index, b.Index),
	)
}

// compareScores puts higher scores first and NaN last.
func compareScores(a, b float64) int { return cmp.Compare(b, a) }

// Scoring is what a stage has to say about hits it was given: one score for
// each, all on one scale. See [Reorder].
type Scoring struct {
	Stage  string    // the stage's name in traces and reports
	Scale  Scale     // of Scores
	Scores []float64 // one for each hit of the request, in its order

	// Relevance maps a score to [0,1]; nil says that the scale defines none.
	Relevance func(score float64) float64

	// KeepRelevance leaves hits the relevance they have where Relevance is nil: for a
	// stage that orders by something else, as diversity or freshness.
	KeepRelevance bool
}

// Reorder applies a scoring to the hits of a request: it returns new hits
// sorted by [Compare], with Rank, Score, Scale and Relevance set, the stage
// appended to each Trace, and cut to r.TopN. The request is not modified. A
// hit beyond the scores given counts as not scored: its score is NaN.
func Reorder(r Request, s Scoring) []Hit {
	hits := slices.Clone(r.Hits)
	for i := range hits {
		h := &hits[i]
		h.Score, h.Scale = math.NaN(), s.Scale
		if s.Relevance != nil || !s.KeepRelevance {
			h.Relevance = math.NaN()
		}
		if i < len(s.Scores) {
			h.Score = s.Scores[i]
		}
		if s.Relevance != nil && !math.IsNaN(h.Score) {
			h.Relevance = s.Relevance(h.Score)
		}
	}
	return Rank(hits, s.Stage, r.TopN)
}

// Rank sorts hits in place by [Compare], keeps the first n (0 or less means all),
// numbers them, and appends to each Trace how the stage saw the hit. Traces
// are copied before they grow, so lists that share them stay as they are.
func Rank(hits []Hit, stage string, n int) []Hit {
	slices.SortFunc(hits, Compare)
	if n > 0 && n < len(hits) {
		hits = hits[:n:n]
	}
	for i := range hits {
		h := &hits[i]
		h.Rank = i
		h.Trace = append(slices.Clip(h.Trace), StageScore{Stage: stage, Rank: i, Score: h.Score, Scale: h.Scale})
	}
	return hits
}

// Result is an ordered list and how it came to be.
type Result struct {
	Hits   []Hit         `json:"hits"`
	Stages []StageReport `json:"stages,omitempty"` // present even when there is no hit
}

// StageReport tells what one stage did. Whatever a stage cut, skipped or gave
// up is in here: nothing is silent.
type StageReport struct {
	Stage string `json:"stage"`
	Model string `json:"model,omitempty"` // name of the model that scored, if one did

	Candidates int `json:"candidates"` // hits the stage was given, or documents a first stage found
	Scored     int `json:"scored"`     // of these, how many it scored
	Truncated  int `json:"truncated,omitempty"`
	Skipped    int `json:"skipped,omitempty"`

	// Partial says that the stage stopped before it had seen everything.
	Partial bool `json:"partial,omitempty"`
	// Degraded says why the stage's own order is not what is returned; it is
	// empty when all went well.
	Degraded string `json:"degraded,omitempty"`

	Tokens      int     `json:"tokens,omitempty"`       // model tokens computed
	BilledUnits float64 `json:"billed_units,omitempty"` // what a hosted service charged for

	Foreign int `json:"foreign,omitempty"` // texts that seem to be in a language that the model does not know

	// Warnings are for the person who searches: what may make the order worse than it
	// looks, such as a query in a language that the model does not know.
	Warnings []string `json:"warnings,omitempty"`

	Elapsed time.Duration `json:"elapsed_ns"`
	Notes   []string      `json:"notes,omitempty"` // anything else a reader should know
}
