package biencoder

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/regular"
	"github.com/flashrerank/rerank/transformer"
)

// maxFile bounds the small JSON files of a folder.
const maxFile = 1 << 20

// settings are what a folder's small files say about a model.
type settings struct {
	pooling   pooling
	normalize bool
	prompts   map[rerank.Role]string
	similar   rerank.Similarity
	maxTokens int // 0: not said
	lowerCase bool
}

// readJSON decodes a file of a folder; a missing one leaves into as it is and
// returns an error that is fs.ErrNotExist.
func readJSON(fsys fs.FS, name string, into any) error {
	data, err := regular.ReadFS(fsys, name, maxFile)
	if err != nil {
		return err
	}
	if err := exactjson.UnmarshalLast(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// optional is readJSON for a file that may be missing.
func optional(fsys fs.FS, name string, into any) error {
	if err := readJSON(fsys, name, into); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func readSettings(fsys fs.FS) (settings, error) {
	s := settings{prompts: map[rerank.Role]string{}, similar: rerank.SimilarityCosine}
	if err := s.readModules(fsys); err != nil {
		return s, err
	}
	if err := s.readPrompts(fsys); err != nil {
		return s, err
	}
	return s, s.readLimits(fsys)
}

// checkConfig looks at config.json before the weights are read.
func (s *settings) checkConfig(fsys fs.FS) error {
	const adapter = "adapter_config.json"
	if _, err := fs.Stat(fsys, adapter); err == nil {
		return fmt.Errorf("%s: adapters are not supported; merge it into the weights", adapter)
	}
	c, err := transformer.ReadConfig(fsys)
	if err != nil {
		return err
	}
	if n := s.pooling.dimension; n != 0 && n != c.Hidden {
		return fmt.Errorf("the pooling takes %d numbers of a token, config.json has a hidden size of %d", n, c.Hidden)
	}
	return nil
}

// readModules reads modules.json, whose types are told apart by the last part
// of their names, as their paths have changed over time.
func (s *settings) readModules(fsys fs.FS) error {
	var modules []struct {
		Path   string   `json:"path"`
		Type   string   `json:"type"`
		Kwargs []string `json:"kwargs"`
	}
	if err := readJSON(fsys, "modules.json", &modules); err != nil {
		return err
	}
	var kinds []string
	for i, m := range modules {
		kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]
		kinds = append(kinds, kind)
		if len(m.Kwargs) > 0 {
			return fmt.Errorf("modules.json: %s takes %q, which is not supported", kind, m.Kwargs)
		}
		if !fs.ValidPath(cmp.Or(m.Path, ".")) {
			return fmt.Errorf("modules.json: module %d has the path %q", i, m.Path)
		}
		switch kind {
		case "Transformer":
			if m.Path != "" {
				return fmt.Errorf("modules.json: the transformer is in %q: only models with it in the folder itself are supported", m.Path)
			}
		case "Pooling":
			if err := s.pooling.read(fsys, path.Join(m.Path, "config.json")); err != nil {
				return err
			}
		case "Normalize":
			s.normalize = true
			if err := checkNames(fsys, path.Join(m.Path, "config.json")); err != nil {
				return err
			}
		}
	}
	switch strings.Join(kinds, " ") {
	case "Transformer Pooling", "Transformer Pooling Normalize":
		return nil
	}
	return fmt.Errorf("modules.json: the modules %q are not supported: Transformer, Pooling and then, if any, Normalize are", kinds)
}

// checkNames refuses a module that does not take and give the vector of a text.
func checkNames(fsys fs.FS, name string) error {
	const vector = "sentence_embedding"
	var file struct {
		Input  *string `json:"module_input_name"`
		Output *string `json:"module_output_name"`
	}
	if err := optional(fsys, name, &file); err != nil {
		return err
	}
	for key, value := range map[string]*string{"module_input_name": file.Input, "module_output_name": file.Output} {
		if value != nil && *value != vector {
			return fmt.Errorf("%s: %s %q is not supported: %s is", name, key, *value, vector)
		}
	}
	return nil
}

// readPrompts reads what is put before texts, under the names that
// sentence-transformers looks for.
func (s *settings) readPrompts(fsys fs.FS) error {
	var file struct {
		Kind       string            `json:"model_type"`
		Prompts    map[string]string `json:"prompts"`
		Default    *string           `json:"default_prompt_name"`
		Similarity *string           `json:"similarity_fn_name"`
	}
	const name = "config_sentence_transformers.json"
	if err := optional(fsys, name, &file); err != nil {
		return err
	}
	if file.Kind != "" && file.Kind != "SentenceTransformer" {
		return fmt.Errorf("%s: model_type %q is not a bi-encoder", name, file.Kind)
	}
	if file.Default != nil {
		prompt, ok := file.Prompts[*file.Default]
		if !ok {
			return fmt.Errorf("%s: default_prompt_name is %q, which is not one of the prompts", name, *file.Default)
		}
		s.prompts[rerank.RoleQuery], s.prompts[rerank.RoleDocument] = prompt, prompt
	}
	for role, names := range map[rerank.Role][]string{
		rerank.RoleQuery:    {"query"},
		rerank.RoleDocument: {"document", "passage", "corpus"},
	} {
		for _, n := range names {
			if prompt, ok := file.Prompts[n]; ok {
				s.prompts[role] = prompt
				break
			}
		}
	}
	if len(file.Prompts) > 0 && len(s.prompts) == 0 {
		return fmt.Errorf("%s: none of the prompts %q is one for queries or documents (query, document, passage, corpus, default_prompt_name): "+
			"which to use is not known", name, slices.Sorted(maps.Keys(file.Prompts)))
	}
	if file.Similarity != nil {
		switch *file.Similarity {
		case "cosine":
		case "dot":
			s.similar = rerank.SimilarityDot
		default:
			return fmt.Errorf("%s: similarity_fn_name %q is not supported: cosine and dot are", name, *file.Similarity)
		}
	}
	return nil
}

// reading is how the transformer module reads texts.
type reading struct {
	MaxTokens *float64 `json:"max_seq_length"`
	LowerCase bool     `json:"do_lower_case"`

	Task      *string        `json:"transformer_task"`
	Output    *string        `json:"module_output_name"`
	Kwargs    map[string]any `json:"processing_kwargs"`
	Query     any            `json:"query_length"`
	Document  any            `json:"document_length"`
	Expansion any            `json:"query_expansion"`
	Modality  map[string]any `json:"modality_config"`
}

// readingNames are what the file of the transformer module is called.
func readingNames() []string {
	names := []string{"bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"}
	for i, family := range names {
		names[i] = "sentence_" + family + "_config.json"
	}
	return names
}

// readReading reads the file of the transformer module, which was called for the
// architecture once, and refuses what it says that is not supported.
func readReading(fsys fs.FS) (r reading, err error) {
	for _, name := range readingNames() {
		if err := readJSON(fsys, name, &r); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return r, err
		}
		if err := r.check(); err != nil {
			return r, fmt.Errorf("%s: %w", name, err)
		}
		return r, nil
	}
	return r, nil
}

func (r *reading) check() error {
	_, text := r.Modality["text"]
	switch {
	case r.Task != nil && *r.Task != "feature-extraction":
		return fmt.Errorf("transformer_task %q is not supported: feature-extraction is", *r.Task)
	case r.Output != nil && *r.Output != "token_embeddings":
		return fmt.Errorf("module_output_name %q is not supported: token_embeddings is", *r.Output)
	case len(r.Kwargs) > 0:
		return errors.New("processing_kwargs are not supported")
	case r.Query != nil, r.Document != nil, r.Expansion != nil:
		return errors.New("query_length, document_length and query_expansion are not supported")
	case r.Modality != nil && (!text || r.Modality["message"] != nil):
		return errors.New("modality_config: only plain text is supported; a chat template (message) is not")
	}
	return nil
}

// readLimits reads the longest input.
func (s *settings) readLimits(fsys fs.FS) error {
	bert, err := readReading(fsys)
	if err != nil {
		return err
	}
	s.lowerCase = bert.LowerCase
	limit := bert.MaxTokens
	if limit == nil {
		var file struct {
			MaxTokens *float64 `json:"model_max_length"` // 1e30 where it is not known
		}
		if err := optional(fsys, "tokenizer_config.json", &file); err != nil {
			return err
		}
		limit = file.MaxTokens
	}
	switch {
	case limit == nil || *limit > 1<<30:
		return nil
	case *limit < 4:
		return fmt.Errorf("the longest input is given as %v tokens, which leaves no room for text", *limit)
	}
	s.maxTokens = int(*limit)
	return nil
}
