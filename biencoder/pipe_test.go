//go:build unix

package biencoder_test

import (
	"io/fs"
	"testing"

	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/internal/testenv"
)

// TestFilesThatAreNone: each file of a model in turn is a device without end or a
// pipe without a writer, and is refused before it is read.
func TestFilesThatAreNone(t *testing.T) {
	names := []string{"config.json", "modules.json", "1_Pooling/config.json", "tokenizer.json", "model.safetensors", "sentence_bert_config.json"}
	testenv.Irregular(t, "testdata/tiny", names, func(fsys fs.FS) error {
		_, err := biencoder.Load(fsys, biencoder.Options{})
		return err
	})
}
