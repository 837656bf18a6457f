package analysis

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// elisions returns, for each language that writes them, what stands before the
// apostrophe that joins it to the next word: articles, prepositions, pronouns
// and the like, in lower case.
func elisions() map[string]string {
	return map[string]string{
		"catalan":    "d l m n s t",
		"esperanto":  "l",
		"french":     "c d j l m n s t qu jusqu lorsqu puisqu quoiqu",
		"irish":      "b d m",
		"italian":    "c d l m s t v un gl all dall dell nell sull coll agl dagl degl negl sugl quell quest anch com dov",
		"portuguese": "d n",
	}
}

// elision makes a filter that takes what a language elides off the word it is
// joined to: of l'école, école stays.
func elision(language string) (filter, error) {
	list, ok := elisions()[language]
	if !ok {
		return nil, fmt.Errorf("no elisions of %q: there are those of %s", language,
			strings.Join(slices.Sorted(maps.Keys(elisions())), ", "))
	}
	elided := map[string]bool{}
	for _, word := range strings.Fields(list) {
		elided[word] = true
	}
	return func(_ *state, term []byte) []byte {
		at := bytes.IndexByte(term, '\'')
		if at > 0 && at+1 < len(term) && elided[string(term[:at])] {
			return term[at+1:]
		}
		return term
	}, nil
}

// apostrophe cuts a word at its apostrophe: Turkish puts one between a name and
// its suffixes.
func apostrophe(_ *state, term []byte) []byte {
	if at := bytes.IndexByte(term, '\''); at > 0 {
		return term[:at]
	}
	return term
}
