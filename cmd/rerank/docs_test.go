package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryFlagIsInTheDocs: the section of docs/cli.md about a command names each
// of its flags; those of serve are in docs/server.md.
func TestEveryFlagIsInTheDocs(t *testing.T) {
	each(newApp(nil, nil, nil).root(), func(cmd *cobra.Command) {
		top, _, _ := strings.Cut(strings.TrimPrefix(cmd.CommandPath(), "rerank "), " ")
		text := docsSection(t, "../../docs/cli.md", top)
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			named := regexp.MustCompile(flagName(f) + `([^-\w]|$)`)
			if !f.Hidden && f.Name != "help" && !named.MatchString(text) {
				t.Errorf("%s: the docs do not name --%s", cmd.CommandPath(), f.Name)
			}
		})
	})
}

// docsSection is what a page says about a command: all before the first command
// for "rerank" itself.
func docsSection(t *testing.T, page, command string) string {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	switch command {
	case "rerank":
		text, _, _ := strings.Cut(string(data), "\n## ")
		return text
	case "serve":
		more, err := os.ReadFile("../../docs/server.md")
		if err != nil {
			t.Fatal(err)
		}
		return string(more)
	}
	_, text, _ := strings.Cut(string(data), "\n## rerank "+command)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// TestExamplesOfHelp: the command lines that help shows are right, but for what is
// on the disk. Those that would compute or connect are only parsed.
func TestExamplesOfHelp(t *testing.T) {
	t.Chdir(t.TempDir())
	each(newApp(nil, nil, nil).root(), func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			for _, args := range commandLines(line) {
				if slices.Contains([]string{"search", "export", "delete", "eval"}, args[0]) {
					if a := command(t, "", args...); strings.Contains(a.stderr, "expected") || strings.Contains(a.stderr, "flag") {
						t.Errorf("help of %s: %s: %s", cmd.CommandPath(), strings.TrimSpace(line), a.stderr)
					}
					continue
				}
				root := newApp(nil, nil, nil).root()
				found, rest, err := root.Find(args)
				if err == nil {
					err = found.ParseFlags(rest)
				}
				if err == nil {
					err = found.ValidateArgs(found.Flags().Args())
				}
				if err != nil {
					t.Errorf("help of %s: %s: %v", cmd.CommandPath(), strings.TrimSpace(line), err)
				}
			}
		}
	})
}

// commandLines returns the arguments of each rerank that a line of a shell runs.
func commandLines(line string) [][]string {
	var lines [][]string
	var word strings.Builder
	var quote rune
	quoted, skip := false, true
	end := func() {
		w := word.String()
		word.Reset()
		switch {
		case w == "" && !quoted:
		case !quoted && w == "rerank":
			lines, skip = append(lines, nil), false
		case !quoted && (w == "|" || w == "&&" || w == ">" || w == "<"):
			skip = true
		case !skip:
			lines[len(lines)-1] = append(lines[len(lines)-1], w)
		}
		quoted = false
	}
	for _, c := range line {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote, quoted = c, true
		case c == quote:
			quote = 0
		case quote == 0 && (c == ' ' || c == '\n'):
			end()
		default:
			word.WriteRune(c)
		}
	}
	end()
	return lines
}
