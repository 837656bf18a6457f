package fusion_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
	"github.com/flashrerank/rerank/fusion"
)

// TestElse: where a part abstains from a hit, what the part in its place says counts.
func TestElse(t *testing.T) {
	words := table("words", entry{"a", 4}, entry{"b", 3}, entry{"c", 2}, entry{"d", 0})
	blend := func(meaning rerank.Reranker, others ...fusion.Part) *fusion.Reranker {
		return &fusion.Reranker{Parts: append([]fusion.Part{
			{Name: "meaning", Reranker: meaning, Weight: new(2.0), Else: "words"}, {Name: "words", Reranker: words},
		}, others...)}
	}
	judge := func(entries ...entry) fusion.Part {
		return fusion.Part{Name: "judge", Reranker: table("judge", entries...), Weight: new(0.5), Best: 2, Else: "words"}
	}
	for name, test := range map[string]struct {
		by   *fusion.Reranker
		want string
	}{
		"all":            {blend(table("meaning")), "a=3 b=2.25 c=1.5 d=0"},
		"none":           {blend(table("meaning", entry{"a", 1}, entry{"b", 2}, entry{"c", 1}, entry{"d", 3})), "d=2 b=1.75 a=1 c=0.5"},
		"some":           {blend(table("meaning", entry{"c", 1}, entry{"d", 3})), "a=3 b=2.25 d=2 c=0.5"},
		"with a judge":   {blend(table("meaning", entry{"c", 1}, entry{"d", 3}), judge(entry{"b", -7}, entry{"d", 1})), "a=3.5 b=2.625 d=2 c=0.5"},
		"all and judge":  {blend(table("meaning"), judge(entry{"b", 9})), "a=3.5 b=2.625 c=1.5 d=0"},
		"step by step":   {blend(&anytime.Reranker{Full: table("meaning", entry{"c", 1}, entry{"d", 3})}), "a=3 b=2.25 d=2 c=0.5"},
		"quick and full": {blend(&anytime.Reranker{Quick: table("meaning"), Full: table("meaning")}), "a=3 b=2.25 c=1.5 d=0"},
	} {
		got, err := test.by.Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c", "d")})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := show(got.Hits); s != test.want {
			t.Errorf("%s: %s, want %s", name, s, test.want)
		}
		last := got.Stages[len(got.Stages)-1]
		if told := strings.Contains(strings.Join(last.Notes, "\n"), "not scored by every part"); told != (name != "none") || last.Partial {
			t.Errorf("%s: it reports %+v", name, last)
		}
	}
}

// TestElseWithoutWords: where the other part tells nothing apart, hits that the first
// abstains from are no better than the last.
func TestElseWithoutWords(t *testing.T) {
	by := &fusion.Reranker{Parts: []fusion.Part{
		{Name: "meaning", Reranker: table("meaning", entry{"b", 2}, entry{"c", 1}), Else: "words"},
		{Name: "words", Reranker: table("words", entry{"a", 0}, entry{"b", 0}, entry{"c", 0})},
	}}
	got, err := by.Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c")})
	if err != nil {
		t.Fatal(err)
	}
	if s := show(got.Hits); s != "b=2 a=1 c=1" {
		t.Error(s)
	}
}

// TestElseOfLists is the same for documents that a list cannot score.
func TestElseOfLists(t *testing.T) {
	r := &fusion.Retriever{Lists: []fusion.List{
		{Name: "words", Retriever: list("words", entry{"a", 4}, entry{"b", 2}, entry{"c", 0})},
		{Name: "dense", Retriever: list("dense", entry{"c", 2}, entry{"d", 1}), Scores: table("dense"), Else: "words"},
	}}
	got, err := r.Retrieve(t.Context(), rerank.Search{K: 10})
	if err != nil {
		t.Fatal(err)
	}
	if s := show(got.Hits); s != "a=2 b=1 c=1 d=0" {
		t.Error(s)
	}
}

// TestElseUnasked: a list in another's place that has no weight is not asked, and counts
// for nothing.
func TestElseUnasked(t *testing.T) {
	r := &fusion.Retriever{Lists: []fusion.List{
		{Name: "words", Retriever: list("words", entry{"d", 4}), Weight: new(0.0)},
		{Name: "dense", Retriever: list("dense", entry{"c", 2}, entry{"e", 1}), Scores: table("dense"), Else: "words"},
		{Name: "names", Retriever: list("names", entry{"c", 2}, entry{"d", 1})},
	}}
	got, err := r.Retrieve(t.Context(), rerank.Search{K: 10})
	if err != nil {
		t.Fatal(err)
	}
	if s := show(got.Hits); s != "c=2 d=0 e=0" {
		t.Error(s)
	}
}

// TestElseOfTheBest: a part that judges the best only may abstain from some of them.
func TestElseOfTheBest(t *testing.T) {
	by := &fusion.Reranker{Parts: []fusion.Part{
		{Name: "words", Reranker: table("words", entry{"a", 4}, entry{"b", 3}, entry{"c", 2}, entry{"d", 0})},
		{Name: "judge", Reranker: table("judge", entry{"b", 1}, entry{"c", 2}), Best: 3, Else: "words"},
	}}
	got, err := by.Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c", "d")})
	if err != nil {
		t.Fatal(err)
	}
	if s := show(got.Hits); s != "a=2 c=1.5 b=0.75 d=0" {
		t.Error(s)
	}
	if last := got.Stages[len(got.Stages)-1]; last.Partial {
		t.Errorf("it reports %+v", last)
	}
}

// TestElseOfNobody: where a part that judges the best only says nothing, it adds nothing to
// the hits either that it would not have been asked about.
func TestElseOfNobody(t *testing.T) {
	parts := []fusion.Part{
		{Name: "words", Reranker: table("words", entry{"a", 4}, entry{"b", 3}, entry{"c", 2}, entry{"d", 0})},
		{Name: "meaning", Reranker: table("meaning", entry{"b", 2}, entry{"d", 1}), Else: "words"},
		{Name: "judge", Reranker: failingReranker(errors.New("out of order")), Best: 4, Else: "words"},
	}
	var want string
	for n := 2; n <= 3; n++ {
		got, err := (&fusion.Reranker{Parts: parts[:n], Lenient: true}).Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c", "d")})
		if err != nil {
			t.Fatal(err)
		}
		if s := show(got.Hits); n == 2 {
			want = s
		} else if s != want {
			t.Errorf("%s, without the judge %s", s, want)
		}
	}
}

func TestElseThatIsNone(t *testing.T) {
	part := fusion.Part{Name: "a", Reranker: table("a")}
	for name, parts := range map[string][]fusion.Part{
		"nobody":      {part, {Name: "b", Reranker: table("b"), Else: "c"}},
		"itself":      {part, {Name: "b", Reranker: table("b"), Else: "b"}},
		"in a circle": {{Name: "a", Reranker: table("a"), Else: "b"}, {Name: "b", Reranker: table("b"), Else: "a"}},
		"of the best": {part, {Name: "b", Reranker: table("b"), Best: 1}, {Name: "c", Reranker: table("c"), Else: "b"}},
	} {
		if _, err := (&fusion.Reranker{Parts: parts}).Rerank(t.Context(), rerank.Request{Hits: given("x")}); err == nil || !strings.Contains(err.Error(), "in its place") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := &fusion.Retriever{Lists: []fusion.List{{Name: "a", Retriever: list("a"), Else: "b"}}}
	if _, err := r.Retrieve(t.Context(), rerank.Search{K: 1}); err == nil || !strings.Contains(err.Error(), "no list") {
		t.Errorf("lists: %v", err)
	}
}

// TestElseKeepsNeighboursOut: hits without a vector keep their scores.
func TestElseKeepsNeighboursOut(t *testing.T) {
	by := &fusion.Reranker{
		Parts: []fusion.Part{
			{Name: "meaning", Reranker: vectorless{table("meaning")}, Else: "words"},
			{Name: "words", Reranker: table("words", entry{"a", 2}, entry{"b", 1}, entry{"c", 0})},
		},
		Neighbours: fusion.Neighbours{Weight: 0.5, Number: 2},
	}
	got, err := by.Rerank(t.Context(), rerank.Request{Hits: given("c", "b", "a")})
	if err != nil {
		t.Fatal(err)
	}
	if s := show(got.Hits); s != "a=2 b=1 c=0" {
		t.Error(s)
	}
	if notes := strings.Join(got.Stages[len(got.Stages)-1].Notes, "\n"); strings.Contains(notes, "nearest") {
		t.Errorf("it reports %s", notes)
	}
}

// vectorless has no vector of any hit.
type vectorless struct{ rerank.Reranker }

func (v vectorless) RerankVectors(ctx context.Context, r rerank.Request) (rerank.Result, [][]float32, error) {
	result, err := v.Rerank(ctx, r)
	return result, make([][]float32, len(r.Hits)), err
}

// TestElseOfNearlyAll: the scores of a part that has one for fewer than a quarter of the
// hits do not count, as little as its vectors, unless there are no others.
func TestElseOfNearlyAll(t *testing.T) {
	words := table("words", entry{"a", 9}, entry{"b", 8}, entry{"c", 7}, entry{"d", 6}, entry{"e", 5}, entry{"f", 4}, entry{"g", 3}, entry{"h", 2}, entry{"i", 1})
	order := "a b c d e f g h i"
	for tooFew, few := range map[bool]rerank.Reranker{
		true:  table("meaning", entry{"h", 0.1}, entry{"i", 0.2}),
		false: table("meaning", entry{"g", 0.1}, entry{"h", 0.15}, entry{"i", 0.2}),
	} {
		r := &fusion.Reranker{Parts: []fusion.Part{
			{Name: "meaning", Reranker: few, Else: "words"}, {Name: "words", Reranker: words},
			{Name: "judge", Reranker: table("judge", entry{"h", 1}), Best: 2, Else: "words"},
		}, Neighbours: fusion.Neighbours{Weight: 0.3, Number: 5}}
		got, err := r.Rerank(t.Context(), rerank.Request{Hits: given(strings.Fields(order)...)})
		if err != nil || (ids(got.Hits) == order) != tooFew {
			t.Errorf("too few %v: %v, %s", tooFew, err, show(got.Hits))
		}
		l := &fusion.Retriever{Lists: []fusion.List{
			{Name: "words", Retriever: list("words", entry{"a", 5}, entry{"b", 4}, entry{"c", 3}, entry{"d", 2}, entry{"e", 1})},
			{Name: "dense", Retriever: list("dense", entry{"e", 0.2}), Scores: table("dense"), Else: "words"},
		}}
		listed, err := l.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "q"}, K: 5})
		if err != nil || ids(listed.Hits) != "a b c d e" {
			t.Errorf("%v, %s", err, show(listed.Hits))
		}
	}
	flat := &fusion.Reranker{Parts: []fusion.Part{
		{Name: "meaning", Reranker: table("meaning", entry{"e", 1}), Else: "words"}, {Name: "words", Reranker: table("words")},
	}}
	if got, err := flat.Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c", "d", "e")}); err != nil || got.Hits[0].Document.ID != "e" {
		t.Errorf("%v, %s", err, show(got.Hits))
	}
}
