package nearest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func ExampleHint() {
	known := []string{"bm25", "minilm", "best", "none"}
	for _, word := range []string{"mini", "bets", "MiniLM", "ndcg"} {
		fmt.Printf("unknown reranker %q%s\n", word, Hint(word, known))
	}
	// Output:
	// unknown reranker "mini"; did you mean "minilm"?
	// unknown reranker "bets"; did you mean "best"?
	// unknown reranker "MiniLM"; did you mean "minilm"?
	// unknown reranker "ndcg"
}

func TestNames(t *testing.T) {
	known := []string{"depth", "deadline", "top_n", "kind", "fusion", "first", "ndcg@10", "ndcg@5", "k1", "b", "été"}
	for word, want := range map[string][]string{
		"dept":                    {"depth"},
		"detph":                   {"depth"},
		"topn":                    {"top_n"},
		"top-n":                   {"top_n"},
		"dead_line":               {"deadline"},
		"fushion":                 {"fusion"},
		"ndcg10":                  {"ndcg@10"},
		"nd":                      {"ndcg@10", "ndcg@5"},
		"k2":                      {"k1"},
		"ete":                     nil, // two of three letters
		"ét":                      {"été"},
		"":                        nil,
		"b2":                      nil, // nothing of a name of one letter is left to compare
		"zzz":                     nil,
		"x":                       nil,
		strings.Repeat("a", 1000): nil,
	} {
		if got := Names(word, known); !slices.Equal(got, want) {
			t.Errorf("Names(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Names("ab", []string{"abc", "abd", "abc", "abe", "abf"}); !slices.Equal(got, []string{"abc", "abd", "abe"}) {
		t.Errorf("many names at one distance: %q", got)
	}
}

func TestChoice(t *testing.T) {
	known := []string{"fast", "exact"}
	for word, want := range map[string]string{
		"fats":  `; did you mean "fast"?`,
		"quick": `; known are "fast", "exact"`,
	} {
		if got := Choice(word, known); got != want {
			t.Errorf("Choice(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Choice("any", nil); got != "" {
		t.Errorf("nothing is known: %q", got)
	}
}
