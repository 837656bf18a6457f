package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/pipeline"
)

// indexFlags are the flags of the index command.
type indexFlags struct {
	output    string
	analyzer  string
	vectors   bool
	model     string
	append    bool
	overwrite bool
	sync      bool
	skipBad   bool
	sources   sourceFlags

	modelGiven, analyzerGiven bool // they stand on the command line
}

func (a *app) indexCommand() *cobra.Command {
	var f indexFlags
	cmd := &cobra.Command{
		Use:   "index -o DIR PATH…",
		Short: "Build an index",
		Long: `Read documents from the PATHs and index them in DIR. A PATH is

  file.jsonl, .ndjson   one JSON object a line: {"_id": "d1", "title": "…", "text": "…"}
  file.tsv              id<TAB>text or id<TAB>title<TAB>text
  file.md, file.txt, …  Markdown or text, cut into passages at headings and paragraphs;
                        files with other endings are read as text too
  a folder              all Markdown and text files below it, except hidden files, files
                        that .gitignore excludes, dependencies and build output
  go:std                the documentation of the Go standard library on this machine
  go:DIR                the documentation of the Go module in DIR; with --go, every PATH
                        is such a folder
  -                     standard input: JSON lines if it begins with a brace, otherwise
                        TSV, unless --format says otherwise

JSON lines and TSV may be compressed with gzip. In JSON lines, the members of "fields"
and "metadata" become fields, for search --filter, and "meta" is stored unchanged.
Other members are left out and named at the end; --text, --title, --id and --attr tell
which members to use. They also name the columns of TSV with a --header.

A new index is built beside DIR and renamed when it is complete. A folder that holds
other files is refused. If DIR already holds an index, use one of these:

  --append      add documents, replacing those with the same ID, in commits of up to
                20,000; after an interruption the finished commits stay
  --overwrite   replace the index once the new one is complete
  --sync        make the index match the PATHs: add new documents, replace changed ones
                and delete missing ones, in one commit; unchanged texts are not embedded
                again

A line or file that cannot be read stops the command with an error; with --skip-bad it
is reported and left out.`,
		Example: `  rerank index -o notes ~/notes
  rerank index -o papers corpus.jsonl.gz --analyzer german --vectors
  rerank index -o notes --append today.md
  rerank index -o posts posts.jsonl --id url --text body --attr lang,year
  rerank index -o notes --sync ~/notes
  rerank index -o godoc go:std
  mysql -B -e 'select id, title, body from posts' | rerank index -o posts --header --text body -`,
		Args: arguments(cobra.MinimumNArgs(1), "at least one PATH to read, as in: rerank index -o notes ~/notes"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd.Flags().Changed, args); err != nil {
				return err
			}
			return a.index(cmd.Context(), f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "`folder` of the index")
	flags.StringVar(&f.analyzer, "analyzer", analysis.Default, "how text becomes terms: "+analyzers()+"; or a specification")
	flags.BoolVar(&f.vectors, "vectors", false, "also store embeddings, for --first dense and hybrid and for fast re-ranking")
	flags.StringVar(&f.model, "model", pipeline.MiniLM, "model of the embeddings: minilm, for English, or a folder")
	flags.BoolVar(&f.append, "append", false, "add documents to the index in DIR")
	flags.BoolVar(&f.overwrite, "overwrite", false, "replace the index in DIR")
	flags.BoolVar(&f.sync, "sync", false, "make the index in DIR match the PATHs")
	flags.BoolVar(&f.skipBad, "skip-bad", false, "report lines and files that cannot be read, and continue")
	f.sources.register(flags)
	cmd.MarkFlagsMutuallyExclusive("append", "overwrite", "sync")
	return cmd
}

// analyzers lists the presets, those that stem words and those that do not.
func analyzers() string {
	stem := analysis.Stemming()
	whole := slices.DeleteFunc(analysis.Names(), func(name string) bool { return slices.Contains(stem, name) })
	return oneOf(stem) + "; without stemming: " + oneOf(whole)
}

// check refuses what cannot be done before anything is read.
func (f *indexFlags) check(g given, paths []string) error {
	if f.output == "" {
		return usagef("where should the index be? Name a folder with -o, as in: rerank index -o notes ~/notes")
	}
	if f.modelGiven = g("model"); !f.append && !f.sync && !f.vectors {
		if err := g.unused("without --vectors", "model"); err != nil {
			return err
		}
	}
	if f.append && g("analyzer") {
		return usagef("--analyzer cannot be combined with --append: an index keeps the analyzer it was made with")
	}
	f.analyzerGiven = g("analyzer")
	if err := checkAnalyzer(f.analyzer); err != nil {
		return err
	}
	if err := checkEmbedders(f.model); err != nil {
		return err
	}
	if err := f.sources.check(); err != nil {
		return err
	}
	return f.sources.unused(g, paths)
}

// indexed is the outcome of the index command, and its JSON form.
type indexed struct {
	Index      string            `json:"index"`
	Analyzer   string            `json:"analyzer"`
	Model      *rerank.ModelInfo `json:"model,omitempty"` // of the vectors
	Documents  int               `json:"documents"`       // in the index now
	Added      int               `json:"added"`
	Replaced   int               `json:"replaced"`     // took the place of one that was in the index
	Renamed    int               `json:"renamed"`      // have another ID than before, with --sync
	Deleted    int               `json:"deleted"`      // with --sync
	Unchanged  int               `json:"unchanged"`    // with --sync
	Embedded   int               `json:"embedded"`     // whose vector was computed
	Duplicates int               `json:"duplicates"`   // of one input, overridden by a later one with the same ID
	Equal      equalIDs          `json:"equal_ids"`    // of documents from different sources
	Overridden []string          `json:"overridden"`   // IDs of the first few that are duplicates or, without --sync, replaced
	Skipped    int               `json:"skipped"`      // files and folders of folders that were left out
	LeftOut    []mentioned       `json:"left_out"`     // which these are
	Ignored    []mentioned       `json:"ignored"`      // members and columns that nothing was made of, by the lines with them
	Empty      int               `json:"empty"`        // documents without title and text
	Notes      []mentioned       `json:"notes"`        // files that were not read as they stand
	Bad        int               `json:"bad"`          // lines or files left out by --skip-bad
	Repaired   int               `json:"invalid_utf8"` // lines or files with bytes that are not UTF-8
	Truncated  int               `json:"truncated"`    // documents cut to the window of the model for their vector
	Foreign    int               `json:"foreign"`      // documents without a vector, as the model does not seem to know their language
	Bytes      int64             `json:"bytes"`        // of titles and texts
	Elapsed    time.Duration     `json:"elapsed_ns"`

	overridden int // how many there are
}

func (a *app) index(ctx context.Context, f indexFlags, paths []string) error {
	start := time.Now()
	sources, err := f.sources.open(ctx, a, paths)
	if err != nil {
		return err
	}
	target, err := f.target()
	if err != nil {
		return f.explainStop(err, indexed{})
	}
	defer target.discard()
	in := &ingest{app: a, skipBad: f.skipBad, fresh: target.build != nil}
	known := target.index
	if in.fresh {
		known = nil
	}
	if err := nameFolders(sources, known); err != nil {
		return err
	}
	if f.sync && !in.fresh {
		s, err := target.index.Snapshot()
		if err != nil {
			return err
		}
		defer s.Close()
		if in.old, err = takeInventory(ctx, s); err != nil {
			return err
		}
	}
	if err := in.run(ctx, target, sources); err != nil {
		return f.explainStop(err, in.outcome)
	}
	place, _ := filepath.Abs(f.output) // "" is no folder, and then nothing is said
	inside := sameFolder(".", place)
	if err := target.install(); err != nil {
		return err
	}
	if inside && !sameFolder(".", place) {
		a.remark("the current folder was replaced; enter the new one with: cd %s", place)
	}
	in.outcome.Index, in.outcome.Elapsed = f.output, time.Since(start)
	return a.writeIndexed(in.outcome)
}

// sameFolder reports whether two paths lead to one folder.
func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// explainStop adds what was kept of an append that stopped.
func (f indexFlags) explainStop(err error, did indexed) error {
	if errors.Is(err, index.ErrLocked) && (f.append || f.sync) {
		return fmt.Errorf("%s is being written by another process: %w", f.output, err)
	}
	if !f.append || did.Added+did.Replaced == 0 {
		return err
	}
	return fmt.Errorf("%w (%s added and %s replaced before that are committed)", err, count.Thousands(did.Added), count.Thousands(did.Replaced))
}

func (a *app) writeIndexed(o indexed) error {
	if a.json {
		o.Overridden, o.Equal.First = append([]string{}, o.Overridden...), append([]equalID{}, o.Equal.First...)
		for _, list := range []*[]mentioned{&o.Ignored, &o.LeftOut, &o.Notes} {
			*list = append([]mentioned{}, *list...)
		}
		return written(writeJSON(a.stdout, o))
	}
	if o.Bad > 0 {
		a.remark("left out because unreadable: %s", count.Of(o.Bad, "line or file"))
	}
	if o.Repaired > o.notes(dataset.NoteUTF8)+o.notes(dataset.NoteUTF16) {
		a.remark("bytes that are not UTF-8 were replaced in %s", count.Of(o.Repaired, "line or file"))
	}
	a.remarkIgnored(o.Ignored)
	a.remarkEqual(o)
	if o.Empty > 0 {
		a.remark("%s without title and text; use --title and --text to name the members that hold them", count.Of(o.Empty, "document"))
	}
	a.remarkLeftOut(o.LeftOut)
	for _, m := range o.Notes {
		a.remark("%s: %s", m.What, m.names())
	}
	if o.Foreign > 0 {
		a.remark("%s without a vector, apparently in a language that %s does not know", count.Of(o.Foreign, "document"), o.Model.Name)
	}
	if o.Documents == 0 {
		a.remark("no documents found: the index is empty")
	}
	vectors := ""
	if o.Model != nil {
		vectors = fmt.Sprintf(", vectors by %s (%s cut to its %d tokens)", o.Model.Name, count.Of(o.Truncated, "text"), o.Model.MaxTokens)
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %s%s; analyzer %s%s; %s\n",
		o.Index, count.Of(o.Documents, "document"), o.changes(), o.Analyzer, vectors, elapsed(o.Elapsed))
	return written(err)
}

// notes counts the files with one note.
func (o indexed) notes(what string) int {
	for _, m := range o.Notes {
		if m.What == what {
			return m.Count
		}
	}
	return 0
}

// changes lists what was done, without what was not.
func (o indexed) changes() string {
	var parts []string
	if o.Bytes > 0 {
		parts = append(parts, bytesize(o.Bytes)+" of text written")
	}
	for _, c := range []struct {
		n    int
		what string
	}{
		{o.Added, "added"}, {o.Replaced, "replaced"}, {o.Renamed, "renamed"}, {o.Deleted, "deleted"}, {o.Unchanged, "unchanged"},
		{o.Duplicates, "overridden by a later one with the same ID"},
	} {
		if c.n > 0 {
			parts = append(parts, count.Thousands(c.n)+" "+c.what)
		}
	}
	if o.Skipped > 0 {
		parts = append(parts, count.Of(o.Skipped, "file or folder")+" left out")
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
