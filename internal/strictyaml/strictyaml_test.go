package strictyaml

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank/internal/testenv"
)

type stage struct {
	Kind    string        `yaml:"kind"`
	Depth   int           `yaml:"depth"`
	Weight  *float64      `yaml:"weight"`
	Timeout time.Duration `yaml:"timeout"`
}

type Shared struct {
	Listen string `yaml:"listen"`
}

type document struct {
	Shared `yaml:",inline"`
	First  stage            `yaml:"first"`
	Stages []stage          `yaml:"stages"`
	Named  map[string]stage `yaml:"named"`
	Early  *stage           `yaml:"early"`
}

// TestErrors: what the person reads has the document's words and place.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"frist: {}":                      `[1:1] unknown key "frist"; did you mean "first"?`,
		"first:\n  knid: bm25":           `[2:3] unknown key "knid"; did you mean "kind"?`,
		"stages:\n- kind: a\n- depht: 1": `[3:3] unknown key "depht"; did you mean "depth"?`,
		"named: {a: {wieght: 1}}":        `[1:13] unknown key "wieght"; did you mean "weight"?`,
		"early: {tmieout: 1s}":           `[1:9] unknown key "tmieout"; did you mean "timeout"?`,
		"lisen: x":                       `[1:1] unknown key "lisen"; did you mean "listen"?`,
		"x: 1":                           `[1:1] unknown key "x"; known are "listen", "first", "stages", "named", "early"`,
		"first: &f {knid: x}":            `[1:12] unknown key "knid"; did you mean "kind"?`,
		"first: {depth: ten}":            `[1:16] "ten": a whole number is wanted`,
		"first: {weight: heavy}":         `[1:17] "heavy": a number is wanted`,
		"first: {kind: a, kind: b}":      `already defined`,
		"a: b\n---\nfirst: {}":           `unknown key "a"`,
		"{}\n---\n{}":                    `more than one`,
	} {
		err := Decode([]byte(text), new(document), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestAliases: those of everyday are read.
func TestAliases(t *testing.T) {
	var d document
	err := Decode([]byte("first: &f {kind: x, depth: 2}\nstages: [*f, *f, {<<: *f, timeout: 3s}]"), &d, nil)
	if err != nil || fmt.Sprint(d.Stages) != "[{x 2 <nil> 0s} {x 2 <nil> 0s} {x 2 <nil> 3s}]" {
		t.Errorf("%v, %v", d.Stages, err)
	}
}

// TestHostile: what a small document cannot do is cost much memory. Depth that a
// person writes is read.
func TestHostile(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&laughs, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	var keys, indented strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&keys, "k%d: v\n", i)
	}
	for i := range 500 {
		indented.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	const deep = "nested too deep"
	for name, c := range map[string]struct{ text, want string }{
		"brackets":   {"first: " + strings.Repeat("[", 500_000), deep},
		"closed":     {"first: " + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000), deep},
		"braces":     {"first: " + strings.Repeat("{a: ", 50_000), deep},
		"dashes":     {strings.Repeat("- ", 100_000) + "x", deep},
		"questions":  {strings.Repeat("? ", 100_000) + "x", deep},
		"indented":   {indented.String(), deep},
		"few braces": {"first: " + strings.Repeat("{a: ", 8000), deep},
		"many keys":  {keys.String(), "more than"},
		"long list":  {"stages: [" + strings.Repeat("x, ", 300_000) + "]", "too long a list"},
		"laughs":     {laughs.String(), "aliases make more than"},
		"itself":     {"first: &a [*a, *a]", ""},
		"open quote": {strings.Repeat(`"`, 500_001), ""},
	} {
		var err error
		n := testenv.Allocated(func() { err = Decode([]byte(c.text), new(document), nil) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if n > 64<<20 {
			t.Errorf("%s: %d bytes were allocated for %d", name, n, len(c.text))
		}
	}
	siblings := strings.Repeat("- kind: a\n  depth: 1\n", 1000)
	if err := bound([]byte("stages:\n" + siblings)); err != nil {
		t.Errorf("a thousand stages: %v", err)
	}
	if err := bound([]byte(strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth))); err != nil {
		t.Errorf("%d levels: %v", maxDepth, err)
	}
}

// FuzzDecode: any text is read or refused, and never costs much.
func FuzzDecode(f *testing.F) {
	f.Add("first: {kind: a, depth: 1}\nstages: [{timeout: 1s}]")
	f.Add("first: &f {kind: x}\nstages: [*f, {<<: *f}]")
	f.Add("- ? - ? [[{")
	f.Fuzz(func(t *testing.T, text string) {
		defer testenv.Bound(t, len(text))()
		if err := Decode([]byte(text), new(document), nil); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
