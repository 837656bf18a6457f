package terminal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleTruncate() {
	fmt.Println(terminal.Truncate("bufio.Scanner reads lines", 14))
	fmt.Println(terminal.Truncate("検索エンジン", 7))
	// Output:
	// bufio.Scanner…
	// 検索エ…
}

func TestInspectFilesAndBuffers(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, w := range []any{f, &bytes.Buffer{}, nil} {
		s := terminal.Inspect(w)
		if s.Terminal || s.Color || s.Columns() != terminal.DefaultWidth {
			t.Errorf("Inspect(%T) = %+v, want plain text", w, s)
		}
		if got := s.Bold("x") + s.Red("y"); got != "xy" {
			t.Errorf("plain text is shown as %q", got)
		}
	}
	if got := (terminal.Screen{Color: true}).Bold("x"); !strings.Contains(got, "\x1b[1m") {
		t.Errorf("a colour screen shows bold as %q", got)
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		" a\n\tb\u00a0 c ":          "a b c",
		"\x1b[31mred\x1b[0m\a":      "[31mred[0m",
		"bad\xff\xfe utf8":          "bad utf8",
		"\u202eevil\u2069":          "evil",
		"e\u0301 👩‍👩‍👧 stays whole": "e\u0301 👩‍👩‍👧 stays whole",
		"":                          "",
	} {
		if got := terminal.Clean(text); got != want {
			t.Errorf("Clean(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	got := terminal.Wrap("one two  three incomprehensibilities x", 9)
	if want := []string{"one two", "three", "incompre…", "x"}; !slices.Equal(got, want) {
		t.Errorf("Wrap = %q, want %q", got, want)
	}
}

func FuzzFit(f *testing.F) {
	f.Add("日本語 text", 5)
	f.Add("e\u0301👩‍👩‍👧", 1)
	f.Add("\xff\xfe", 0)
	f.Fuzz(func(t *testing.T, text string, width int) {
		defer testenv.Bound(t, len(text))()
		text, width = terminal.Clean(text), max(0, width%200)
		got := terminal.Fit(text, width)
		if terminal.Width(got) != width {
			t.Errorf("Fit(%q, %d) = %q takes %d columns", text, width, got, terminal.Width(got))
		}
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\x1b") {
			t.Errorf("Fit(%q, %d) = %q", text, width, got)
		}
	})
}
