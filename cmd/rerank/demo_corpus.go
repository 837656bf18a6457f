package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/primer"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/dataset/godoc"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/pipeline"
)

// The corpora of the demonstration.
const (
	corpusAuto    = "auto"
	corpusGo      = "go"
	corpusBuiltin = "builtin"
)

// demoFormat is part of what a cached index must match. It grows with every
// change of what the demonstration indexes.
const demoFormat = "2"

// demoCorpus is what the demonstration searches.
type demoCorpus struct {
	Name      string        `json:"name"`    // "go" or "builtin"
	Title     string        `json:"title"`   // for a reader
	Version   string        `json:"version"` // of Go, or of the collection
	Documents int           `json:"documents"`
	Index     string        `json:"index"`    // its folder
	Cached    bool          `json:"cached"`   // whether the index was there already
	Built     time.Duration `json:"built_ns"` // what making it took; 0 if it was there

	embed    rerank.Embedder // makes the vectors; nil for an index without
	source   string          // folder of the sources, for "go"
	discards []func() error  // remove what is not kept, the last first
}

// stamp says what a cached index was made of.
type stamp struct {
	Format  string `json:"format"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Source  string `json:"source,omitempty"`
	Model   string `json:"model,omitempty"` // fingerprint of the model of its vectors
}

// openDemoCorpus finds the corpus, and its index in the cache or makes it.
func (a *app) openDemoCorpus(ctx context.Context, f demoFlags) (demoCorpus, error) {
	c, err := findDemoCorpus(f.corpus)
	if err != nil {
		return c, err
	}
	if f.vectors {
		if c.embed, err = pipeline.OpenEmbedder(pipeline.MiniLM); err != nil {
			return c, err
		}
	}
	cache := ""
	if !f.noCache {
		cache = demoCache(a)
	}
	if cache != "" && c.cached(cache) {
		return c, nil
	}
	return c, a.buildDemoCorpus(ctx, &c, cache)
}

// findDemoCorpus decides what is searched.
func findDemoCorpus(which string) (demoCorpus, error) {
	builtin := demoCorpus{Name: corpusBuiltin, Title: "short texts that come with rerank", Version: primer.Version}
	if which == corpusBuiltin {
		return builtin, nil
	}
	source, err := godoc.Standard()
	switch {
	case err == nil:
	case which == corpusAuto:
		return builtin, nil
	default:
		return builtin, err
	}
	version := goVersion(source)
	return demoCorpus{Name: corpusGo, Title: "the documentation of " + version, Version: version, source: source}, nil
}

// goVersion reads the version of the Go whose sources are at source.
func goVersion(source string) string {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(source), "VERSION"))
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimSpace(line); err != nil || line == "" {
		return "go"
	}
	return line
}

// demoCache returns the folder that keeps the indexes, "" if there is none.
func demoCache(a *app) string {
	base, err := os.UserCacheDir()
	if err == nil {
		base = filepath.Join(base, "rerank")
		err = durable.MakeFolder(base)
	}
	if err != nil {
		a.remark("the index cannot be kept: %v", err)
		return ""
	}
	return base
}

func (c demoCorpus) stamp() stamp {
	s := stamp{Format: demoFormat, Name: c.Name, Version: c.Version, Source: c.source}
	if c.embed != nil {
		s.Model = c.embed.Model().Fingerprint
	}
	return s
}

var unusual = regexp.MustCompile(`[^A-Za-z0-9.+-]+`)

// folder is where the index of the corpus is kept in the cache. Its name tells
// what it was made of.
func (c demoCorpus) folder(cache string) string {
	name := unusual.ReplaceAllString("demo-"+cmp.Or(c.Version, c.Name), "_")
	data, _ := json.Marshal(c.stamp()) // strings always encode
	sum := sha256.Sum256(data)
	return filepath.Join(cache, fmt.Sprintf("%s-%x", name, sum[:8]))
}

// cached looks for an index of this very corpus that can be opened.
func (c *demoCorpus) cached(cache string) bool {
	dir := c.folder(cache)
	x, err := index.Open(dir)
	if err != nil {
		return false
	}
	defer x.Close()
	c.Index, c.Cached = dir, true
	return true
}

// buildDemoCorpus makes the index, in the cache if there is one. Runs at the
// same time do not disturb one another: where another one keeps the place, each
// uses what it has made.
func (a *app) buildDemoCorpus(ctx context.Context, c *demoCorpus, cache string) (err error) {
	start := time.Now()
	place := c.folder(cache)
	if cache == "" {
		if place, err = os.MkdirTemp("", "rerank-demo-*"); err != nil {
			return err
		}
		c.discards = append(c.discards, func() error { return os.RemoveAll(place) })
	}
	var options index.Options
	if c.embed != nil {
		options.Model = c.embed.Model()
	}
	b, err := index.NewBuild(place, options, true)
	if err == nil {
		c.discards = append(c.discards, b.Close)
		err = a.indexDemo(ctx, *c, b)
	}
	if err != nil {
		c.discard()
		return fmt.Errorf("indexing %s: %w", c.Title, err)
	}
	_ = b.Install() // else it is used where it is, and removed at the end
	c.Index, c.Built = b.Dir(), time.Since(start)
	return nil
}

// discard removes what is not kept.
func (c demoCorpus) discard() {
	for _, discard := range slices.Backward(c.discards) {
		_ = discard() // or the next build does
	}
}

// indexDemo indexes the corpus. An entry of the Go documentation that cannot
// be read is left out, as the demonstration can do without it.
func (a *app) indexDemo(ctx context.Context, c demoCorpus, b *index.Build) error {
	t := &target{index: b.Index(), writer: b.Writer(), embed: c.embed}
	in := &ingest{app: a, fresh: true, skipBad: c.Name == corpusGo}
	if err := in.run(ctx, t, []source{{documents: c.documents(ctx), stats: &dataset.Stats{}}}); err != nil {
		return err
	}
	if in.outcome.Documents == 0 {
		return errors.New("no documents were found")
	}
	return nil
}

func (c demoCorpus) documents(ctx context.Context) iter.Seq2[rerank.Document, error] {
	if c.Name == corpusBuiltin {
		return primer.Documents()
	}
	return godoc.Documents(ctx, c.source, godoc.Options{})
}
