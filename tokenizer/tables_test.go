package tokenizer_test

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// TestTables asks Hugging Face anew what every code point is. The line that
// names the version is left out of the comparison.
func TestTables(t *testing.T) {
	if os.Getenv("RERANK_SLOW") == "" {
		t.Skip("RERANK_SLOW is not set: asking for every code point takes a while")
	}
	want, err := format.Source(testenv.Python(t, nil, filepath.Join("testdata", "tables.py")))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("tables.go")
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ = bytes.Cut(got, []byte("\n"))
	_, want, _ = bytes.Cut(want, []byte("\n"))
	if !bytes.Equal(got, want) {
		t.Error("tables.go is not what this version of tokenizers does: see testdata/tables.py")
	}
}
