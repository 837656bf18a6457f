package hosted

import (
	"math"
	"testing"
	"unicode/utf8"

	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/internal/wire"
)

// FuzzAnswers: whatever a service answers is read or refused, and parts of texts that are
// taken lie within them.
func FuzzAnswers(f *testing.F) {
	for i, answer := range []string{
		`{"results":[{"index":1,"relevance_score":0.5,"relevant_spans":[{"start":1,"end":3,"score":0.4}]}],"meta":{"billed_units":{"search_units":1},"warnings":["w"]}}`,
		`{"data":[{"index":0,"relevance_score":1e400}],"usage":{"total_tokens":3}}`, `[{"index":0,"score":-1.5}]`, `{"rankings":[{"index":0,"logit":-1.24}]}`,
		`{"data":[{"index":0,"score":1}]}`, `{"results":[{"index":null}]}`, `{}`, `null`, `[1]`,
	} {
		f.Add(uint8(i), []byte(answer))
	}
	const text = "äö日🏠x plain"
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		defer testenv.Bound(t, len(data))()
		s := services[int(which)%len(services)]
		got, err := s.decode(data)
		if err != nil {
			return
		}
		for _, r := range got.results {
			if math.IsInf(r.score, 0) || math.IsNaN(r.score) {
				t.Errorf("%s: the score %v", s.name, r.score)
			}
			spans, err := inBytes(text, r.spans)
			if err != nil {
				continue
			}
			for i, span := range spans {
				part := text[span.Start:span.End]
				if !utf8.ValidString(part) || utf8.RuneCountInString(part) != r.spans[i].End-r.spans[i].Start {
					t.Errorf("%+v is %q", r.spans[i], part)
				}
			}
		}
	})
}

// FuzzDocuments: a document of a request that is read can be rendered or is refused.
func FuzzDocuments(f *testing.F) {
	for _, s := range []string{`"a"`, `{"text":"t","n":[1,{"x":null}]}`, `{"text":7}`, `{}`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		d, err := wire.ParseDocument(data)
		if err != nil {
			return
		}
		if _, err := d.Render(nil); err != nil && !d.Object {
			t.Errorf("a text cannot be rendered: %v", err)
		}
	})
}

// TestAnswersMatchExactly: members of an answer whose names differ in case are others.
func TestAnswersMatchExactly(t *testing.T) {
	got, err := decodeResults([]byte(`{"results": [{"index": 0, "relevance_score": 0.5, "Relevance_Score": 0.9, "Index": 3}], "Results": []}`))
	if err != nil || len(got.results) != 1 || got.results[0].score != 0.5 || got.results[0].index != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
