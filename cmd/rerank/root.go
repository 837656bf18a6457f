package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/nearest"
)

// app is what the subcommands share: where to read and write, and the flags
// that all of them have.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	out, err       terminal.Screen // what stdout and stderr can show

	json  bool
	quiet bool

	drains atomic.Bool // whether the command takes its own time to end after a signal
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{
		stdin: stdin, stdout: stdout, stderr: stderr,
		out: terminal.Inspect(stdout), err: terminal.Inspect(stderr),
	}
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newApp(stdin, stdout, stderr).run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return a.conclude(ctx, cmd, err)
}

const rootHelp = `Two-stage search: a fast first stage finds candidates, and a neural model re-ranks
the best of them. The default models are part of this program. Only "model pull" and
services named by --rerank use the network, and only "serve" accepts connections.

Exit codes:
  0    success, even if nothing was found
  1    something failed: a file could not be read, an index is damaged, …
  2    the command line is wrong
  130  stopped by Ctrl-C or a termination signal; "serve" first answers the requests
       it has begun and exits with 0; a second signal ends any command at once`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rerank",
		Short: "Two-stage search with a neural re-ranker",
		Long:  rootHelp,
		Example: `  rerank demo "read a file line by line"
  rerank index -o notes ~/notes && rerank search notes "when does the lease end"
  git log --oneline | rerank sort "memory leak in the parser" -n 5`,
		Args:          cobra.ArbitraryArgs, // so that RunE can say what is wrong
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          a.noCommand,
	}
	root.SetHelpFunc(a.writeHelp)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = checkExclusive
	root.Flags().Bool("version", false, "print the version, as rerank version does")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "write JSON (shapes: docs/cli.md)")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no remarks on standard error")
	root.AddCommand(a.benchCommand(), a.demoCommand(), a.compareCommand(), a.deleteCommand(), a.evalCommand(), a.exportCommand(), a.indexCommand(), a.searchCommand(), a.serveCommand(), a.sortCommand(), a.modelCommand(), a.versionCommand())
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Short = "Print a script that completes commands and values in your shell"
	}
	completes(root)
	return root
}

// noCommand answers a command line without a known subcommand.
func (a *app) noCommand(cmd *cobra.Command, args []string) error {
	if cmd.Flags().Changed("version") {
		return a.version()
	}
	if len(args) == 0 {
		return cmd.Help()
	}
	return unknownCommand(cmd, args[0])
}

// unknownCommand is the error about the name of a command that there is not.
func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	return usagef("unknown command %q%s", name, nearest.Choice(name, known))
}

// remark tells the user something on standard error that is no result.
func (a *app) remark(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, "rerank: "+format+"\n", args...)
	}
}

// arguments wraps a check of arguments, so that what it finds is an error of
// usage.
func arguments(check cobra.PositionalArgs, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) != nil {
			return usagef("expected %s, got %s", want, count.Of(len(args), "argument"))
		}
		return nil
	}
}

// queryArguments checks the arguments of a command that takes a query. More than
// there may be are mostly a query without quotes.
func queryArguments(name string, least, most int, want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) > most:
			return usagef("expected %s, got %d arguments; put the query in quotes: rerank %s %s %q",
				want, len(args), name, args[0], strings.Join(args[1:], " "))
		case len(args) < least:
			return usagef("expected %s", want)
		}
		return nil
	}
}
