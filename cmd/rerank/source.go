package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/chunk"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/dataset/godoc"
	"github.com/flashrerank/rerank/models/minilm"
)

// sourceFlags say how the documents of a path are read.
type sourceFlags struct {
	format  string
	goCode  bool
	header  bool
	chunk   int
	overlap int

	noIgnore bool
	members  dataset.Members
}

func (f *sourceFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.format, "format", "auto", "format of standard input: auto, jsonl, tsv or text")
	flags.BoolVar(&f.goCode, "go", false, "treat every PATH as the folder of a Go module")
	flags.BoolVar(&f.header, "header", false, "the first line of TSV names the columns")
	flags.StringVar(&f.members.ID, "id", "", "`NAME` of the member or column that is the ID (default _id, or id)")
	flags.StringVar(&f.members.Title, "title", "", "`NAME` of the member or column that is the title (default title)")
	flags.StringVar(&f.members.Text, "text", "", "`NAME` of the member or column that is the text (default text)")
	flags.StringSliceVar(&f.members.Fields, "attr", nil, "`NAMES` of the members or columns that become fields; '*' means all that are left")
	flags.IntVar(&f.chunk, "chunk", minilm.Room, "longest passage of Markdown and text with its title, in tokens of the default model")
	flags.BoolVar(&f.noIgnore, "no-ignore", false, "also read what .gitignore names, dependencies and build output")
	flags.IntVar(&f.overlap, "overlap", 0, "tokens that a passage repeats from the end of the one before")
}

func (f *sourceFlags) check() error {
	if err := oneOfKnown("format", f.format, documentFormats()); err != nil {
		return err
	}
	for name, value := range map[string]string{"id": f.members.ID, "title": f.members.Title, "text": f.members.Text} {
		if value == dataset.AllFields {
			return usagef("--%s names one member; '*' is for --attr", name)
		}
	}
	if f.chunk < 1 || f.overlap < 0 {
		return usagef("--chunk must be above 0 and --overlap not below")
	}
	return nil
}

// documentFormats are the values of --format.
func documentFormats() []string { return []string{"auto", "jsonl", "tsv", "text"} }

// source is one path of the command line: its documents, and what was met
// while they were read.
type source struct {
	name      string // for people
	folder    string // where its files lie; "" where IDs do not come from paths
	documents iter.Seq2[rerank.Document, error]
	options   *dataset.Options // read when the first document is asked for
	stats     *dataset.Stats
}

// open looks at the paths, so that a wrong one is told before anything is done.
func (f *sourceFlags) open(ctx context.Context, a *app, paths []string) ([]source, error) {
	sources := make([]source, len(paths))
	var cut passages
	for i, path := range paths {
		s := source{name: path, stats: &dataset.Stats{}}
		o := dataset.Options{Stats: s.stats, Header: f.header, Members: f.members}
		s.options = &o
		o.Folder.Chunk = cut.options(f.chunk, f.overlap)
		o.Folder.NoIgnore = f.noIgnore
		var err error
		switch dir, isGo := strings.CutPrefix(path, "go:"); {
		case path == "-":
			s.name = standardInputName
			s.documents, err = f.standardInput(ctx, a, o, len(paths) == 1)
		case isGo || f.goCode:
			s.documents, err = goDocuments(ctx, dir)
		default:
			s.folder, err = folderOf(path)
			s.documents = func(yield func(rerank.Document, error) bool) { dataset.Open(path, o)(yield) }
		}
		if err != nil {
			return nil, err
		}
		s.documents = cut.checked(s.documents)
		sources[i] = s
	}
	return sources, nil
}

// goDocuments reads the documentation of a module, or of the standard library.
func goDocuments(ctx context.Context, dir string) (iter.Seq2[rerank.Document, error], error) {
	if dir == "std" {
		var err error
		if dir, err = godoc.Standard(); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	return godoc.Documents(ctx, dir, godoc.Options{}), nil
}

const standardInputName = "standard input"

// standardInput reads documents from standard input, by the format given or by
// its first byte.
func (f *sourceFlags) standardInput(ctx context.Context, a *app, o dataset.Options, alone bool) (iter.Seq2[rerank.Document, error], error) {
	if terminal.Inspect(a.stdin).Terminal {
		a.remark("reading documents from the terminal; Ctrl-D ends them")
	}
	r := bufio.NewReader(interruptible(ctx, a.stdin))
	format := f.format
	if format == "auto" {
		format = detectDocuments(r)
	}
	if err := f.unusedOn(format); err != nil && alone { // other paths may need the flag
		return nil, err
	}
	switch format {
	case "jsonl":
		return dataset.JSONL(r, standardInputName, o), nil
	case "text":
		return oneText(r, o), nil
	}
	return dataset.TSV(r, standardInputName, o), nil
}

// gzipMagic begins what gzip has compressed.
var gzipMagic = []byte{0x1f, 0x8b}

// detectDocuments takes the input for TSV unless it begins with a brace. What
// is compressed is taken for JSON lines.
func detectDocuments(r *bufio.Reader) string {
	head, _ := r.Peek(512) // a shorter input has its error when it is read
	if text := bytes.TrimSpace(bytes.TrimPrefix(head, byteOrderMark)); bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(head, gzipMagic) || len(text) == 0 {
		return "jsonl"
	}
	return "tsv"
}

// oneText reads one text, cut into passages. Their IDs tell it from other texts.
func oneText(r io.Reader, o dataset.Options) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		data, err := io.ReadAll(io.LimitReader(r, dataset.MaxFile+1))
		switch {
		case err != nil:
			yield(rerank.Document{}, fmt.Errorf("%s: %w", standardInputName, err))
			return
		case len(data) > dataset.MaxFile:
			yield(rerank.Document{}, fmt.Errorf("%s: more than %s of text", standardInputName, bytesize(dataset.MaxFile)))
			return
		}
		text := string(bytes.TrimPrefix(data, byteOrderMark))
		if valid := strings.ToValidUTF8(text, "\ufffd"); valid != text {
			text = valid
			o.Stats.Replaced++
		}
		sum := sha256.Sum256(data)
		for i, c := range chunk.Markdown(text, o.Folder.Chunk) {
			if !yield(rerank.Document{ID: fmt.Sprintf("stdin-%x~%d", sum[:4], i+1), Title: c.Title, Text: c.Text}, nil) {
				return
			}
		}
	}
}
