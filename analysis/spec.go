package analysis

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/flashrerank/rerank/internal/nearest"
)

//go:embed stopwords/*.txt
var stopLists embed.FS

// presets returns the specification that each preset name stands for.
func presets() map[string]string {
	specs := map[string]string{
		"english":         "unicode|cjk|fold|aside:english|snowball:english",
		"standard":        "unicode|cjk|fold",
		"lucene-english":  "unicode|possessive|lower|stop:english|porter",
		"lucene-standard": "unicode|lower",
		"bm25s":           "words",
		"bm25s-stop":      "words|stop:english",
		"bm25s-english":   "words|stop:english|snowball:english",
		"sklearn":         "words",
		"split":           "space",
	}
	for stemmer := range stemmers() {
		_, language, ok := strings.Cut(stemmer, ":")
		if ok && language != "english" && language != "dutch_porter" {
			specs[language] = languageSpec(language) + "|" + stemmer
		}
	}
	for _, language := range unstemmed() {
		specs[language] = languageSpec(language)
	}
	return specs
}

// languageSpec returns the analysis of a language but for the stems: letters
// mostly keep their accents, which tell words apart and stemmers look for.
func languageSpec(language string) string {
	spec := "unicode|cjk|normalize"
	switch language {
	case "turkish":
		spec = "unicode|cjk|normalize:turkish|apostrophe"
	case "greek": // whose capitals have no accents
		spec = "unicode|cjk|fold"
	}
	if _, elides := elisions()[language]; elides {
		spec += "|elision:" + language
	}
	if _, err := stopLists.Open("stopwords/" + language + ".txt"); err == nil {
		spec += "|aside:" + language
	}
	return spec
}

// Names returns the names of the presets, sorted.
func Names() []string {
	return slices.Sorted(maps.Keys(presets()))
}

// Stemming returns the names of the presets that reduce words to stems, sorted. It
// costs less than [New] of each and [Analyzer.Stems].
func Stemming() []string {
	known := stemmers()
	specs := presets()
	maps.DeleteFunc(specs, func(_, spec string) bool {
		return !slices.ContainsFunc(strings.Split(spec, "|"), func(part string) bool { return known[part] != nil })
	})
	return slices.Sorted(maps.Keys(specs))
}

// New returns the analyzer of a preset or of a specification, as the package
// comment describes them. The empty name means [Default].
func New(name string) (*Analyzer, error) {
	if name == "" {
		name = Default
	}
	spec, ok := presets()[name]
	if !ok {
		spec = name
	}
	a, err := parse(spec)
	if err != nil {
		return nil, fmt.Errorf("analyzer %q: %w", name, err)
	}
	a.name = name
	a.states.New = func() any { return new(state) }
	return a, nil
}

func parse(spec string) (*Analyzer, error) {
	parts := strings.Split(spec, "|")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	a := &Analyzer{spec: strings.Join(parts, "|")}
	switch parts[0] {
	case "unicode":
		a.split = splitUnicode
	case "words":
		a.split = splitWords
	case "space":
		a.split = splitSpace
	default:
		if hint := nearest.Hint(parts[0], append(Names(), "unicode", "words", "space")); hint != "" {
			return nil, fmt.Errorf("unknown preset or splitter %q%s", parts[0], hint)
		}
		return nil, fmt.Errorf("neither a preset (%s) nor a specification that starts with a splitter (unicode, words, space)",
			strings.Join(Names(), ", "))
	}
	for _, part := range parts[1:] {
		if part == "cjk" {
			a.cjk = true
			continue
		}
		f, err := a.parseFilter(part)
		if err != nil {
			return nil, err
		}
		a.filters = append(a.filters, f)
	}
	return a, nil
}

func (a *Analyzer) parseFilter(part string) (filter, error) {
	switch part {
	case "lower":
		return lower, nil
	case "normalize":
		return normalize(unicode.ToLower), nil
	case "normalize:turkish":
		return normalize(unicode.TurkishCase.ToLower), nil
	case "fold":
		return fold(), nil
	case "possessive":
		return possessive, nil
	case "apostrophe":
		return apostrophe, nil
	}
	if stem, ok := stemmers()[part]; ok {
		a.stems = true
		return stem(), nil
	}
	what, language, _ := strings.Cut(part, ":")
	switch what {
	case "stop", "aside":
		words, err := stopList(language)
		if err != nil {
			return nil, err
		}
		a.stopWords = append(a.stopWords, words...)
		if words = a.filtered(words); what == "aside" {
			return a.setAside(words), nil
		}
		return stop(words), nil
	case "elision":
		return elision(language)
	case "snowball", "light":
		return nil, unknownStemmer(part, what, language)
	}
	known := []string{"cjk", "lower", "normalize", "normalize:turkish", "fold", "possessive", "apostrophe", "elision:LANGUAGE", "stop:LANGUAGE", "aside:LANGUAGE", "porter", "snowball:LANGUAGE", "light:LANGUAGE"}
	kinds := make([]string, len(known))
	for i, name := range known {
		kinds[i], _, _ = strings.Cut(name, ":")
	}
	if hint := nearest.Hint(what, kinds); hint != "" {
		return nil, fmt.Errorf("unknown filter %q%s", part, hint)
	}
	return nil, fmt.Errorf("unknown filter %q: there are %s", part, strings.Join(known, ", "))
}

// unknownStemmer is an error about a stemmer of one kind; languages are compared
// with those of that kind.
func unknownStemmer(part, kind, language string) error {
	all := slices.Sorted(maps.Keys(stemmers()))
	var languages []string
	for _, name := range all {
		if other, of, _ := strings.Cut(name, ":"); other == kind {
			languages = append(languages, of)
		}
	}
	if near := nearest.Names(language, languages); len(near) > 0 {
		return fmt.Errorf("unknown stemmer %q; did you mean %q?", part, kind+":"+near[0])
	}
	return fmt.Errorf("no stemmer %q: there are %s", part, strings.Join(all, ", "))
}

// filtered returns what the filters so far make of the words of a list, which
// meet the words of texts in that form.
func (a *Analyzer) filtered(words []string) []string {
	s := new(state)
	filtered := make([]string, 0, len(words))
	for _, word := range words {
		s.term = append(s.term[:0], word...)
		term := s.term
		for _, f := range a.filters {
			if term = f(s, term); len(term) == 0 {
				break
			}
		}
		filtered = append(filtered, string(term))
	}
	return filtered
}

// stop makes a filter that drops the words given.
func stop(words []string) filter {
	set := make(map[string]struct{}, len(words))
	for _, w := range words {
		set[w] = struct{}{}
	}
	return func(_ *state, term []byte) []byte {
		if _, ok := set[string(term)]; ok {
			return nil
		}
		return term
	}
}

// stopList returns the stop words of a language. The English ones are those of
// Lucene and bm25s, the others Snowball's.
func stopList(language string) ([]string, error) {
	name := "stopwords/" + language + ".txt"
	if strings.ContainsFunc(language, func(r rune) bool { return !unicode.IsLower(r) }) {
		name = "stopwords"
	}
	text, err := stopLists.ReadFile(name)
	if err != nil {
		entries, _ := stopLists.ReadDir("stopwords") // embedded: it is there
		var languages []string
		for _, e := range entries {
			languages = append(languages, strings.TrimSuffix(e.Name(), ".txt"))
		}
		return nil, fmt.Errorf("no stop words for %q: there are lists for %s", language, strings.Join(languages, ", "))
	}
	return strings.Fields(string(text)), nil
}
