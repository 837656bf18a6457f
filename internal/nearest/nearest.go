// Package nearest finds the known name that was probably meant by an unknown
// one.
package nearest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxNames = 3  // how many names are suggested at most
	maxWord  = 64 // runes; a longer word is no misspelled name
)

// Names returns the known names that are nearest to a word, at most three, all
// at the same distance and in their given order. Case does not matter. A name
// that begins with the word is near; otherwise a third of its letters may
// differ (two neighbors exchanged count once). It is safe for concurrent use.
func Names(word string, known []string) []string {
	if word == "" || utf8.RuneCountInString(word) > maxWord {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	lower := strings.ToLower(word)
	for _, name := range known {
		if d, ok := distance(lower, strings.ToLower(name)); ok {
			near = append(near, candidate{name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, c := range near {
		if c.distance == near[0].distance && len(names) < maxNames && !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return names
}

// Hint returns the end of an error message about an unknown word, such as
// `; did you mean "minilm"?`, or nothing where no known name is near.
func Hint(word string, known []string) string {
	names := Names(word, known)
	if len(names) == 0 {
		return ""
	}
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	return "; did you mean " + strings.Join(names, " or ") + "?"
}

// Choice returns the end of an error message about an unknown word where only a
// few names exist: the hint, or all the names: `; known are "fast", "exact"`.
func Choice(word string, known []string) string {
	if hint := Hint(word, known); hint != "" || len(known) == 0 {
		return hint
	}
	all := make([]string, len(known))
	for i, name := range known {
		all[i] = strconv.Quote(name)
	}
	return "; known are " + strings.Join(all, ", ")
}

// distance returns how far a word is from a name, and whether that is near.
func distance(word, name string) (int, bool) {
	a, b := []rune(word), []rune(name)
	if len(a) >= 2 && strings.HasPrefix(name, word) {
		return 1, true
	}
	limit := max(1, max(len(a), len(b))/3)
	if len(a)-len(b) > limit || len(b)-len(a) > limit || max(len(a), len(b)) < 2 {
		return 0, false
	}
	d := edits(a, b)
	return d, d <= limit && d < min(len(a), len(b))
}

// edits counts the letters to insert, delete, replace or exchange with their
// neighbor that make b of a.
func edits(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(above[j]+change, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
