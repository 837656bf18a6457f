package rerank_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// goBlock is a program, and what it prints if a block of text follows at once.
var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```(?:\n\n```text\n(.*?)^```)?")

// TestSnippets compiles every Go block of the README and the docs, which is a whole
// program, each in a package of its own that exists only in an overlay. Those whose
// output the page shows are also linked and run, one after another in one folder,
// where slow tests may run: to link the models takes seconds.
func TestSnippets(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts the compiler for each")
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	snippets := 0
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		for i, block := range goBlock.FindAllSubmatch(text, -1) {
			snippets++
			t.Run(page+"#"+strconv.Itoa(i+1), func(t *testing.T) {
				program, isMain := bytes.CutPrefix(block[1], []byte("package main\n"))
				if !isMain {
					t.Fatal("a Go snippet must be a whole program, so that a reader can run it")
				}
				if block[2] == nil || os.Getenv("RERANK_SLOW") == "" {
					build(t, slices.Concat([]byte("package snippet\n"), program), os.DevNull) // which is not linked
					return
				}
				binary := filepath.Join(folder, "snippet.exe") // a name that every system runs
				build(t, block[1], binary)
				prints(t, folder, binary, block[2])
			})
		}
	}
	if snippets == 0 {
		t.Error("no Go snippet was found in the README and the docs")
	}
}

// prints runs a program in a folder and compares what it prints.
func prints(t *testing.T, folder, program string, want []byte) {
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Dir = folder
	if got, err := cmd.CombinedOutput(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("it prints\n%s(%v); the page says\n%s", got, err, want)
	}
}

// build builds a source as a package of its own, which exists only in an overlay.
func build(t *testing.T, source []byte, output string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "snippet", "main.go"): file}})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlayFile, "-o", output, "./snippet")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
