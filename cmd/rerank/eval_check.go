package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// check refuses flags that would have no effect, and outputs that could not be
// written, before hours of work. It returns which way of evaluating is asked for.
func (f evalFlags) check(args []string, asJSON bool, changed func(string) bool) (evalMode, error) {
	mode := evalData
	switch {
	case len(f.runs) > 0 || f.qrels != "":
		mode = evalRun
		if f.qrels == "" || len(f.runs) == 0 {
			return mode, usagef("--qrels and --run must be given together")
		}
		if len(args) > 0 {
			return mode, usagef("%s cannot be combined with --run: a YAML file declares systems that search", args[0])
		}
	case len(args) == 1:
		mode = evalFile
	case f.data == "":
		return mode, usagef("nothing to evaluate: give --data FOLDER, a YAML file, or --qrels FILE --run FILE")
	}
	for _, check := range []func(evalMode, []string, func(string) bool) error{f.checkMode, f.checkSystems} {
		if err := check(mode, args, changed); err != nil {
			return mode, err
		}
	}
	return mode, f.checkOutputs(mode, asJSON)
}

// searching are the flags about systems that search, with the key that says
// the same in a YAML file; "" where a file has none, and the flag is for both.
var searching = [...]struct{ flag, key string }{
	{"data", "data"}, {"split", "split"}, {"analyzer", "analyzer"}, {"model", "model"}, {"vectors", "vectors"}, {"first", "first"},
	{"bm25", "bm25"}, {"rerank", "rerank"}, {"depth", "depth"}, {"queries", "queries"}, {"price", "prices"}, {"cache", ""}, {"plot", ""},
	{"save-runs", ""},
}

// counting are the flags about what counts, with their keys.
var counting = [...]struct{ flag, key string }{
	{"measures", "measures"}, {"level", "rules.level"}, {"max", "rules.max"}, {"judged-only", "rules.judged_only"},
	{"complete", "rules.complete"}, {"no-self", "rules.no_self"},
}

// checkMode refuses flags that belong to another way of evaluating.
func (f evalFlags) checkMode(mode evalMode, args []string, changed func(string) bool) error {
	for _, s := range searching {
		switch {
		case !changed(s.flag):
		case mode == evalRun:
			return usagef("--%s is about searching, and has no effect on --run", s.flag)
		case mode == evalFile && s.key != "":
			return usagef("--%s cannot be combined with %s: write the key %s into it", s.flag, args[0], s.key)
		}
	}
	for _, c := range counting {
		if mode == evalFile && changed(c.flag) {
			return usagef("--%s cannot be combined with %s: write the key %s into it", c.flag, args[0], c.key)
		}
	}
	for i, run := range f.runs {
		if slices.Contains(f.runs[:i], run) {
			return usagef("--run %s is given twice", run)
		}
	}
	if f.maxDocs < 0 || f.level < 1 {
		return usagef("--max must be at least 0, --level at least 1")
	}
	if f.complete && f.queries > 0 {
		return usagef("--complete cannot be combined with --queries, which leaves most queries out")
	}
	return nil
}

// checkSystems refuses flags about parts that no system has.
func (f evalFlags) checkSystems(mode evalMode, _ []string, changed func(string) bool) error {
	if mode != evalData {
		return nil
	}
	return given(changed).firstAndRerank(f.first, f.rerank, f.vectors)
}

// reportFormats are the values of --format.
func reportFormats() []string { return []string{"text", "json", "csv", "markdown", "trec_eval"} }

// checkOutputs refuses what could not be written.
func (f evalFlags) checkOutputs(mode evalMode, asJSON bool) error {
	if err := oneOfKnown("format", f.format, reportFormats()); err != nil {
		return err
	}
	if f.format == "trec_eval" {
		if mode != evalRun {
			return usagef("--format trec_eval is for --qrels and --run, not for systems that search (--save-runs writes their runs)")
		}
		if f.html != "" {
			return usagef("--html cannot be combined with --format trec_eval: it is a report of its own")
		}
		if len(f.runs) > 1 {
			return usagef("--format trec_eval prints one --run, not %d", len(f.runs))
		}
	}
	if asJSON && f.format != "json" && f.format != "text" {
		return usagef("--json cannot be combined with --format %s", f.format)
	}
	if ext := filepath.Ext(f.plot); f.plot != "" && ext != ".svg" && ext != ".png" {
		return usagef("--plot %s: the file must end in .svg or .png", f.plot)
	}
	for _, name := range []string{f.html, f.plot} {
		if name == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(name)); err != nil {
			return err
		} else if !info.IsDir() {
			return fmt.Errorf("%s: not a folder", filepath.Dir(name))
		}
	}
	return nil
}

// measureNames are names of measures from a flag: lists with commas, which may
// stand between parentheses too.
type measureNames []string

func (m *measureNames) String() string { return strings.Join(*m, ",") }
func (m *measureNames) Type() string   { return "names" }

// Set adds the names of a list. A number alone belongs to the name before it, as
// in P.5,10.
func (m *measureNames) Set(list string) error {
	depth, from := 0, 0
	for i, c := range list + "," {
		switch {
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			depth--
		case c == ',' && depth <= 0 || i == len(list):
			m.add(strings.TrimSpace(list[from:i]))
			from = i + 1
		}
	}
	return nil
}

func (m *measureNames) add(name string) {
	last := len(*m) - 1
	if strings.Trim(name, "0123456789") == "" && name != "" && last >= 0 && strings.Contains((*m)[last], ".") {
		(*m)[last] += "," + name
		return
	}
	*m = append(*m, name)
}
