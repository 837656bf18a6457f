package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/internal/durable"
)

// The exit codes; the help of the root command lists them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// usageError is an error of the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// conclude reports what a command ended with and returns the exit code.
func (a *app) conclude(ctx context.Context, cmd *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		fmt.Fprintln(a.stderr, "rerank: stopped")
		return exitInterrupted
	}
	message := err.Error()
	if !strings.HasPrefix(message, "rerank: ") {
		message = "rerank: " + message
	}
	fmt.Fprintln(a.stderr, a.err.Red("error:"), message)
	if durable.IsFull(err) {
		fmt.Fprintln(a.stderr, "The disk is full: free some space and try again. What was complete before is unharmed.")
	}
	var usage usageError
	if !errors.As(err, &usage) {
		return exitFailure
	}
	fmt.Fprintf(a.stderr, "Try %q.\n", cmd.CommandPath()+" --help")
	return exitUsage
}
