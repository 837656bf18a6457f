// Package minilm carries the default model inside the program: all-MiniLM-L6-v2
// (Apache-2.0), a bi-encoder of 6 layers and 384 dimensions for English, with
// int8 weights. CARD.md tells where it comes from, how it was made and what the
// smaller weights cost. Only programs that import this package contain it
// (about 23 MB).
package minilm

import (
	"embed"
	"io/fs"
	"unsafe"

	"github.com/flashrerank/rerank/biencoder"
)

// Name is the model's name in reports.
const Name = "all-MiniLM-L6-v2"

const weightsName = "model.safetensors"

//go:embed model
var folder embed.FS

//go:embed model/model.safetensors
var weights string

// Files returns the model's files, in the layout of sentence-transformers with
// int8 weights.
func Files() fs.FS {
	files, err := fs.Sub(folder, "model")
	if err != nil {
		return folder // cannot be: the name is valid
	}
	return files
}

// Weights returns the content of model.safetensors where the program has it, in memory
// that must not be written to.
func Weights() []byte { return unsafe.Slice(unsafe.StringData(weights), len(weights)) }

// Load makes the model ready, which takes a few hundredths of a second: weights
// are used where the program has them. o.Precision may be empty or int8.
func Load(o biencoder.Options) (*biencoder.Model, error) {
	if o.Name == "" {
		o.Name = Name
	}
	o.Language = "en"
	return biencoder.Load(inPlace{Files()}, o)
}

// inPlace hands out the weights without copying them. They lie in read-only
// memory and are never written to.
type inPlace struct {
	fs.FS
}

// ReadFile returns a view of the weights and a copy of every other file.
func (f inPlace) ReadFile(name string) ([]byte, error) {
	if name == weightsName {
		return Weights(), nil
	}
	return fs.ReadFile(f.FS, name)
}
