// Command recipe makes the files of the embedded cross-encoder from the trained
// ones:
//
//	go run ./models/cross/recipe FROM TO
//
// FROM is the folder that training/crossencoder/assemble.py fills. TO gets the
// weights as int8, but for the word and position embeddings, which are those of
// package minilm, and the index that names both files. Equal input makes equal
// bytes.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/transformer"
)

const (
	ownName    = "cross.safetensors"
	sharedName = "minilm.safetensors"
	indexName  = "model.safetensors.index.json"
)

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
	var all, own bytes.Buffer
	if err := m.WriteInt8(&all); err != nil {
		return err
	}
	index, err := split(&own, all.Bytes())
	if err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(from, "config.json"))
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{ownName: own.Bytes(), indexName: index, "config.json": config} {
		if err := os.WriteFile(filepath.Join(to, name), data, 0o644); err != nil {
			return err
		}
		fmt.Printf("%10d  %s\n", len(data), name)
	}
	return nil
}

// split writes the tensors that are the model's own, and returns the index of these
// and of the shared ones.
func split(own *bytes.Buffer, all []byte) ([]byte, error) {
	f, err := safetensors.Parse(all)
	if err != nil {
		return nil, err
	}
	var large, small []safetensors.Tensor // in this order, so that the large begin at multiples of 64
	files := map[string]string{}
	for _, name := range f.Names() {
		if strings.HasPrefix(name, "embeddings.word_") || strings.HasPrefix(name, "embeddings.position_") {
			files[name] = sharedName
			continue
		}
		files[name] = ownName
		if t, _ := f.Tensor(name); t.DType == safetensors.I8 {
			large = append(large, t)
		} else {
			small = append(small, t)
		}
	}
	if err := safetensors.Write(own, append(large, small...), f.Metadata); err != nil {
		return nil, err
	}
	return json.MarshalIndent(map[string]any{"metadata": map[string]int{"total_size": len(all)}, "weight_map": files}, "", " ")
}
