package index

import (
	"strings"
	"testing"
	"time"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/filter"
)

// TestFilterKinds: a filter that compares a field with what it never holds is told, after
// a merge too; one whose comparison can hold is not.
func TestFilterKinds(t *testing.T) {
	x, err := create(newMemory(), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	defer w.Close()
	for i, fields := range []rerank.Fields{
		{{Name: "year", Value: rerank.IntValue(2020)}, {Name: "tags", Value: rerank.ListValue(rerank.TextValue("go"))}, {Name: "at", Value: rerank.TimeValue(time.Now())}},
		{{Name: "year", Value: rerank.NumberValue(2020.5)}, {Name: "mixed", Value: rerank.TextValue("x")}, {Name: "none", Value: rerank.ListValue()}},
		{{Name: "year", Value: rerank.NullValue()}, {Name: "mixed", Value: rerank.BoolValue(true)}, {Name: "deep", Value: rerank.ListValue(rerank.ListValue(rerank.IntValue(1)))}},
	} {
		b := &Batch{}
		b.Put(Entry{Document: rerank.Document{ID: string(rune('a' + i)), Fields: fields}})
		mustCommit(t, w, b)
	}
	check := func(when string) {
		t.Helper()
		s, err := x.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for condition, want := range map[string]string{
			`{"year": 2020}`: "", `{"year": null}`: "", `{"year": {"$exists": true}}`: "", `{"tags": "go"}`: "", `{"mixed": "x", "$not": {"mixed": true}}`: "",
			`{"at": {"$gt": "2024-01-01"}}`: "", `{"mixed": "2024-01-01"}`: "", `{"id": "x"}`: "",
			`{"year": "2020"}`:                `the filter compares the field "year" with a text, which no document has there: it holds numbers and null`,
			`{"year": {"$in": [2020, "x"]}}`:  `the filter compares the field "year" with a text, which no document has there: it holds numbers and null`,
			`{"year": "2020-01-01"}`:          `the filter compares the field "year" with a text, which no document has there: it holds numbers and null`,
			`{"tags": {"$gt": 3}}`:            `the filter compares the field "tags" with a number, which no document has there: it holds texts`,
			`{"at": {"$gt": "yesterday"}}`:    `the filter compares the field "at" with a text, which no document has there: it holds times`,
			`{"$not": {"mixed": {"$lt": 5}}}`: `the filter compares the field "mixed" with a number, which no document has there: it holds texts and truth values`,
			`{"none": 1}`:                     `the filter compares the field "none" with a number, which no document has there: it is an empty list`,
			`{"deep": 1}`:                     `the filter compares the field "deep" with a number, which no document has there: it holds lists within lists`,
			`{"id": 5}`:                       `the filter compares the field "id" with a number, which no document has there: it holds texts`,
			`{"yaer": true, "year": true}`:    `no document has the field "yaer" of the filter; did you mean "year"?|the filter compares the field "year" with a truth value, which no document has there: it holds numbers and null`,
		} {
			f, err := filter.Parse([]byte(condition))
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.FilterWarnings(f)
			if said := strings.Join(got, "|"); err != nil || said != want {
				t.Errorf("%s, %s: %q, %v; want %q", when, condition, said, err, want)
			}
		}
	}
	check("three segments")
	if err := w.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("merged")
}
