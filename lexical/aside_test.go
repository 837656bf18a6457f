package lexical_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/lexical"
)

// dropping is what the preset english would be if it dropped its stop words.
const dropping = "unicode|cjk|fold|stop:english|snowball:english"

var plays = []rerank.Document{
	{ID: "hamlet", Text: "To be, or not to be, that is the question."},
	{ID: "lear", Text: "Nothing will come of nothing: speak again, and be not so brief."},
	{ID: "empty", Text: "—"},
	{ID: "only", Text: "To the"},
	{ID: "macbeth", Text: "Tomorrow and tomorrow creeps in this petty pace to the last syllable of recorded time."},
}

// TestQueryOfStopWords: a query that has nothing else finds them, over an index
// and among given texts, with every formula, and the result tells.
func TestQueryOfStopWords(t *testing.T) {
	const query = "to be or not to be"
	s := memory(t, "english", plays)
	for name, w := range weightings() {
		r := retriever(t, s, w)
		found, err := r.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: query}, K: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Hits) != 4 || name != "okapi" && name != "robertson" && name != "tfidf" && found.Hits[0].Document.ID != "hamlet" {
			t.Errorf("%s: found %v", name, found.Hits)
		}
		if told := found.Stages[0].Warnings; len(told) != 1 || !strings.Contains(told[0], "stop words") {
			t.Errorf("%s: warnings %q", name, told)
		}
		for _, h := range found.Hits {
			e, err := r.Explain(t.Context(), rerank.Query{Text: query}, h)
			if err != nil || !near(e.Value, h.Score) {
				t.Errorf("%s: %s is explained with %v, %v; its score is %v", name, h.Document.ID, e.Value, err, h.Score)
			}
			for _, d := range e.Details {
				if strings.Contains(d.What, `\xff`) {
					t.Errorf("%s: the explanation says %q", name, d.What)
				}
			}
		}
		again, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: query}, Hits: rerank.Hits(plays)})
		if err != nil {
			t.Fatal(err)
		}
		given := rerankTexts(t, "english", w, query)
		for _, h := range found.Hits {
			for where, hits := range map[string][]rerank.Hit{"scored again": again.Hits, "as a given text": given} {
				i := slices.IndexFunc(hits, func(x rerank.Hit) bool { return x.Document.ID == h.Document.ID })
				if !near(hits[i].Score, h.Score) {
					t.Errorf("%s: %s %s has %v, found %v", name, where, h.Document.ID, hits[i].Score, h.Score)
				}
			}
		}
	}
	if hits := retrieve(t, retriever(t, memory(t, "lucene-english", plays), lexical.DefaultBM25()), query, 10); len(hits) > 0 {
		t.Errorf("lucene-english found %v", hits)
	}
}

func rerankTexts(t *testing.T, name string, w lexical.Weighting, query string) []rerank.Hit {
	t.Helper()
	a, err := analysis.New(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lexical.NewReranker(a, w)
	if err != nil {
		t.Fatal(err)
	}
	result, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: query}, Hits: rerank.Hits(plays)})
	if err != nil {
		t.Fatal(err)
	}
	return result.Hits
}

// TestWordsSetAsideDoNotCount: any other query gets the very scores that it gets
// where stop words are dropped, and lengths are the same.
func TestWordsSetAsideDoNotCount(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	vocabulary := strings.Fields("the of to and its it be winter time petty pace tomorrow nothing speak brief question last come ands ons")
	docs := slices.Clone(plays)
	for _, d := range randomDocuments(random, 100) {
		for range random.IntN(20) {
			d.Text += " " + vocabulary[random.IntN(len(vocabulary))]
		}
		docs = append(docs, d)
	}
	kept, dropped := memory(t, "english", docs), memory(t, dropping, docs)
	if kept.TotalLength() != dropped.TotalLength() {
		t.Errorf("%d terms in all; without stop words %d", kept.TotalLength(), dropped.TotalLength())
	}
	for name, w := range weightings() {
		for _, query := range []string{"to speak of the last time", "its", "winter and tomorrow's question", "w1 w3 the ands"} {
			want := retrieve(t, retriever(t, dropped, w), query, 200)
			got := retrieve(t, retriever(t, kept, w), query, 200)
			if len(got) != len(want) || len(got) == 0 {
				t.Fatalf("%s of %q: %d hits, want %d", name, query, len(got), len(want))
			}
			for i := range want {
				if got[i].Document.ID != want[i].Document.ID || got[i].Score != want[i].Score {
					t.Errorf("%s of %q: hit %d is %s with %v, want %s with %v", name, query, i, got[i].Document.ID, got[i].Score, want[i].Document.ID, want[i].Score)
				}
			}
		}
	}
}
