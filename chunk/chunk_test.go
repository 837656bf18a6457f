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
