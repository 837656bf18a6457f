package tokenizer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// maxParts bounds the parts of a sequence, and maxDepth how deep they may lie.
const (
	maxParts = 64
	maxDepth = 8
)

// sequence returns the parts of a normalizer or pre-tokenizer that is a
// Sequence, or itself as the only one.
func sequence(raw json.RawMessage, list string, depth int) ([]json.RawMessage, error) {
	if isNull(raw) {
		return nil, nil
	}
	var head struct {
		Type string `json:"type"`
	}
	if err := exactjson.UnmarshalLast(raw, &head); err != nil {
		return nil, err
	}
	if head.Type != "Sequence" {
		return []json.RawMessage{raw}, nil
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("sequences lie deeper than %d", maxDepth)
	}
	var fields map[string]json.RawMessage
	var parts, all []json.RawMessage
	if err := exactjson.UnmarshalLast(raw, &fields); err != nil {
		return nil, err
	}
	if err := field(fields[list], list, &parts); err != nil {
		return nil, err
	}
	for _, p := range parts {
		inner, err := sequence(p, list, depth+1)
		if err != nil {
			return nil, err
		}
		if all = append(all, inner...); len(all) > maxParts {
			return nil, fmt.Errorf("more than %d parts", maxParts)
		}
	}
	return all, nil
}

const normalizerNames = "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace, Prepend, Precompiled, Sequence"

func parseNormalizer(raw json.RawMessage) (normalizer, error) {
	parts, err := sequence(raw, "normalizers", 0)
	if err != nil {
		return nil, err
	}
	c := chain{first: identity{}}
	for i, part := range parts {
		var head struct {
			Type string `json:"type"`
		}
		if err := exactjson.UnmarshalLast(part, &head); err != nil {
			return nil, err
		}
		if head.Type == "BertNormalizer" {
			if i > 0 {
				return nil, errors.New("only the first part may be BertNormalizer")
			}
			if c.first, err = parseBertNormalizer(part); err != nil {
				return nil, err
			}
			continue
		}
		step, err := parseStep(head.Type, part)
		if err != nil {
			return nil, err
		}
		c.steps = append(c.steps, step)
	}
	if len(c.steps) == 0 {
		return c.first, nil
	}
	return c, c.checkGrowth()
}

func parseStep(name string, raw json.RawMessage) (step, error) {
	var j struct {
		Left     bool        `json:"strip_left"`
		Right    bool        `json:"strip_right"`
		Pattern  patternJSON `json:"pattern"`
		Content  string      `json:"content"`
		Prepend  string      `json:"prepend"`
		Charsmap string      `json:"precompiled_charsmap"`
	}
	if err := exactjson.UnmarshalLast(raw, &j); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	switch name {
	case "NFC":
		return form{composed: true}, nil
	case "NFD":
		return form{}, nil
	case "NFKC":
		return form{composed: true, compatible: true}, nil
	case "NFKD":
		return form{compatible: true}, nil
	case "Lowercase":
		return lowercase{}, nil
	case "StripAccents":
		return stripAccents{}, nil
	case "Strip":
		return strip{j.Left, j.Right}, nil
	case "Prepend":
		return prepend(j.Prepend), nil
	case "Replace":
		step, err := j.Pattern.replacement(j.Content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return step, nil
	case "Precompiled":
		c, err := newCharsmap(j.Charsmap)
		if err != nil {
			return nil, fmt.Errorf("precompiled_charsmap: %w", err)
		}
		return c, nil
	}
	return nil, unsupported("normalizer", name, normalizerNames)
}

func parseBertNormalizer(raw json.RawMessage) (normalizer, error) {
	var j struct {
		CleanText    json.RawMessage `json:"clean_text"`
		Chinese      json.RawMessage `json:"handle_chinese_chars"`
		StripAccents *bool           `json:"strip_accents"`
		Lowercase    json.RawMessage `json:"lowercase"`
	}
	if err := exactjson.UnmarshalLast(raw, &j); err != nil {
		return nil, err
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

// patternJSON is a text or a regular expression.
type patternJSON struct{ String, Regex *string }

// replacement makes a step that puts a text in the place of what the pattern
// matches. Of regular expressions those are supported that Go's package reads
// and that no Unicode version matters to.
func (p patternJSON) replacement(to string) (step, error) {
	const most = 1 << 10
	switch {
	case p.String != nil && *p.String != "" && len(*p.String) <= most:
		return replaceText{[]byte(*p.String), to}, nil
	case p.Regex == nil || len(*p.Regex) > most:
		return nil, errors.New("no pattern")
	case strings.Contains(*p.Regex, "(?") || strings.ContainsAny(*p.Regex, `^$`):
		return nil, fmt.Errorf("the regular expression %q is not supported", *p.Regex)
	}
	for i, c := range *p.Regex {
		if c == '\\' && i+1 < len(*p.Regex) && strings.IndexByte(`.|*+?()[]{}\-/`, (*p.Regex)[i+1]) < 0 {
			return nil, fmt.Errorf("the class in the regular expression %q is not supported", *p.Regex)
		}
	}
	re, err := regexp.Compile(*p.Regex)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	if re.MatchString("") {
		return nil, fmt.Errorf("the regular expression %q matches nothing at all", *p.Regex)
	}
	return replacePattern{re, to}, nil
}

// splitting is a pre-tokenizer.
type splitting struct {
	splitters []splitter
	byteLevel bool // the last one writes signs for bytes
	origins   bool
}

// choose takes a pre-tokenizer; that of BERT, for which there is a shorter way,
// if it is alone.
func (t *Tokenizer) choose(pre splitting) {
	if len(pre.splitters) == 1 {
		if bert, ok := pre.splitters[0].(bertSplitter); ok {
			if _, ok := t.normalizer.(chain); !ok {
				t.preTokenizer = bert.bertPreTokenizer
				return
			}
		}
	}
	t.splitters, t.origins = pre.splitters, pre.origins
}

const preTokenizerNames = "BertPreTokenizer, ByteLevel, Metaspace, Whitespace, WhitespaceSplit, Punctuation, Digits, Split, CharDelimiterSplit, Sequence"

func parsePreTokenizer(raw json.RawMessage) (p splitting, err error) {
	parts, err := sequence(raw, "pretokenizers", 0)
	if err != nil {
		return p, err
	}
	for _, part := range parts {
		if p.byteLevel {
			return p, errors.New("only the last part may be ByteLevel")
		}
		var j preTokenizerJSON
		if err := exactjson.UnmarshalLast(part, &j); err != nil {
			return p, err
		}
		if err := p.add(j); err != nil {
			return p, fmt.Errorf("%s: %w", j.Type, err)
		}
	}
	return p, nil
}

type preTokenizerJSON struct {
	Type           string      `json:"type"`
	AddPrefixSpace *bool       `json:"add_prefix_space"`
	UseRegex       *bool       `json:"use_regex"`
	Replacement    string      `json:"replacement"`
	PrependScheme  string      `json:"prepend_scheme"`
	Split          *bool       `json:"split"`
	Behavior       string      `json:"behavior"`
	Individual     bool        `json:"individual_digits"`
	Pattern        patternJSON `json:"pattern"`
	Invert         bool        `json:"invert"`
	Delimiter      string      `json:"delimiter"`
}

// add adds one part.
func (p *splitting) add(j preTokenizerJSON) error {
	add := func(s splitter) error {
		p.splitters = append(p.splitters, s)
		return nil
	}
	switch j.Type {
	case "BertPreTokenizer":
		return add(bertSplitter{newBertPreTokenizer()})
	case "ByteLevel":
		p.byteLevel = true
		if j.AddPrefixSpace == nil || *j.AddPrefixSpace {
			p.splitters = append(p.splitters, leadingSpace{})
		}
		if j.UseRegex == nil || *j.UseRegex {
			return add(rangeSplitter{next: everything(gpt2End), behavior: isolated})
		}
		return nil
	case "Metaspace":
		return p.metaspace(j)
	case "Whitespace":
		return add(rangeSplitter{next: wordsAndSigns, behavior: removed, invert: true})
	case "WhitespaceSplit":
		return add(rangeSplitter{next: runes(isSplit), behavior: removed})
	case "CharDelimiterSplit":
		if len([]rune(j.Delimiter)) != 1 {
			return fmt.Errorf("the delimiter %q", j.Delimiter)
		}
		return add(rangeSplitter{next: literal(j.Delimiter), behavior: removed})
	case "Digits":
		if j.Individual {
			return add(rangeSplitter{next: runes(isNumeric), behavior: isolated})
		}
		return add(rangeSplitter{next: runes(isNumeric), behavior: contiguous})
	case "Punctuation":
		b, err := parseBehavior(cmp.Or(j.Behavior, "Isolated"))
		if err != nil {
			return err
		}
		return add(rangeSplitter{next: runes(isPunct), behavior: b})
	case "Split":
		return p.pattern(j)
	}
	return unsupported("pre-tokenizer", j.Type, preTokenizerNames)
}

func parseBehavior(name string) (behavior, error) {
	b := behavior(name)
	if !slices.Contains([]behavior{removed, isolated, mergedWithPrevious, mergedWithNext, contiguous}, b) {
		return "", fmt.Errorf("unknown behavior %q", name)
	}
	return b, nil
}

func (p *splitting) metaspace(j preTokenizerJSON) error {
	m := metaspace{sign: cmp.Or(j.Replacement, "▁"), parts: j.Split == nil || *j.Split}
	if len([]rune(m.sign)) != 1 {
		return fmt.Errorf("the replacement %q", m.sign)
	}
	scheme := j.PrependScheme
	if j.AddPrefixSpace != nil && scheme == "" { // as older files have it
		scheme = map[bool]string{true: "always", false: "never"}[*j.AddPrefixSpace]
	}
	switch cmp.Or(scheme, "always") {
	case "always":
		m.scheme = always
	case "first":
		m.scheme, p.origins = first, true
	case "never":
		m.scheme = never
	default:
		return fmt.Errorf("unknown prepend_scheme %q", scheme)
	}
	p.splitters = append(p.splitters, m)
	return nil
}

// pattern adds a Split.
func (p *splitting) pattern(j preTokenizerJSON) error {
	b, err := parseBehavior(j.Behavior)
	if err != nil {
		return err
	}
	s := rangeSplitter{behavior: b, invert: j.Invert}
	switch {
	case j.Pattern.String != nil && *j.Pattern.String != "":
		s.next = literal(*j.Pattern.String)
	case j.Pattern.Regex == nil:
		return errors.New("no pattern")
	default:
		switch *j.Pattern.Regex {
		case gpt2Pattern:
			s.next = everything(gpt2End)
		case qwenPattern:
			s.next = everything(cl100kEnd(1))
		case cl100k:
			s.next = everything(cl100kEnd(3))
		default:
			return fmt.Errorf("the regular expression %q is not supported (those of GPT-2, cl100k and Qwen are)", *j.Pattern.Regex)
		}
	}
	p.splitters = append(p.splitters, s)
	return nil
}
