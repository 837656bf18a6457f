package index

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/nearest"
)

// namer is a filter that tells which fields it names, but for those that every document
// has.
type namer interface{ Fields() []string }

// comparer is a filter that tells with values of which kinds it compares fields. A text
// that reads as a time is of the kind time.
type comparer interface {
	Comparisons() map[string][]rerank.Kind
}

// FilterWarnings returns a sentence for each field that a filter names and no document
// has, and for each that it compares with a value of a kind that no document has in it.
// The filter's methods Fields and Comparisons tell, as those of package filter do; one
// without them, and nil, gives none.
func (s *Snapshot) FilterWarnings(f rerank.Filter) ([]string, error) {
	named, ok := f.(namer)
	if !ok {
		return nil, nil
	}
	fields, complete, err := s.fields()
	if err != nil || !complete {
		return nil, err
	}
	var warnings []string
	names := slices.Sorted(maps.Keys(fields))
	for _, name := range named.Fields() {
		if _, found := fields[name]; !found {
			warnings = append(warnings, fmt.Sprintf("no document has the field %q of the filter%s", name, meant(name, names)))
		}
	}
	if compared, ok := f.(comparer); ok {
		warnings = append(warnings, unlike(compared.Comparisons(), fields)...)
	}
	return warnings, nil
}

// meant is the hint which name was probably meant.
func meant(name string, names []string) string {
	const most = 20 // names that are listed
	if len(names) <= most {
		return nearest.Choice(name, names)
	}
	return nearest.Hint(name, names)
}

// unlike returns a sentence for each comparison that no document can pass by the kinds
// of its values.
func unlike(compared map[string][]rerank.Kind, fields map[string]kinds) (warnings []string) {
	for _, name := range slices.Sorted(maps.Keys(compared)) {
		holds, found := fields[name]
		if isOwn := slices.Contains(ownNames, name); isOwn {
			holds |= setOf(rerank.KindText)
		} else if !found {
			continue // there is a sentence already
		}
		for _, k := range compared[name] {
			fits := setOf(k)
			if k == rerank.KindTime {
				fits |= setOf(rerank.KindText)
			}
			if holds&fits == 0 {
				warnings = append(warnings, fmt.Sprintf("the filter compares the field %q with a %s, which no document has there: %s", name, kindName(k), holds.describe()))
			}
		}
	}
	return warnings
}

// ownNames are the fields of filters that every document has.
var ownNames = []string{"id", "title", "text"}

// kindName is how a value of a filter's is called: its times are texts.
func kindName(k rerank.Kind) string {
	switch k {
	case rerank.KindTime:
		return "text"
	case rerank.KindBool:
		return "truth value"
	}
	return k.String()
}

// describe says what a field holds.
func (k kinds) describe() string {
	plural := []string{"texts", "numbers", "truth values", "times", "lists within lists", "null"}
	var parts []string
	for i, name := range plural {
		if k&(1<<i) != 0 {
			parts = append(parts, name)
		}
	}
	if len(parts) == 0 {
		return "it is an empty list"
	}
	return "it holds " + strings.Join(parts, " and ")
}
