package fusion_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
)

// trusting trusts by a factor and keeps what it was asked about.
func trusting(factor float64, asked *[]rerank.Hit) fusion.Trust {
	return func(hits []rerank.Hit) (float64, string, error) {
		*asked = hits
		return factor, "nobody knows them", nil
	}
}

// TestTrust: a part counts as far as it is trusted over the hits of the request.
func TestTrust(t *testing.T) {
	var asked []rerank.Hit
	for factor, want := range map[float64]string{1: "b=2 a=1", 0.25: "a=1 b=0.5", 0: "a=1 b=0"} {
		r := &fusion.Reranker{Parts: []fusion.Part{
			{Name: "meaning", Reranker: table("meaning", entry{"b", 2}, entry{"a", 1}), Weight: new(2.0), Trust: trusting(factor, &asked)},
			{Name: "words", Reranker: table("words", entry{"a", 2}, entry{"b", 1})},
		}}
		for range 2 { // nothing is kept
			got, err := r.Rerank(t.Context(), rerank.Request{Hits: given("a", "b")})
			if err != nil {
				t.Fatal(err)
			}
			report := got.Stages[len(got.Stages)-1]
			told := strings.Contains(strings.Join(report.Notes, "\n"), "of its weight: nobody knows them")
			if show(got.Hits) != want || told != (factor != 1) {
				t.Errorf("trusted by %v: %s, %q", factor, show(got.Hits), report.Notes)
			}
		}
		if ids(asked) != "a b" {
			t.Errorf("trust was asked about %s", ids(asked))
		}
	}
}

// TestTrustInLists is the same of lists: the first of each list come first.
func TestTrustInLists(t *testing.T) {
	var asked []rerank.Hit
	for factor, want := range map[float64]string{1: "d=1.5 a=1 c=0.75 b=0.5", 0.25: "a=1 b=0.5 d=0.375 c=0.1875"} {
		r := &fusion.Retriever{Lists: []fusion.List{
			{Name: "words", Retriever: list("words", entry{"a", 3}, entry{"b", 2}, entry{"x", 1})},
			{Name: "unasked", Retriever: list("unasked", entry{"z", 3}), Weight: new(0.0), Trust: trusting(0.5, new([]rerank.Hit))},
			{Name: "dense", Retriever: list("dense", entry{"d", 3}, entry{"c", 2}, entry{"y", 1}), Weight: new(1.5), Trust: trusting(factor, &asked)},
		}}
		got, err := r.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "q"}, K: 4})
		if err != nil {
			t.Fatal(err)
		}
		report := got.Stages[len(got.Stages)-1]
		told := strings.Contains(strings.Join(report.Notes, "\n"), "dense counts 0.25 of its weight: nobody knows them")
		if show(got.Hits) != want || told != (factor != 1) {
			t.Errorf("trusted by %v: %s, %q", factor, show(got.Hits), report.Notes)
		}
		if ids(asked) != "a d b c x y" {
			t.Errorf("trust was asked about %s", ids(asked))
		}
	}
}

// ids renders a list without its scores.
func ids(hits []rerank.Hit) string {
	var list []string
	for _, h := range hits {
		list = append(list, h.Document.ID)
	}
	return strings.Join(list, " ")
}

// TestTrustFails: an error, and what is no factor, say which part it was.
func TestTrustFails(t *testing.T) {
	for want, trust := range map[string]fusion.Trust{
		"words: out of order":     func([]rerank.Hit) (float64, string, error) { return 1, "", errors.New("out of order") },
		"words: a trust of 1.5":   func([]rerank.Hit) (float64, string, error) { return 1.5, "", nil },
		"words: a trust of -0.25": func([]rerank.Hit) (float64, string, error) { return -0.25, "", nil },
	} {
		r := &fusion.Reranker{Parts: []fusion.Part{{Name: "words", Reranker: table("words", entry{"a", 1}), Trust: trust}}}
		if _, err := r.Rerank(t.Context(), rerank.Request{Hits: given("a")}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
		l := &fusion.Retriever{Lists: []fusion.List{{Name: "words", Retriever: list("words", entry{"a", 1}), Trust: trust}}}
		if _, err := l.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "q"}, K: 4}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
