package filter_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/filter"
	"github.com/flashrerank/rerank/internal/testenv"
)

func Example() {
	f, err := filter.Parse([]byte(`{"year": {"$gte": 2020}, "tags": "go"}`))
	fmt.Println(err, f.Match(rerank.Document{Fields: rerank.Fields{
		{Name: "year", Value: rerank.NumberValue(2021)},
		{Name: "tags", Value: rerank.ListValue(rerank.TextValue("search"), rerank.TextValue("go"))},
	}}))
	// Output: <nil> true
}

var lease = rerank.Document{ID: "d1", Title: "Lease", Text: "It ends in May.", Fields: rerank.Fields{
	{Name: "year", Value: rerank.NumberValue(2021)},
	{Name: "lang", Value: rerank.TextValue("en")},
	{Name: "draft", Value: rerank.BoolValue(false)},
	{Name: "tags", Value: rerank.ListValue(rerank.TextValue("home"), rerank.TextValue("law"), rerank.NumberValue(7))},
	{Name: "at", Value: rerank.TimeValue(time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC))},
	{Name: "none", Value: rerank.ListValue()},
}}

func TestMatch(t *testing.T) {
	for condition, want := range map[string]bool{
		``: true, `null`: true, `{}`: true, ` { } `: true,
		`{"year": 2021}`: true, `{"year": 2020}`: false, `{"year": "2021"}`: false, `{"year": 2.021e3}`: true,
		`{"year": {"$gt": 2020, "$lt": 2022}}`: true, `{"year": {"$gt": 2021}}`: false, `{"year": {"$gte": 2021}}`: true,
		`{"year": {"$lt": 2021}}`: false, `{"year": {"$lte": 2021}}`: true, `{"year": {"$ne": 2021}}`: false, `{"year": {"$ne": "2021"}}`: true,
		`{"lang": "en", "year": 2020}`: false, `{"lang": {"$in": ["de", "en"]}}`: true, `{"lang": {"$nin": ["de", "en"]}}`: false,
		`{"lang": {"$in": []}}`: false, `{"lang": {"$nin": []}}`: true, `{"lang": {"$gt": "de"}}`: true, `{"lang": {"$lt": 5}}`: false,
		`{"draft": false}`: true, `{"draft": {"$ne": true}}`: true, `{"draft": {"$lt": true}}`: true,
		`{"tags": "law"}`: true, `{"tags": 7}`: true, `{"tags": "work"}`: false, `{"tags": {"$in": ["work", "home"]}}`: true,
		`{"tags": {"$ne": "law"}}`: false, `{"tags": {"$nin": ["work"]}}`: true, `{"tags": {"$gt": 6}}`: true,
		`{"at": {"$gte": "2024-02-03"}}`: true, `{"at": {"$lt": "2024-02-03T05:05:06+01:00"}}`: false, `{"at": "2024-02-03T05:05:06+01:00"}`: true,
		`{"at": {"$gt": "yesterday"}}`: false, `{"at": {"$gt": 3}}`: false,
		`{"away": 1}`: false, `{"away": {"$ne": 1}}`: true, `{"away": null}`: true, `{"year": null}`: false, `{"away": {"$in": [1, null]}}`: true,
		`{"away": {"$exists": false}}`: true, `{"year": {"$exists": true}}`: true, `{"year": {"$exists": false}}`: false, `{"year": {"$ne": null}}`: true,
		`{"none": 1}`: false, `{"none": {"$exists": true}}`: true,
		`{"id": "d1"}`: true, `{"title": "Lease"}`: true, `{"text": {"$ne": "It ends in May."}}`: false,
		`{"$or": [{"year": 1}, {"lang": "en"}]}`: true, `{"$or": [{"year": 1}, {"lang": "de"}]}`: false,
		`{"$and": [{"year": 2021}, {"lang": "de"}]}`: false, `{"$not": {"lang": "de"}}`: true, `{"$not": {"lang": "en"}}`: false,
		`{"$not": {"$or": [{"year": {"$gt": 3000}}, {"lang": {"$in": ["de", "fr"]}}]}, "id": "d1"}`: true,
	} {
		f, err := filter.Parse([]byte(condition))
		if err != nil {
			t.Errorf("%s: %v", condition, err)
		} else if got := f.Match(lease); got != want {
			t.Errorf("%s: %v", condition, got)
		}
	}
}

// TestNarrow: what every document matches is no filter, however it is written.
func TestNarrow(t *testing.T) {
	for condition, narrows := range map[string]bool{
		``: false, `null`: false, `{}`: false, `{"year": 2021}`: true,
		`{"year": {"$nin": []}}`: false, `{"year": {"$in": []}}`: true, `{"$not": {"year": {"$in": []}}}`: false, `{"year": {"$in": [null]}}`: true,
		`{"$or": [{"lang": "en"}, {"year": {"$nin": []}}]}`: false, `{"$and": [{"lang": "en"}, {"year": {"$nin": []}}]}`: true,
		`{"$or": [{"year": {"$in": []}}, {"lang": {"$in": []}}]}`: true, `{"year": {"$exists": true}}`: true,
	} {
		f, err := filter.Parse([]byte(condition))
		if err != nil || (f.Narrow() != nil) != narrows {
			t.Errorf("%s: %v, %v", condition, f.Narrow(), err)
		}
	}
}

func TestComparisons(t *testing.T) {
	f, err := filter.Parse([]byte(`{"$or": [{"b": 1}, {"$not": {"b": {"$in": ["x", 2, null]}}}], "at": {"$gt": "2024-01-01"}, "id": true, "gone": {"$exists": false, "$ne": null}}`))
	want := map[string][]rerank.Kind{"b": {rerank.KindNumber, rerank.KindText}, "at": {rerank.KindTime}, "id": {rerank.KindBool}}
	if got := f.Comparisons(); err != nil || !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

func TestErrors(t *testing.T) {
	for condition, want := range map[string]string{
		`[]`: "it is an array; it must be an object", `{"a": `: "not JSON", `7`: "it must be an object",
		`{"a": {"$near": 1}}`:                       "a.$near: unknown operator",
		`{"a": {"$gtr": 1}}`:                        `a.$gtr: unknown operator; did you mean "$gt"`,
		`{"a": {"gte": 1}}`:                         `a.gte: unknown operator; did you mean "$gte"`,
		`{"$ot": []}`:                               `did you mean "$or" or "$not"?`,
		`{"a": 1, "a": 2}`:                          "a: the member appears twice",
		`{"a": {"$gt": 1, "$gt": 2}}`:               "a.$gt: the member appears twice",
		`{"a": 1e400}`:                              "a: the number 1e400 is beyond the range",
		`{"a": {"$in": [1, 99999999999999999999]}}`: "a.$in[1]: the whole number 99999999999999999999 does not fit into 64 bits",
		`{"a": {}}`:                                 "a: the operator is missing",
		`{"$and": []}`:                              "$and: the condition is missing",
		`{"$or": []}`:                               "$or: the condition is missing",
		`{"$or": [{"a": 1}, {}]}`:                   "$or[1]: the condition is missing",
		`{"$not": {}}`:                              "$not: the condition is missing",
		`{"$nor": []}`:                              "$nor: unknown operator between",
		`{"$or": {"a": 1}}`:                         "$or: it is an object; it must be an array",
		`{"$or": [{"a": 1}, 2]}`:                    "$or[1]: it is a number; it must be an object",
		`{"$or": [{"a": {"$gt": [1]}}]}`:            "$or[0].a.$gt: it takes a text",
		`{"a": [1, 2]}`:                             "a: it takes a text",
		`{"a": {"$in": 3}}`:                         "a.$in: it is a number; it must be an array",
		`{"a": {"$in": [1, [2]]}}`:                  "a.$in[1]: it takes a text",
		`{"a": {"$gt": null}}`:                      "a.$gt: null cannot be compared",
		`{"a": {"$exists": 1}}`:                     "a.$exists: it takes true or false",
		`{"a": {"$exists": null}}`:                  "a.$exists: it takes true or false",
		strings.Repeat(`{"$not":`, 20) + "{}":       "not JSON",
		strings.Repeat(`{"$not":`, 20) + "{}" + strings.Repeat("}", 20): "more than 16 deep",
		`{"a": {"$in": [0` + strings.Repeat(",0", 2000) + `]}}`:         "more than 1024",
	} {
		if _, err := filter.Parse([]byte(condition)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v", condition, err)
		}
	}
}

// FuzzParse: whatever is read either fails or decides, and its negation decides otherwise.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"year": {"$gte": 2020, "$ne": "x"}, "tags": {"$in": ["law", null]}}`, `{"$or": [{"a": null}, {"$not": {"at": "2024-01-01"}}]}`, `{`, `null`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer testenv.Bound(t, len(s))()
		c, err := filter.Parse([]byte(s))
		if err != nil {
			return
		}
		not, err := filter.Parse([]byte(`{"$not":` + s + `}`))
		if err != nil {
			return // deeper than it may be, or no object
		}
		if c.Match(lease) == not.Match(lease) {
			t.Errorf("%q and its negation agree", s)
		}
	})
}

// TestNull: null is a value of its own. A field that is null is as one that is not
// there, and is no text.
func TestNull(t *testing.T) {
	read := func(fields string) rerank.Document {
		var d rerank.Document
		if err := d.Fields.UnmarshalJSON([]byte(fields)); err != nil {
			t.Fatal(err)
		}
		return d
	}
	docs := []rerank.Document{read(`{"f": null}`), read(`{}`), read(`{"f": "x"}`), read(`{"f": ""}`), read(`{"f": ["x", null]}`), read(`{"f": []}`)}
	for condition, want := range map[string]string{
		`{"f": null}`: "0 1 4", `{"f": {"$ne": null}}`: "2 3 5", `{"f": ""}`: "3", `{"f": {"$ne": ""}}`: "0 1 2 4 5",
		`{"f": {"$exists": true}}`: "2 3 4 5", `{"f": {"$exists": false}}`: "0 1",
		`{"f": {"$in": [null]}}`: "0 1 4", `{"f": {"$in": ["", null]}}`: "0 1 3 4", `{"f": {"$nin": ["x", null]}}`: "3 5",
		`{"f": {"$lt": "y"}}`: "2 3 4", `{"f": "x"}`: "2 4",
	} {
		f, err := filter.Parse([]byte(condition))
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		var found []string
		for i, d := range docs {
			if f.Match(d) {
				found = append(found, fmt.Sprint(i))
			}
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s holds for %s; want %s", condition, got, want)
		}
	}
}

// TestNumbers: whole numbers beyond 2^53 are told apart, from fractions too.
func TestNumbers(t *testing.T) {
	var d rerank.Document
	if err := d.Fields.UnmarshalJSON([]byte(`{"n": 1768907725507217522, "u": 18446744073709551615, "x": 9007199254740992.5, "ns": [1768907725507217523]}`)); err != nil {
		t.Fatal(err)
	}
	for condition, want := range map[string]bool{
		`{"n": 1768907725507217522}`: true, `{"n": 1768907725507217523}`: false, `{"n": 1768907725507217408}`: false, `{"n": 1.768907725507217408e18}`: false,
		`{"n": {"$gt": 1768907725507217521}}`: true, `{"n": {"$lt": 1768907725507217523}}`: true, `{"n": {"$gt": 1768907725507217408.0}}`: true,
		`{"n": {"$in": [1768907725507217523]}}`: false, `{"n": {"$nin": [1768907725507217523]}}`: true, `{"n": {"$ne": 1768907725507217408}}`: true,
		`{"u": 18446744073709551615}`: true, `{"u": {"$gt": 18446744073709551614}}`: true, `{"u": {"$lt": 1.8446744073709551616e19}}`: true, `{"u": {"$gt": -1}}`: true,
		`{"x": 9007199254740992}`: true, `{"ns": 1768907725507217523}`: true, `{"ns": 1768907725507217522}`: false,
	} {
		f, err := filter.Parse([]byte(condition))
		if err != nil {
			t.Errorf("%s: %v", condition, err)
		} else if got := f.Match(d); got != want {
			t.Errorf("%s: %v", condition, got)
		}
	}
}

func TestFields(t *testing.T) {
	f, err := filter.Parse([]byte(`{"$or": [{"b": 1, "id": "x"}, {"$not": {"a": {"$exists": true}, "text": ""}}], "c": {"$in": [null, 1], "$ne": 3}, "d": null}`))
	if got, want := fmt.Sprint(f.Fields()), "[a b c d]"; err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if got := (filter.Filter{}).Fields(); len(got) != 0 {
		t.Errorf("the zero filter names %v", got)
	}
}
