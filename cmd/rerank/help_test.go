package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
)

// TestHelpFits: no line of any command's help is wider than the terminal, but
// for examples, which are to be copied.
func TestHelpFits(t *testing.T) {
	for _, width := range []int{80, 100, 200} {
		a := &app{out: terminal.Screen{Terminal: true, Width: width}}
		each(a.root(), func(cmd *cobra.Command) {
			text := wrapHelp(cmd.Long, a.helpWidth()) + "\n" + a.usage(cmd)
			examples := false
			for line := range strings.Lines(text) {
				line = strings.TrimRight(line, "\n")
				if examples = line == "Examples:" || examples && line != ""; examples {
					continue
				}
				if got := terminal.Width(line); got > width && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("width %d, %s: a line of %d columns: %s", width, cmd.CommandPath(), got, line)
				}
			}
		})
	}
	if out := succeed(t, "", "--help"); !strings.Contains(out, "\n  completion ") {
		t.Errorf("completion is not listed: %s", out)
	}
}

func each(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, c := range cmd.Commands() {
		if c.Name() != "completion" { // its texts are cobra's
			each(c, do)
		}
	}
}

func TestWrapHelp(t *testing.T) {
	text := "One two three\nfour.\n\n  a.md   first second\n         third\n  longer  x\n    code stays\nEnd.\n"
	want := "One two three\nfour.\n\n  a.md   first\n         second\n         third\n  longer  x\n    code stays\nEnd."
	if got := wrapHelp(text, 14); got != want {
		t.Errorf("wrapped as\n%s\nnot as\n%s", got, want)
	}
}

// TestCompletion asks as the scripts of shells do.
func TestCompletion(t *testing.T) {
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	for _, c := range []struct {
		args      []string
		want      []string
		directive string
	}{
		{[]string{"search", "--first", ""}, []string{"bm25", "dense", "hybrid", "tfidf", "auto"}, ":4"},
		{[]string{"search", "--rerank", "min"}, []string{"minilm", "minilm-cosine"}, ":0"},
		{[]string{"compare", "--rerank", "minilm,be"}, []string{"minilm,best"}, ":0"},
		{[]string{"sort", "--rerank", "coh"}, []string{"cohere:"}, ":0"},
		{[]string{"index", "--analyzer", "germ"}, []string{"german"}, ":4"},
		{[]string{"index", "--format", "j"}, []string{"jsonl"}, ":4"},
		{[]string{"eval", "--format", "trec"}, []string{"trec_eval"}, ":4"},
		{[]string{"eval", "--measures", "MAP,ERR"}, []string{"MAP,ERR@k"}, ":4"},
		{[]string{"search", "--bm25", "l"}, []string{"lucene"}, ":4"},
		{[]string{"search", "--pipeline", ""}, []string{"yaml", "yml"}, ":8"},
		{[]string{"search", ""}, nil, ":16"},
		{[]string{"search", "notes", ""}, nil, ":4"},
		{[]string{"index", "--output", ""}, nil, ":16"},
		{[]string{"model", "pull", "bge"}, []string{"bge-m3"}, ":4"},
		{[]string{"model", "info", ""}, []string{"minilm", "cross"}, ":0"},
		{[]string{"demo", "--corpus", ""}, []string{"auto", "go", "builtin"}, ":4"},
	} {
		lines := strings.Split(strings.TrimSpace(succeed(t, "", append([]string{"__complete"}, c.args...)...)), "\n")
		for _, want := range c.want {
			if !slices.Contains(lines, want) {
				t.Errorf("%q: %q is not among %q", c.args, want, lines)
			}
		}
		if got := lines[len(lines)-1]; got != c.directive {
			t.Errorf("%q ends with %s, not %s", c.args, got, c.directive)
		}
	}
}
