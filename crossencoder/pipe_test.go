//go:build unix

package crossencoder_test

import (
	"io/fs"
	"testing"

	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/internal/testenv"
)

// TestFilesThatAreNone: each file of a model in turn is a device without end or a
// pipe without a writer, and is refused before it is read.
func TestFilesThatAreNone(t *testing.T) {
	names := []string{"config.json", "tokenizer.json", "model.safetensors", "config_sentence_transformers.json", "tokenizer_config.json"}
	testenv.Irregular(t, "testdata/tiny1", names, func(fsys fs.FS) error {
		_, err := crossencoder.Load(fsys, crossencoder.Options{})
		return err
	})
}
