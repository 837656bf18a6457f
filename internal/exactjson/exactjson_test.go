package exactjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/testenv"
)

func Example() {
	var d struct {
		Text string `json:"text"`
	}
	fmt.Println(exactjson.Unmarshal([]byte(`{"text": "right", "Text": "wrong", "TEXT": 3}`), &d), d.Text)
	fmt.Println(exactjson.Unmarshal([]byte(`{"text": "right", "text": "wrong"}`), &d))
	fmt.Println(exactjson.Unmarshal([]byte(`{"text": 7}`), &d))
	// Output:
	// <nil> right
	// text: the member appears twice
	// text: it is a number; it must be a string
}

// picky refuses everything.
type picky struct{}

var errPicky = errors.New("no good")

func (*picky) UnmarshalJSON([]byte) error { return errPicky }

// outer reads an object within its own method.
type outer struct{ inner inner }

type inner struct {
	Count int8 `json:"count"`
}

func (o *outer) UnmarshalJSON(data []byte) error { return exactjson.Unmarshal(data, &o.inner) }

func TestErrors(t *testing.T) {
	type target struct {
		N     int64           `json:"n"`
		U     uint8           `json:"u"`
		F     float64         `json:"f"`
		B     bool            `json:"b"`
		List  []string        `json:"list"`
		Inner []inner         `json:"inner"`
		Outer *outer          `json:"outer"`
		Picky []picky         `json:"picky"`
		Map   map[string]bool `json:"map"`
	}
	for in, want := range map[string]string{
		``:                              "not JSON: it ends early at byte 0",
		`{"n": 1`:                       "not JSON: it ends early at byte 7",
		`{"n": 1} x`:                    "not JSON: invalid character 'x' after top-level value at byte 9",
		`{'n': 1}`:                      "not JSON: invalid character '\\'' at start of value at byte 1",
		`[]`:                            "it is an array; it must be an object",
		`{"n": "1"}`:                    "n: it is a string; it must be a whole number of 64 bits",
		`{"n": 1.5}`:                    "n: it is 1.5; it must be a whole number of 64 bits",
		`{"u": 256}`:                    "u: it is 256; it must be a whole number of 8 bits, not negative",
		`{"f": true}`:                   "f: it is a truth value; it must be a number",
		`{"b": "true"}`:                 "b: it is a string; it must be true or false",
		`{"list": ["a", 2]}`:            "list[1]: it is a number; it must be a string",
		`{"list": "a"}`:                 "list: it is a string; it must be an array",
		`{"inner": [{}, {"count":{}}]}`: "inner[1].count: it is an object; it must be a whole number of 8 bits",
		`{"outer": {"count": 300}}`:     "outer.count: it is 300; it must be a whole number of 8 bits",
		`{"picky": [1]}`:                "picky[0]: no good",
		`{"map": {"a": true, "a": 1}}`:  "map.a: the member appears twice",
	} {
		err := exactjson.Unmarshal([]byte(in), new(target))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", in, err, want)
		}
		var e *exactjson.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%s: a %T", in, err)
		}
	}
	if err := exactjson.Unmarshal([]byte(`{"picky": [1]}`), new(target)); !errors.Is(err, errPicky) {
		t.Errorf("%v does not wrap what the method returned", err)
	}
}

// TestKnown: a member that nothing asks for is refused with the name that was meant.
func TestKnown(t *testing.T) {
	type target struct {
		inner
		Text  string  `json:"text,omitempty"`
		Inner []inner `json:"inner"`
		Any   any     `json:"any"`
	}
	for in, want := range map[string]string{
		`{"text": "a", "count": 1, "inner": [{"count": 2}], "any": {"x": 1}}`: "",
		`{"txet": "a"}`:               `txet: there is no such member; did you mean "text"?`,
		`{"Text": "a"}`:               `Text: there is no such member; did you mean "text"?`,
		`{"inner": [{}, {"cout":1}]}`: `inner[1].cout: there is no such member; did you mean "count"?`,
		`{"zzzzzz": 1}`:               `zzzzzz: there is no such member; known are "count", "text", "inner", "any"`,
		`{"text": "a", "text": "b"}`:  "text: the member appears twice",
	} {
		err := exactjson.UnmarshalKnown([]byte(in), new(target))
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v; want %s", in, err, want)
		}
	}
}

// TestLast: what other programs write may have a member twice.
func TestLast(t *testing.T) {
	var got []string
	err := exactjson.MembersLast([]byte(`{"a": 1, "a": [{"b": 1, "b": 2}]}`), func(name string, value []byte) error {
		got = append(got, name)
		if value[0] != '[' {
			return nil
		}
		return exactjson.ElementsLast(value, func(_ int, value []byte) error {
			got = append(got, string(value))
			return nil
		})
	})
	if err != nil || strings.Join(got, " ") != `a a {"b": 1, "b": 2}` {
		t.Errorf("%q, %v", got, err)
	}
}

// TestValues: what encoding/json reads, apart from names, is read alike.
func TestValues(t *testing.T) {
	type embedded struct {
		Query string `json:"q"`
	}
	type target struct {
		embedded
		Text    string          `json:"text"`
		Raw     json.RawMessage `json:"raw"`
		Pointer *float64        `json:"p"`
		Took    time.Duration   `json:"took"`
		Bytes   []byte          `json:"bytes"`
		Any     any             `json:"any"`
	}
	for _, in := range []string{
		`{"q": "x", "text": "a\u00e9\ud83d\ude00", "raw": {"a": [1, 2]}, "p": 1e3, "took": 7, "bytes": "aGk=", "any": [1, null, "x"]}`,
		`{"raw": null, "p": null, "text": null, "any": null}`,
		"{\"text\": \"a\xffb\\ud800c\"}",
		"  {\"unknown\": {\"text\": 1}, \"text\": \"\"}\r\n",
	} {
		var got, want target
		if err := exactjson.Unmarshal([]byte(in), &got); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if err := json.Unmarshal([]byte(in), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v; want %+v", in, got, want)
		}
	}
}

func TestMembers(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: "", ` {"a": 1 , "b":{"c" :[]}, "": null} `: `a=1 b={"c" :[]} =null `,
		`[]`: "it is an array; it must be an object", `null`: "it is null; it must be an object", `7`: "it is a number; it must be an object",
		``: "not JSON: it ends early at byte 0", `{"a": 1`: "a=1 not JSON: it ends early at byte 7",
		`x`: "not JSON: invalid character 'x' at start of value at byte 0", `]`: "not JSON: invalid character ']' at start of value at byte 0",
		`{"a": 1}{`:                "a=1 not JSON: something follows the JSON value at byte 8",
		`{"a": 1, "\u0061": 2}`:    "a=1 a: the member appears twice",
		`{"a": {"b": 1, "b": 2}}`:  "a.b: the member appears twice",
		`{"a": 1, "bad": {"x":1}}`: `a=1 bad: refused`,
	} {
		var b strings.Builder
		err := exactjson.Members([]byte(in), func(name string, value []byte) error {
			if name == "bad" {
				return errors.New("refused")
			}
			fmt.Fprintf(&b, "%s=%s ", name, value)
			return nil
		})
		if err != nil {
			b.WriteString(err.Error())
		}
		if got := b.String(); got != want {
			t.Errorf("%s: %s; want %s", in, got, want)
		}
	}
}

func TestElements(t *testing.T) {
	var got []string
	err := exactjson.Elements([]byte(`[1, "a", [2]]`), func(i int, value []byte) error {
		got = append(got, fmt.Sprintf("%d %s", i, value))
		return nil
	})
	if err != nil || strings.Join(got, ",") != `0 1,1 "a",2 [2]` {
		t.Errorf("%q, %v", got, err)
	}
	err = exactjson.Members([]byte(`{"list": [1, {"a": []}]}`), func(_ string, value []byte) error {
		return exactjson.Elements(value, func(i int, value []byte) error {
			if i == 0 {
				return nil
			}
			return exactjson.Members(value, func(_ string, value []byte) error { return exactjson.Members(value, nil) })
		})
	})
	if want := "list[1].a: it is an array; it must be an object"; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}

// FuzzUnmarshal: whatever is read without an error, encoding/json reads too, and
// with members of exact names alike.
func FuzzUnmarshal(f *testing.F) {
	for _, s := range []string{`{"text": "a", "n": [1, 2.5]}`, `{"Text": "a"}`, `{"text": null, "n": null}`, `[`, "{\"text\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	type target struct {
		Text string    `json:"text"`
		N    []float64 `json:"n"`
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		var got, want target
		if err := exactjson.Unmarshal(data, &got); err != nil {
			var e *exactjson.Error
			if !errors.As(err, &e) {
				t.Fatalf("a %T", err)
			}
			return
		}
		exact := map[string]json.RawMessage{}
		if err := json.Unmarshal(data, &exact); err != nil {
			t.Fatalf("%q is read, and is not JSON: %v", data, err)
		}
		for name, into := range map[string]any{"text": &want.Text, "n": &want.N} {
			if raw, ok := exact[name]; ok && json.Unmarshal(raw, into) != nil {
				t.Fatalf("%q is read, and its %s cannot be", data, name)
			}
		}
		if !reflect.DeepEqual(got, want) && (len(got.N) > 0 || len(want.N) > 0) || got.Text != want.Text {
			t.Errorf("%q: %+v; want %+v", data, got, want)
		}
		if err := exactjson.Members(data, func(name string, value []byte) error {
			if exact[name] == nil || !json.Valid(value) {
				t.Errorf("%q: member %q is %q", data, name, value)
			}
			return nil
		}); err != nil && string(data) != "null" && !exactjson.Null(data) {
			t.Errorf("%q: %v", data, err)
		}
	})
}
