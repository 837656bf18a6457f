// Command evaluate lets the project's evaluation be measured beside others by
// evaluate.py, which talks to it over lines of text.
//
//	evaluate QRELS RUN MEASURE…
//
// For every line "go" on standard input it reads both files, evaluates, and
// answers with a line of JSON: seconds of reading, seconds of evaluating, and the
// mean of each measure.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "evaluate:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) < 3 {
		return errors.New("usage: evaluate QRELS RUN MEASURE…")
	}
	measures, err := eval.ParseMeasures(args[2:]...)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		a, err := evaluate(args[0], args[1], measures)
		if err != nil {
			return err
		}
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

type answer struct {
	Read     float64   `json:"read"`
	Evaluate float64   `json:"evaluate"`
	Means    []float64 `json:"means"`
}

func evaluate(qrelsName, runName string, measures []eval.Measure) (a answer, err error) {
	start := time.Now()
	qrels, err := read(qrelsName, dataset.ReadQrels)
	if err != nil {
		return a, err
	}
	run, err := read(runName, func(r io.Reader, name string) (eval.Run, error) {
		run, _, err := dataset.ReadRun(r, name)
		return run, err
	})
	if err != nil {
		return a, err
	}
	a.Read = time.Since(start).Seconds()
	start = time.Now()
	e, err := eval.Evaluate(qrels, run, measures, eval.Options{})
	a.Evaluate, a.Means = time.Since(start).Seconds(), e.Summary
	return a, err
}

func read[T any](name string, parse func(io.Reader, string) (T, error)) (T, error) {
	f, err := os.Open(name)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	return parse(f, name)
}
