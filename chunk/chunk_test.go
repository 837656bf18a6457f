package chunk_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/chunk"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleMarkdown() {
	source := "# Guide\nRead this first.\n\n## Install\nRun the installer. Then restart.\n"
	for _, c := range chunk.Markdown(source, chunk.Options{Budget: 4}) {
		fmt.Printf("%d-%d %s: %q\n", c.Start, c.End, c.Title, c.Text)
	}
	// Output:
	// 8-24 Guide: "Read this first."
	// 37-55 Guide > Install: "Run the installer."
	// 56-69 Guide > Install: "Then restart."
}

func ExampleText() {
	text := "One sentence here. Another one there. A third."
	for _, c := range chunk.Text(text, chunk.Options{Budget: 6, Overlap: 3}) {
		fmt.Printf("%q\n", c.Text)
	}
	// Output:
	// "One sentence here. Another one there."
	// "Another one there. A third."
}

func TestMarkdownHeadings(t *testing.T) {
	source := "---\ntitle: x\n---\nIntro *text*.\n\n# One `code` & [link](u)\n\nBody one.\n\nSetext\nheading\n---\nBody two.\n\n" +
		"```\n# no heading\n```\n\n> # quoted\n\n### Deep ###\nBody three.\n# Empty\n# Last\n## Setext\nx"
	type row struct{ Title, Anchor, Text string }
	var got []row
	for _, c := range chunk.Markdown(source, chunk.Options{}) {
		got = append(got, row{c.Title, c.Anchor, c.Text})
	}
	want := []row{
		{"", "", "---\ntitle: x\n---"},
		{"", "", "Intro *text*."},
		{"One code & link", "one-code--link", "Body one."},
		{"One code & link > Setext heading", "setext-heading", "Body two.\n\n```\n# no heading\n```\n\n> # quoted"},
		{"One code & link > Setext heading > Deep", "deep", "Body three."},
		{"Empty", "empty", ""},
		{"Last > Setext", "setext", "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRepeatedHeadingsHaveAnchorsOfTheirOwn(t *testing.T) {
	chunks := chunk.Markdown("# A\nx\n# A\ny\n# A-1\nz\n", chunk.Options{})
	seen := map[string]bool{}
	for _, c := range chunks {
		if seen[c.Anchor] {
			t.Errorf("anchor %q is used twice", c.Anchor)
		}
		seen[c.Anchor] = true
	}
}

// TestProperties cuts random texts with random options and checks what the
// documentation of Text and Markdown promises.
func TestProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text := randomText(random)
		o := chunk.Options{Budget: 1 + random.IntN(12), Overlap: random.IntN(8)}
		if random.IntN(3) == 0 {
			o.Count = utf8.RuneCountInString
		}
		checkChunks(t, text, chunk.Text(text, o), o, true)
		checkChunks(t, text, chunk.Markdown(text, o), o, false)
		if t.Failed() {
			t.Fatalf("text %q, options %+v", text, o)
		}
	}
}

func randomText(random *rand.Rand) string {
	parts := []string{"word", "Two.", "Ends! ", " ", " ", "\n", "\n\n", "# Head", "日本語", "é", "\xff", "```", "---", "> q", "* i", strings.Repeat("long", 9)}
	var b strings.Builder
	for range random.IntN(40) {
		b.WriteString(parts[random.IntN(len(parts))])
	}
	return b.String()
}

func checkChunks(t *testing.T, text string, chunks []chunk.Chunk, o chunk.Options, whole bool) {
	t.Helper()
	count := o.Count
	if count == nil {
		count = chunk.Words
	}
	covered := make([]bool, len(text))
	start, end := 0, 0
	for _, c := range chunks {
		if c.Start < start || c.End < end || c.Text != text[c.Start:c.End] {
			t.Errorf("chunk %+v is out of order or not its place in the text", c)
		}
		start, end = c.Start, c.End
		if c.Text != strings.TrimSpace(c.Text) {
			t.Errorf("chunk %q has white space at an end", c.Text)
		}
		if n := count(c.Text); n > o.Budget && strings.ContainsFunc(c.Text, unicode.IsSpace) {
			t.Errorf("chunk %q has %d tokens, the budget is %d", c.Text, n, o.Budget)
		}
		for i := c.Start; i < c.End; i++ {
			covered[i] = true
		}
	}
	for i, r := range text {
		if whole && !covered[i] && !unicode.IsSpace(r) {
			t.Errorf("byte %d is in no chunk", i)
			return
		}
	}
}

// TestLinearCost cuts texts on which the cost of cutting once grew with the
// square of the length or faster: each took from seconds to hours.
func TestLinearCost(t *testing.T) {
	const n = 100_000
	for name, c := range map[string]struct {
		source string
		chunks int
	}{
		"same headings":      {strings.Repeat("# same\n", n/4), n / 4},
		"quotations":         {strings.Repeat(">", n) + " a\n# b\n", 2},
		"quoted lists":       {strings.Repeat("> - ", n) + "a\n\n# b\n", 2},
		"lists":              {strings.Repeat("* - ", n/2) + "a\n\n# b\n", 2},
		"numbered lists":     {strings.Repeat("1. ", n/4) + "a\n\n# b\n", 0},
		"a wide break":       {strings.Repeat("- ", n) + "\n\n# b\n", 0},
		"a break of stars":   {strings.Repeat("* ", n) + "\n# b\n", 0},
		"brackets":           {strings.Repeat("[", n) + "a" + strings.Repeat("]", n) + "\n\n# b\n", 2},
		"open links":         {strings.Repeat("[a](", n/4) + "\n\n# b\n", 0},
		"emphasis":           {strings.Repeat("*a_ ", n/4) + "\n\n# b\n", 0},
		"links in a heading": {"# " + strings.Repeat("[a](", n) + "\n", 1},
		"nested by indent":   {indented(300) + "\n# b\n", 0},
	} {
		got := chunk.Markdown(c.source, chunk.Options{})
		if c.chunks > 0 && len(got) != c.chunks {
			t.Errorf("%s: %d chunks, want %d", name, len(got), c.chunks)
		}
		if last := got[len(got)-1].Anchor; c.chunks != 1 && last != "b" && !strings.HasPrefix(last, "same-") {
			t.Errorf("%s: the last anchor is %q", name, last)
		}
	}
}

func indented(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat("  ", i) + "- a\n")
	}
	return b.String()
}

// TestOverlapCost: a chunk costs few counts, however many atoms it has.
func TestOverlapCost(t *testing.T) {
	counts := 0
	o := chunk.Options{Budget: 4000, Overlap: 2000, Count: func(s string) int { counts++; return chunk.Words(s) }}
	chunks := chunk.Text(strings.Repeat("Word. ", 20_000), o)
	if limit := 20_000 + 100*len(chunks); counts > limit {
		t.Errorf("%d counts for %d chunks, more than %d", counts, len(chunks), limit)
	}
}

func TestLabelsInHeadings(t *testing.T) {
	source := "## [1.2.0] - today\nx\n## [ ] open `a[0]` and [text](u) [more][1.2.0]\ny\n\n[1.2.0]: https://example.org\n"
	var got []string
	for _, c := range chunk.Markdown(source, chunk.Options{}) {
		got = append(got, c.Title)
	}
	if diff := cmp.Diff([]string{"1.2.0 - today", "[ ] open a[0] and text more"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFrontMatter(t *testing.T) {
	for source, want := range map[string]string{
		"---\ntitle: x\n---\nbody":       "title: x\n|body",
		"---\r\ntitle: x\r\n...\r\nbody": "title: x\r\n|body",
		"---\n---":                       "|",
		"---\nnever ends\n":              "|---\nnever ends\n",
		"\n---\nx: y\n---\n":             "|\n---\nx: y\n---\n",
	} {
		yaml, end := chunk.FrontMatter(source)
		if got := yaml + "|" + source[end:]; got != want {
			t.Errorf("FrontMatter(%q) = %q, want %q", source, got, want)
		}
	}
}

// TestTitles: the title of the whole text is part of every title, and chunks
// fit the budget together with it.
func TestTitles(t *testing.T) {
	source := "---\na: b\n---\nOne two three four.\n# Whole\nFive six.\n## Part\nSeven eight nine ten.\n"
	_, start := chunk.FrontMatter(source)
	var got []string
	for _, c := range chunk.Markdown(source, chunk.Options{Title: "Whole", Start: start, Budget: 5, WithTitle: true}) {
		got = append(got, c.Title+": "+c.Text)
		if n := chunk.Words(c.Title + " " + c.Text); n > 5 {
			t.Errorf("%q has %d words with its title", c.Text, n)
		}
	}
	want := []string{
		"Whole: One two three four.", "Whole: Five six.", "Whole > Part: Seven eight nine", "Whole > Part: ten.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := chunk.Text("x", chunk.Options{Name: "file"}); len(got) != 1 || got[0].Title != "file" {
		t.Errorf("%+v", got)
	}
}

func TestOneWordWithoutEnd(t *testing.T) {
	text := strings.Repeat("x", 5*chunk.MaxWord/2)
	chunks := chunk.Text(text, chunk.Options{Budget: 1, Count: func(s string) int { return len(s) }})
	if len(chunks) != 3 || chunks[2].End != len(text) {
		t.Errorf("a word of %d bytes came in %d chunks", len(text), len(chunks))
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# A\ntext\n\nB\n==\nmore. text", 3, 1)
	f.Add("---\na\n---\n#\n\xff", 1, 0)
	f.Fuzz(func(t *testing.T, text string, budget, overlap int) {
		defer testenv.Bound(t, len(text))()
		o := chunk.Options{Budget: 1 + budget&63, Overlap: overlap & 63}
		checkChunks(t, text, chunk.Text(text, o), o, true)
		checkChunks(t, text, chunk.Markdown(text, o), o, false)
	})
}

func BenchmarkText(b *testing.B) {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. It was not amused, as one may imagine.\n\n", 5000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		chunk.Text(text, chunk.Options{Overlap: 20})
	}
}
