package server

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
	"github.com/flashrerank/rerank/tokenizer"
)

// tokens returns the model's tokenizer, nil if it has none.
func (m *model) tokens() *tokenizer.Tokenizer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokenizer == nil {
		m.tokenizer, _ = m.loader.Tokenizer(m.what()) // not every model has one
	}
	return m.tokenizer
}

// cutTexts cuts texts to so many tokens, 0 meaning that they stay as they are.
func (m *model) cutTexts(texts []string, most int) (_ []string, warning string) {
	if most == 0 {
		return texts, ""
	}
	t := m.tokens()
	if t == nil {
		return texts, fmt.Sprintf("max_tokens_per_doc changes nothing: '%s' has no tokens that are known here", m.Name)
	}
	around := len(t.Encode("", 0).IDs)
	cut := make([]string, len(texts))
	number := 0
	for i, text := range texts {
		cut[i] = text
		if len(text) <= most { // a token is at least a byte
			continue
		}
		if e := t.Encode(text, most+around); e.Truncated {
			cut[i] = text[:end(e.Offsets)]
			number++
		}
	}
	if number > 0 {
		warning = numbered(number, "document", "was", "were") + " cut to " + count.Of(most, "token")
	}
	return cut, warning
}

// affordable refuses texts that have more tokens than a request may have.
func (m *model) affordable(ctx context.Context, texts []string, most int) error {
	if most == 0 {
		return nil
	}
	t := m.tokens()
	if t == nil {
		return nil
	}
	return atMost(ctx, t, texts, math.MaxInt, most)
}

// atMost refuses texts that have more tokens together than most, with those that a model puts
// around them, when each is cut to its first tokens.
func atMost(ctx context.Context, t *tokenizer.Tokenizer, texts []string, first, most int) error {
	sum := 0
	var ids, types []int32
	for _, text := range texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		// One more than is left tells a text that just fits from one that does not.
		ids, types, _ = t.Append(ids[:0], types[:0], text, min(first, most-sum+1))
		if sum += len(ids); sum > most {
			return tooMany("tokens", most)
		}
	}
	return nil
}

// tooMany refuses texts that have too much of something.
func tooMany(what string, most int) error {
	return &failure{http.StatusRequestEntityTooLarge, "Validation", fmt.Sprintf("the texts have more than %d %s", most, what)}
}

// end is where the last token ends.
func end(offsets []tokenizer.Span) int {
	last := 0
	for _, o := range offsets {
		last = max(last, o.End)
	}
	return last
}

// tokenize answers TEI's and Cohere's requests for tokens.
func (s *Server) tokenize(w http.ResponseWriter, r *http.Request) {
	s.aboutTokens(w, r, "tokenize", s.tokenized)
}

// aboutTokens answers a request that TEI and Cohere have, Cohere below /v1/.
func (s *Server) aboutTokens(w http.ResponseWriter, r *http.Request, what string,
	find func(ctx context.Context, d *dialect, b *loose.Object, said *record) (answer any, err error)) {
	d := &tei
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		d = &cohere1
	}
	said := note(r)
	said.dialect = d.name + " " + what
	b, err := s.foreign(w, r)
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

// tokenizer waits for the request's turn and returns the tokenizer of a model, which may be
// used until leave is called.
func (s *Server) tokenizer(ctx context.Context, name string, said *record) (t *tokenizer.Tokenizer, leave func(), err error) {
	m, err := s.modelOf(name)
	if err != nil {
		return nil, nil, err
	}
	said.model = m.Name
	if leave, err = s.turn(ctx, 0, said); err != nil {
		return nil, nil, err
	}
	if t = m.tokens(); t == nil {
		leave()
		return nil, nil, &failure{http.StatusBadRequest, "Tokenizer", fmt.Sprintf("the model '%s' has no tokens that are known here", m.Name)}
	}
	return t, leave, nil
}

func (s *Server) tokenized(ctx context.Context, d *dialect, b *loose.Object, said *record) (any, error) {
	name, specials := b.Text("model"), b.Flag("add_special_tokens", true)
	var texts []string
	if d == &cohere1 {
		texts = []string{b.Text("text")}
	} else {
		texts, _ = b.OneOrMore("inputs")
	}
	if b.Err() != nil {
		return nil, b.Err()
	}
	t, leave, err := s.tokenizer(ctx, name, said)
	if err != nil {
		return nil, err
	}
	defer leave()
	if d == &cohere1 {
		if texts[0] == "" {
			return nil, invalid("invalid request: text must not be empty")
		}
		if err := tokenizable(ctx, t, texts); err != nil {
			return nil, err
		}
		a := wire.CohereTokens{Meta: wire.Meta{APIVersion: wire.APIVersion{Version: "1"}}}
		ids, _ := t.AppendText(nil, texts[0], 0)
		for _, id := range ids {
			name, _ := t.IDToToken(id)
			a.Tokens, a.TokenStrings = append(a.Tokens, id), append(a.TokenStrings, name)
		}
		said.documents, said.tokens = 1, len(ids)
		return a, nil
	}
	if len(texts) == 0 {
		return nil, &failure{http.StatusBadRequest, "Empty", "`inputs` cannot be empty"}
	}
	if len(texts) > s.config.MaxDocuments {
		return nil, invalid("there are %d inputs, more than %d", len(texts), s.config.MaxDocuments)
	}
	if err := tokenizable(ctx, t, texts); err != nil {
		return nil, err
	}
	lists := make([][]wire.TEIToken, len(texts))
	for i, text := range texts {
		lists[i] = teiTokens(t, text, specials)
		said.tokens += len(lists[i])
	}
	said.documents = len(lists)
	return lists, nil
}

// tokenizable refuses texts of more tokens than an answer may list: each takes many times
// the room of its characters.
func tokenizable(ctx context.Context, t *tokenizer.Tokenizer, texts []string) error {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	if size > maxTokenize {
		return tooMany("bytes", maxTokenize)
	}
	return atMost(ctx, t, texts, math.MaxInt, maxTokensGiven)
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
