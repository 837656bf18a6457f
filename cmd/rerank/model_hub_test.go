package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/hub"
)

const tinyScorer = "../../crossencoder/testdata/tiny1"

// serveModel is a Hub with one model, whose files are all large ones to it.
func serveModel(t *testing.T) *httptest.Server {
	const commit = "89abcdef0123456789abcdef0123456789abcdef"
	mux := http.NewServeMux()
	mux.HandleFunc("/api/models/acme/judge/revision/main", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"sha": commit})
	})
	mux.HandleFunc("/api/models/acme/judge/tree/"+commit, func(w http.ResponseWriter, _ *http.Request) {
		var list []map[string]any
		files, err := os.ReadDir(tinyScorer)
		if err != nil {
			t.Error(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(tinyScorer, f.Name()))
			if err != nil {
				t.Error(err)
			}
			sum := sha256.Sum256(data)
			large := map[string]any{"oid": hex.EncodeToString(sum[:]), "size": len(data)}
			list = append(list, map[string]any{"type": "file", "path": f.Name(), "size": len(data), "oid": strings.Repeat("0", 40), "lfs": large})
		}
		_ = json.NewEncoder(w).Encode(list)
	})
	mux.Handle("/acme/judge/resolve/"+commit+"/", http.StripPrefix("/acme/judge/resolve/"+commit+"/", http.FileServer(http.Dir(tinyScorer))))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// TestModelsOfTheHub fetches a model, uses it by its name, and removes it.
func TestModelsOfTheHub(t *testing.T) {
	s := serveModel(t)
	t.Setenv("HF_ENDPOINT", s.URL)
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	t.Setenv("HF_HUB_OFFLINE", "")
	t.Setenv("HF_TOKEN", "")
	fail(t, exitFailure, "rerank model pull acme/judge", "a\nb\n", "sort", "x", "--rerank", "acme/judge")
	fail(t, exitFailure, "not found", "", "model", "pull", "acme/other")
	pulled := decode[hub.Snapshot](t, succeed(t, "", "model", "pull", "acme/judge", "--json"))
	if pulled.Name != "acme/judge" || len(pulled.Files) != 4 {
		t.Errorf("%+v", pulled)
	}
	if list := decode[[]hub.Snapshot](t, succeed(t, "", "model", "list", "--json")); len(list) != 1 || list[0].Commit != pulled.Commit {
		t.Errorf("%+v", list)
	}
	if out := succeed(t, "", "model", "list"); !strings.Contains(out, "acme/judge") {
		t.Errorf("list: %s", out)
	}
	info := decode[modelInfo](t, succeed(t, "", "model", "info", "acme/judge", "--json"))
	if info.Model.MaxTokens != 64 || len(info.Files) != 4 {
		t.Errorf("%+v", info)
	}
	byName := succeed(t, "the river\na lease\n", "sort", "read a file", "--rerank", "acme/judge", "--json")
	byFolder := succeed(t, "the river\na lease\n", "sort", "read a file", "--rerank", tinyScorer, "--json")
	if hits(byName) != strings.ReplaceAll(hits(byFolder), `"tiny1"`, `"judge"`) { // each is called by its name
		t.Errorf("%s by name, %s by folder", byName, byFolder)
	}
	// Its weights are random: what it computes is sound, what it says is not.
	answer := command(t, "", "model", "verify", "acme/judge")
	if !strings.Contains(answer.stdout+answer.stderr, "acme/judge is not sound") && !strings.Contains(answer.stdout, "checksums match the Hub's: 4 of 4 files") {
		t.Errorf("verify: %+v", answer)
	}
	if err := os.WriteFile(filepath.Join(pulled.Folder, "config.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	fail(t, exitFailure, "the checksum is wrong", "", "model", "verify", "acme/judge")
	succeed(t, "", "model", "remove", "acme/judge")
	if list := decode[[]hub.Snapshot](t, succeed(t, "", "model", "list", "--json")); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	fail(t, exitFailure, "offline", "", "model", "pull", "acme/judge")
}

// hits are what an answer of sort says but for the times.
func hits(answer string) string {
	return regexp.MustCompile(`"elapsed_ns": ?[0-9]+`).ReplaceAllString(answer, "")
}

func TestKnownModels(t *testing.T) {
	if list := decode[[]hub.Known](t, succeed(t, "", "model", "list", "--known", "--json")); len(list) != len(hub.Names()) {
		t.Errorf("%+v", list)
	}
	if out := succeed(t, "", "model", "list", "--known"); !strings.Contains(out, "tinybert") || !strings.Contains(out, "Apache-2.0") {
		t.Errorf("%s", out)
	}
}

// TestZippedModel sorts by a model in a zip file.
func TestZippedModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "judge.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		data, err := os.ReadFile(filepath.Join(tinyScorer, name))
		if err != nil {
			t.Fatal(err)
		}
		entry, err := w.Create("judge/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got := succeed(t, "the river\na lease\n", "sort", "read a file", "--rerank", path, "--json")
	want := succeed(t, "the river\na lease\n", "sort", "read a file", "--rerank", tinyScorer, "--json")
	if hits(got) != strings.ReplaceAll(hits(want), `"tiny1"`, `"`+strings.TrimSuffix(filepath.Base(path), ".zip")+`"`) {
		t.Errorf("%s of the zip file, %s of the folder", got, want)
	}
}
