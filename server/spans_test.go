package server

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/internal/wire"
)

// TestSpans: the sentence that answers is the first part, in code points, and this
// project's own client has it in bytes.
func TestSpans(t *testing.T) {
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	const answer = "Der Mietvertrag, the lease of the apartment, ends in May. 🏠"
	text := "Snow melts – early. " + answer + "\n\nBread takes forty minutes."
	status, got, _ := post(t, url+"/v2/rerank", `{"query":"when does the lease of the apartment end","documents":["Trams run.",`+quoted(text)+`],"relevant_spans":{"mode":"enabled","threshold":0.05,"max_spans":2}}`)
	var body struct {
		Results []struct {
			Index int         `json:"index"`
			Spans []wire.Span `json:"relevant_spans"`
		} `json:"results"`
	}
	if err := json.Unmarshal([]byte(got), &body); err != nil || status != 200 {
		t.Fatalf("%d %s, %v", status, got, err)
	}
	first := body.Results[0]
	if first.Index != 1 || len(first.Spans) == 0 || len(first.Spans) > 2 {
		t.Fatalf("%s", got)
	}
	part := string([]rune(text)[first.Spans[0].Start:first.Spans[0].End])
	if !strings.HasPrefix(answer, part) || !strings.Contains(part, "ends in May") {
		t.Errorf("the part is %q", part)
	}

	r, err := hosted.New("cohere", hosted.Options{URL: url, Spans: &hosted.Spans{Threshold: new(float64(0.05)), Most: 1}})
	if err != nil {
		t.Fatal(err)
	}
	result, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "when does the lease of the apartment end"}, Hits: rerank.Hits([]rerank.Document{{Text: text}})})
	if err != nil {
		t.Fatal(err)
	}
	if spans := result.Hits[0].Spans; len(spans) != 1 || text[spans[0].Start:spans[0].End] != part || spans[0].Score <= 0 {
		t.Errorf("%+v", result.Hits[0].Spans)
	}

	for wish, want := range map[string]string{
		`{"mode":"disabled"}`: "", `{"mode":"on"}`: "relevant_spans.mode is",
		`{"mode":"enabled","threshold":2}`:     "relevant_spans.threshold is 2",
		`{"mode":"enabled","max_spans":-1}`:    "relevant_spans.max_spans is -1",
		`{"mode":"enabled","threshold":0.999}`: "",
	} {
		status, got, _ := post(t, url+"/v2/rerank", `{"query":"q","documents":["a b. c d."],"relevant_spans":`+wish+`}`)
		if (status == 200) != (want == "") || !strings.Contains(got, want) || strings.Contains(got, `"relevant_spans":`) {
			t.Errorf("%s: %d %s", wish, status, got)
		}
	}
}

func quoted(s string) string {
	data, _ := json.Marshal(s) // texts always encode
	return string(data)
}
