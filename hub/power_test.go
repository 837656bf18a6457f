package hub_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/hub"
	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/internal/durable/durabletest"
)

// TestPullPowerLoss lets the power go at every step of a Pull: a model that is then in
// the cache has all of its files whole, and the next Pull fetches what is missing.
func TestPullPowerLoss(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no links here")
	}
	s := newServer(t)
	s.files["model.safetensors"] = strings.Repeat("weights ", 100)
	delete(s.files, "tokenizer_config.json") // fewer steps
	chance := rand.New(rand.NewPCG(1, 2))
	modes := map[string]func() bool{
		"nothing unsynced stays": func() bool { return false },
		"all unsynced stays":     func() bool { return true },
		"some unsynced stays":    func() bool { return chance.IntN(2) == 0 },
	}
	steps := 0
	for failAt := -1; failAt < steps || failAt < 0; failAt++ {
		root := t.TempDir()
		p, err := durabletest.New(root, failAt, false)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (&hub.Client{Cache: filepath.Join(root, "made", "cache"), Endpoint: s.URL}).On(p.Disk()).Pull(t.Context(), repo)
		if failAt < 0 {
			steps = p.Steps()
		}
		if (err == nil) != (failAt < 0) {
			t.Fatalf("step %d: %v", failAt, err)
		}
		for how, keep := range modes {
			after := t.TempDir()
			if err := p.Survive(after, keep); err != nil {
				t.Fatal(err)
			}
			c := (&hub.Client{Cache: filepath.Join(after, "made", "cache"), Endpoint: s.URL}).On(durable.Disk{Before: func(durable.Step) error { return nil }})
			switch found, e := c.Find(repo); {
			case e == nil:
				checkFolder(t, s, found.Folder)
			case !errors.Is(e, hub.ErrNotFound):
				t.Errorf("step %d, %s: %v", failAt, how, e)
			case err == nil:
				t.Errorf("%s: a model that was fetched is gone", how)
			}
			if how != "some unsynced stays" {
				continue
			}
			if got, err := c.Pull(t.Context(), repo); err != nil {
				t.Errorf("step %d, %s: the next time: %v", failAt, how, err)
			} else {
				checkFolder(t, s, got.Folder)
			}
			if t.Failed() {
				t.Fatalf("step %d of %d, %s", failAt, steps, how)
			}
		}
	}
	t.Logf("%d steps", steps)
}

// TestInterruptedCheck: checking the sums of large files ends with its context, and what
// was downloaded stays for the next Pull.
func TestInterruptedCheck(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	got := pull(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Verify(ctx, got); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify: %v", err)
	}
	blob, err := filepath.EvalSymlinks(filepath.Join(got.Folder, "model.safetensors"))
	if err != nil {
		t.Skip("no links here")
	}
	if err := os.Rename(blob, blob+".incomplete"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	c.Progress = func(p hub.Progress) {
		if p.File == "model.safetensors" { // it is whole, and about to be checked
			cancel()
		}
	}
	if _, err := c.Pull(ctx, repo); !errors.Is(err, context.Canceled) {
		t.Errorf("Pull: %v", err)
	}
	if _, err := os.Stat(blob + ".incomplete"); err != nil {
		t.Errorf("what was downloaded: %v", err)
	}
}
