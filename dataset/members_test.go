package dataset_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/testenv"
)

// written are documents a line each, as a reader sees them at once.
func written(documents []rerank.Document) []string {
	var lines []string
	for _, d := range documents {
		fields, _ := json.Marshal(d.Fields)
		lines = append(lines, fmt.Sprintf("%s|%s|%s|%s|%s", d.ID, d.Title, d.Text, fields, d.Meta))
	}
	return lines
}

// mentionsOf are mentions, each as "what: count: names".
func mentionsOf(list []dataset.Mention) []string {
	var lines []string
	for _, m := range list {
		lines = append(lines, fmt.Sprintf("%s: %d: %s", m.What, m.Count, strings.Join(m.Names, " ")))
	}
	return lines
}

func TestMembers(t *testing.T) {
	const plain = `{"_id":"a","id":"b","title":"T","text":"x","body":"B","year":2021,"deep":{"k":{"l":null}},"tags":["p",null]}`
	for _, c := range []struct {
		name           string
		members        dataset.Members
		input          string
		want, errs     []string
		ignored, noted []string
	}{
		{"the names of BEIR", dataset.Members{}, plain, []string{`a|T|x|{}|`}, nil, []string{"body: 1: f:1", "year: 1: f:1", "deep: 1: f:1", "tags: 1: f:1", "id: 1: f:1"}, nil},
		{
			"metadata and fields", dataset.Members{},
			`{"id":1,"text":"x","metadata":{"url":"u","n":18446744073709551615,"o":{"p":1}},"fields":{"lang":"en"},"meta":{"as":[ "it",{}]}}` + "\n" +
				`{"id":2,"text":"x","metadata":"note"}` + "\n" + `{"id":3,"text":null,"title":null,"metadata":null,"fields":null,"meta":null}` + "\n" +
				`{"id":4,"metadata":{"a":1},"fields":{"a":1}}` + "\n" + `{"id":5,"metadata":{"n":1e999}}` + "\n" + `{"id":6,"fields":[]}`,
			[]string{`1||x|{"url":"u","n":18446744073709551615,"o.p":1,"lang":"en"}|{"as":[ "it",{}]}`, `2||x|{"metadata":"note"}|`, `3|||{}|`},
			[]string{
				`f:4: fields: the field "a" comes from two members`,
				`f:5: metadata: field "n": the number 1e999 is beyond the range of a float64`, `f:6: fields: fields must be a JSON object, found []`,
			}, nil, nil,
		},
		{
			"names given", dataset.Members{ID: "id", Title: "deepl", Text: "body", Fields: []string{"year", "text", "yaer"}}, plain,
			[]string{`b||B|{"text":"x","year":2021}|`}, []string{`f: no line has the member "deepl"; did you mean "deep"?`},
			[]string{"_id: 1: f:1", "title: 1: f:1", "deep: 1: f:1", "tags: 1: f:1"}, []string{`no line has the member "yaer"; did you mean "year"?: 1: f`},
		},
		{"all", dataset.Members{Fields: []string{"*"}}, plain, []string{`a|T|x|{"body":"B","year":2021,"deep.k.l":null,"tags":["p",null]}|`}, nil, []string{"id: 1: f:1"}, nil},
		{"metadata by name", dataset.Members{Fields: []string{"metadata", "title"}}, `{"id":"a","title":"T","metadata":{"k":1}}`, []string{`a|T||{"title":"T","metadata.k":1}|`}, nil, nil, nil},
		{"another ID", dataset.Members{ID: "docid"}, `{"docid":7,"text":"x"}` + "\n" + `{"_id":"a","text":"x"}`, []string{`7||x|{}|`}, []string{`f:2: no "docid" for the ID`}, nil, nil},
		{"a text that is none", dataset.Members{Text: "n"}, `{"id":"a","n":7}` + "\n" + `{"id":"b","n":["x"]}`, nil, []string{"f:1: n: it is a number; it must be a string", "f:2: n: it is an array; it must be a string"}, nil, nil},
	} {
		var stats dataset.Stats
		got, errs := collect(dataset.JSONL(strings.NewReader(c.input), "f", dataset.Options{Stats: &stats, Members: c.members, Header: true}))
		for what, pair := range map[string][2][]string{
			"documents": {c.want, written(got)}, "errors": {c.errs, errs}, "ignored": {c.ignored, mentionsOf(stats.Ignored)}, "notes": {c.noted, mentionsOf(stats.Notes)},
		} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s: %s (-want +got)\n%s", c.name, what, diff)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		members    dataset.Members
		input      string
		want, errs []string
		ignored    []string
	}{
		{dataset.Members{}, "title\tid\ttext\nT\ta\tx\twith tab\nU\tb\t\n", []string{"a|T|x\twith tab|{}|", "b|U||{}|"}, nil, nil},
		{
			dataset.Members{Fields: []string{"lang", "title"}}, "\ufeff id \ttext\tlang\ttitle\tyear\na\tx\ten\tT\t2021\n\ty\ten\tU\t1\nb\tz\nc\tz\ten\tV\t3\t4\n",
			[]string{`a|T|x|{"lang":"en","title":"T"}|`}, []string{"f:3: the ID is empty", "f:4: 2 columns; the header names 5", "f:5: 6 columns; the header names 5"}, []string{"year: 2: f:2 f:3"},
		},
		{dataset.Members{ID: "pid", Text: "passage", Fields: []string{"*"}}, "pid\tpassage\tmeta\n1\tx\tm\n", []string{`1||x|{"meta":"m"}|`}, nil, nil},
		{dataset.Members{}, "pid\tpassage\n1\tx\n2\ty\n", nil, []string{`f:1: no "_id" or "id" among the columns "pid", "passage"`}, nil},
		{dataset.Members{}, "id\tpassage\n1\tx\n", nil, []string{`f:1: no "text" or "title" among the columns "id", "passage"`}, nil},
		{dataset.Members{Text: "pasage"}, "id\ttitle\tpassage\n1\tT\tx\n", nil, []string{`f:1: no column "pasage"; did you mean "passage"?`}, nil},
		{dataset.Members{}, "id\ttext\ttext\n", nil, []string{`f:1: the column "text" appears twice`}, nil},
		{dataset.Members{}, "", nil, nil, nil},
	} {
		var stats dataset.Stats
		got, errs := collect(dataset.TSV(strings.NewReader(c.input), "f", dataset.Options{Stats: &stats, Members: c.members, Header: true}))
		for what, pair := range map[string][2][]string{"documents": {c.want, written(got)}, "errors": {c.errs, errs}, "ignored": {c.ignored, mentionsOf(stats.Ignored)}} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%q: %s (-want +got)\n%s", c.input, what, diff)
			}
		}
	}
}

// TestIgnoredIsBounded: a file with ever new names does not fill the memory.
func TestIgnoredIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "{\"id\":%d,\"n%d\":1}\n", i, i)
	}
	var stats dataset.Stats
	got, errs := collect(dataset.JSONL(strings.NewReader(b.String()), "f", dataset.Options{Stats: &stats}))
	last := stats.Ignored[len(stats.Ignored)-1]
	if len(got) != 2000 || len(errs) > 0 || len(stats.Ignored) > 65 || last.What != "others" || last.Count < 1900 || stats.Empty != 2000 {
		t.Errorf("%d documents, errors %q, %d names, the last %+v", len(got), errs, len(stats.Ignored), last)
	}
}

// FuzzDocuments: no line crashes the reader, and what is read has an ID and fields
// with names of their own.
func FuzzDocuments(f *testing.F) {
	for _, s := range []string{
		`{"_id":"a","title":"T","text":"x","metadata":{"k":[1]},"fields":{"l":null},"meta":[1]}`, `{"id":1,"a":{"b":{}},"c":"x"}`,
		"id\ttext\ta\nx\ty\tz", `{"id":1}` + "\n" + `{"id":`, "\x1f\x8b",
	} {
		f.Add([]byte(s), "a", "text", true)
	}
	f.Fuzz(func(t *testing.T, data []byte, field, text string, header bool) {
		defer testenv.Bound(t, len(data)+len(field)+len(text))()
		o := dataset.Options{Stats: &dataset.Stats{}, Header: header, Members: dataset.Members{Text: text, Fields: []string{field}}}
		for _, read := range []func() ([]rerank.Document, []string){
			func() ([]rerank.Document, []string) {
				return collect(dataset.JSONL(strings.NewReader(string(data)), "f", o))
			},
			func() ([]rerank.Document, []string) {
				return collect(dataset.TSV(strings.NewReader(string(data)), "f", o))
			},
		} {
			documents, _ := read()
			for _, d := range documents {
				seen := map[string]bool{}
				for _, field := range d.Fields {
					if seen[field.Name] {
						t.Errorf("%q: the field %q appears twice", data, field.Name)
					}
					seen[field.Name] = true
				}
				if d.ID == "" {
					t.Errorf("%q: no ID", data)
				}
			}
		}
	})
}
