package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Limits of a tokenizer file. The largest vocabularies in use have about
// 260,000 tokens and files of 35 MB.
const (
	maxFile       = 64 << 20
	maxVocab      = 1 << 21
	maxID         = 1<<22 - 1
	maxTokenBytes = 1024
	maxAdded      = 1 << 16
)

// file is a tokenizer.json in its parts.
type file struct {
	added                                   []addedToken
	normalizer, preTokenizer, postProcessor json.RawMessage
	decoder                                 json.RawMessage
	model                                   modelFile
}

type modelFile struct {
	found                               bool
	kind, unknown, prefix, maxLen       json.RawMessage
	unknownID, byteFallback             json.RawMessage
	suffix, fuse, dropout, ignoreMerges json.RawMessage
	vocab                               vocabulary
	scores                              []float64 // of a vocab that is a list, as Unigram has it
	listed                              bool
	merges                              [][2]string
	merged                              bool // there are merges, if none
}

// Parse reads a tokenizer.json as the tokenizers library of Hugging Face writes
// it. Supported are the models WordPiece, Unigram and BPE (bytes or characters);
// the normalizers BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip,
// StripAccents, Replace, Prepend and Precompiled; the pre-tokenizers
// BertPreTokenizer, ByteLevel, Metaspace, Whitespace, WhitespaceSplit,
// Punctuation, Digits, CharDelimiterSplit and Split by a text or by the regular
// expressions of GPT-2, cl100k and Qwen; sequences of these; and the
// post-processors TemplateProcessing, BertProcessing, RobertaProcessing and
// ByteLevel (or none). Any other part is an error that names it.
//
// The blocks "truncation" and "padding" are ignored: they are leftovers of
// whatever run saved the file, and often shorter than the model's own limit.
// The caller gives the limit with each call, and nothing is padded. The
// "decoder" is looked at by [Tokenizer.Decode] only.
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
	if t.normalizer, err = parseNormalizer(f.normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	pre, err := parsePreTokenizer(f.preTokenizer)
	if err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if t.model, err = f.model.model(pre.byteLevel); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	t.choose(pre)
	if t.template, err = parsePostProcessor(f.postProcessor); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	if err = t.addTokens(f.added); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	decoder := bytes.Clone(f.decoder) // not a view of the file
	t.decoding = sync.OnceValues(func() (decoding, error) { return parseDecoder(decoder) })
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
			if err := exactjson.UnmarshalLast(raw, &f.added); err != nil {
				return fmt.Errorf("added_tokens: %w", err)
			}
		case "normalizer":
			f.normalizer = raw
		case "pre_tokenizer":
			f.preTokenizer = raw
		case "post_processor":
			f.postProcessor = raw
		case "decoder":
			f.decoder = raw
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
	*m = modelFile{found: true}
	err := s.object(func(key []byte) (err error) {
		name := string(key)
		if c, err := s.peek(); err == nil {
			switch {
			case name == "vocab" && c == '{':
				return m.readVocab(s)
			case name == "vocab" && c == '[':
				return m.readScores(s)
			case name == "merges" && c == '[':
				return m.readMerges(s)
			}
		}
		raw, err := s.value()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if to := m.field(name); to != nil {
			*to = raw
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// field returns where a field is kept, nil for others.
func (m *modelFile) field(name string) *json.RawMessage {
	switch name {
	case "type":
		return &m.kind
	case "unk_token":
		return &m.unknown
	case "unk_id":
		return &m.unknownID
	case "continuing_subword_prefix":
		return &m.prefix
	case "end_of_word_suffix":
		return &m.suffix
	case "max_input_chars_per_word":
		return &m.maxLen
	case "byte_fallback":
		return &m.byteFallback
	case "fuse_unk":
		return &m.fuse
	case "dropout":
		return &m.dropout
	case "ignore_merges":
		return &m.ignoreMerges
	}
	return nil
}

func (m *modelFile) readVocab(s *scanner) error {
	m.vocab, m.scores, m.listed = vocabulary{}, nil, false
	// A token with its quotes, colon and id takes at least seven bytes.
	rest := len(s.data) - s.at
	m.vocab.text = make([]byte, 0, min(rest/2, 1<<20))
	err := s.object(func(token []byte) error {
		if err := m.checkToken(s, token); err != nil {
			return err
		}
		id, err := s.integer(maxID)
		if err != nil {
			return fmt.Errorf("the id of %q: %w", token, err)
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

func (m *modelFile) checkToken(s *scanner, token []byte) error {
	if len(token) > maxTokenBytes {
		return s.fail("a token of %d bytes, more than %d", len(token), maxTokenBytes)
	}
	if len(m.vocab.ids) == maxVocab {
		return s.fail("more than %d tokens", maxVocab)
	}
	return nil
}

// readScores reads a list of tokens with their scores.
func (m *modelFile) readScores(s *scanner) error {
	m.vocab, m.scores, m.listed = vocabulary{}, nil, true
	err := s.array(func() error {
		return s.pair(func() error {
			token, err := s.text()
			if err != nil {
				return err
			}
			if err := m.checkToken(s, token); err != nil {
				return err
			}
			m.vocab.add(token, int32(len(m.vocab.ids)))
			return nil
		}, func() error {
			score, err := s.float()
			m.scores = append(m.scores, score)
			return err
		})
	})
	if err == nil {
		err = m.vocab.build()
	}
	if err != nil {
		return fmt.Errorf("vocab: %w", err)
	}
	return nil
}

// readMerges reads pairs of tokens: each a list of two, or a text with a space.
func (m *modelFile) readMerges(s *scanner) error {
	m.merges, m.merged = nil, true
	err := s.array(func() error {
		if len(m.merges) == maxVocab {
			return s.fail("more than %d merges", maxVocab)
		}
		var pair [2]string
		c, err := s.peek()
		if err == nil && c == '[' {
			part := func(i int) func() error {
				return func() error {
					token, err := s.text()
					pair[i] = string(token)
					return err
				}
			}
			err = s.pair(part(0), part(1))
		} else if err == nil {
			var text []byte
			if text, err = s.text(); err == nil {
				a, b, ok := strings.Cut(string(text), " ")
				if pair = [2]string{a, b}; !ok || strings.Contains(b, " ") {
					err = s.fail("%q is no pair", text)
				}
			}
		}
		m.merges = append(m.merges, pair)
		return err
	})
	if err != nil {
		return fmt.Errorf("merges: %w", err)
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
	case m.merged:
		return "BPE", nil
	case m.listed:
		return "Unigram", nil
	case m.maxLen != nil:
		return "WordPiece", nil
	}
	return "WordLevel", nil
}

// model makes the model; byteLevel says that a ByteLevel pre-tokenizer stands
// before it.
func (m *modelFile) model(byteLevel bool) (model, error) {
	name, err := m.name()
	if err != nil {
		return nil, err
	}
	switch {
	case name == "BPE":
		return newBPE(m, byteLevel)
	case byteLevel:
		return nil, fmt.Errorf("the pre-tokenizer ByteLevel is not supported before %s", name)
	case name == "WordPiece":
		return m.wordPiece()
	case name == "Unigram":
		return newUnigram(m)
	}
	return nil, unsupported("model", name, "WordPiece, Unigram, BPE")
}

func (m *modelFile) wordPiece() (*wordPiece, error) {
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

// field reads a value that has to be there.
func field(raw json.RawMessage, name string, into any) error {
	if isNull(raw) {
		return fmt.Errorf("%s: missing", name)
	}
	if err := exactjson.UnmarshalLast(raw, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// optional reads a value that may be missing.
func optional(raw json.RawMessage, name string, into any) error {
	if isNull(raw) {
		return nil
	}
	return field(raw, name, into)
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
