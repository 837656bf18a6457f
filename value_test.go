package rerank_test

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
)

// TestWholeNumbers: whole numbers keep every digit from JSON to JSON, and what does
// not fit is an error.
func TestWholeNumbers(t *testing.T) {
	for in, out := range map[string]string{
		`1768907725507217522`: "", `-9223372036854775808`: "", `9223372036854775807`: "", `9223372036854775808`: "", `18446744073709551615`: "",
		`9007199254740993`: "", `0`: "", `-0`: "", `-1`: "", `1.5`: "", `3.0`: "3", `1e3`: "1000", `0.1`: "", `1e-7`: "1e-07",
		`1e20`: "1e+20", `9007199254740993.0`: "9.007199254740992e+15", `0e999999999`: "0", `0.000`: "0",
		`18446744073709551616`:                "!the whole number 18446744073709551616 does not fit into 64 bits",
		`-9223372036854775809`:                "!does not fit into 64 bits",
		"1" + strings.Repeat("0", 100):        "!does not fit into 64 bits",
		`1e400`:                               "!the number 1e400 is beyond the range of a float64",
		`-1e400`:                              "!beyond the range",
		`1e-400`:                              "!nearer to 0 than any float64",
		`0.` + strings.Repeat("0", 400) + "1": "!nearer to 0",
		`nan`:                                 "!not a JSON value", `0x10`: "!not a JSON value", `1_000`: "!not a JSON value", `01`: "!not a JSON value", `+1`: "!not a JSON value", `nul`: "!not a JSON value",
	} {
		if out == "" {
			out = in
		}
		var v rerank.Value
		err := v.UnmarshalJSON([]byte(in))
		if want, fails := strings.CutPrefix(out, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%.60s: %v, %v; want %s", in, v, err, want)
			}
			continue
		}
		data, _ := json.Marshal(v)
		if err != nil || v.Kind() != rerank.KindNumber || string(data) != out {
			t.Errorf("%s comes back as %s, %v; want %s", in, data, err, out)
		}
		var back rerank.Value
		if err := back.UnmarshalJSON(data); err != nil || !back.Equal(v) {
			t.Errorf("%s reads back as %v, %v", data, back, err)
		}
	}
}

// TestCompareNumbers: numbers are in the order that exact arithmetic gives them.
func TestCompareNumbers(t *testing.T) {
	var values []rerank.Value
	var exact []*big.Float
	for _, x := range []float64{0, 0.5, 1, 1.5, 1 << 53, 1<<53 + 2, 1 << 62, 1<<63 - 1024, 1 << 63, 1<<63 + 2048, 1<<64 - 2048, 1 << 64, 1e300, math.Inf(1)} {
		for _, x := range []float64{x, -x} {
			values = append(values, rerank.NumberValue(x))
			exact = append(exact, big.NewFloat(x).SetPrec(200))
		}
	}
	for _, n := range []int64{0, 1, 2, 1 << 53, 1<<53 + 1, 1<<63 - 1, 1<<63 - 1024, 1<<63 - 1025} {
		for _, n := range []int64{n, -n, math.MinInt64 + n} {
			values = append(values, rerank.IntValue(n))
			exact = append(exact, new(big.Float).SetPrec(200).SetInt64(n))
		}
	}
	for _, n := range []uint64{0, 1, 1 << 53, 1<<63 - 1, 1 << 63, 1<<63 + 1, 1<<64 - 2048, 1<<64 - 1} {
		values = append(values, rerank.UintValue(n))
		exact = append(exact, new(big.Float).SetPrec(200).SetUint64(n))
	}
	for i, v := range values {
		for j, w := range values {
			order, ok := v.Compare(w)
			if want := exact[i].Cmp(exact[j]); !ok || order != want || v.Equal(w) != (want == 0) {
				t.Errorf("%v and %v: %d, %v, equal %v; want %d", v, w, order, ok, v.Equal(w), want)
			}
		}
		n, isInt := v.Int()
		if want, how := exact[i].Int64(); isInt != (how == big.Exact) || isInt && n != want {
			t.Errorf("%v as an int64: %d, %v", v, n, isInt)
		}
		u, isUint := v.Uint()
		if want, how := exact[i].Uint64(); isUint != (how == big.Exact && exact[i].IsInt()) || isUint && u != want {
			t.Errorf("%v as a uint64: %d, %v", v, u, isUint)
		}
		if want, _ := exact[i].Float64(); v.Number() != want {
			t.Errorf("%v as a float64: %v, want %v", v, v.Number(), want)
		}
	}
	nan := rerank.NumberValue(math.NaN())
	for _, v := range append(values, nan) {
		if _, ok := v.Compare(nan); ok || v.Equal(nan) || nan.Equal(v) {
			t.Errorf("NaN is in an order with %v", v)
		}
	}
}

// TestNull: null is a value of its own, at any depth, and no empty text.
func TestNull(t *testing.T) {
	var f rerank.Fields
	const in = `{"a":null,"list":[null,"",[null]],"text":""}`
	if err := json.Unmarshal([]byte(in), &f); err != nil {
		t.Fatal(err)
	}
	out, _ := json.Marshal(f)
	null := f[0].Value
	if string(out) != in || null.Kind() != rerank.KindNull || null.Equal(rerank.TextValue("")) || !null.Equal(rerank.NullValue()) {
		t.Errorf("%s comes back as %s", in, out)
	}
	if _, ok := null.Compare(null); ok {
		t.Error("null is in an order")
	}
	d := rerank.Document{Title: "t", Fields: f}
	if got, want := d.Render([]string{"a", "title"}), "title: t"; got != want {
		t.Errorf("rendered as %q, want %q", got, want)
	}
}

// TestNestedFields: objects become dotted names.
func TestNestedFields(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":{"b":1,"c":{"d":[2]}},"e":3}`: `{"a.b":1,"a.c.d":[2],"e":3}`,
		`{"a":{},"b":{ }}`:                  `{"a":null,"b":null}`,
		`{"list":[{"k": 1}]}`:               `{"list":["{\"k\": 1}"]}`,
		` null `:                            `{}`,
		`{"a":{"b":1},"a.b":2}`:             `field "a.b" appears twice`,
		`{"a":1,"a":1}`:                     `field "a" appears twice`,
		`{"a":{"b":1e999}}`:                 `field "a.b": the number 1e999 is beyond the range of a float64`,
		strings.Repeat(`{"a":`, 18) + "1" + strings.Repeat("}", 18):       `objects nest deeper than 16`,
		`{"a":` + strings.Repeat("[", 17) + strings.Repeat("]", 17) + "}": `lists nest deeper than 16`,
	} {
		var f rerank.Fields
		err := f.UnmarshalJSON([]byte(in))
		got, _ := json.Marshal(f)
		if err != nil {
			got = []byte(err.Error())
		}
		if !strings.Contains(string(got), want) {
			t.Errorf("%s: %s; want %s", in, got, want)
		}
	}
}

// FuzzFieldsJSON: what is read is written such that it reads back as the same.
func FuzzFieldsJSON(f *testing.F) {
	for _, s := range []string{`{"a": {"b": [1, -0.5, 1e20, null, "x", true]}, "c": 18446744073709551615}`, `{"a": [{"b": 1}]}`, `null`, `{"": {}}`, "\v{}", "\u00a0null"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		var fields, back rerank.Fields
		if fields.UnmarshalJSON(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is read and is not JSON", data)
		}
		out, err := fields.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := back.UnmarshalJSON(out); err != nil || len(back) != len(fields) {
			t.Fatalf("%q is written as %q, which is not read: %v", data, out, err)
		}
		for i := range fields {
			if back[i].Name != fields[i].Name || !back[i].Value.Equal(fields[i].Value) {
				t.Errorf("%q: %v comes back as %v", data, fields[i], back[i])
			}
		}
	})
}

// TestSpecialValues: what JSON has no form for is read where it is marked, and
// what is marked wrongly is an error.
func TestSpecialValues(t *testing.T) {
	var f rerank.Fields
	if err := f.UnmarshalJSON([]byte(`{"t": {"$time": "2024-05-01T12:00:00.5+02:00"}, "n": {"$number": "-Inf"}, "l": [{"$time": "1970-01-01T00:00:00Z"}], "o": {"$time": "x", "b": 1}}`)); err != nil {
		t.Fatal(err)
	}
	want := rerank.Fields{
		{"t", rerank.TimeValue(time.Date(2024, 5, 1, 10, 0, 0, 5e8, time.UTC))}, {"n", rerank.NumberValue(math.Inf(-1))},
		{"l", rerank.ListValue(rerank.TimeValue(time.Unix(0, 0)))}, {"o.$time", rerank.TextValue("x")}, {"o.b", rerank.IntValue(1)},
	}
	if !slices.EqualFunc(f, want, func(a, b rerank.Field) bool { return a.Name == b.Name && a.Value.Equal(b.Value) }) {
		t.Errorf("%+v", f)
	}
	for _, bad := range []string{`{"t": {"$time": "yesterday"}}`, `{"n": {"$number": "1"}}`, `{"l": [{"$number": "nan"}]}`} {
		if err := f.UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
