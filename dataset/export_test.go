package dataset_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleAppendDocument() {
	line, _, err := dataset.AppendDocument(nil, rerank.Document{ID: "d1", Text: "The lease ends.", Fields: rerank.Fields{{Name: "year", Value: rerank.IntValue(2024)}}})
	fmt.Printf("%s%v\n", line, err)
	// Output:
	// {"_id":"d1","text":"The lease ends.","fields":{"year":2024}}
	// <nil>
}

func TestAppendDocumentRefuses(t *testing.T) {
	twice := rerank.Fields{{Name: "a", Value: rerank.IntValue(1)}, {Name: "a", Value: rerank.IntValue(2)}}
	if _, _, err := dataset.AppendDocument(nil, rerank.Document{ID: "d1", Fields: twice}); err == nil || !strings.Contains(err.Error(), `field "a" appears twice`) {
		t.Errorf("%v", err)
	}
	line, repaired, err := dataset.AppendDocument([]byte("before"), rerank.Document{ID: "d1", Text: "a\xff"})
	if err != nil || !repaired || string(line) != `before{"_id":"d1","text":"a\ufffd"}`+"\n" {
		t.Errorf("%s, %v, %v", line, repaired, err)
	}
}

// FuzzAppendDocument: what is written is one line and reads back as it was.
func FuzzAppendDocument(f *testing.F) {
	f.Add("id", "title", "text", "name", "value", 0.5, int64(-3), []byte(`{"a": 1}`))
	f.Add("#", "\u2028", "\n", "", "$time", math.Inf(-1), int64(math.MinInt64), []byte("{\"$bytes\": \"\"}"))
	f.Fuzz(func(t *testing.T, id, title, text, name, value string, x float64, n int64, meta []byte) {
		defer testenv.Bound(t, len(id)+len(title)+len(text)+len(name)+len(value)+len(meta))()
		d := rerank.Document{ID: id, Title: title, Text: text, Meta: meta, Fields: rerank.Fields{
			{Name: name, Value: rerank.TextValue(value)},
			{Name: name + "x", Value: rerank.ListValue(rerank.NumberValue(x), rerank.IntValue(n), rerank.NullValue())},
		}}
		line, repaired, err := dataset.AppendDocument(nil, d)
		if err != nil || repaired || id == "" {
			return
		}
		if bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("%q", line)
		}
		got, err := dataset.ParseDocument(line, "", 0, nil)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		again, _, err := dataset.AppendDocument(nil, got)
		if err != nil || !bytes.Equal(again, line) || got.ID != id || got.Title != title || got.Text != text || !bytes.Equal(got.Meta, meta) || (got.Meta == nil) != (meta == nil) {
			t.Errorf("%s became %s: %v", line, again, err)
		}
		if v := got.Fields[0].Value; v.Kind() != rerank.KindText || v.Text() != value {
			t.Errorf("%+v", v)
		}
	})
}
