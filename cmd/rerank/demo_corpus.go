package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/primer"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/dataset/godoc"
	"github.com/flashrerank/rerank/index"
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

	embed     rerank.Embedder // makes the vectors; nil for an index without
	source    string          // folder of the sources, for "go"
	temporary string          // folder to be removed at the end
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
		err = os.MkdirAll(base, 0o755)
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

// folder is where the corpus is kept in the cache: the index, and a stamp
// beside it.
func (c demoCorpus) folder(cache string) string {
	name := "demo-" + cmp.Or(c.Version, c.Name) + "-" + demoFormat
	if c.embed != nil {
		name += "-vectors"
	}
	return filepath.Join(cache, unusual.ReplaceAllString(name, "_"))
}

const (
	demoIndexName = "index"
	demoStampName = "made-from.json"
)

// cached looks for an index of this very corpus that can be opened.
func (c *demoCorpus) cached(cache string) bool {
	folder := c.folder(cache)
	data, err := os.ReadFile(filepath.Join(folder, demoStampName))
	if err != nil {
		return false
	}
	var made stamp
	if json.Unmarshal(data, &made) != nil || made != c.stamp() {
		return false
	}
	dir := filepath.Join(folder, demoIndexName)
	x, err := index.Open(dir)
	if err != nil {
		return false
	}
	defer x.Close()
	s, err := x.Snapshot()
	if err != nil {
		return false
	}
	defer s.Close()
	c.Index, c.Cached = dir, true
	return true
}

// buildDemoCorpus makes the index in a folder of its own and then moves it to
// its place in the cache. Runs at the same time do not disturb one another:
// each uses what it has made where another one was first.
func (a *app) buildDemoCorpus(ctx context.Context, c *demoCorpus, cache string) (err error) {
	start := time.Now()
	if c.temporary, err = os.MkdirTemp(cache, "demo-building-*"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			c.discard()
		}
	}()
	c.Index = filepath.Join(c.temporary, demoIndexName)
	if err := a.indexDemo(ctx, *c); err != nil {
		return fmt.Errorf("indexing %s: %w", c.Title, err)
	}
	c.Built = time.Since(start)
	if cache == "" {
		return nil
	}
	data, err := json.Marshal(c.stamp())
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.temporary, demoStampName), data, 0o644); err != nil {
		return err
	}
	if replaceFolder(c.temporary, c.folder(cache)) == nil {
		c.Index, c.temporary = filepath.Join(c.folder(cache), demoIndexName), ""
	}
	return nil
}

// discard removes what is not kept.
func (c demoCorpus) discard() {
	if c.temporary != "" {
		_ = os.RemoveAll(c.temporary)
	}
}

// indexDemo indexes the corpus. An entry of the Go documentation that cannot
// be read is left out, as the demonstration can do without it.
func (a *app) indexDemo(ctx context.Context, c demoCorpus) error {
	t := &target{place: c.Index, embed: c.embed}
	var options index.Options
	if t.embed != nil {
		options.Model = t.embed.Model()
	}
	var err error
	if t.index, err = index.Create(c.Index, options); err != nil {
		return err
	}
	defer t.discard()
	in := &ingest{app: a, fresh: true, skipBad: c.Name == corpusGo}
	if err := in.run(ctx, t, []source{{documents: c.documents(ctx), stats: &dataset.Stats{}}}); err != nil {
		return err
	}
	if in.outcome.Documents == 0 {
		return errors.New("no documents were found")
	}
	return t.close()
}

func (c demoCorpus) documents(ctx context.Context) iter.Seq2[rerank.Document, error] {
	if c.Name == corpusBuiltin {
		return primer.Documents()
	}
	return godoc.Documents(ctx, c.source, godoc.Options{})
}
