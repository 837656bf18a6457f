package lexical_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/lexical"
)

// TestRerankEqualsSearch: what a search gives a document it gets when it is asked about,
// in one segment and in many with deletions, alone and in any company.
func TestRerankEqualsSearch(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	docs := randomDocuments(random, 300)
	x, err := index.Memory(index.Options{Analyzer: "split"})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for part := range slices.Chunk(docs, 70) {
		commit(t, x, append(slices.Clone(part), rerank.Document{ID: "gone", Text: "w1 w2"}), nil)
		commit(t, x, part[:9], []string{"gone"})
	}
	several, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer several.Close()
	for where, s := range map[string]*index.Snapshot{"one": memory(t, "split", docs), "several": several} {
		for name, w := range weightings() {
			r := retriever(t, s, w)
			for range 20 {
				text := fmt.Sprintf("w%d w%d w%d w1 w1", random.IntN(9), random.IntN(50), random.IntN(140))
				want := map[string]float64{}
				for _, h := range retrieve(t, r, text, 1000) {
					want[h.Document.ID] = h.Score
				}
				var some []rerank.Document
				for range random.IntN(120) {
					some = append(some, rerank.Document{ID: docs[random.IntN(len(docs))].ID}) // repeated now and then
				}
				some = append(some, rerank.Document{ID: "gone"}, rerank.Document{ID: "never"}, rerank.Document{})
				got, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: text}, Hits: rerank.Hits(some)})
				if err != nil {
					t.Fatal(err)
				}
				least := math.Inf(-1) // learned from the first that holds no term
				for _, h := range got.Hits {
					score, found := want[h.Document.ID]
					switch id := h.Document.ID; {
					case id == "gone" || id == "never" || id == "":
						if !math.IsNaN(h.Score) {
							t.Fatalf("%s, %s: %q is not there and scores %v", where, name, id, h.Score)
						}
					case found && h.Score != score:
						t.Fatalf("%s, %s, %q: %s scores %v, in a search %v", where, name, text, id, h.Score, score)
					case !found && least != math.Inf(-1) && h.Score != least:
						t.Fatalf("%s, %s, %q: %s holds no term and scores %v, another %v", where, name, text, id, h.Score, least)
					case !found:
						least = h.Score
					}
				}
				if report := got.Stages[0]; report.Skipped != 3 || report.Scored != len(some)-3 {
					t.Fatalf("%s, %s: %+v", where, name, report)
				}
			}
		}
	}
}

func TestRerankCancelled(t *testing.T) {
	r := retriever(t, memory(t, "split", []rerank.Document{{ID: "a", Text: "w1"}}), lexical.DefaultBM25())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Rerank(ctx, rerank.Request{Query: rerank.Query{Text: "w1"}, Hits: rerank.Hits([]rerank.Document{{ID: "a"}})})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
