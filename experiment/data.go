package experiment

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/count"
)

// defaultSplit is the one that BEIR evaluates.
const defaultSplit = "test"

// data is a judged collection.
type data struct {
	name, split string
	fingerprint string
	documents   func() iter.Seq2[rerank.Document, error]
	corpus      string         // file of the documents
	queries     []rerank.Query // those with judgments, in the order of their file
	qrels       eval.Qrels     // of these queries
	silent      []string       // judged queries that have no text, sorted
	judgments   int
	relevant    int
	unmatched   Unmatched
	notes       []string
}

func openData(ctx context.Context, c Config) (*data, error) {
	files, err := dataset.OpenCollection(c.Data)
	if err != nil {
		return nil, err
	}
	path, err := filepath.Abs(c.Data)
	if err != nil {
		return nil, err
	}
	d := &data{name: filepath.Base(path), split: cmp.Or(c.Split, defaultSplit), corpus: files.Corpus}
	d.documents = func() iter.Seq2[rerank.Document, error] { return files.ReadDocuments(dataset.Options{}) }
	judged, err := files.ReadQrels(d.split)
	if err != nil {
		return nil, err
	}
	if err := d.readQueries(files, judged, c); err != nil {
		return nil, err
	}
	d.keepJudgments(judged, c)
	d.fingerprint, err = fingerprint(ctx, files.Corpus, files.Queries, files.Qrels[d.split])
	return d, err
}

// readQueries keeps the judged queries, at most c.Queries unless that is 0.
func (d *data) readQueries(files dataset.Collection, judged eval.Qrels, c Config) error {
	seen := map[string]bool{}
	var empty []string
	for q, err := range files.ReadQueries(dataset.Options{}) {
		if err != nil {
			return err
		}
		if seen[q.ID] {
			return fmt.Errorf("%s: there are two queries %q", files.Queries, q.ID)
		}
		seen[q.ID] = true
		switch {
		case judged[q.ID] == nil:
		case strings.TrimSpace(q.Text) == "":
			empty = append(empty, q.ID)
		case c.Queries == 0 || len(d.queries) < c.Queries:
			d.queries = append(d.queries, q)
		}
	}
	if len(d.queries) == 0 {
		if len(empty) > 0 {
			return fmt.Errorf("%s: the text of every judged query is empty", files.Queries)
		}
		return fmt.Errorf("%s: no query has judgments in %s", files.Queries, files.Qrels[d.split])
	}
	d.unmatchedQueries(judged, empty, seen, c.Rules.Complete)
	return nil
}

// keepJudgments keeps those of the queries that are evaluated.
func (d *data) keepJudgments(judged eval.Qrels, c Config) {
	if !c.Rules.Complete {
		d.silent = nil
	}
	ids := d.ids()
	d.qrels = make(eval.Qrels, len(ids))
	barren := 0
	for _, id := range ids {
		d.qrels[id] = judged[id]
		before := d.relevant
		for _, grade := range judged[id] {
			d.judgments++
			if c.Rules.relevant(grade) {
				d.relevant++
			}
		}
		if d.relevant == before {
			barren++
		}
	}
	if barren > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%d of %s without a relevant document (counted as 0)", barren, count.Of(len(ids), "query")))
	}
	if c.Queries > 0 {
		d.notes = append(d.notes, "evaluated the first "+count.Of(len(d.queries), "judged query")+" only")
	}
}

// ids lists the evaluated queries: those to search for, then those that only
// count.
func (d *data) ids() []string {
	list := make([]string, len(d.queries), len(d.queries)+len(d.silent))
	for i, q := range d.queries {
		list[i] = q.ID
	}
	return append(list, d.silent...)
}

// texts lists what is asked, in the order of ids.
func (d *data) texts() []string {
	list := make([]string, len(d.queries)+len(d.silent))
	for i, q := range d.queries {
		list[i] = q.Text
	}
	return list
}

// fingerprint identifies the content of files.
func fingerprint(ctx context.Context, names ...string) (string, error) {
	all := sha256.New()
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		sum, err := fileDigest(name)
		if err != nil {
			return "", err
		}
		all.Write(sum)
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

func fileDigest(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return sum.Sum(nil), nil
}

// countLines counts the lines of a file, and returns 0 if that takes unpacking
// it.
func countLines(name string) (int, error) {
	if strings.HasSuffix(name, ".gz") {
		return 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := 0
	for buffer := make([]byte, 1<<16); ; {
		n, err := f.Read(buffer)
		lines += bytes.Count(buffer[:n], []byte("\n"))
		if errors.Is(err, io.EOF) {
			return lines, nil
		} else if err != nil {
			return 0, fmt.Errorf("reading %s: %w", name, err)
		}
	}
}
