package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
)

// The widths of help, in columns.
const (
	plainHelpWidth = 80 // where there is no terminal
	maxHelpWidth   = 110
)

func (a *app) helpWidth() int {
	if !a.out.Terminal {
		return plainHelpWidth
	}
	return min(a.out.Columns(), maxHelpWidth)
}

// writeHelp writes what a command does, and how it is used, as wide as the
// terminal is.
func (a *app) writeHelp(cmd *cobra.Command, _ []string) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	_, _ = io.WriteString(a.stdout, wrapHelp(text, a.helpWidth())+"\n\n"+a.usage(cmd)) // what cannot be shown is not worth an error
}

// usage returns all of a command's help below the text.
func (a *app) usage(cmd *cobra.Command) string {
	var b strings.Builder
	width := a.helpWidth()
	b.WriteString("Usage:\n")
	if cmd.Runnable() && !cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n" + commandTable(cmd, width))
	}
	for _, part := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"Flags", cmd.LocalFlags()}, {"Flags of every command", cmd.InheritedFlags()}} {
		if part.flags.HasAvailableFlags() {
			fmt.Fprintf(&b, "\n%s:\n%s", part.title, part.flags.FlagUsagesWrapped(width))
		}
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n\"%s COMMAND --help\" tells more about a command.\n", cmd.CommandPath())
	}
	return b.String()
}

func commandTable(cmd *cobra.Command, width int) string {
	var b strings.Builder
	column := 0
	for _, c := range cmd.Commands() {
		column = max(column, len(c.Name()))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			fmt.Fprintln(&b, hang("  "+terminal.Pad(c.Name(), column)+"  ", c.Short, width))
		}
	}
	return b.String()
}

// wrapHelp wraps the paragraphs of a text. Lines that begin with a space are
// rows of a table: what follows two spaces or more is wrapped below itself, and
// a line that begins in that column goes on with it. Rows with one column stay.
func wrapHelp(text string, width int) string {
	var out []string
	paragraph, row, column := "", "", 0
	flush := func() {
		if paragraph != "" {
			out = append(out, hang("", paragraph, width))
		}
		if row != "" {
			out = append(out, hang(row[:column], row[column:], width))
		}
		paragraph, row = "", ""
	}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimRight(line, " \n")
		rest := strings.TrimLeft(line, " ")
		indent := len(line) - len(rest)
		switch {
		case rest == "":
			flush()
			out = append(out, "")
		case indent == 0:
			if row != "" {
				flush()
			}
			paragraph = strings.TrimSpace(paragraph + " " + rest)
		case row != "" && terminal.Width(row[:column]) == indent:
			row += " " + rest
		default:
			flush()
			row, column = line, indent
			if gap := strings.Index(rest, "  "); gap >= 0 {
				column = len(line) - len(strings.TrimLeft(rest[gap:], " "))
			}
		}
	}
	flush()
	return strings.Join(out, "\n")
}

// hang returns a text behind a head, in lines of at most width columns where its
// words allow that, all of them behind the width of the head.
func hang(head, text string, width int) string {
	indent := strings.Repeat(" ", terminal.Width(head))
	var b strings.Builder
	line := head
	begun := false
	for word := range strings.FieldsSeq(text) {
		switch {
		case !begun:
			line += word
		case terminal.Width(line)+1+terminal.Width(word) <= width:
			line += " " + word
		default:
			b.WriteString(line + "\n")
			line = indent + word
		}
		begun = true
	}
	b.WriteString(strings.TrimRight(line, " "))
	return b.String()
}
