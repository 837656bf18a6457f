package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/nearest"
	"github.com/flashrerank/rerank/lexical"
	"github.com/flashrerank/rerank/pipeline"
)

// flagError says in words of the command line what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		return usagef("unknown flag --%s%s", unknown.GetSpecifiedName(), hintFlags(cmd, unknown.GetSpecifiedName()))
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		if want, known := wantedValues[flag.Value.Type()]; known {
			return usagef("%s: %q is not %s", flagName(flag), invalid.GetValue(), want)
		}
	}
	return usageError{err}
}

// wantedValues says by the type of a flag what it takes.
var wantedValues = map[string]string{
	"int": "a whole number", "intSlice": "a whole number, or several with commas between", "float64": "a number",
	"duration": "a time, such as 300ms, 2s or 1m", "bool": "true or false", "stringToString": "of the form name=value",
}

func flagName(f *pflag.Flag) string {
	if f.Name == f.Shorthand {
		return "-" + f.Name
	}
	return "--" + f.Name
}

func hintFlags(cmd *cobra.Command, name string) string {
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	return nearest.Hint("--"+name, known)
}

// checkExclusive refuses flags that were declared to exclude each other, which
// cobra would do in words of its own and with another exit code.
func checkExclusive(cmd *cobra.Command, _ []string) error {
	const annotation = "cobra_annotation_mutually_exclusive"
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		for _, group := range f.Annotations[annotation] {
			for other := range strings.FieldsSeq(group) {
				if err == nil && other != f.Name && cmd.Flags().Changed(other) {
					err = usagef("--%s and --%s exclude each other", f.Name, other)
				}
			}
		}
	})
	return err
}

// oneOfKnown refuses a value of a flag that is none of a few.
func oneOfKnown(flag, value string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return usagef("--%s: unknown value %q%s", flag, value, nearest.Choice(value, known))
}

// checkRerankers refuses names that stand for no re-ranker.
func checkRerankers(names ...string) error { return checkNames(pipeline.CheckReranker, names) }

// checkEmbedders refuses names that stand for no model of embeddings; "" stands
// for the default.
func checkEmbedders(names ...string) error {
	return checkNames(pipeline.CheckEmbedder, slices.DeleteFunc(names, func(name string) bool { return name == "" }))
}

// shortNames leaves out names with a slash: where several are tried, a model
// that is not here is reported as not available.
func shortNames(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.Contains(name, "/") })
}

func checkNames(check func(string) error, names []string) error {
	for _, name := range names {
		err := check(name)
		if errors.Is(err, fs.ErrNotExist) && !strings.Contains(name, "/") { // else a place, or a model that could be fetched
			return usageError{err}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// checkFirst refuses kinds of first stages that there are not.
func checkFirst(kinds ...string) error {
	for _, kind := range kinds {
		if !slices.Contains(pipeline.Kinds(), kind) {
			return usagef("unknown first stage %q%s", kind, nearest.Choice(kind, pipeline.Kinds()))
		}
	}
	return nil
}

// bm25Variants returns the names of the variants of BM25.
func bm25Variants() []string {
	var names []string
	for _, v := range lexical.Variants() {
		names = append(names, string(v))
	}
	return names
}

// checkAnalyzer refuses what is no analyzer.
func checkAnalyzer(name string) error {
	if _, err := analysis.New(name); err != nil {
		if hint := nearest.Hint(name, analysis.Names()); hint != "" {
			return usagef("unknown analyzer %q%s", name, hint)
		}
		return usageError{err}
	}
	return nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
