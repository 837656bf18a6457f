package server

import (
	"encoding/json"
	"strings"
	"testing"
)

// listed asks for the list of models and returns its entries by their IDs.
func listed(t *testing.T, url string) map[string]modelEntry {
	t.Helper()
	status, body := get(t, url+"/v1/models")
	var list modelList
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != 200 || len(list.Data) != len(list.Models) {
		t.Fatalf("%d %s, %v", status, body, err)
	}
	byID := map[string]modelEntry{}
	for _, e := range list.Data {
		byID[e.ID] = e
	}
	return byID
}

// TestModelsAreListed: under every name that is answered, with what the clients of OpenAI,
// Cohere, vLLM, infinity and Xinference read.
func TestModelsAreListed(t *testing.T) {
	s, err := New(Config{Models: []Model{{Name: "best", Aliases: []string{"my-alias", "a/b"}}, {Name: "BAAI/bge-reranker-base", Rerank: "minilm"}, {Name: "words", Rerank: "bm25"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	list := listed(t, url)
	if len(list) != 5 {
		t.Errorf("%d entries: %v", len(list), list)
	}
	for id, want := range map[string]struct {
		root, kind, able string
		tokens           int
	}{
		"best": {"best", "rerank", "rerank", 256}, "my-alias": {"best", "rerank", "rerank", 256}, "a/b": {"best", "rerank", "rerank", 256},
		"BAAI/bge-reranker-base": {"BAAI/bge-reranker-base", "rerank", "rerank embed", 256}, "words": {"words", "rerank", "rerank", 0},
	} {
		e := list[id]
		if e.Root != want.root || e.ModelType != want.kind || strings.Join(e.Capabilities, " ") != want.able || e.MaxModelLen != want.tokens ||
			e.Object != "model" || e.Created == 0 || e.Name != id || e.ModelName != want.root || !e.Loaded || e.Backend == "" {
			t.Errorf("%s: %+v", id, e)
		}
		for _, path := range []string{"/v1/models/", "/models/"} {
			status, body := get(t, url+path+id)
			var one modelEntry
			if err := json.Unmarshal([]byte(body), &one); err != nil || status != 200 || one.ID != id || one.Root != want.root {
				t.Errorf("%s%s: %d %s, %v", path, id, status, body, err)
			}
		}
	}
	if status, _ := get(t, url+"/v1/models/BAAI%2Fbge-reranker-base"); status != 200 {
		t.Errorf("with an escaped slash: %d", status)
	}
	if status, body := get(t, url+"/v1/models/nobody"); status != 404 || !strings.Contains(body, "model 'nobody' not found") {
		t.Errorf("an unknown one: %d %s", status, body)
	}
	_, raw := get(t, url+"/models")
	for _, want := range []string{`"stats":{"queue_fraction":0,"queue_absolute":0,"results_pending":0,"batch_size":10000}`, `"endpoints":["rerank","embed"]`} {
		if !strings.Contains(raw, want) {
			t.Errorf("%s is not in %s", want, raw)
		}
	}
}

// TestModelUnderAnyName: where the default answers under any name, so does its description.
func TestModelUnderAnyName(t *testing.T) {
	h := started(t, Config{Version: "v1.2.3"}, counting{}, nil)
	status, body := get(t, h.URL+"/v1/models/bge-reranker-base")
	var e modelEntry
	if err := json.Unmarshal([]byte(body), &e); err != nil || status != 200 || e.ID != "bge-reranker-base" || e.Root != "best" || e.ModelType != "rerank" {
		t.Errorf("%d %s, %v", status, body, err)
	}
	if list := listed(t, h.URL); list["minilm"].ModelType != "embedding" || len(list) != 2 {
		t.Errorf("%v", list)
	}
	if _, body := get(t, h.URL+"/version"); body != `{"version":"v1.2.3"}` {
		t.Error(body)
	}
}

// TestInfo: TEI's description is that of the first model: a bi-encoder alone embeds, unless
// the configuration says otherwise.
func TestInfo(t *testing.T) {
	for _, c := range []struct {
		models []Model
		want   []string
	}{
		{nil, []string{`"model_type":{"reranker":`, `"model_id":"best"`, `"max_input_length":256`}},
		{[]Model{{Name: "minilm"}}, []string{`"model_type":{"embedding":{"pooling":"mean"}}`, `"model_dtype":"int8"`, `"served_model_name":"minilm"`}},
		{[]Model{{Name: "minilm", Type: "rerank"}}, []string{`"model_type":{"reranker":`}},
		{[]Model{{Name: "minilm"}, {Name: "best"}}, []string{`"model_type":{"reranker":`}},
		{[]Model{{Name: "minilm", Type: "embedding"}, {Name: "best"}}, []string{`"model_type":{"embedding":`}},
		{[]Model{{Name: "words", Rerank: "bm25"}}, []string{`"model_type":{"reranker":`, `"model_dtype":null`}},
	} {
		s, err := New(Config{Models: c.models}, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, body := get(t, startedWith(t, s)+"/info")
		for _, want := range c.want {
			if status != 200 || !strings.Contains(body, want) {
				t.Errorf("%+v: %d %s, want %s", c.models, status, body, want)
			}
		}
	}
	for _, c := range []struct {
		model Model
		want  string
	}{{Model{Name: "words", Rerank: "bm25", Type: "embedding"}, "models[0]: type:"}, {Model{Name: "best", Type: "embed"}, `"embed" is neither rerank nor embedding`}} {
		if _, err := New(Config{Models: []Model{c.model}}, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.model, err)
		}
	}
}

// TestClusterAuth: Xinference's client sends its key only where it is told to.
func TestClusterAuth(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want string
	}{{nil, `{"auth":false}`}, {[]string{"k"}, `{"auth":true}`}} {
		h := started(t, Config{Keys: c.keys}, counting{}, nil)
		if status, body := get(t, h.URL+"/v1/cluster/auth"); status != 200 || body != c.want {
			t.Errorf("%q: %d %s", c.keys, status, body)
		}
	}
}
