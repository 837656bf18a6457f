package biencoder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/regular"
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
	if err := json.Unmarshal(data, into); err != nil {
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

// readModules reads modules.json, whose types are told apart by the last part
// of their names, as their paths have changed over time.
func (s *settings) readModules(fsys fs.FS) error {
	var modules []struct {
		Path string `json:"path"`
		Type string `json:"type"`
	}
	if err := readJSON(fsys, "modules.json", &modules); err != nil {
		return err
	}
	var kinds []string
	for i, m := range modules {
		kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]
		kinds = append(kinds, kind)
		switch kind {
		case "Transformer":
			if m.Path != "" {
				return fmt.Errorf("modules.json: the transformer lies in %q: only models that have it in the folder itself are supported", m.Path)
			}
		case "Pooling":
			if !fs.ValidPath(m.Path) {
				return fmt.Errorf("modules.json: module %d has the path %q", i, m.Path)
			}
			if err := s.pooling.read(fsys, path.Join(m.Path, "config.json")); err != nil {
				return err
			}
		case "Normalize":
			s.normalize = true
		}
	}
	switch strings.Join(kinds, " ") {
	case "Transformer Pooling", "Transformer Pooling Normalize":
		return nil
	}
	return fmt.Errorf("modules.json: the modules %q are not supported: Transformer, Pooling and then, if any, Normalize are", kinds)
}

// readPrompts reads what is put before texts, under the names that
// sentence-transformers looks for.
func (s *settings) readPrompts(fsys fs.FS) error {
	var file struct {
		Prompts    map[string]string `json:"prompts"`
		Default    *string           `json:"default_prompt_name"`
		Similarity *string           `json:"similarity_fn_name"`
	}
	const name = "config_sentence_transformers.json"
	if err := optional(fsys, name, &file); err != nil {
		return err
	}
	if file.Default != nil {
		prompt, ok := file.Prompts[*file.Default]
		if !ok {
			return fmt.Errorf("%s: default_prompt_name is %q, which is no prompt", name, *file.Default)
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

// readLimits reads the longest input.
func (s *settings) readLimits(fsys fs.FS) error {
	var bert struct {
		MaxTokens *float64 `json:"max_seq_length"`
		LowerCase bool     `json:"do_lower_case"`
	}
	if err := optional(fsys, "sentence_bert_config.json", &bert); err != nil {
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
