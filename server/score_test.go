package server

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/pipeline"
)

// TestScoresOfOneScale: hits without a relevance, among others that have one, as texts in
// another language, keep their places and get no score of another scale.
func TestScoresOfOneScale(t *testing.T) {
	var hits []rerank.Hit
	for _, h := range [][2]float64{{2.4, math.NaN()}, {2.1, 0.75}, {0.9, math.NaN()}, {0.5, 0.125}, {0.3, math.NaN()}, {math.NaN(), math.NaN()}} {
		hits = append(hits, rerank.Hit{Score: h[0], Relevance: h[1], Scale: rerank.ScaleFused})
	}
	below := func(x float32) float64 { return float64(math.Nextafter32(x, 0)) }
	var g ranked
	g.take(ranking{}, rerank.Result{Hits: hits, Stages: []rerank.StageReport{{Foreign: 3}}})
	if want := []float64{0.75, below(0.75), 0.125, below(0.125), 0, 0}; !slices.Equal(g.scores, want) {
		t.Errorf("%v, want %v", g.scores, want)
	}
	if w := strings.Join(g.warnings, "; "); !strings.Contains(w, "3 documents have no relevance, and a score") || !strings.Contains(w, "3 documents seem to be in a language") {
		t.Errorf("it warns %q", w)
	}
	g = ranked{}
	g.take(ranking{}, rerank.Result{Hits: hits[:1]})
	if len(g.warnings) != 1 || !strings.Contains(g.warnings[0], "no relevance between 0 and 1") || g.scores[0] != 2.4 {
		t.Errorf("alone: %v, %q", g.scores, g.warnings)
	}
}

// TestScores: pairs are judged in the order they come in.
func TestScores(t *testing.T) {
	h := started(t, Config{}, counting{}, nil)
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/predict", `{"inputs":["q","xxx"]}`, 200, `[{"score":0.7310586,"label":"LABEL_0"}]`},
		{"/predict", `{"inputs":[["q","xx"],["p","b"],["q","xxx"]],"raw_scores":true}`, 200, `[[{"score":0.0,"label":"LABEL_0"}],[{"score":-2.0,"label":"LABEL_0"}],[{"score":1.0,"label":"LABEL_0"}]]`},
		{"/predict", `{"inputs":[]}`, 400, `"error_type":"Empty"`},
		{"/predict", `{}`, 400, `"error_type":"Empty"`},
		{"/predict", `{"inputs":"a"}`, 422, "inputs: it is a string; it must be an array"},
		{"/predict", `{"inputs":["a",["b","c"]]}`, 422, "inputs: it must be a pair of texts or an array of pairs"},
		{"/predict", `{"inputs":[["a","b"],["c"]]}`, 422, "inputs[1]: it is no pair"},
		{"/score", `{"text_1":"q","text_2":["b","xxx"],"model":"m"}`, 200, `"data":[{"index":0,"object":"score","score":0.11920292},{"index":1,"object":"score","score":0.7310586}],"usage":{"prompt_tokens":4,"total_tokens":4}`},
		{"/v1/score", `{"queries":["q","p"],"documents":["b","xxx"],"use_activation":false}`, 200, `"data":[{"index":0,"object":"score","score":-2.0},{"index":1,"object":"score","score":1.0}]`},
		{"/v1/score", `{"data_1":"q","data_2":"xx"}`, 200, `"score":0.5}]`},
		{"/score", `{"text_1":["a","b"],"text_2":["a","b","c"]}`, 400, "2 texts cannot be paired with 3"},
		{"/score", `{"text_1":"a"}`, 400, "there is no text_2"},
		{"/score", `{"text_1":"a","text_2":[]}`, 400, "text_2 must be a text or an array of texts"},
		{"/score", `{"text_1":{"source_sentence":"a"},"text_2":"b"}`, 400, "text_1: it is an object"},
	} {
		status, got, _ := post(t, h.URL+c.path, c.body)
		if status != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %d %s", c.path, c.body, status, got)
		}
	}
}

func TestTokenize(t *testing.T) {
	s, err := New(Config{Models: []Model{{Name: pipeline.MiniLM}, {Name: "words", Rerank: pipeline.LexicalBM25}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/tokenize", `{"inputs":"héllo wörld"}`, 200, `[[{"id":101,"text":"[CLS]","special":true,"start":null,"stop":null},{"id":7592,"text":"héllo","special":false,"start":0,"stop":5},{"id":2088,"text":"wörld","special":false,"start":6,"stop":11},{"id":102,"text":"[SEP]","special":true,"start":null,"stop":null}]]`},
		{"/tokenize", `{"inputs":["a",""],"add_special_tokens":false}`, 200, `[[{"id":1037,"text":"a","special":false,"start":0,"stop":1}],[]]`},
		{"/tokenize", `{"inputs":[]}`, 400, `"error_type":"Empty"`},
		{"/tokenize", `{"inputs":"a","model":"words"}`, 400, `"error_type":"Tokenizer"`},
		{"/tokenize", `{"inputs":"a","model":"none"}`, 404, "not found"},
		{"/v1/tokenize", `{"text":"hello world","model":"minilm"}`, 200, `{"tokens":[7592,2088],"token_strings":["hello","world"],"meta":{`},
		{"/v1/tokenize", `{"text":""}`, 400, "text must not be empty"},
	} {
		status, got, _ := post(t, url+c.path, c.body)
		if status != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %d %s", c.path, c.body, status, got)
		}
	}
}

// TestCut: a text that is cut gets the score of its beginning, and what must not be cut is
// refused.
func TestCut(t *testing.T) {
	s, err := New(Config{Models: []Model{{Name: pipeline.MiniLM}, {Name: "words", Rerank: pipeline.LexicalBM25}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	score := func(document, rest string) string {
		_, got, _ := post(t, url+"/v2/rerank", `{"query":"when does the lease end","documents":["`+document+`"]`+rest+`}`)
		return got
	}
	relevance := func(answer string) string {
		_, after, _ := strings.Cut(answer, `"relevance_score":`)
		number, _, _ := strings.Cut(after, "}")
		return number
	}
	long := "The lease ends in May, as it says on page four of the contract."
	cut := score(long, `,"max_tokens_per_doc":5`)
	if relevance(cut) != relevance(score("The lease ends in May", "")) || relevance(cut) == relevance(score(long, "")) || !strings.Contains(cut, "1 document was cut to 5 tokens") {
		t.Errorf("cut to five tokens: %s", cut)
	}
	if got := score(long, `,"max_tokens_per_doc":4096`); relevance(got) != relevance(score(long, "")) || strings.Contains(got, "were cut") {
		t.Errorf("not cut: %s", got)
	}
	if got := score(long, `,"max_tokens_per_doc":-1`); !strings.Contains(got, "max_tokens_per_doc is -1") {
		t.Errorf("a negative number: %s", got)
	}
	if got := score(long, `,"max_tokens_per_doc":5,"model":"words"`); !strings.Contains(got, "changes nothing") {
		t.Errorf("a model without tokens: %s", got)
	}
	endless := strings.Repeat("word ", 3000)
	statuses := map[string]int{"/rerank": 422, "/predict": 422, "/v1/ranking": 400}
	for path, body := range map[string]string{
		"/rerank":     `{"query":"q","texts":["a","` + endless + `"],"truncate":false}`,
		"/predict":    `{"inputs":["q","` + endless + `"],"truncate":false}`,
		"/v1/ranking": `{"query":{"text":"q"},"passages":[{"text":"` + endless + `"}],"truncate":"NONE"}`,
	} {
		if status, got, _ := post(t, url+path, body); status != statuses[path] || !strings.Contains(got, "truncation is off") {
			t.Errorf("%s: %d %.200s", path, status, got)
		}
		body = strings.NewReplacer("false", "true", `"NONE"`, `"END"`).Replace(body)
		if status, got, _ := post(t, url+path, body); status != 200 {
			t.Errorf("%s, cut: %d %.200s", path, status, got)
		}
	}
	voyage := `{"query":"q","documents":["a","` + endless + `"],"truncation":false}`
	if status, got, _ := post(t, url+"/v1/rerank", voyage); status != 200 || !strings.Contains(got, "1 text is longer than the model's window") {
		t.Errorf("Voyage: %d %.400s", status, got)
	}
}

// TestMaxTokens: what is counted is what is judged.
func TestMaxTokens(t *testing.T) {
	s, err := New(Config{MaxTokens: 20}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	long := strings.Repeat("word ", 30)
	for body, want := range map[string]int{
		`{"query":"q","documents":["a b c","d e f"]}`:                       200,
		`{"query":"q","documents":["` + long + `"]}`:                        413,
		`{"query":"q","documents":["` + long + `"],"max_tokens_per_doc":9}`: 200,
	} {
		if status, got, _ := post(t, url+"/v2/rerank", body); status != want {
			t.Errorf("%.60s: %d %s", body, status, got)
		}
	}
	for text, want := range map[string]int{"a": 200, long: 413} {
		if status, got, _ := post(t, url+"/v1/embeddings", `{"input":"`+text+`"}`); status != want {
			t.Errorf("%.60s: %d %.100s", text, status, got)
		}
	}
}
