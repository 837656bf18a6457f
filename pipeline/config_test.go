package pipeline_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank/cascade"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

const whole = `
index: docs.index
model: minilm
first:
  kind: hybrid
  depth: 200
  bm25: {variant: robertson, k1: 0.9, b: 0}
  fusion: {method: rrf, k: 20, lexical: 2, dense: 0.5, lenient: true}
stages:
  - rerank: minilm
    name: first look
    depth: 50
    timeout: 300ms
    on_error: keep
    early: {tokens: 32, best: 10, within: 250ms, budget: 9000}
  - rerank: none
timeout: 1.5s
`

func number(x float64) *float64 { return &x }

func wholeConfig() pipeline.Config {
	return pipeline.Config{
		Index: "docs.index", Model: "minilm",
		First: pipeline.First{
			Kind: pipeline.KindHybrid, Depth: 200,
			BM25:   pipeline.BM25{Variant: "robertson", K1: number(0.9), B: number(0)},
			Fusion: pipeline.Fusion{Method: pipeline.MethodRRF, K: new(20.0), Lexical: new(2.0), Dense: new(0.5), Lenient: true},
		},
		Stages: []pipeline.Stage{
			{Rerank: "minilm", Name: "first look", Depth: 50, Timeout: 300 * time.Millisecond, OnError: cascade.Keep,
				Early: &pipeline.Early{Tokens: 32, Best: 10, Within: 250 * time.Millisecond, Budget: 9000}},
			{Rerank: "none"},
		},
		Timeout: 1500 * time.Millisecond,
	}
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		yaml string
		want pipeline.Config
	}{
		"empty": {"", pipeline.Config{}},
		"index": {"index: x", pipeline.Config{Index: "x"}},
		"whole": {whole, wholeConfig()},
	} {
		got, err := pipeline.Parse([]byte(test.yaml))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

func TestYAMLComesBack(t *testing.T) {
	for _, c := range []pipeline.Config{{}, {Index: "x"}, wholeConfig()} {
		data, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := pipeline.Parse(data)
		if err != nil || !reflect.DeepEqual(back, c) {
			t.Errorf("%+v was written as\n%s\nand read as %+v, %v", c, data, back, err)
		}
	}
}

func TestNoStagesComeBackAsNone(t *testing.T) {
	data, err := pipeline.Config{Stages: []pipeline.Stage{}}.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := pipeline.Parse(data)
	if err != nil || len(back.Stages) != 1 || back.Stages[0].Rerank != pipeline.None {
		t.Errorf("no stages were written as %q and read as %+v, %v", data, back, err)
	}
}

func TestParseErrorsTellWhere(t *testing.T) {
	for name, test := range map[string]struct{ yaml, want string }{
		"unknown key":      {"index: x\nfirst:\n  kindd: bm25\n", "[3:3]"},
		"unknown, in list": {"stages:\n  - rerank: none\n    depht: 5\n", "[3:5]"},
		"twice":            {"index: x\nindex: y\n", "[2:1]"},
		"not a number":     {"first:\n  depth: many\n", "[2:10]"},
		"not a duration":   {"timeout: 5 parsecs\n", "[1:10]"},
		"not an on_error":  {"stages:\n- rerank: none\n  on_error: retry\n", "[3:13]"},
		"not YAML":         {"index: [", "[1:"},
		"two documents":    {"index: x\n---\nindex: y\n", "more than one"},
		"a list":           {"- index\n", "[1:"},
		"too long":         {"#" + strings.Repeat("x", 1<<20), "1048577 bytes"},
	} {
		if c, err := pipeline.Parse([]byte(test.yaml)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %+v, %v, want an error with %q", name, c, err, test.want)
		}
	}
}

func TestLoadIsRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "search.yaml")
	text := "index: docs\nmodel: minilm\nstages: [{rerank: minilm}, {rerank: own}, {rerank: 'cosine:own'}, {rerank: 'cosine:" + filepath.ToSlash(filepath.Join(dir, "abs")) + "'}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := pipeline.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Index, c.Model, c.Stages[0].Rerank, c.Stages[1].Rerank, c.Stages[2].Rerank, c.Stages[3].Rerank}
	want := []string{filepath.Join(dir, "docs"), "minilm", "minilm", filepath.Join(dir, "own"), "cosine:" + filepath.Join(dir, "own"), "cosine:" + filepath.ToSlash(filepath.Join(dir, "abs"))}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := pipeline.Load(filepath.Join(dir, "missing.yaml")); err == nil {
		t.Error("a file that is not there was read")
	}
}

// model writes a folder that looks like one.
func model(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestValidateListsEverything(t *testing.T) {
	cross := model(t, map[string]string{"config.json": `{"architectures": ["BertForSequenceClassification"]}`})
	bi := model(t, map[string]string{"config.json": `{"architectures": ["BertModel"]}`, "modules.json": `[]`})
	bare := model(t, map[string]string{"config.json": `{"architectures": ["BertModel"]}`})
	broken := model(t, map[string]string{"config.json": `{`})
	c := pipeline.Config{
		Model: cross,
		First: pipeline.First{
			Kind: "bm52", Depth: -1,
			BM25:   pipeline.BM25{K1: number(-2), B: number(3), Variant: "okapi9"},
			Fusion: pipeline.Fusion{Method: "max", Dense: new(-1.0)},
		},
		Stages: []pipeline.Stage{
			{},
			{Rerank: "minlm"},
			{Rerank: "minilm", Depth: -3, Timeout: -time.Second, OnError: 7, Early: &pipeline.Early{Tokens: -1, Best: -2, Within: -3, Budget: -4}},
			{Rerank: bi}, {Rerank: cross}, {Rerank: "cosine:" + bi}, {Rerank: "none"}, {Rerank: "bm25"}, {Rerank: "minilm-cosine", Early: &pipeline.Early{}},
			{Rerank: "cosine:" + cross}, {Rerank: bare}, {Rerank: broken}, {Rerank: t.TempDir()}, {Rerank: filepath.Join(bi, "config.json")},
			{Rerank: "bm25", Early: &pipeline.Early{}},
		},
		Timeout: -1,
	}
	err := c.Validate()
	if err == nil {
		t.Fatal("it passed")
	}
	for _, want := range []string{
		"index: ", "model: ", "timeout: -1ns",
		`first.kind: unknown first stage "bm52"; did you mean "bm25"?`, "first.depth: -1", `first.bm25.variant: unknown variant "okapi9"; did you mean "okapi"?`, "first.bm25.k1: -2", "first.bm25.b: 3",
		`first.fusion.method: unknown method "max"; known are "min-max", "rrf"`, "first.fusion.dense: -1", "first.fusion: it has no effect",
		"stages[0].rerank: it must name", `stages[1].rerank: unknown reranker "minlm"; did you mean "minilm"?`,
		"stages[2].depth: -3", "stages[2].timeout: -1s", "stages[2].on_error: ",
		"stages[9].rerank: ", "stages[10].rerank: ", "stages[11].rerank: ", "stages[12].rerank: ", "stages[13].rerank: ",
		"stages[2].early.tokens: -1", "stages[2].early.best: -2", "stages[2].early.within: -3ns", "stages[2].early.budget: -4", "stages[14].early: it has no effect on bm25",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q", want)
		}
	}
	for i := 3; i <= 8; i++ {
		if strings.Contains(err.Error(), "stages["+string(rune('0'+i))+"]") {
			t.Errorf("stage %d is said to be wrong", i)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
	if err := (pipeline.Config{Index: "x"}).Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
}

func TestOpenValidatesFirst(t *testing.T) {
	_, err := pipeline.Open(t.Context(), pipeline.Config{Index: filepath.Join(t.TempDir(), "nowhere"), First: pipeline.First{Kind: "x"}, Timeout: -1})
	if err == nil || !strings.Contains(err.Error(), "first.kind") || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v", err)
	}
	if _, err := pipeline.Open(t.Context(), pipeline.Config{Index: filepath.Join(t.TempDir(), "nowhere")}); err == nil {
		t.Error("an index that is not there was opened")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", whole, "index: x\nstages: []", "a: &a [*a]", "first: {bm25: {k1: .nan}}", "timeout: 1h\n---\n", "stages:\n- rerank: none\n  on_error: keep"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		c, err := pipeline.Parse(data)
		if err != nil {
			return
		}
		out, err := c.YAML()
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", c, err)
		}
		if _, err := pipeline.Parse(out); err != nil {
			t.Fatalf("%+v was written as\n%s\nand cannot be read: %v", c, out, err)
		}
	})
}

// TestDidYouMean: what is misspelled in a configuration gets the name that is near.
func TestDidYouMean(t *testing.T) {
	for text, want := range map[string]string{
		"frist: {}":                                    `unknown key "frist"; did you mean "first"?`,
		"first: {fusion: {methd: rrf}}":                `[1:18] unknown key "methd"; did you mean "method"?`,
		"stages: [{rerank: best, ealry: {}}]":          `unknown key "ealry"; did you mean "early"?`,
		"stages: [{rerank: best, early: {wihtin: 1}}]": `unknown key "wihtin"; did you mean "within"?`,
		"stages: [{rerank: best, on_error: kepe}]":     `did you mean "keep"?`,
		"first: {kind: hybird}":                        `did you mean "hybrid"?`,
		"first: {kind: hybrid, fusion: {method: rff}}": `did you mean "rrf"?`,
		"first: {bm25: {variant: lucen}}":              `did you mean "lucene"?`,
		"stages: [{rerank: minlm}]":                    `did you mean "minilm"?`,
		"stages: [{rerank: 'int7:./m'}]":               `did you mean "int8:./m"?`,
		"stages: [{rerank: 'cohre:x'}]":                `did you mean "cohere:x"?`,
		"model: minlm":                                 `did you mean "minilm"?`,
	} {
		c, err := pipeline.Parse([]byte(text))
		if err == nil {
			c.Index = "index"
			err = c.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
