// Command rerank searches in two stages: a fast first stage finds candidates
// in a corpus, a neural model that is part of the binary re-orders the best of
// them.
//
//	rerank demo ["query"…]           see it work on the Go documentation of this machine
//	rerank index -o DIR PATH…        build an index
//	rerank search DIR "query"        search it
//	rerank sort "query"              order the lines of standard input
//	rerank model info|verify         about the model
//	rerank version
//
// Every subcommand has --help with examples, and --json. The page docs/cli.md
// describes the JSON and the exit codes.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/mattn/go-colorable"
)

func main() {
	colorable.EnableColorsStdout(nil) // for consoles of Windows
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
