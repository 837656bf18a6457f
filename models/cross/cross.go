// Package cross carries a cross-encoder inside the program: six layers for
// English that were trained for this project, with int8 weights. CARD.md tells of
// the data, the training and what came out. It shares the word embeddings of
// package minilm, so that a program which has both grows by 11 MB.
//
// It is made to stand beside BM25 and a bi-encoder in a blend: it judges a text by
// itself well where questions are asked, and on other collections worse than BM25.
package cross

import (
	"embed"
	"io/fs"
	"unsafe"

	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/models/minilm"
)

// Name is the model's name in reports.
const Name = "rerank-cross-l6"

// window is the longest input it was trained on.
const window = 256

//go:embed model
var folder embed.FS

//go:embed model/cross.safetensors
var weights string

// Names of weights as the model's index has them. Of a tensor that is in both
// files the first is taken.
const (
	ownName    = "cross.safetensors"
	sharedName = "minilm.safetensors"
)

// Files returns the model's files, in Hugging Face's layout with int8 weights in
// two files. What is read of them must not be changed.
func Files() fs.FS {
	own, err := fs.Sub(folder, "model")
	if err != nil {
		own = folder // cannot be: the name is valid
	}
	return files{own: own, shared: minilm.Files()}
}

// Load makes the model ready, which takes a few hundredths of a second. Of o,
// Precision may be empty or int8. As in training, inputs have at most 256 tokens
// unless MaxTokens says otherwise, and longer texts are cut: LongBest, the zero value,
// means LongTruncate here.
func Load(o crossencoder.Options) (*crossencoder.Model, error) {
	if o.Name == "" {
		o.Name = Name
	}
	o.Language = "en"
	if o.MaxTokens == 0 {
		o.MaxTokens = window
	}
	if o.Long == crossencoder.LongBest {
		o.Long = crossencoder.LongTruncate
	}
	return crossencoder.Load(Files(), o)
}

// files are the model's own and those that it shares with the bi-encoder.
type files struct {
	own, shared fs.FS
}

func (f files) Open(name string) (fs.File, error) {
	switch name {
	case "tokenizer.json", "tokenizer_config.json":
		return f.shared.Open(name)
	case sharedName:
		return f.shared.Open("model.safetensors")
	}
	return f.own.Open(name)
}

// ReadFile returns views of weights, which lie in read-only memory, and copies of every
// other file.
func (f files) ReadFile(name string) ([]byte, error) {
	switch name {
	case ownName:
		return unsafe.Slice(unsafe.StringData(weights), len(weights)), nil
	case sharedName:
		return minilm.Weights(), nil
	}
	return fs.ReadFile(struct{ fs.FS }{f}, name)
}
