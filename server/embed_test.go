package server

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
)

// lengths embeds a text as its length and the role, not of length 1.
type lengths struct{}

func (lengths) Model() rerank.ModelInfo {
	return rerank.ModelInfo{Name: "lengths", Dimensions: 2, MaxTokens: 8}
}

func (lengths) Embed(_ context.Context, texts []string, role rerank.Role) (rerank.Vectors, error) {
	v := rerank.Vectors{Dimensions: 2, Tokens: len(texts)}
	for _, t := range texts {
		v.Data = append(v.Data, float32(len(t)), float32(role)+3)
		v.Truncated = append(v.Truncated, len(t) > longestText)
	}
	return v, nil
}

// EmbedTokens has one token in each text.
func (l lengths) EmbedTokens(ctx context.Context, texts []string, role rerank.Role) ([][][]float32, rerank.Vectors, error) {
	v, err := l.Embed(ctx, texts, role)
	states := make([][][]float32, len(texts))
	for i := range states {
		states[i] = [][]float32{v.At(i)}
	}
	return states, v, err
}

// TestEmbeddingsWithoutName: the first model that can embeds where none is named.
func TestEmbeddingsWithoutName(t *testing.T) {
	s, err := New(Config{Models: []Model{{Name: "words", Rerank: "bm25"}, {Name: "vectors", Rerank: "minilm"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.models.list[1].embedder = lengths{}
	h := startedWith(t, s)
	for body, want := range map[string]int{`{"input":"a"}`: 200, `{"input":"a","model":"vectors"}`: 200, `{"input":"a","model":"words"}`: 400, `{"input":"a","model":"other"}`: 404} {
		status, got, header := post(t, h+"/v1/embeddings", body)
		if status != want || status == 200 && header.Get("X-Rerank-Model") != "vectors" {
			t.Errorf("%s: %d %s", body, status, got)
		}
	}
}

func TestEmbeddings(t *testing.T) {
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.models.list[1].embedder = lengths{}
	h := startedWith(t, s)
	for _, c := range []struct{ name, path, body, want string }{
		{"OpenAI", "/v1/embeddings", `{"model":"m","input":["abcd","abcd"],"user":"u"}`,
			`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.8,0.6]},{"object":"embedding","index":1,"embedding":[0.8,0.6]}],"model":"minilm","usage":{"prompt_tokens":2,"total_tokens":2}}`},
		{"OpenAI, one", "/embeddings", `{"input":"abcd","encoding_format":"float","dimensions":2}`, `"data":[{"object":"embedding","index":0,"embedding":[0.8,0.6]}]`},
		{"OpenAI, of the re-ranker", "/embeddings", `{"input":"abcd","model":"best"}`, `"model":"minilm"`},
		{"TEI", "/embed", `{"inputs":"abcd"}`, `[[0.8,0.6]]`},
		{"TEI, several", "/embed", `{"inputs":["abcd",""],"truncate":true}`, `[[0.8,0.6],[0,1]]`},
		{"TEI, raw", "/embed", `{"inputs":["abcd"],"normalize":false}`, `[[4,3]]`},
		{"TEI, the root", "/", `{"inputs":"abcd"}`, `[[0.8,0.6]]`},
		{"similarity", "/similarity", `{"inputs":{"source_sentence":"abcd","sentences":["abcd",""]}}`, `[1.0,0.6]`},
		{"sentence similarity at the root", "/", `{"inputs":{"source_sentence":"abcd","sentences":["abcd",""]},"parameters":{}}`, `[1.0,0.6]`},
		{"Cohere", "/v2/embed", `{"model":"m","input_type":"search_query","texts":["abc"],"embedding_types":["float"]}`, `"embeddings":{"float":[[0.6,0.8]]},"texts":["abc"]`},
	} {
		status, got, header := post(t, h+c.path, c.body)
		if status != 200 || !strings.Contains(got, c.want) || header.Get("X-Rerank-Model") != "minilm" {
			t.Errorf("%s: %d %s, want %s", c.name, status, got, c.want)
		}
	}
	_, got, _ := post(t, h+"/v1/embeddings", `{"input":["abcd"],"encoding_format":"base64"}`)
	var list struct{ Data []struct{ Embedding string } }
	if err := json.Unmarshal([]byte(got), &list); err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(list.Data[0].Embedding)
	if err != nil || len(data) != 8 || math.Float32frombits(binary.LittleEndian.Uint32(data)) != 0.8 {
		t.Errorf("base64: %s, %v", got, err)
	}
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/v1/embeddings", `{"input":[]}`, 400, `{"error":{"message":"there is no input","type":"invalid_request_error"`},
		{"/v1/embeddings", `{"input":[1,2]}`, 400, `token ids`},
		{"/v1/embeddings", `{"input":7}`, 400, `input: it is a number; it must be an array`},
		{"/v1/embeddings", `{"input":"a","dimensions":1}`, 400, `have 2`},
		{"/v1/embeddings", `{"input":"a","encoding_format":"int8"}`, 400, `neither float nor base64`},
		{"/v2/embed", `{"texts":["a"],"embedding_types":["ubinary"]}`, 400, `"message":"the encoding \"ubinary\" is neither`},
		{"/similarity", `{"inputs":["a"]}`, 400, `source_sentence`},
		{"/embed", `{"inputs":[null]}`, 422, `inputs[0]: it is null; it must be a string`},
		{"/embed", `{"inputs":{"sentences":[]}}`, 422, `"error_type":"Validation"`},
		{"/", `{"inputs":`, 400, `"error_type"`},
		{"/", `{}`, 400, "`texts` cannot be empty"},
	} {
		status, got, _ := post(t, h+c.path, c.body)
		if status != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %s: %d %s, want %d with %s", c.path, c.body, status, got, c.status, c.want)
		}
	}
	// A model that is no bi-encoder.
	other := started(t, Config{Models: []Model{{Name: "bm25"}}}, counting{}, nil)
	if status, got, _ := post(t, other.URL+"/embed", `{"inputs":"a"}`); status != http.StatusBadRequest || !strings.Contains(got, "makes no embeddings") {
		t.Errorf("%d %s", status, got)
	}
}
