package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/filter"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/models/minilm"
)

func (a *app) exportCommand() *cobra.Command {
	var only string
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the documents of an index as JSON lines",
		Long: `Write the documents of the index in DIR to standard output as JSON lines, from which
"rerank index" builds an equal index: IDs, titles, texts, fields and meta stay the
same, and passages are not split again. Embeddings are not written; "rerank index
--vectors" computes them again.

An index whose analyzer has changed since it was built can be exported, although it
can no longer be searched.`,
		Example: `  rerank export notes > notes.jsonl && rerank index --overwrite -o notes notes.jsonl
  rerank export notes --filter '{"lang": "en"}' | rerank index -o english -`,
		Args: arguments(cobra.ExactArgs(1), "an index folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := filter.Parse([]byte(only))
			if err != nil {
				return usagef("--filter: %w", err)
			}
			return a.export(cmd.Context(), args[0], f.Narrow())
		},
	}
	cmd.Flags().StringVar(&only, "filter", "", "write only the documents that match this `condition`, such as {\"year\": {\"$gte\": 2020}}")
	return cmd
}

func (a *app) export(ctx context.Context, dir string, only rerank.Filter) error {
	x, err := index.OpenDocuments(dir)
	if err != nil {
		return explainOpen(err, dir)
	}
	defer x.Close()
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	defer s.Close()
	warnings, err := s.FilterWarnings(only)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		a.remark("%s", w)
	}
	w := bufio.NewWriterSize(a.stdout, 1<<16)
	n, repaired, err := a.writeDocuments(ctx, w, s, only)
	if err != nil {
		return fmt.Errorf("exporting %s: %w", dir, err)
	}
	if err := w.Flush(); err != nil {
		return written(err)
	}
	if repaired > 0 {
		a.remark("bytes that are not UTF-8 became U+FFFD in %s", count.Of(repaired, "document"))
	}
	a.remark("%s; to rebuild the index: rerank index%s -o DIR FILE", count.Of(n, "document"), flagsOf(s.Options()))
	return nil
}

// writeDocuments writes the documents that a filter matches and returns their
// number, and that of those that are not UTF-8.
func (a *app) writeDocuments(ctx context.Context, w io.Writer, s *index.Snapshot, only rerank.Filter) (n, repaired int, err error) {
	bar := a.progress("documents", s.Len())
	defer bar.finish()
	var line []byte
	for d, err := range s.Documents(ctx) {
		if err != nil {
			return n, repaired, err
		}
		bar.add(1)
		if only != nil && !only.Match(d) {
			continue
		}
		var bad bool
		if line, bad, err = dataset.AppendDocument(line[:0], d); err != nil {
			return n, repaired, err
		}
		if _, err := w.Write(line); err != nil {
			return n, repaired, written(err)
		}
		n++
		if bad {
			repaired++
		}
	}
	return n, repaired, nil
}

// flagsOf are the flags of rerank index that make an index of these options.
func flagsOf(o index.Options) string {
	flags := ""
	switch {
	case o.Analyzer == analysis.Default:
	case strings.Contains(o.Analyzer, " "):
		flags += " --analyzer '" + o.Analyzer + "'"
	default:
		flags += " --analyzer " + o.Analyzer
	}
	if o.Model != (rerank.ModelInfo{}) {
		flags += " --vectors"
		if o.Model.Name != minilm.Name {
			flags += " --model FOLDER-OF-" + o.Model.Name
		}
	}
	return flags
}
