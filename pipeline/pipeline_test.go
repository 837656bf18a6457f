package pipeline_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
	"github.com/flashrerank/rerank/reranktest"
)

func entries(docs ...rerank.Document) []index.Entry {
	out := make([]index.Entry, len(docs))
	for i, d := range docs {
		out[i].Document = d
	}
	return out
}

var animals = []rerank.Document{
	{ID: "a", Text: "a cat sat on the mat"},
	{ID: "b", Text: "the cat and the other cat watched a dog"},
	{ID: "c", Text: "dogs bark at night"},
	{ID: "d", Title: "cat", Text: "purrs"},
}

func ids(hits []rerank.Hit) string {
	var names []string
	for _, h := range hits {
		names = append(names, h.Document.ID)
	}
	return strings.Join(names, " ")
}

func open(t testing.TB, s *index.Snapshot, c pipeline.Config) *pipeline.Pipeline {
	t.Helper()
	p, err := pipeline.New(context.Background(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

var noStages = []pipeline.Stage{{Rerank: pipeline.None}}

func TestWordsOnly(t *testing.T) {
	s := memory(t, index.Options{}, entries(animals...))
	for name, test := range map[string]struct {
		config pipeline.Config
		stages string
	}{
		"bm25":           {pipeline.Config{Stages: noStages}, "bm25"},
		"tfidf":          {pipeline.Config{First: pipeline.First{Kind: pipeline.KindTFIDF}, Stages: noStages}, "tfidf"},
		"bm25 over both": {pipeline.Config{First: pipeline.First{Kind: pipeline.KindTFIDF}, Stages: []pipeline.Stage{{Rerank: "bm25"}}}, "tfidf bm25"},
	} {
		got, err := open(t, s, test.config).Search(t.Context(), "cat", 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var stages []string
		for _, r := range got.Stages {
			stages = append(stages, r.Stage)
		}
		if found := strings.Fields(ids(got.Hits)); len(found) != 3 || slices.Contains(found, "c") || strings.Join(stages, " ") != test.stages {
			t.Errorf("%s: got %q by %q, want a, b and d by %q", name, found, stages, test.stages)
		}
	}
}

// TestAuto: the first stage is the hybrid where the index has vectors that the
// model can search, and the second reads no texts where they are the embedded model's.
func TestAuto(t *testing.T) {
	words := memory(t, index.Options{}, entries(animals...))
	info := rerank.ModelInfo{Name: "another", Fingerprint: "f00", Dimensions: 2, Similarity: rerank.SimilarityCosine, MaxTokens: 8}
	given := entries(animals...)
	for i := range given {
		given[i].Vector = []float32{1, float32(i)}
	}
	foreign := memory(t, index.Options{Model: info}, given)
	for _, kind := range []pipeline.Kind{"", pipeline.KindAuto} {
		c := pipeline.Config{First: pipeline.First{Kind: kind}, Stages: noStages}
		for name, s := range map[string]*index.Snapshot{"no vectors": words, "another model's vectors": foreign} {
			if got := open(t, s, c).Config().First.Kind; got != pipeline.KindBM25 {
				t.Errorf("%q with %s is %s", kind, name, got)
			}
		}
		c.Model = pipeline.MiniLM
		if _, err := pipeline.New(t.Context(), foreign, c); err == nil || !strings.Contains(err.Error(), "another") {
			t.Errorf("%q with a model that is not the index's: %v", kind, err)
		}
	}
	for name, s := range map[string]*index.Snapshot{"no vectors": words, "another model's vectors": foreign} {
		for _, stages := range [][]pipeline.Stage{nil, {{Rerank: pipeline.Auto}}} {
			p := open(t, s, pipeline.Config{Stages: stages})
			got, err := p.Search(t.Context(), "cat", 0)
			if err != nil || p.Config().Stages[0].Rerank != pipeline.Best || got.Stages[len(got.Stages)-1].Stage != pipeline.Best {
				t.Errorf("%s: %+v, %v", name, got.Stages, err)
			}
		}
	}
	e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
	if err != nil {
		t.Fatal(err)
	}
	given = entries(animals...)
	if _, err := pipeline.Embed(t.Context(), e, given, nil); err != nil {
		t.Fatal(err)
	}
	p := open(t, memory(t, index.Options{Model: e.Model()}, given), pipeline.Config{})
	got, err := p.Search(t.Context(), "cat", 0)
	if err != nil || p.Config().First.Kind != pipeline.KindHybrid || len(got.Hits) != len(animals) || got.Stages[len(got.Stages)-1].Stage != pipeline.MiniLM {
		t.Errorf("%s finds %q by %+v, %v", p.Config().First.Kind, ids(got.Hits), got.Stages, err)
	}
}

// A BM25 stage over an index judges by the corpus: after a BM25 first stage it
// changes no score.
func TestBM25StageKnowsTheCorpus(t *testing.T) {
	s := memory(t, index.Options{}, entries(animals...))
	first, err := open(t, s, pipeline.Config{Stages: noStages}).Search(t.Context(), "cat dog", 0)
	if err != nil {
		t.Fatal(err)
	}
	again, err := open(t, s, pipeline.Config{Stages: []pipeline.Stage{{Rerank: "bm25"}}}).Search(t.Context(), "cat dog", 0)
	if err != nil || ids(first.Hits) != ids(again.Hits) {
		t.Fatalf("got %q, then %q, %v", ids(first.Hits), ids(again.Hits), err)
	}
	for i, h := range first.Hits {
		if math.Abs(h.Score-again.Hits[i].Score) > 1e-12 {
			t.Errorf("%s scores %v, then %v", h.Document.ID, h.Score, again.Hits[i].Score)
		}
	}
}

func TestParametersReachBM25(t *testing.T) {
	s := memory(t, index.Options{}, entries(animals...))
	score := func(b pipeline.BM25) float64 {
		got, err := open(t, s, pipeline.Config{First: pipeline.First{BM25: b}, Stages: noStages}).Search(t.Context(), "cat", 1)
		if err != nil || len(got.Hits) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.Hits[0].Score
	}
	if a, b := score(pipeline.BM25{}), score(pipeline.BM25{K1: number(1.2), B: number(0.75), Variant: "lucene"}); a != b {
		t.Errorf("the default scores %v, the same in words %v", a, b)
	}
	presence := math.Log(1 + (4-3+0.5)/(3+0.5)) // k1 0: the idf alone
	if got := score(pipeline.BM25{K1: number(0)}); math.Abs(got-presence) > 1e-12 {
		t.Errorf("k1 0 scores %v, want %v", got, presence)
	}
}

func TestExplain(t *testing.T) {
	s := memory(t, index.Options{}, entries(animals...))
	p := open(t, s, pipeline.Config{Stages: []pipeline.Stage{{Rerank: "bm25", Depth: 1}}})
	q := rerank.Query{Text: "cat"}
	got, err := p.Retrieve(t.Context(), rerank.Search{Query: q, K: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{2, 1, 1} { // stages that saw the hit
		e, err := p.Explain(t.Context(), q, got.Hits[i])
		if err != nil || e.Value != got.Hits[i].Score || len(e.Details) != want {
			t.Fatalf("hit %d: %+v, %v, want %d details", i, e, err, want)
		}
		if words := e.Details[0].Details; len(words) != 1 || math.Abs(words[0].Value-got.Hits[i].Score) > 1e-12 || len(words[0].Details) == 0 {
			t.Errorf("hit %d: the words are explained as %+v", i, words)
		}
	}
}

func TestConformance(t *testing.T) {
	reranktest.Retriever(t, func(t testing.TB, corpus []rerank.Document) rerank.Retriever {
		return open(t, memory(t, index.Options{}, entries(corpus...)), pipeline.Config{Stages: []pipeline.Stage{{Rerank: "bm25"}}})
	}, reranktest.OrderDependent)
	reranktest.Reranker(t, func(t testing.TB) rerank.Reranker {
		r, err := pipeline.NewReranker("bm25")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}, reranktest.ListDependent)
}

// TestBest: the cross-encoder is a third part of the blend, at half the weight, over
// texts and over an index.
func TestBest(t *testing.T) {
	r, err := pipeline.NewReranker(pipeline.Best)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "what did the cat watch"}, Hits: rerank.Hits(animals)})
	if err != nil {
		t.Fatal(err)
	}
	if got.Hits[0].Document.ID != "b" || !(got.Hits[0].Relevance > 0) {
		t.Errorf("first is %+v", got.Hits[0])
	}
	blend := got.Stages[len(got.Stages)-1]
	if blend.Stage != pipeline.Best || !strings.Contains(blend.Notes[0], "2 × similarity + 1 × bm25 + 0.5 × cross of the best 20") {
		t.Errorf("%+v", blend)
	}
	scorer, err := pipeline.OpenScorer(pipeline.Cross)
	if err != nil {
		t.Fatal(err)
	}
	logits := make([]rerank.PairScore, 1)
	if err := scorer.ScorePairs(t.Context(), []rerank.Pair{{Query: "what did the cat watch", Text: animals[1].Text}}, logits); err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(got.Hits[0].Trace, func(s rerank.StageScore) bool { return s.Score == float64(logits[0].Logit) }); i < 0 {
		t.Errorf("the trace %+v has no score %v of the cross-encoder", got.Hits[0].Trace, logits[0].Logit)
	}
	if !pipeline.IsCrossEncoder(pipeline.Cross) || pipeline.IsCrossEncoder(pipeline.Best) {
		t.Error("what is a cross-encoder is mixed up")
	}

	s := memory(t, index.Options{}, entries(animals...))
	var prints []string
	for _, name := range []string{pipeline.MiniLM, pipeline.Best, pipeline.Cross} {
		p := open(t, s, pipeline.Config{Stages: []pipeline.Stage{{Rerank: name}}})
		if got, err := p.Search(t.Context(), "cat", 0); err != nil || got.Stages[len(got.Stages)-1].Stage == "" || len(got.Hits) != 3 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		all, err := p.Fingerprints()
		if err != nil {
			t.Fatal(err)
		}
		prints = append(prints, all[1])
	}
	if prints[0] == prints[1] || prints[1] == prints[2] {
		t.Errorf("different stages have the fingerprints %q", prints)
	}
}

func TestOpenAndClose(t *testing.T) {
	dir := t.TempDir() + "/x"
	x, err := index.Create(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Open(t.Context(), pipeline.Config{Index: dir, Stages: noStages})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Search(t.Context(), "cat", 5); err != nil || len(got.Hits) != 0 || len(got.Stages) == 0 {
		t.Errorf("an empty index gives %+v, %v", got, err)
	}
	if p.Config().Index != dir {
		t.Errorf("the configuration is %+v", p.Config())
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, kind := range []pipeline.Kind{pipeline.KindDense, pipeline.KindHybrid} {
		_, err := pipeline.Open(t.Context(), pipeline.Config{Index: dir, First: pipeline.First{Kind: kind}, Stages: noStages})
		if err == nil || !strings.Contains(err.Error(), "no vectors") {
			t.Errorf("%s over an index without vectors: %v", kind, err)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	if _, err := pipeline.NewReranker("minlm"); err == nil || !strings.Contains(err.Error(), `did you mean "minilm"?`) {
		t.Errorf("a reranker of no known name: %v", err)
	}
	if _, err := pipeline.NewReranker(pipeline.None); err == nil {
		t.Error("none is a reranker")
	}
	if _, err := pipeline.OpenEmbedder("bm25"); err == nil {
		t.Error("bm25 is an embedder")
	}
}

// counter embeds a text as its length and counts calls.
type counter struct {
	calls, texts int
	fail         int // the call that fails
}

var errFull = errors.New("out of memory")

func (c *counter) Model() rerank.ModelInfo {
	return rerank.ModelInfo{Name: "length", Fingerprint: "1", Dimensions: 1, MaxTokens: 256}
}

func (c *counter) Embed(ctx context.Context, texts []string, _ rerank.Role) (rerank.Vectors, error) {
	if c.calls++; c.calls == c.fail {
		return rerank.Vectors{}, errFull
	}
	c.texts += len(texts)
	v := rerank.Vectors{Dimensions: 1, Truncated: make([]bool, len(texts)), Tokens: len(texts)}
	for i, s := range texts {
		v.Data = append(v.Data, float32(len(s)))
		v.Truncated[i] = len(s) > 1000
	}
	return v, ctx.Err()
}

func TestEmbed(t *testing.T) {
	list := make([]index.Entry, 300)
	for i := range list {
		list[i].Document.Text = strings.Repeat("x", 10*i)
	}
	list[7].Vector = []float32{-1}
	var c counter
	var told []int
	did, err := pipeline.Embed(t.Context(), &c, list, func(done int) { told = append(told, done) })
	if err != nil {
		t.Fatal(err)
	}
	if did.Documents != 299 || did.Tokens != 299 || did.Truncated != 199 || c.texts != 299 {
		t.Errorf("it did %+v, the embedder saw %d texts", did, c.texts)
	}
	if c.calls < 3 || len(told) != c.calls || told[len(told)-1] != 300 || !slices.IsSorted(told) {
		t.Errorf("%d calls, progress %v: a call must be bounded", c.calls, told)
	}
	for i, e := range list {
		want := float32(10 * i)
		if i == 7 {
			want = -1
		}
		if len(e.Vector) != 1 || e.Vector[0] != want {
			t.Errorf("entry %d has the vector %v", i, e.Vector)
		}
	}
	for i := range list {
		list[i].Vector = nil
	}
	did, err = pipeline.Embed(t.Context(), &counter{fail: 2}, list, nil)
	if !errors.Is(err, errFull) || did.Documents == 0 || list[did.Documents-1].Vector == nil || list[did.Documents].Vector != nil {
		t.Errorf("failing in the second batch: %+v, %v", did, err)
	}
	if did, err := pipeline.Embed(t.Context(), &c, nil, nil); err != nil || did != (pipeline.Embedding{}) {
		t.Errorf("no entries: %+v, %v", did, err)
	}
}

// TestEarly: what leads by the beginnings of texts is read in full, and all is as
// without where that is everything, or where the index has the vectors.
func TestEarly(t *testing.T) {
	var docs []rerank.Document
	for i, end := range []string{"a cat", "a dog", "snow", "the sea", "a car", "bread"} {
		docs = append(docs, rerank.Document{ID: string(rune('a' + i)), Text: strings.Repeat("one finds words here that say nothing at all, ", 3) + "but the end is about " + end})
	}
	texts := make([]string, len(docs))
	for i, d := range docs {
		texts[i] = d.Text
	}
	notes := func(stages []rerank.StageReport) (all string) {
		for _, s := range stages {
			all += strings.Join(s.Notes, "; ") + "; "
		}
		return all
	}
	order := func(r rerank.Reranker, err error) (string, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "a kitten"}, Hits: rerank.Hits(docs)})
		if err != nil {
			t.Fatal(err)
		}
		return ids(got.Hits), notes(got.Stages)
	}
	for _, name := range []string{pipeline.MiniLM, pipeline.MiniLMCosine, pipeline.Best, pipeline.Cross} {
		whole, _ := order(pipeline.NewReranker(name))
		all, noted := order(pipeline.NewEarlyReranker(name, pipeline.Early{Tokens: 8}))
		if all != whole || !strings.HasPrefix(whole, "a") || !strings.Contains(noted, "6 hits scored quickly, 6 of them in full") {
			t.Errorf("%s: %s, early %s, %s", name, whole, all, noted)
		}
		if _, noted := order(pipeline.NewEarlyReranker(name, pipeline.Early{Tokens: 8, Best: 2})); !strings.Contains(noted, "6 hits scored quickly, 2 of them in full") {
			t.Errorf("%s: %s", name, noted)
		}
	}
	if _, err := pipeline.NewEarlyReranker(pipeline.LexicalBM25, pipeline.Early{}); err == nil || !strings.Contains(err.Error(), "no effect") {
		t.Errorf("bm25 early: %v", err)
	}
	// Over an index, and by a cross-encoder.
	s := memory(t, index.Options{}, entries(docs...))
	for _, name := range []string{pipeline.MiniLM, "../crossencoder/testdata/tiny1"} {
		p := open(t, s, pipeline.Config{Stages: []pipeline.Stage{{Rerank: name, Early: &pipeline.Early{Tokens: 8, Best: 1}}}})
		got, err := p.Search(t.Context(), "the end is about", 0)
		if err != nil || !strings.Contains(notes(got.Stages), "6 hits scored quickly, 1 of them in full") {
			t.Errorf("%s over an index: %+v, %v", name, got.Stages, err)
		}
	}
}

// TestServices: a service is a stage by its name, also at a URL.
func TestServices(t *testing.T) {
	var asked []string
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		asked = append(asked, r.URL.Path+" "+string(data))
		if r.URL.Path == "/rerank" {
			_, _ = io.WriteString(w, `[{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}]`)
			return
		}
		_, _ = io.WriteString(w, `{"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}], "meta": {"billed_units": {"search_units": 1}}}`)
	}))
	defer h.Close()
	t.Setenv("COHERE_API_KEY", "")
	t.Setenv("CO_API_KEY", "")
	s := memory(t, index.Options{}, entries(animals[0], animals[2], animals[3]))
	for name, want := range map[string]string{"cohere:m@" + h.URL: `/v2/rerank {"model":"m"`, "cohere:@" + h.URL: `{"model":"rerank-v3.5"`, "tei:" + h.URL: `/rerank {"query":"cat dogs"`} {
		p := open(t, s, pipeline.Config{Stages: []pipeline.Stage{{Rerank: name, Depth: 2}}})
		asked = nil
		got, err := p.Search(t.Context(), "cat dogs", 0)
		if err != nil || len(asked) != 1 || !strings.Contains(asked[0], want) || got.Hits[0].Score != 0.9 || len(got.Hits) != 3 {
			t.Errorf("%s: asked %q, %s, %v", name, asked, ids(got.Hits), err)
		}
	}
	for name, words := range map[string]string{"cohere:m": "COHERE_API_KEY", "tei:": "needs a URL", "coheer:m": `did you mean "cohere:m"?`} {
		if err := (pipeline.Config{Index: "x", Stages: []pipeline.Stage{{Rerank: name}}}).Validate(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDocumentsAreLoadedLate: what a search returns is what its stages give when every
// document is loaded at once.
func TestDocumentsAreLoadedLate(t *testing.T) {
	e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
	if err != nil {
		t.Fatal(err)
	}
	given := entries(animals...)
	if _, err := pipeline.Embed(t.Context(), e, given, nil); err != nil {
		t.Fatal(err)
	}
	for where, s := range map[string]*index.Snapshot{"vectors": memory(t, index.Options{Model: e.Model()}, given), "words": memory(t, index.Options{}, entries(animals...))} {
		for _, stages := range [][]pipeline.Stage{nil, noStages, {{Rerank: pipeline.MiniLM}}, {{Rerank: pipeline.MiniLMCosine}, {Rerank: pipeline.LexicalBM25}}} {
			p := open(t, s, pipeline.Config{Stages: stages})
			for _, k := range []int{1, 3, 10} {
				search := rerank.Search{Query: rerank.Query{Text: "cat at night"}, K: k}
				want, err1 := p.Cascade().Retrieve(t.Context(), search)
				got, err2 := p.Retrieve(t.Context(), search)
				if err1 != nil || err2 != nil || len(want.Hits) == 0 || len(want.Hits) != len(got.Hits) {
					t.Fatalf("%s, %v: %v, %v", where, stages, err1, err2)
				}
				for i, h := range want.Hits {
					if g := got.Hits[i]; g.Score != h.Score || g.Document.Content() != h.Document.Content() || g.Document.ID != h.Document.ID || g.Document.Text == "" {
						t.Errorf("%s, %v, place %d: %+v, want %+v", where, stages, i, g.Document, h.Document)
					}
				}
				search.IDsOnly = true
				if bare, err := p.Retrieve(t.Context(), search); err != nil || ids(bare.Hits) != ids(want.Hits) || bare.Hits[0].Document.Text != "" && where == "vectors" && stages != nil {
					t.Errorf("%s: only IDs were asked for: %+v, %v", where, bare.Hits, err)
				}
			}
		}
	}
}
