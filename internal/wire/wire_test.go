package wire_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/wire"
)

func Example() {
	for _, value := range []string{`"a"`, `{"title": "b", "n": 1, "page": null}`} {
		d, err := wire.ParseDocument([]byte(value))
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(d.Render(nil))
	}
	// Output:
	// a <nil>
	// title: b
	// n: 1 <nil>
}

// TestScores: what is written is a number with a point or an exponent that reads back as
// the same float32, of at most 16 digits.
func TestScores(t *testing.T) {
	for _, x := range []float64{0, 1, -2, 0.5, 1e-9, 1e20, 123456789, 0.1, math.Pi, -1e-30, math.MaxFloat32} {
		data, err := json.Marshal(wire.Score(x))
		if err != nil {
			t.Fatal(err)
		}
		var back float64
		if err := json.Unmarshal(data, &back); err != nil || float32(back) != float32(x) {
			t.Errorf("%v is written as %s: %v", x, data, err)
		}
		if !strings.ContainsAny(string(data), ".e") || len(strings.Trim(string(data), "-")) > 16 {
			t.Errorf("%v is written as %s", x, data)
		}
	}
	for _, x := range []float64{math.NaN(), math.Inf(1)} {
		if data, err := json.Marshal(wire.Score(x)); err != nil || string(data) != "null" {
			t.Errorf("%v: %s, %v", x, data, err)
		}
	}
}

func TestDocuments(t *testing.T) {
	for _, c := range []struct {
		in     string
		fields []string
		want   string
		fails  bool
	}{
		{in: `"a\nb"`, want: "a\nb"},
		{in: `"a"`, fields: []string{"x"}, want: "a"},
		{in: `{"text": "t", "title": "s"}`, want: "t"},
		{in: `{"b": "2", "a": [1, {"c": null}], "d": true}`, want: "b: 2\na: [1, {\"c\": null}]\nd: true"},
		{in: `{"b": "2", "a": "1"}`, fields: []string{"a", "b", "c"}, want: "a: 1\nb: 2"},
		{in: `{"b": "2"}`, fields: []string{"a"}, fails: true},
		{in: `{"text": null, "title": "s"}`, want: "title: s"},
		{in: `{"text": "s", "text": "t"}`, want: "t"},
		{in: `{"a": "1", "b": "2", "a": "3", "b": null}`, want: "a: 3"},
		{in: `{"a": null}`, fails: true},
		{in: `{}`, fails: true},
		{in: `null`, fails: true},
		{in: `7`, fails: true},
		{in: `["a"]`, fails: true},
	} {
		d, err := wire.ParseDocument([]byte(c.in))
		got := ""
		if err == nil {
			got, err = d.Render(c.fields)
		}
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%s %v: %q, %v", c.in, c.fields, got, err)
		}
	}
}

func TestCounts(t *testing.T) {
	for in, want := range map[string]wire.Count{`3`: 3, `3.0`: 3, `1e2`: 100, `-0.0`: 0, `-1`: -1} {
		var c wire.Count
		if err := json.Unmarshal([]byte(in), &c); err != nil || c != want {
			t.Errorf("%s: %d, %v", in, c, err)
		}
	}
	for _, in := range []string{`1.5`, `1e300`, `"3"`, `true`, `[1]`} {
		var c wire.Count
		if err := json.Unmarshal([]byte(in), &c); err == nil {
			t.Errorf("%s is %d", in, c)
		}
	}
}
