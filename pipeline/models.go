package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/nearest"
	"github.com/flashrerank/rerank/internal/regular"
	"github.com/flashrerank/rerank/internal/strictyaml"
	"github.com/flashrerank/rerank/transformer"
)

// Names of rerankers and models; everything else is the folder of a model.
const (
	None         = "none"          // no reranker: a stage of a pipeline that does nothing
	MiniLM       = "minilm"        // blend of BM25 and the similarity by all-MiniLM-L6-v2; as a model: that
	MiniLMCosine = "minilm-cosine" // cosine alone
	Best         = "best"          // MiniLM's blend with the embedded cross-encoder as a third part
	Cross        = "cross"         // the embedded cross-encoder alone
	LexicalBM25  = "bm25"          // BM25 alone
)

// The rerankers where none is named are those that were measured to be the best
// (docs/results.md, "The defaults").
const (
	// Default is that of given texts, and of what has to be read in any case.
	Default = Best

	// Auto is [MiniLM] in a pipeline over an index that has the vectors of texts, so that
	// it need not read them, and else [Default].
	Auto = "auto"
)

// cosinePrefix before the folder of a bi-encoder asks for cosine alone.
const cosinePrefix = "cosine:"

// Rerankers returns the names that [NewReranker] knows. It also takes the
// folder of a model, and "cosine:" before the folder of a bi-encoder.
func Rerankers() []string { return []string{MiniLM, MiniLMCosine, Best, Cross, LexicalBM25} }

func isName(s string) bool {
	return s == "" || s == None || s == Auto || slices.Contains(Rerankers(), s)
}

// architecture is what a folder holds, as its files tell.
type architecture int

const (
	biEncoder architecture = iota + 1
	crossEncoder
)

// CheckReranker looks whether [NewReranker] would know a name, "none" and "auto"
// included, without loading anything. The error is [fs.ErrNotExist] where the name
// stands for nothing; it then tells the known names that are near.
func CheckReranker(name string) error {
	if name == None {
		return nil
	}
	return checkReranker(name)
}

// CheckEmbedder does for [OpenEmbedder] what [CheckReranker] does for [NewReranker].
func CheckEmbedder(name string) error { return checkEmbedder(name) }

// unknownName is a name that stands for nothing.
type unknownName struct {
	what, name string
	known      []string
	err        error // of looking for a folder or a fetched model
}

func (e unknownName) Error() string {
	known := slices.Clone(e.known)
	if _, model, ok := strings.Cut(e.name, ":"); ok {
		for _, service := range hosted.Services() {
			known = append(known, service+":"+model)
		}
		for _, precision := range transformer.Precisions() {
			known = append(known, string(precision)+":"+model)
		}
	}
	if hint := nearest.Hint(e.name, known); hint != "" {
		return fmt.Sprintf("unknown %s %q%s", e.what, e.name, hint)
	}
	if strings.Contains(e.name, "/") {
		return fmt.Sprintf("%s: no folder of a model: %v", e.name, e.err)
	}
	return fmt.Sprintf("unknown %s %q: it is not one of %s, nor the folder of a model: %v", e.what, e.name, strings.Join(e.known, ", "), e.err)
}

func (e unknownName) Unwrap() error { return e.err }

func checkReranker(name string) error {
	if name == Auto || slices.Contains(Rerankers(), name) {
		return nil
	}
	if s, ok := serviceOf(name); ok {
		_, err := s.open(hosted.Options{})
		return err
	}
	folder, cosine := strings.CutPrefix(name, cosinePrefix)
	kind, err := inspect(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return unknownName{"reranker", name, append([]string{Auto, None}, Rerankers()...), err}
	}
	if err == nil && cosine && kind != biEncoder {
		err = fmt.Errorf("%s holds no bi-encoder, which cosine: needs", folder)
	}
	return err
}

func checkEmbedder(name string) error {
	if name == MiniLM {
		return nil
	}
	kind, err := inspect(name)
	if errors.Is(err, fs.ErrNotExist) {
		return unknownName{"model", name, []string{MiniLM}, err}
	}
	if err == nil && kind != biEncoder {
		err = fmt.Errorf("%s holds no bi-encoder, which embedding needs", name)
	}
	return err
}

// inspect tells what kind of model a name stands for: a classification head, or
// a language model, makes a cross-encoder, a list of sentence-transformers modules
// a bi-encoder.
func inspect(folder string) (architecture, error) {
	dir, err := ModelFiles(folder)
	if err != nil {
		return 0, err
	}
	var config struct {
		Architectures []string `json:"architectures"`
	}
	if err := readJSON(dir, configName, &config); errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s holds no model: it has no config.json", folder)
	} else if err != nil {
		return 0, fmt.Errorf("%s: %w", folder, err)
	}
	declared, modules, err := declaration(dir)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", folder, err)
	}
	judges := slices.ContainsFunc(config.Architectures, func(a string) bool {
		return strings.HasSuffix(a, "ForSequenceClassification") || a == "Qwen3ForCausalLM"
	})
	switch {
	case declared != 0: // whatever the weights were made for
		return declared, nil
	case judges:
		return crossEncoder, nil
	case modules:
		return biEncoder, nil
	}
	return 0, fmt.Errorf("%s holds neither a cross-encoder (config.json names %q) nor a bi-encoder (it has no modules.json)", folder, config.Architectures)
}

// declaration tells what the files of sentence-transformers say that a model is: a
// cross-encoder by name, a bi-encoder by modules that make one vector of those of
// tokens; and whether there are modules.
func declaration(dir fs.FS) (kind architecture, modules bool, err error) {
	var list []struct {
		Type string `json:"type"`
	}
	var sentence struct {
		Kind string `json:"model_type"`
	}
	if err = readJSON(dir, "config_sentence_transformers.json", &sentence); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, false, err
	}
	if err = readJSON(dir, "modules.json", &list); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, false, err
	}
	modules = err == nil
	if sentence.Kind == "CrossEncoder" {
		return crossEncoder, modules, nil
	}
	for _, m := range list {
		if m.Type[strings.LastIndexByte(m.Type, '.')+1:] == "Pooling" {
			kind = biEncoder
		}
	}
	return kind, modules, nil
}

func readJSON(dir fs.FS, name string, into any) error {
	data, err := regular.ReadFS(dir, name, strictyaml.MaxSize)
	if err != nil {
		return err
	}
	if err := exactjson.UnmarshalLast(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
