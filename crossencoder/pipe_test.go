//go:build unix

package crossencoder_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/flashrerank/rerank/crossencoder"
)

// TestFilesThatAreNone: each file of a model in turn is a device without end or a
// pipe without a writer, and is refused before it is read.
func TestFilesThatAreNone(t *testing.T) {
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors", "config_sentence_transformers.json", "tokenizer_config.json"} {
		for _, kind := range []string{"device", "pipe"} {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("testdata/tiny1")); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			_ = os.Remove(path)
			err := os.Symlink("/dev/zero", path)
			if kind == "pipe" {
				_ = os.Remove(path)
				err = syscall.Mkfifo(path, 0o600)
			}
			if err != nil {
				t.Skip(err)
			}
			if _, err := crossencoder.Load(os.DirFS(dir), crossencoder.Options{}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s is a %s: %v", name, kind, err)
			}
		}
	}
}
