package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// openCorpus opens the index of a configuration, nil if it has none. Where there is no
// index yet, one is made if that is wanted, which keeps vectors too.
func openCorpus(ctx context.Context, c Config, loader *pipeline.Loader, log *slog.Logger) (*pipeline.Live, error) {
	if c.Search.Index == "" {
		return nil, nil
	}
	live, err := loader.OpenLive(ctx, c.Search)
	if errors.Is(err, index.ErrNotExist) {
		if !c.Create {
			return nil, fmt.Errorf("server: %w: --create (create: true) makes an empty one", err)
		}
		if err := createIndex(loader, c); err != nil {
			return nil, fmt.Errorf("server: making the index: %w", err)
		}
		log.Info("made an empty index", "index", c.Search.Index)
		live, err = loader.OpenLive(ctx, c.Search)
	}
	if err == nil {
		if err = sameAnalyzer(ctx, live, c); err != nil {
			err = errors.Join(err, live.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	return live, nil
}

// sameAnalyzer refuses an analyzer that the index was not made with.
func sameAnalyzer(ctx context.Context, live *pipeline.Live, c Config) error {
	if c.Analyzer == "" {
		return nil
	}
	wanted, err := analysis.New(c.Analyzer)
	if err != nil {
		return err
	}
	return live.Look(ctx, func(s *index.Snapshot) error {
		if made := s.Analyzer(); made.Fingerprint() != wanted.Fingerprint() {
			return fmt.Errorf("%s was made with the analyzer %s, not %s: leave the setting out, or name another folder", c.Search.Index, made.Name(), wanted.Name())
		}
		return nil
	})
}

func createIndex(loader *pipeline.Loader, c Config) error {
	name := c.Search.Model
	if name == "" {
		name = pipeline.MiniLM
	}
	e, err := loader.Embedder(name)
	if err != nil {
		return err
	}
	x, err := index.Create(c.Search.Index, index.Options{Analyzer: c.Analyzer, Model: e.Model()})
	if errors.Is(err, index.ErrForeign) {
		return fmt.Errorf("%w: choose another folder", err)
	}
	if err != nil {
		return err
	}
	return x.Close()
}

// own has the errors of what only this server has.
var own = dialect{name: "own", fail: failCohere}

// locked says that another process is writing to the index.
var locked = &failure{http.StatusServiceUnavailable, "Backend", "the index is being written by another process: come again"}

// replaced says that another index has taken the place of the one that was changed.
var replaced = &failure{http.StatusServiceUnavailable, "Backend", "the index was replaced meanwhile, and nothing was changed: come again"}

// full says that there is no room for a change.
var full = &failure{http.StatusInsufficientStorage, "Backend", "the disk of the index is full, and nothing was changed"}
