package experiment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// FuzzOutput: what a stage kept is read, or what is torn is cut off.
func FuzzOutput(f *testing.F) {
	f.Add([]byte("{\"query\":\"a\"}\n{\"q\":\"b\",\"h\":[{\"i\":\"x\",\"s\":1}]}\n{\"q"))
	f.Add([]byte("\n\n"))
	f.Add([]byte(`{"q":"a","e":1,"h":[{"t":[{"n":"s","k":1,"s":null}]}]}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "key.jsonl"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := openOutput(dir, "key")
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		defer o.file.Close()
		for query, at := range o.lines {
			_, _ = o.get(query, at) // it must come back
		}
	})
}
