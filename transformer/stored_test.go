package transformer_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unsafe"

	"github.com/flashrerank/rerank/transformer"
)

// written are the files of an int8 model: its config.json and the weights that
// WriteInt8 writes.
func written(t testing.TB, folder string, m *transformer.Model) fstest.MapFS {
	t.Helper()
	var weights bytes.Buffer
	if err := m.WriteInt8(&weights); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(folder + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: weights.Bytes()}}
}

// TestEveryArchitectureIsKept writes each small model in int8, reads it, and takes it
// from a cache when its own weights are gone: all compute the same, bit for bit.
func TestEveryArchitectureIsKept(t *testing.T) {
	for _, name := range goldenModels(t) {
		t.Run(name, func(t *testing.T) {
			folder, b := "testdata/"+name, readGolden(t, name).batch
			o := transformer.Options{Precision: transformer.INT8, Answers: answers[name], Cache: transformer.Cache{Folder: t.TempDir(), Key: "k"}}
			made := load(t, os.DirFS(folder), o)
			want := logits(t, made, b)
			files := written(t, folder, made)
			read := load(t, files, transformer.Options{Answers: answers[name]})
			kept := load(t, fstest.MapFS{"config.json": files["config.json"]}, o)
			for from, m := range map[string]*transformer.Model{"a file": read, "the cache": kept} {
				if !slices.EqualFunc(logits(t, m, b), want, slices.Equal) {
					t.Errorf("from %s come other logits", from)
				}
				if err := m.CheckWeights(); err != nil {
					t.Errorf("from %s: %v", from, err)
				}
				if again := written(t, folder, m); !bytes.Equal(again["model.safetensors"].Data, files["model.safetensors"].Data) {
					t.Errorf("what comes from %s is written otherwise", from)
				}
			}
		})
	}
}

// shifted hands out the weights where they begin in the middle of a cache line, without
// copying them, as a program hands out what is embedded in it.
type shifted struct{ fstest.MapFS }

func (f shifted) ReadFile(name string) ([]byte, error) {
	data, err := f.MapFS.ReadFile(name)
	if err != nil || name != "model.safetensors" {
		return data, err
	}
	room := make([]byte, len(data)+128)
	start := 96 - int(uintptr(unsafe.Pointer(&room[0]))%64)
	return room[start : start+copy(room[start:], data)], nil
}

// TestWeightsAreAligned: wherever a file lies in memory, no vector of its int8 weights lies
// across two cache lines.
func TestWeightsAreAligned(t *testing.T) {
	files := written(t, tinyEncoder, load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8}))
	panels := load(t, shifted{files}, transformer.Options{}).Panels()
	if len(panels) == 0 {
		t.Fatal("the model has no int8 weights")
	}
	for _, x := range panels {
		if beyond := uintptr(unsafe.Pointer(&x[0])) % 64; beyond != 0 {
			t.Errorf("weights begin %d bytes after the start of a cache line", beyond)
		}
	}
}

// TestStoredAnswers: a file of int8 weights has the answers that it was written with,
// and no others.
func TestStoredAnswers(t *testing.T) {
	const folder = "testdata/qwen3-causal"
	files := written(t, folder, load(t, os.DirFS(folder), transformer.Options{Precision: transformer.INT8, Answers: answers["qwen3-causal"]}))
	if load(t, files, transformer.Options{}).Classifier() != nil {
		t.Error("who does not ask gets answers")
	}
	if _, err := transformer.Load(files, transformer.Options{Answers: &transformer.Answers{Yes: 1, No: 2}}); err == nil || !strings.Contains(err.Error(), `"41 57"`) {
		t.Errorf("other answers: %v", err)
	}
	without := written(t, folder, load(t, os.DirFS(folder), transformer.Options{Precision: transformer.INT8}))
	if _, err := transformer.Load(without, transformer.Options{Answers: answers["qwen3-causal"]}); err == nil || !strings.Contains(err.Error(), "rerank.answers") {
		t.Errorf("a file without answers: %v", err)
	}
}
