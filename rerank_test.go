package rerank_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
)

func TestCompareIsATotalOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	scores := []float64{math.NaN(), math.Inf(-1), -1, 0, math.Copysign(0, -1), 1, math.Inf(1)}
	hits := make([]rerank.Hit, 40)
	for i := range hits {
		hits[i] = rerank.Hit{
			Score:    scores[rng.IntN(len(scores))],
			Rank:     rng.IntN(2),
			Index:    i,
			Document: rerank.Document{ID: string(rune('a' + rng.IntN(2)))},
		}
	}
	for _, a := range hits {
		for _, b := range hits {
			if rerank.Compare(a, b) != -rerank.Compare(b, a) {
				t.Fatalf("Compare(%+v, %+v) is not antisymmetric", a, b)
			}
			if (rerank.Compare(a, b) == 0) != (a.Index == b.Index) {
				t.Fatalf("Compare(%+v, %+v) ties two different hits", a, b)
			}
			for _, c := range hits {
				if rerank.Compare(a, b) <= 0 && rerank.Compare(b, c) <= 0 && rerank.Compare(a, c) > 0 {
					t.Fatalf("Compare is not transitive over %v, %v, %v", a, b, c)
				}
			}
		}
	}
	slices.SortFunc(hits, rerank.Compare)
	if first, last := hits[0].Score, hits[len(hits)-1].Score; !math.IsInf(first, 1) || !math.IsNaN(last) {
		t.Errorf("sorted from %v to %v, want +Inf first and NaN last", first, last)
	}
}

func TestReorder(t *testing.T) {
	hits := rerank.Hits([]rerank.Document{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}})
	hits[0].Trace = make([]rerank.StageScore, 1, 8) // room to grow into, which a copy must not use
	before := slices.Clone(hits)
	r := rerank.Request{Hits: hits, TopN: 3}
	got := rerank.Reorder(r, rerank.Scoring{
		Stage: "test", Scale: rerank.ScaleLogit,
		Scores:    []float64{1, math.NaN(), 7, 1},
		Relevance: func(s float64) float64 { return s / 10 },
	})
	var ids []string
	for i, h := range got {
		ids = append(ids, h.Document.ID)
		if h.Rank != i || h.Scale != rerank.ScaleLogit || h.Relevance != h.Score/10 {
			t.Errorf("hit %d is %+v", i, h)
		}
		if last := h.Trace[len(h.Trace)-1]; last.Stage != "test" || last.Rank != i || last.Score != h.Score {
			t.Errorf("hit %d has the trace %+v", i, h.Trace)
		}
	}
	if want := []string{"c", "a", "d"}; !slices.Equal(ids, want) {
		t.Errorf("order %v, want %v: ties keep the order they came in", ids, want)
	}
	for i := range before {
		b, h := before[i], hits[i]
		b.Relevance, h.Relevance = 0, 0 // NaN is not equal to itself
		if !reflect.DeepEqual(b, h) {
			t.Errorf("the request's hit %d changed from %+v to %+v", i, b, h)
		}
	}
	if extra := hits[0].Trace[:2][1]; extra != (rerank.StageScore{}) {
		t.Errorf("the shared trace was written to: %+v", extra)
	}
}

func TestTextsPassesErrorsAndOrder(t *testing.T) {
	ctx := context.Background()
	length := rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		scores := make([]float64, len(r.Hits))
		for i, h := range r.Hits {
			scores[i] = float64(len(h.Document.Text))
		}
		return rerank.Result{Hits: rerank.Reorder(r, rerank.Scoring{Scores: scores})}, ctx.Err()
	})
	got, err := rerank.Texts(ctx, length, "q", []string{"a", "ccc", "bb"})
	if err != nil || len(got) != 3 || got[0].Index != 1 || got[1].Index != 2 || !math.IsNaN(got[0].Relevance) {
		t.Errorf("Texts = %+v, %v", got, err)
	}
	if got, err := rerank.Texts(ctx, length, "q", nil); err != nil || len(got) != 0 {
		t.Errorf("Texts of nothing = %v, %v", got, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := rerank.Texts(cancelled, length, "q", nil); err == nil {
		t.Error("Texts hid the reranker's error")
	}
}

func TestFieldsJSON(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 600, time.FixedZone("", 3600))
	fields := rerank.Fields{
		{Name: "z", Value: rerank.TextValue("é\n")},
		{Name: "a", Value: rerank.NumberValue(-1.5)},
		{Name: "b", Value: rerank.BoolValue(true)},
		{Name: "l", Value: rerank.ListValue(rerank.TextValue("x"), rerank.NumberValue(2))},
		{Name: "c", Value: rerank.BoolValue(false)},
	}
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"z":"é\n","a":-1.5,"b":true,"l":["x",2],"c":false}`; string(data) != want {
		t.Errorf("marshalled to %s, want %s", data, want)
	}
	var back rerank.Fields
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if len(back) != len(fields) {
		t.Fatalf("%d fields came back, want %d", len(back), len(fields))
	}
	for i := range fields {
		if back[i].Name != fields[i].Name || !back[i].Value.Equal(fields[i].Value) {
			t.Errorf("field %d came back as %v", i, back[i])
		}
	}
	if got, _ := json.Marshal(rerank.TimeValue(when)); string(got) != `"2026-01-02T02:04:05.0000006Z"` {
		t.Errorf("a time marshals to %s", got)
	}
	if got, _ := json.Marshal(rerank.NumberValue(math.NaN())); string(got) != "null" {
		t.Errorf("NaN marshals to %s", got)
	}
	for _, bad := range []string{`[]`, `"x"`, `{"a":}`, `{"a":1`, `{"a":[1,}`, ``} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was read as fields %v", bad, back)
		}
	}
}

func TestHitJSONHasNoNaN(t *testing.T) {
	h := rerank.Hit{
		Document:  rerank.Document{ID: "d", Meta: []byte{0xff}},
		Score:     math.NaN(),
		Relevance: math.NaN(),
		Trace:     []rerank.StageScore{{Stage: "s", Score: math.Inf(1)}},
	}
	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"score":null`, `"meta":"/w=="`, `{"stage":"s","rank":0,"score":null}`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s lacks %s", data, want)
		}
	}
	if strings.Contains(string(data), "relevance") {
		t.Errorf("%s shows a relevance that is not defined", data)
	}
}

func FuzzFields(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":[true,null,{"b":[]}],"":"x"}`, `null`, `{"a":1e999}`, strings.Repeat("[", 100)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		var fields rerank.Fields
		if json.Unmarshal(data, &fields) != nil {
			return
		}
		once, err := json.Marshal(fields)
		if err != nil {
			t.Fatalf("fields that were read cannot be written: %v", err)
		}
		var back rerank.Fields
		if err := json.Unmarshal(once, &back); err != nil {
			t.Fatalf("%s was written and cannot be read: %v", once, err)
		}
		for i := range fields {
			if back[i].Name != fields[i].Name || !back[i].Value.Equal(fields[i].Value) {
				t.Fatalf("field %d: %v came back as %v", i, fields[i], back[i])
			}
		}
	})
}

func TestReorderWithoutAScore(t *testing.T) {
	r := rerank.Request{Hits: rerank.Hits([]rerank.Document{{ID: "a"}, {ID: "b"}})}
	got := rerank.Reorder(r, rerank.Scoring{Scores: []float64{-1, 2, 3}[:1], Relevance: func(float64) float64 { return 1 }})
	if got[0].Document.ID != "a" || got[1].Document.ID != "b" || !math.IsNaN(got[1].Score) || !math.IsNaN(got[1].Relevance) {
		t.Errorf("%+v", got)
	}
}
