package loose_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/testenv"
)

func Example() {
	b, err := loose.Read([]byte(`{"query": "lease", "top_n": "2", "return_documents": "true", "texts": true, "user": null}`), 100)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Text("query"), b.Whole("top_n", 0), b.Flag("return_documents", false), b.Has("user"), b.Err())
	fmt.Println(b.Texts("texts"), b.Err())
	// Output:
	// lease 2 true false <nil>
	// [] texts: it is a truth value; it must be an array
}

// value reads one member by a method, and returns it and the error as text.
func value[T any](t *testing.T, body string, read func(b *loose.Object) T) string {
	t.Helper()
	b, err := loose.Read([]byte(body), 3)
	if err != nil {
		return "body: " + err.Error()
	}
	v := read(b)
	if err := b.Err(); err != nil {
		var wrong *exactjson.Error
		if !errors.As(err, &wrong) {
			t.Errorf("%s: a %T", body, err)
		}
		return err.Error()
	}
	return fmt.Sprint(v)
}

func TestFlags(t *testing.T) {
	for in, want := range map[string]string{
		`true`: "true", `false`: "false", `"true"`: "true", `"False"`: "false", `1`: "true", `0`: "false", `"1"`: "true", `" no "`: "false", `"on"`: "true",
		`null`: "otherwise", `""`: "otherwise",
		`2`: "x: 2 is neither true nor false", `"maybe"`: `x: "maybe" is neither true nor false`, `[true]`: "x: [true] is neither true nor false", `{}`: "x: {} is neither true nor false",
	} {
		for _, otherwise := range []bool{true, false} {
			wanted := want
			if want == "otherwise" {
				wanted = fmt.Sprint(otherwise)
			}
			if got := value(t, `{"x": `+in+`}`, func(b *loose.Object) bool { return b.Flag("x", otherwise) }); got != wanted {
				t.Errorf("%s: %s, want %s", in, got, wanted)
			}
		}
	}
	if got := value(t, `{}`, func(b *loose.Object) bool { return b.Flag("x", true) }); got != "true" {
		t.Errorf("absent: %s", got)
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{
		`3`: "3", `3.0`: "3", `"3"`: "3", `"3.0"`: "3", `" 3 "`: "3", `1e2`: "100", `-1`: "-1", `"-1"`: "-1", `0`: "0", `"0"`: "0", `null`: "7", `""`: "7", `" "`: "7",
		`2147483647`: "2147483647", `-2147483647`: "-2147483647", `2147483648`: "x: 2147483648 is no whole number of a size that counts",
		`1.5`: "x: 1.5 is no whole number of a size that counts", `1e300`: "x: 1e300 is no whole number of a size that counts", `"two"`: `x: "two" is no whole number of a size that counts`,
		`true`: "x: true is no whole number of a size that counts", `[1]`: "x: [1] is no whole number of a size that counts", `"inf"`: `x: "inf" is no whole number of a size that counts`,
	} {
		if got := value(t, `{"x": `+in+`}`, func(b *loose.Object) int { return b.Whole("x", 7) }); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{`0.5`: "0.5", `"0.5"`: "0.5", `2`: "2", `null`: "0.1", `""`: "0.1", `"nan"`: `x: "nan" is no number`, `{}`: "x: {} is no number"} {
		if got := value(t, `{"x": `+in+`}`, func(b *loose.Object) float64 { return b.Number("x", 0.1) }); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	for in, want := range map[string]string{
		`["a", ""]`: `["a" ""]`, `[]`: `[]`, `null`: `[]`, `["a", "b", "c", "d"]`: "x: it has more than 3 elements", `["a", 1]`: "x[1]: it is a number; it must be a string",
		`[null]`: "x[0]: it is null; it must be a string", `7`: "x: it is a number; it must be an array", `"a"`: "x: it is a string; it must be an array",
	} {
		if got := value(t, `{"x": `+in+`}`, func(b *loose.Object) string { return fmt.Sprintf("%q", b.Texts("x")) }); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{`0`: "true true", `"a"`: "true true", `""`: "true false", `null`: "false false", `[]`: "true true"} {
		if got := value(t, `{"x": `+in+`}`, func(b *loose.Object) string { return fmt.Sprint(b.Has("x"), b.Given("x")) }); got != want {
			t.Errorf("%s is there, and given: %s, want %s", in, got, want)
		}
	}
	if got := value(t, `{"x": "a"}`, func(b *loose.Object) string { texts, one := b.OneOrMore("x"); return fmt.Sprint(texts, one) }); got != "[a] true" {
		t.Errorf("one: %s", got)
	}
}

// TestBodies: of members with one name the last counts, a name matches exactly, and
// what nobody asks for may be anything.
func TestBodies(t *testing.T) {
	for in, want := range map[string]string{
		`{"x": "a", "x": "b"}`: "b", `{"x": "a", "x": null}`: "", `{"X": "a"}`: "", `{"x": "a", "y": [{"z": [}`: "body: not JSON: it ends early at byte 0",
		"\ufeff{\"x\": \"a\"}": "a", `{"x": "a", "y": {"x": 3, "x": []}}`: "a", `[]`: "body: it is an array; it must be an object", `null`: "body: it is null; it must be an object",
		``: "body: not JSON: it ends early at byte 0", `{"x": 3}`: "x: it is a number; it must be a string",
	} {
		got := value(t, in, func(b *loose.Object) string { return b.Text("x") })
		if strings.Contains(want, "not JSON") {
			got, want = strings.SplitAfter(got, "not JSON")[0], strings.SplitAfter(want, "not JSON")[0]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got := value(t, `{"a": {"b": {"c": "x"}}}`, func(b *loose.Object) int { return b.Object("a").Object("b").Whole("c", 0) }); !strings.HasPrefix(got, "a.b.c: ") {
		t.Errorf("an error within objects: %s", got)
	}
	many := `{` + strings.TrimSuffix(strings.Repeat(`"%d": 1,`, 2000), ",") + `}`
	names := make([]any, 2000)
	for i := range names {
		names[i] = i
	}
	if _, err := loose.Read(fmt.Appendf(nil, many, names...), 0); err == nil || !strings.Contains(err.Error(), "more than 1000 members") {
		t.Errorf("2000 members: %v", err)
	}
}

// TestWatch: what is asked for is told, with the object that it is in.
func TestWatch(t *testing.T) {
	b, err := loose.Read([]byte(`{"a": {"b": 1}}`), 0)
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	b.Watch(func(path, kind string) { asked = append(asked, path+" "+kind) })
	b.Object("a").Whole("b", 0)
	b.Flag("c", false)
	if want := []string{"a object", "a.b whole", "c flag"}; !slices.Equal(asked, want) {
		t.Errorf("%q, want %q", asked, want)
	}
}

// FuzzRead: whatever is read without an error is JSON, and no method panics.
func FuzzRead(f *testing.F) {
	for _, s := range []string{`{"x": "1"}`, `{"x": [1, "a", null]}`, `{"x": {"x": "true"}}`, `{"x": "\ud800"}`, `{"x": -0.0e1}`, "\ufeff{}", `{"x":"` + strings.Repeat("9", 500) + `"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		b, err := loose.Read(data, 10)
		if err != nil {
			return
		}
		for _, o := range []*loose.Object{b, b.Object("x")} {
			if o == nil {
				continue
			}
			o.Text("x")
			o.Flag("x", false)
			o.Whole("x", 0)
			o.Number("x", 0)
			o.Word("x")
			if texts, _ := o.OneOrMore("x"); len(texts) > 10 {
				t.Errorf("%d texts", len(texts))
			}
		}
		var wrong *exactjson.Error
		if err := b.Err(); err != nil && !errors.As(err, &wrong) {
			t.Errorf("a %T", err)
		}
	})
}
