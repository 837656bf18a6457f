package crossencoder_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/internal/safetensors"
)

// TestSeveralLabels: relevance is what the softmax of the golden logits gives the
// label that was named.
func TestSeveralLabels(t *testing.T) {
	g, pairs := readGolden(t)
	m, err := crossencoder.Load(os.DirFS("testdata/tiny3"), crossencoder.Options{Label: "label_1", Long: crossencoder.LongTruncate})
	if err != nil {
		t.Fatal(err)
	}
	scores := make([]rerank.PairScore, len(pairs))
	if err := m.ScorePairs(t.Context(), pairs, scores); err != nil {
		t.Fatal(err)
	}
	for i, s := range scores {
		sum := 0.0
		for _, x := range g.Cases[1].Logits[i] {
			sum += math.Exp(float64(x))
		}
		want := math.Exp(float64(g.Cases[1].Logits[i][1])) / sum
		if got := 1 / (1 + math.Exp(-float64(s.Logit))); math.Abs(got-want) > 1e-5 {
			t.Errorf("pair %d: relevance %v, want %v", i, got, want)
		}
	}
}

// folderWith returns the small model with other texts in its files.
func folderWith(t testing.TB, folder string, add map[string]string, replace ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		data, err := os.ReadFile(folder + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "config.json" {
			data = []byte(strings.NewReplacer(replace...).Replace(string(data)))
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	for name, text := range maps.All(add) {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestLabelsByName(t *testing.T) {
	if _, err := crossencoder.Load(folderWith(t, "testdata/tiny3", nil, "LABEL_0", "contradiction", "LABEL_1", "Entailment"), crossencoder.Options{}); err != nil {
		t.Errorf("a label of entailment: %v", err)
	}
}

func TestActivation(t *testing.T) {
	for _, c := range []struct {
		files  map[string]string
		config string
		want   crossencoder.Activation
	}{
		{nil, "", crossencoder.Sigmoid},
		{nil, `"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity",`, crossencoder.Identity},
		{nil, `"sbert_ce_default_activation_function": "x.Sigmoid", "sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"},`, crossencoder.Identity},
		{map[string]string{"config_sentence_transformers.json": `{"activation_fn": "torch.nn.modules.activation.Sigmoid"}`},
			`"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity",`, crossencoder.Sigmoid},
		{map[string]string{"config_sentence_transformers.json": `{"activation_fn": "torch.nn.modules.activation.Tanh"}`}, "", ""},
	} {
		m, err := crossencoder.Load(folderWith(t, "testdata/tiny1", c.files, `"architectures"`, c.config+`"architectures"`), crossencoder.Options{})
		switch {
		case c.want == "":
			if err == nil || !strings.Contains(err.Error(), "Tanh") {
				t.Errorf("%v: error %v", c.files, err)
			}
		case err != nil:
			t.Error(err)
		case m.Activation() != c.want:
			t.Errorf("%v, %v: %s", c.files, c.config, m.Activation())
		}
	}
}

func TestWindowOfTheTokenizer(t *testing.T) {
	m, err := crossencoder.Load(folderWith(t, "testdata/tiny1", map[string]string{"tokenizer_config.json": `{"model_max_length": 32}`}), crossencoder.Options{})
	if err != nil || m.Model().MaxTokens != 32 {
		t.Errorf("%+v, %v", m.Model(), err)
	}
	m, err = crossencoder.Load(folderWith(t, "testdata/tiny1", map[string]string{"tokenizer_config.json": `{"model_max_length": 1e30}`}), crossencoder.Options{MaxTokens: 40})
	if err != nil || m.Model().MaxTokens != 40 {
		t.Errorf("%+v, %v", m.Model(), err)
	}
	if _, err := crossencoder.Load(os.DirFS("testdata/tiny1"), crossencoder.Options{MaxTokens: 5}); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("a window of 5: %v", err)
	}
}

func TestStructuredDocuments(t *testing.T) {
	d := rerank.Document{Title: "A lease", Text: "It ends.", Fields: rerank.Fields{
		{Name: "year", Value: rerank.NumberValue(1999)}, {Name: "author", Value: rerank.TextValue("x")}, {Name: "empty", Value: rerank.TextValue("")}}}
	if got, want := d.Render([]string{"author", "text", "none", "empty", "title", "year"}), "author: x\ntext: It ends.\ntitle: A lease\nyear: 1999"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	m := load(t, crossencoder.Options{})
	request := rerank.Request{Query: rerank.Query{Text: "read a file"}, Hits: rerank.Hits([]rerank.Document{d})}
	result, err := m.NewReranker(crossencoder.RerankOptions{Fields: []string{"author", "title"}}).Rerank(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	scores := make([]rerank.PairScore, 1)
	if err := m.ScorePairs(t.Context(), []rerank.Pair{{Query: "read a file", Text: "author: x\ntitle: A lease"}}, scores); err != nil {
		t.Fatal(err)
	}
	if result.Hits[0].Score != float64(scores[0].Logit) {
		t.Errorf("score %v of the fields, %v of the text they make", result.Hits[0].Score, scores[0].Logit)
	}
}

func TestThresholdAndBatches(t *testing.T) {
	m := load(t, crossencoder.Options{})
	var requests []rerank.Request
	for _, query := range []string{"read a file", "what is bread", ""} {
		hits := rerank.Hits([]rerank.Document{{Text: "the river"}, {Text: "a b c"}, {Text: "bread"}, {Text: strings.Repeat("lease ", 99)}})
		requests = append(requests, rerank.Request{Query: rerank.Query{Text: query}, Hits: hits})
	}
	requests = append(requests, rerank.Request{})
	results, err := m.Reranker().RerankBatch(t.Context(), requests)
	if err != nil || len(results) != 4 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	for i, q := range requests {
		alone, err := m.Reranker().Rerank(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for j, h := range alone.Hits {
			if h.Score != results[i].Hits[j].Score {
				t.Errorf("request %d, hit %d: %v alone, %v among others", i, j, h.Score, results[i].Hits[j].Score)
			}
		}
	}
	if notes := results[0].Stages[0].Notes; len(notes) != 1 || !strings.Contains(notes[0], "1 long texts") {
		t.Errorf("notes %q", notes)
	}
	all := results[0].Hits
	least := all[1].Relevance
	some, err := m.NewReranker(crossencoder.RerankOptions{MinRelevance: least}).Rerank(t.Context(), requests[0])
	if err != nil || len(some.Hits) != 2 || len(some.Stages[0].Notes) != 2 {
		t.Errorf("from a relevance of %v on: %d hits of %d, notes %q, %v", least, len(some.Hits), len(all), some.Stages[0].Notes, err)
	}
}

// TestNumberOfLabels: id2label, then num_labels, then two, as transformers has it; names may be numbers; and weights
// that have another number are refused by both.
func TestNumberOfLabels(t *testing.T) {
	const names = `"id2label": {
    "0": "LABEL_0"
  },`
	for _, c := range []struct{ labels, want string }{
		{names, ""},
		{`"num_labels": 1,`, ""},
		{`"id2label": null, "num_labels": 1,`, ""},
		{`"id2label": {"0": 0},`, ""},
		{`"id2label": {"0": "LABEL_0"}, "num_labels": 3,`, ""},
		{``, "rows for 1 labels, config.json has 2 (no number of labels, which means two)"},
		{`"num_labels": 2,`, "rows for 1 labels, config.json has 2 (num_labels)"},
		{`"id2label": {"0": "no", "1": "yes"},`, "rows for 1 labels, config.json has 2 (id2label)"},
		{`"id2label": {"1": "yes"},`, "none of id 0"},
		{`"id2label": {},`, "id2label has 0 labels"},
		{`"num_labels": 0,`, "num_labels has 0 labels"},
		{`"num_labels": 100000,`, "num_labels has 100000 labels"},
	} {
		m, err := crossencoder.Load(folderWith(t, "testdata/tiny1", nil, names, c.labels), crossencoder.Options{})
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.labels, err, c.want)
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.labels, err)
		case c.want == "" && m.Remark() != "":
			t.Errorf("%s: remark %q", c.labels, m.Remark())
		}
	}
}

// twoLabels returns the model of three labels without its last.
func twoLabels(t *testing.T, names string) fstest.MapFS {
	fsys := folderWith(t, "testdata/tiny3", nil)
	f, err := safetensors.Parse(fsys["model.safetensors"].Data)
	if err != nil {
		t.Fatal(err)
	}
	var list []safetensors.Tensor
	for _, name := range f.Names() {
		x, _ := f.Tensor(name)
		if strings.HasPrefix(name, "classifier.") {
			x.Data, x.Shape = x.Data[:len(x.Data)/3*2], append([]int{2}, x.Shape[1:]...)
		}
		list = append(list, x)
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, list, nil); err != nil {
		t.Fatal(err)
	}
	config := map[string]any{}
	if err := json.Unmarshal(fsys["config.json"].Data, &config); err != nil {
		t.Fatal(err)
	}
	config["id2label"] = json.RawMessage(names)
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	fsys["model.safetensors"], fsys["config.json"] = &fstest.MapFile{Data: b.Bytes()}, &fstest.MapFile{Data: data}
	return fsys
}

// TestLabelThatWasTaken: where names decide nothing, every report says which label counts.
func TestLabelThatWasTaken(t *testing.T) {
	for names, want := range map[string]string{
		`{"0": "LABEL_0", "1": "LABEL_1"}`:    `"LABEL_1"`,
		`{"0": 0, "1": 1}`:                    `"1"`,
		`{"0": "irrelevant", "1": "fitting"}`: `"fitting"`,
		`{"0": "no", "1": "yes"}`:             "",
		`{"0": "relevant", "1": "other"}`:     "",
	} {
		m, err := crossencoder.Load(twoLabels(t, names), crossencoder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		hits := rerank.Hits([]rerank.Document{{Text: "a"}})
		result, err := m.Reranker().Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "b"}, Hits: hits})
		if err != nil {
			t.Fatal(err)
		}
		notes := result.Stages[0].Notes
		if want == "" && (len(notes) > 0 || m.Remark() != "") || want != "" && (len(notes) != 1 || notes[0] != m.Remark() || !strings.HasSuffix(notes[0], want)) {
			t.Errorf("%s: notes %q, remark %q", names, notes, m.Remark())
		}
	}
	if _, err := crossencoder.Load(twoLabels(t, `{"0": "negative", "1": "positive"}`), crossencoder.Options{Label: "postive"}); err == nil ||
		!strings.Contains(err.Error(), `did you mean "positive"?`) {
		t.Errorf("a label that is misspelled: %v", err)
	}
}
