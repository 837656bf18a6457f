package server

import (
	"context"
	"fmt"
	"net/http"

	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
	"github.com/flashrerank/rerank/tokenizer"
)

// tokenize answers TEI's, vLLM's and Cohere's requests for tokens.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) {
	s.aboutTokens(w, r, "tokenize", s.tokenized)
}

// aboutTokens answers a request for tokens, or for the texts of some.
func (s *Server) aboutTokens(w http.ResponseWriter, r *http.Request, what string,
	find func(ctx context.Context, d *dialect, b *loose.Object, said *record) (answer any, err error)) {
	b, err := s.foreign(w, r)
	d := dialectOfTokens(r.URL.Path, b)
	said := note(r)
	said.dialect = d.name + " " + what
	var answer any
	if err == nil {
		answer, err = find(r.Context(), d, b, said)
	}
	if err != nil {
		s.refuse(w, r, d, d.misread(err))
		return
	}
	s.write(w, http.StatusOK, answer)
}

// dialectOfTokens is that of the path, but for vLLM's. The body may be nil.
func dialectOfTokens(path string, b *loose.Object) *dialect {
	if path == "/detokenize" || path == "/tokenize" && b != nil && b.Has("prompt") && !b.Has("inputs") {
		return &infinity
	}
	return dialectOfPath(path)
}

// tokenizer waits for the request's turn and returns a model and its tokenizer, which may be
// used until leave is called.
func (s *Server) tokenizer(ctx context.Context, name string, said *record) (m *model, t *tokenizer.Tokenizer, leave func(), err error) {
	if m, err = s.modelOf(name); err != nil {
		return nil, nil, nil, err
	}
	said.model = m.Name
	if leave, err = s.turn(ctx, 0, said); err != nil {
		return nil, nil, nil, err
	}
	if t = m.tokens(); t == nil {
		leave()
		return nil, nil, nil, &failure{http.StatusBadRequest, "Tokenizer", fmt.Sprintf("the model '%s' has no tokens that are known here", m.Name)}
	}
	return m, t, leave, nil
}

func (s *Server) tokenized(ctx context.Context, d *dialect, b *loose.Object, said *record) (any, error) {
	name, specials := b.Text("model"), b.Flag("add_special_tokens", true)
	named := d == &infinity && b.Flag("return_token_strs", false)
	texts, err := s.tokenTexts(d, b)
	if err != nil {
		return nil, err
	}
	m, t, leave, err := s.tokenizer(ctx, name, said)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := tokenizable(ctx, t, texts); err != nil {
		return nil, err
	}
	said.documents = len(texts)
	switch d {
	case &cohere1:
		a := cohereTokens(t, texts[0])
		said.tokens = len(a.Tokens)
		return a, nil
	case &infinity:
		a := vllmTokens(t, texts[0], specials, named)
		a.MaxModelLen = m.about().MaxTokens
		said.tokens = a.Count
		return a, nil
	}
	lists := make([][]wire.TEIToken, len(texts))
	for i, text := range texts {
		lists[i] = teiTokens(t, text, specials)
		said.tokens += len(lists[i])
	}
	return lists, nil
}

// tokenTexts reads the texts of which the tokens are wanted: one, but for TEI.
func (s *Server) tokenTexts(d *dialect, b *loose.Object) ([]string, error) {
	switch d {
	case &cohere1:
		text := b.Text("text")
		if text == "" && b.Err() == nil {
			return nil, invalid("invalid request: text must not be empty")
		}
		return []string{text}, b.Err()
	case &infinity:
		return []string{b.Text("prompt")}, b.Err()
	}
	texts, _ := b.OneOrMore("inputs")
	switch {
	case b.Err() != nil:
		return nil, b.Err()
	case len(texts) == 0:
		return nil, &failure{http.StatusBadRequest, "Empty", "`inputs` cannot be empty"}
	case len(texts) > s.config.MaxDocuments:
		return nil, invalid("there are %d inputs, more than %d", len(texts), s.config.MaxDocuments)
	}
	return texts, nil
}

func cohereTokens(t *tokenizer.Tokenizer, text string) wire.CohereTokens {
	ids, _ := t.AppendText(nil, text, 0)
	return wire.CohereTokens{Tokens: ids, TokenStrings: tokenNames(t, ids), Meta: wire.Meta{APIVersion: wire.APIVersion{Version: "1"}}}
}

func vllmTokens(t *tokenizer.Tokenizer, text string, specials, named bool) wire.VLLMTokens {
	var answer wire.VLLMTokens
	if specials {
		answer.Tokens, _, _ = t.Append(nil, nil, text, 0)
	} else {
		answer.Tokens, _ = t.AppendText([]int32{}, text, 0)
	}
	if named {
		answer.TokenStrings = tokenNames(t, answer.Tokens)
	}
	answer.Count = len(answer.Tokens)
	return answer
}

func tokenNames(t *tokenizer.Tokenizer, ids []int32) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i], _ = t.IDToToken(id)
	}
	return names
}

// teiTokens are the tokens of a text, with the characters that they stand for.
func teiTokens(t *tokenizer.Tokenizer, text string, specials bool) []wire.TEIToken {
	e := t.Encode(text, 0)
	list := []wire.TEIToken{}
	at, characters := 0, 0 // of the text, up to which they are counted
	position := func(b int) *int {
		if b < at {
			at, characters = 0, 0
		}
		characters += len([]rune(text[at:b]))
		at = b
		n := characters
		return &n
	}
	for i, id := range e.IDs {
		span := e.Offsets[i]
		one := wire.TEIToken{ID: id}
		if span == (tokenizer.Span{}) {
			one.Special = true
			one.Text, _ = t.IDToToken(id)
			if !specials {
				continue
			}
		} else {
			one.Text = text[span.Start:span.End]
			one.Start, one.Stop = position(span.Start), position(span.End)
		}
		list = append(list, one)
	}
	return list
}
