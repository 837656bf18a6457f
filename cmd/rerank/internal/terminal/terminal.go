// Package terminal knows what can be shown where: how wide a terminal is,
// whether it takes colours, and how much of a text fits into so many columns.
package terminal

import (
	"os"
	"strings"
	"unicode"

	"github.com/fatih/color"
	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// DefaultWidth is the width in columns of what is not a terminal.
const DefaultWidth = 100

// MinWidth is the least width that output is made for.
const MinWidth = 40

// Screen is a place for output. The zero Screen is plain text.
type Screen struct {
	Terminal bool // someone is watching
	Color    bool // escape sequences for colours are understood and wanted
	Width    int  // in columns; 0 means DefaultWidth
}

// Inspect finds out what w is. Colours are for terminals only, and not where
// NO_COLOR is set (https://no-color.org) or TERM is "dumb".
func Inspect(w any) Screen {
	s := Screen{Width: DefaultWidth}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	s.Terminal = true
	s.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		s.Width = max(width, MinWidth)
	}
	return s
}

// Columns returns the width.
func (s Screen) Columns() int {
	if s.Width == 0 {
		return DefaultWidth
	}
	return s.Width
}

// Bold returns the text in bold. Like the methods below it returns the text as
// it is where the screen shows no colours.
func (s Screen) Bold(text string) string { return s.paint(text, color.Bold) }

// Dim returns the text in a faint colour.
func (s Screen) Dim(text string) string { return s.paint(text, color.Faint) }

// Green returns the text in green.
func (s Screen) Green(text string) string { return s.paint(text, color.FgGreen) }

// Red returns the text in red.
func (s Screen) Red(text string) string { return s.paint(text, color.FgRed) }

// Cyan returns the text in cyan.
func (s Screen) Cyan(text string) string { return s.paint(text, color.FgCyan) }

func (s Screen) paint(text string, a color.Attribute) string {
	if !s.Color || text == "" {
		return text
	}
	c := color.New(a)
	c.EnableColor()
	return c.Sprint(text)
}

// Clean returns the text on one line: white space becomes single spaces, and
// control characters, with which a text could steer the terminal, are left
// out, as is what is not UTF-8.
func Clean(text string) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			space = true
		case unicode.IsControl(r), r == unicode.ReplacementChar, isDirection(r):
		default:
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isDirection reports characters that reorder what stands around them.
func isDirection(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// Width returns how many columns a text without escape sequences takes up.
func Width(text string) int { return uniseg.StringWidth(text) }

// Truncate cuts a text to at most width columns, ending in "…" if something
// was cut. Characters that are one on the screen are never taken apart.
func Truncate(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	used, end := 0, 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if used+g.Width() > width-1 {
			break
		}
		used += g.Width()
		_, end = g.Positions()
	}
	return strings.TrimRight(text[:end], " ") + "…"
}

// Pad adds spaces up to width columns.
func Pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-Width(text)))
}

// Fit truncates and pads a text to exactly width columns.
func Fit(text string, width int) string { return Pad(Truncate(text, width), width) }

// Wrap breaks a text at its spaces into lines of at most width columns; a
// longer word has a line to itself, cut.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) <= width:
			line += " " + word
		default:
			lines = append(lines, Truncate(line, width))
			line = word
		}
	}
	if line != "" {
		lines = append(lines, Truncate(line, width))
	}
	return lines
}
