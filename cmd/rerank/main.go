// Command rerank searches in two stages: a fast first stage finds candidates
// in a corpus, a neural model that is part of the binary re-orders the best of
// them.
//
//	rerank demo ["query"…]           see it work on the Go documentation of this machine
//	rerank index -o DIR PATH…        build an index
//	rerank export DIR                write its documents
//	rerank delete DIR ID…            delete some
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
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mattn/go-colorable"
)

func main() {
	colorable.EnableColorsStdout(nil) // for consoles of Windows
	a := newApp(os.Stdin, os.Stdout, os.Stderr)
	os.Exit(a.run(a.untilSignal(), os.Args[1:]))
}

// untilSignal returns a context that ends with the first signal. A command that
// goes on regardless, or is told a second time, ends with the program.
func (a *app) untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		select {
		case <-signals:
		case <-time.After(patience):
			if a.drains.Load() {
				<-signals
			}
		}
		fmt.Fprintln(a.stderr, "rerank: stopped")
		os.Exit(exitInterrupted)
	}()
	return ctx
}

// patience is how long a command has to end after a signal. What it leaves
// unfinished is as after a crash: no file is half-written that counts.
const patience = 800 * time.Millisecond
