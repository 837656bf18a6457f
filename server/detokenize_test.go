package server

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestTokensThereAndBack: what tokens were made of comes back from their IDs.
func TestTokensThereAndBack(t *testing.T) {
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	_, got, _ := post(t, url+"/tokenize", `{"inputs":["the lease ends in may.","two words"]}`)
	var lists [][]struct{ ID int32 }
	if err := json.Unmarshal([]byte(got), &lists); err != nil {
		t.Fatal(err)
	}
	ids := make([][]int32, len(lists))
	for i, list := range lists {
		for _, token := range list {
			ids[i] = append(ids[i], token.ID)
		}
	}
	body, _ := json.Marshal(ids)
	for _, c := range []struct{ path, body, want string }{
		{"/decode", fmt.Sprintf(`{"ids":%s}`, body), `["the lease ends in may.","two words"]`},
		{"/decode", fmt.Sprintf(`{"ids":%s,"skip_special_tokens":"false"}`, body), `["[CLS] the lease ends in may. [SEP]","[CLS] two words [SEP]"]`},
		{"/decode", strings.Replace(fmt.Sprintf(`{"ids":%v}`, ids[1]), " ", ",", -1), `["two words"]`},
		{"/v1/detokenize", strings.Replace(fmt.Sprintf(`{"tokens":%v}`, ids[1]), " ", ",", -1), `{"text":"[CLS] two words [SEP]",`},
		{"/detokenize", strings.Replace(fmt.Sprintf(`{"tokens":%v}`, ids[1]), " ", ",", -1), `{"prompt":"[CLS] two words [SEP]"}`},
		{"/tokenize", `{"prompt":"two words"}`, strings.Replace(fmt.Sprintf(`{"count":4,"tokens":%v,"token_strs":null}`, ids[1]), " ", ",", -1)},
		{"/tokenize", `{"prompt":"two words","add_special_tokens":false,"return_token_strs":true}`,
			strings.Replace(fmt.Sprintf(`{"count":2,"tokens":%v,"token_strs":["two","words"]}`, ids[1][1:3]), " ", ",", -1)},
	} {
		if status, got, _ := post(t, url+c.path, c.body); status != 200 || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s: %d %s, want %s", c.path, c.body, status, got, c.want)
		}
	}
	for _, body := range []string{`{"ids":[1.5]}`, `{"ids":[null]}`, `{"ids":[[[1]]]}`} {
		if status, got, _ := post(t, url+"/decode", body); status != 422 {
			t.Errorf("%.40s: %d %.200s", body, status, got)
		}
	}
}

// TestEmbedAll: the vectors of all tokens have the text's vector as their mean, and there is
// a limit to how many there may be.
func TestEmbedAll(t *testing.T) {
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	_, got, _ := post(t, url+"/embed_all", `{"inputs":["the lease ends","two"]}`)
	var states [][][]float64
	if err := json.Unmarshal([]byte(got), &states); err != nil || len(states) != 2 || len(states[0]) != 5 || len(states[1]) != 3 {
		t.Fatalf("%.200s, %v", got, err)
	}
	_, got, _ = post(t, url+"/embed", `{"inputs":["the lease ends","two"]}`)
	var vectors [][]float64
	if err := json.Unmarshal([]byte(got), &vectors); err != nil {
		t.Fatal(err)
	}
	for i, tokens := range states {
		mean, length, product := make([]float64, len(vectors[i])), 0.0, 0.0
		for _, token := range tokens {
			for j, x := range token {
				mean[j] += x
			}
		}
		for j, x := range mean {
			length += x * x
			product += x * vectors[i][j]
		}
		if cosine := product / math.Sqrt(length); math.Abs(cosine-1) > 1e-4 {
			t.Errorf("text %d: the cosine of both is %v", i, cosine)
		}
	}
	body, _ := json.Marshal(map[string]any{"inputs": strings.Fields(strings.Repeat("word ", maxStates/3+1))})
	if status, got, _ := post(t, url+"/embed_all", string(body)); status != 413 {
		t.Errorf("too many tokens: %d %.200s", status, got)
	}
}
