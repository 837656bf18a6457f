package rerank_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/flashrerank/rerank"

// floors are the levels of the house, lowest first (docs/architecture.md). A
// package may import packages of lower floors only; a folder stands for what
// lies under it, and the longest match counts.
var floors = [][]string{
	{""}, // the vocabulary
	{"internal", "reranktest", "cache", "filter"},
	{"analysis", "chunk", "tokenizer", "transformer", "eval", "hub"},
	{"index", "dataset"},
	{"dataset/godoc", "lexical", "vector", "biencoder", "crossencoder", "hosted"},
	{"models", "anytime"},
	{"models/cross", "fusion", "cascade"},
	{"pipeline"},
	{"experiment", "server"},
	{"experiment/report"},
	{"cmd", "bench"},
}

func TestImportsPointDown(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	type pkg struct {
		ImportPath string
		Imports    []string
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; seen++ {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := floor(p.ImportPath)
		if from < 0 {
			t.Errorf("%s is on no floor: add it to the table in this test and to docs/architecture.md", p.ImportPath)
		}
		for _, imported := range p.Imports {
			to, ours := floor(imported), strings.HasPrefix(imported, module)
			switch {
			case from == 0 && strings.Contains(imported, "."):
				t.Errorf("the root package imports %s: it may use the standard library only", imported)
			case ours && to >= from && !strings.Contains(imported, "/internal/"): // the compiler guards those
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, imported)
			}
		}
	}
	if seen < 3 {
		t.Errorf("only %d packages were seen", seen)
	}
}

// floor returns the floor of a package of this module, and -1 if none is known.
func floor(path string) int {
	rest, ours := strings.CutPrefix(path, module)
	if !ours {
		return -1
	}
	rest = strings.TrimPrefix(rest, "/")
	best, level := -1, -1
	for i, rooms := range floors {
		for _, room := range rooms {
			if (rest == room || room != "" && strings.HasPrefix(rest, room+"/")) && len(room) > best {
				best, level = len(room), i
			}
		}
	}
	return level
}
