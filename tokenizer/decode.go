package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Decode returns the text that tokens stand for, as the file's decoder puts them together:
// about what was encoded, less what the normalizer took away. Special tokens are left out if
// that is wanted. An id that is no token's is an error, and so is a decoder that is not
// known here: those are BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, Replace of a
// text, Strip, WordPiece, and sequences of them.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) (string, error) {
	d, err := t.decoding()
	if err != nil {
		return "", fmt.Errorf("tokenizer: decoder: %w", err)
	}
	tokens := make([]string, 0, len(ids))
	for _, id := range ids {
		if skipSpecial && t.special[id] {
			continue
		}
		token, ok := t.IDToToken(id)
		if !ok {
			return "", fmt.Errorf("tokenizer: there is no token %d", id)
		}
		tokens = append(tokens, token)
	}
	return strings.Join(d.steps(tokens), d.between), nil
}

// decoding is how tokens are put together: steps, and what is then between them.
type decoding struct {
	steps   func(tokens []string) []string
	between string
}

func parseDecoder(raw json.RawMessage) (decoding, error) {
	if len(raw) == 0 || exactjson.Null(raw) {
		return decoding{func(tokens []string) []string { return tokens }, " "}, nil
	}
	steps, err := parseDecoderSteps(raw, 0)
	return decoding{steps: steps}, err
}

// decoderFile has the fields of all decoders.
type decoderFile struct {
	Type     string            `json:"type"`
	Decoders []json.RawMessage `json:"decoders"`

	Prefix  string `json:"prefix"`  // WordPiece
	Cleanup bool   `json:"cleanup"` // likewise

	Replacement string  `json:"replacement"`      // Metaspace
	Scheme      string  `json:"prepend_scheme"`   // likewise
	AddPrefix   *bool   `json:"add_prefix_space"` // likewise, in older files
	Suffix      string  `json:"suffix"`           // BPEDecoder
	Content     string  `json:"content"`          // Replace, Strip
	Start       int     `json:"start"`            // Strip
	Stop        int     `json:"stop"`             // likewise
	Pattern     pattern `json:"pattern"`          // Replace
}

// pattern is a text to look for, or a regular expression, which is not supported here.
type pattern struct {
	String *string `json:"String"`
}

func parseDecoderSteps(raw json.RawMessage, depth int) (func([]string) []string, error) {
	var f decoderFile
	if err := exactjson.UnmarshalLast(raw, &f); err != nil {
		return nil, err
	}
	switch f.Type {
	case "Sequence":
		return sequenceDecoder(f.Decoders, depth)
	case "WordPiece":
		return f.wordPiece, nil
	case "ByteLevel":
		return func(tokens []string) []string { return []string{unspell(tokens)} }, nil
	case "ByteFallback":
		return fallback, nil
	case "Fuse":
		return func(tokens []string) []string { return []string{strings.Join(tokens, "")} }, nil
	case "Metaspace":
		return f.metaspace, nil
	case "BPEDecoder":
		return func(tokens []string) []string {
			return each(tokens, func(i int, token string) string {
				return strings.ReplaceAll(token, f.Suffix, map[bool]string{false: " "}[i == len(tokens)-1])
			})
		}, nil
	case "Strip":
		return func(tokens []string) []string {
			return each(tokens, func(_ int, token string) string { return f.strip(token) })
		}, nil
	case "Replace":
		if f.Pattern.String != nil {
			return func(tokens []string) []string {
				return each(tokens, func(_ int, token string) string { return strings.ReplaceAll(token, *f.Pattern.String, f.Content) })
			}, nil
		}
		return nil, errors.New("a replacement by a regular expression is not supported")
	}
	return nil, fmt.Errorf("%q is not supported", f.Type)
}

// maxDecoders is how deep sequences of decoders nest.
const maxDecoders = 8

func sequenceDecoder(list []json.RawMessage, depth int) (func([]string) []string, error) {
	if depth == maxDecoders {
		return nil, fmt.Errorf("sequences nest deeper than %d", maxDecoders)
	}
	var all []func([]string) []string
	for _, raw := range list {
		step, err := parseDecoderSteps(raw, depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, step)
	}
	return func(tokens []string) []string {
		for _, step := range all {
			tokens = step(tokens)
		}
		return tokens
	}, nil
}

func each(tokens []string, f func(i int, token string) string) []string {
	list := make([]string, len(tokens))
	for i, token := range tokens {
		list[i] = f(i, token)
	}
	return list
}

// tidied are the spaces that the tokens of English words and marks do not have before them.
var tidied = strings.NewReplacer(" .", ".", " ?", "?", " !", "!", " ,", ",", " ' ", "'", " n't", "n't", " 'm", "'m", " do not", " don't", " 's", "'s", " 've", "'ve", " 're", "'re")

func (f decoderFile) wordPiece(tokens []string) []string {
	return each(tokens, func(i int, token string) string {
		if i > 0 {
			if rest, inner := strings.CutPrefix(token, f.Prefix); inner && f.Prefix != "" {
				token = rest
			} else {
				token = " " + token
			}
		}
		if f.Cleanup {
			token = tidied.Replace(token)
		}
		return token
	})
}

func (f decoderFile) metaspace(tokens []string) []string {
	prepended := f.Scheme != "never" && (f.AddPrefix == nil || *f.AddPrefix)
	return each(tokens, func(i int, token string) string {
		space := " "
		if i == 0 && prepended {
			space = ""
		}
		return strings.ReplaceAll(token, f.Replacement, space)
	})
}

// strip takes the content away at most so many times on each side.
func (f decoderFile) strip(token string) string {
	for range f.Start {
		rest, found := strings.CutPrefix(token, f.Content)
		if !found || f.Content == "" {
			break
		}
		token = rest
	}
	for range f.Stop {
		rest, found := strings.CutSuffix(token, f.Content)
		if !found || f.Content == "" {
			break
		}
		token = rest
	}
	return token
}

// fallback puts runs of tokens that stand for a byte each, as <0xE6>, together. A run that is
// not UTF-8 becomes as many replacement characters as it has bytes.
func fallback(tokens []string) []string {
	var list []string
	var run []byte
	end := func() {
		if utf8.Valid(run) {
			list = append(list, string(run))
		} else {
			list = append(list, strings.Repeat("\uFFFD", len(run)))
		}
		run = nil
	}
	for _, token := range tokens {
		if len(token) == 6 && strings.HasPrefix(token, "<0x") && token[5] == '>' {
			if b, err := strconv.ParseUint(token[3:5], 16, 8); err == nil {
				run = append(run, byte(b))
				continue
			}
		}
		if run != nil {
			end()
		}
		list = append(list, token)
	}
	if run != nil {
		end()
	}
	return list
}

// unspell returns the text of tokens whose characters each stand for a byte. A token with any
// other character, as an added one, stands for itself.
func unspell(tokens []string) string {
	bytes := make(map[rune]byte, 256)
	for b, r := range signsOfBytes() {
		bytes[r] = byte(b)
	}
	var text []byte
	for _, token := range tokens {
		before := len(text)
		for _, r := range token {
			b, ok := bytes[r]
			if !ok {
				text = append(text[:before], token...)
				break
			}
			text = append(text, b)
		}
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
