package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// detokenize answers TEI's, vLLM's and Cohere's requests for the texts of tokens.
func (s *Server) detokenize(w http.ResponseWriter, r *http.Request) {
	s.aboutTokens(w, r, "detokenize", s.detokenized)
}

func (s *Server) detokenized(ctx context.Context, d *dialect, b *loose.Object, said *record) (any, error) {
	name, list, skip := b.Text("model"), "ids", b.Flag("skip_special_tokens", true)
	if d != &tei {
		list, skip = "tokens", false
	}
	sequences := s.sequences(b, list)
	if b.Err() != nil {
		return nil, b.Err()
	}
	if len(sequences) == 0 || d != &tei && len(sequences) > 1 {
		return nil, &failure{http.StatusBadRequest, "Empty", "`" + list + "` must be the IDs of tokens"}
	}
	_, t, leave, err := s.tokenizer(ctx, name, said)
	if err != nil {
		return nil, err
	}
	defer leave()
	texts := make([]string, len(sequences))
	for i, ids := range sequences {
		if texts[i], err = t.Decode(ids, skip); err != nil {
			return nil, &failure{http.StatusBadRequest, "Tokenizer", fmt.Sprintf("%s: %v", list, err)}
		}
		said.tokens += len(ids)
	}
	said.documents = len(texts)
	switch d {
	case &cohere1:
		return wire.CohereText{Text: texts[0], Meta: wire.Meta{APIVersion: wire.APIVersion{Version: "1"}}}, nil
	case &infinity:
		return wire.VLLMText{Prompt: texts[0]}, nil
	}
	return texts, nil
}

// sequences reads IDs of tokens, or several lists of them.
func (s *Server) sequences(b *loose.Object, name string) [][]int32 {
	var lists [][]int32
	var alone []int32
	number := 0
	id := func(value []byte) (int32, error) {
		if number++; number > maxTokensGiven {
			return 0, fmt.Errorf("it has more than %d tokens", maxTokensGiven)
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.Trim(string(value), `"`), ".0"), 10, 32)
		if err != nil {
			return 0, fmt.Errorf("%.20s is no ID of a token", value)
		}
		return int32(n), nil
	}
	b.Each(name, func(value []byte) error {
		if value[0] != '[' {
			n, err := id(value)
			alone = append(alone, n)
			return err
		}
		list := []int32{}
		err := loose.Elements(value, maxTokensGiven, func(value []byte) error {
			n, err := id(value)
			list = append(list, n)
			return err
		})
		lists = append(lists, list)
		return err
	})
	switch {
	case alone == nil:
		return lists
	case lists != nil:
		b.Fail(name, errors.New("it has IDs and lists of them"))
	}
	return [][]int32{alone}
}
