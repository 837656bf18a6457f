package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Limits of a tokenizer file. The largest vocabularies in use have about
// 260,000 tokens and files of 35 MB.
const (
	maxFile       = 128 << 20
	maxVocab      = 1 << 21
	maxID         = 1<<22 - 1
	maxTokenBytes = 1024
	maxAdded      = 1 << 16
)

// file is a tokenizer.json in its parts.
type file struct {
	added                                   []addedToken
	normalizer, preTokenizer, postProcessor json.RawMessage
	model                                   modelFile
}

type modelFile struct {
	found                         bool
	kind, unknown, prefix, maxLen json.RawMessage
	others                        map[string]bool // keys of other models
	vocab                         vocabulary
	listed                        bool // vocab is a list, as Unigram has it
}

// Parse reads a tokenizer.json as the tokenizers library of Hugging Face writes
// it. Supported are the parts of BERT models: the normalizer BertNormalizer (or
// none), the pre-tokenizer BertPreTokenizer, the model WordPiece, and the
// post-processors TemplateProcessing and BertProcessing (or none). Any other
// part is an error that names it.
//
// The blocks "truncation" and "padding" are ignored: they are leftovers of
// whatever run saved the file, and often shorter than the model's own limit.
// The caller gives the limit with each call, and nothing is padded. The
// "decoder" is ignored too.
func Parse(tokenizerJSON []byte) (*Tokenizer, error) {
	t, err := parse(tokenizerJSON)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

func parse(data []byte) (*Tokenizer, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%d bytes, more than %d", len(data), maxFile)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("the file is not UTF-8")
	}
	f, err := readFile(data)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{}
	if t.model, err = f.model.wordPiece(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if t.normalizer, err = parseNormalizer(f.normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if t.preTokenizer, err = parsePreTokenizer(f.preTokenizer); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if t.template, err = parsePostProcessor(f.postProcessor); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	if err = t.addTokens(f.added); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	return t, nil
}

func readFile(data []byte) (*file, error) {
	f, s := &file{}, &scanner{data: data}
	err := s.object(func(key []byte) (err error) {
		if string(key) == "model" {
			return f.model.read(s)
		}
		raw, err := s.value()
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		switch string(key) {
		case "added_tokens":
			f.added = nil
			if err := json.Unmarshal(raw, &f.added); err != nil {
				return fmt.Errorf("added_tokens: %w", err)
			}
		case "normalizer":
			f.normalizer = raw
		case "pre_tokenizer":
			f.preTokenizer = raw
		case "post_processor":
			f.postProcessor = raw
		}
		return nil
	})
	if err == nil {
		err = s.end()
	}
	return f, err
}

// read reads the model at the scanner.
func (m *modelFile) read(s *scanner) error {
	*m = modelFile{found: true, others: map[string]bool{}}
	err := s.object(func(key []byte) (err error) {
		name := string(key)
		if c, err := s.peek(); name == "vocab" && err == nil && c == '{' {
			return m.readVocab(s)
		}
		raw, err := s.value()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		switch name {
		case "type":
			m.kind = raw
		case "unk_token":
			m.unknown = raw
		case "continuing_subword_prefix":
			m.prefix = raw
		case "max_input_chars_per_word":
			m.maxLen = raw
		case "vocab":
			m.listed = true
		default:
			if len(m.others) < 64 {
				m.others[name] = true
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

func (m *modelFile) readVocab(s *scanner) error {
	m.vocab = vocabulary{}
	// A token with its quotes, colon and id takes at least seven bytes.
	rest := len(s.data) - s.at
	m.vocab.text = make([]byte, 0, min(rest/2, 1<<20))
	err := s.object(func(token []byte) error {
		if len(token) > maxTokenBytes {
			return s.fail("a token of %d bytes, more than %d", len(token), maxTokenBytes)
		}
		id, err := s.integer(maxID)
		if err != nil {
			return fmt.Errorf("the id of %q: %w", token, err)
		}
		if len(m.vocab.ids) == maxVocab {
			return s.fail("more than %d tokens", maxVocab)
		}
		m.vocab.add(token, id)
		return nil
	})
	if err == nil {
		err = m.vocab.build()
	}
	if err != nil {
		return fmt.Errorf("vocab: %w", err)
	}
	return nil
}

// name returns the model's type. Old files do not tell it.
func (m *modelFile) name() (string, error) {
	if m.kind != nil {
		var name string
		return name, field(m.kind, "type", &name)
	}
	switch {
	case !m.found:
		return "", errors.New("missing")
	case m.others["merges"]:
		return "BPE", nil
	case m.listed:
		return "Unigram", nil
	case m.maxLen != nil:
		return "WordPiece", nil
	}
	return "WordLevel", nil
}

func (m *modelFile) wordPiece() (*wordPiece, error) {
	name, err := m.name()
	if err != nil {
		return nil, err
	}
	if name != "WordPiece" {
		return nil, unsupported("model", name, "WordPiece")
	}
	w := &wordPiece{}
	var unknown string
	if err := errors.Join(
		field(m.unknown, "unk_token", &unknown),
		field(m.prefix, "continuing_subword_prefix", &w.prefix),
		field(m.maxLen, "max_input_chars_per_word", &w.maxChars),
	); err != nil {
		return nil, err
	}
	if w.maxChars < 0 {
		return nil, fmt.Errorf("max_input_chars_per_word: %d is negative", w.maxChars)
	}
	if len(m.vocab.slots) == 0 {
		return nil, errors.New("vocab: missing")
	}
	w.vocab = m.vocab
	w.inner = w.vocab.hash(w.vocab.seed, []byte(w.prefix))
	if w.unknown = w.vocab.lookup(unknown); w.unknown < 0 {
		return nil, fmt.Errorf("unk_token: %q is not in the vocabulary", unknown)
	}
	return w, nil
}

func parseNormalizer(raw json.RawMessage) (normalizer, error) {
	if isNull(raw) {
		return identity{}, nil
	}
	var j struct {
		Type         string          `json:"type"`
		CleanText    json.RawMessage `json:"clean_text"`
		Chinese      json.RawMessage `json:"handle_chinese_chars"`
		StripAccents *bool           `json:"strip_accents"`
		Lowercase    json.RawMessage `json:"lowercase"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.Type != "BertNormalizer" {
		return nil, unsupported("normalizer", j.Type, "BertNormalizer")
	}
	var clean, chinese, lower bool
	if err := errors.Join(
		field(j.CleanText, "clean_text", &clean),
		field(j.Chinese, "handle_chinese_chars", &chinese),
		field(j.Lowercase, "lowercase", &lower),
	); err != nil {
		return nil, err
	}
	strip := lower
	if j.StripAccents != nil {
		strip = *j.StripAccents
	}
	return newBertNormalizer(clean, chinese, strip, lower), nil
}

func parsePreTokenizer(raw json.RawMessage) (preTokenizer, error) {
	var j struct {
		Type string `json:"type"`
	}
	if isNull(raw) {
		return nil, unsupported("pre-tokenizer", "null", "BertPreTokenizer")
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, err
	}
	if j.Type != "BertPreTokenizer" {
		return nil, unsupported("pre-tokenizer", j.Type, "BertPreTokenizer")
	}
	return newBertPreTokenizer(), nil
}

// field reads a value that has to be there.
func field(raw json.RawMessage, name string, into any) error {
	if isNull(raw) {
		return fmt.Errorf("%s: missing", name)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func unsupported(what, found, supported string) error {
	return fmt.Errorf("unsupported %s %q (supported: %s)", what, found, supported)
}

func checkID(token string, id int32) error {
	if id < 0 || id > maxID {
		return fmt.Errorf("the id %d of %q is not in 0…%d", id, token, maxID)
	}
	return nil
}
